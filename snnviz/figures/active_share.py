"""How much of each layer the backward pass touches, step by step and in all."""

from collections.abc import Sequence

import plotly.graph_objects as go

from snnviz.figures.estimator import faint
from snnviz.figures.theme import colours, finish, panels, three_digits

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def active_share(layers: Sequence, band: float | None, window: float, dark: bool = False, height: int = 460) -> go.Figure:
    """layers: of `sparsity.LayerLook`; band: of the fixed band to compare with; window: ms that the curves are means over.

    Above, bars by layer; below, the share over time."""
    c, names = colours(dark), [layer.name for layer in layers]
    fig = panels(rows=2, vertical_spacing=0.17, row_heights=[0.45, 0.55])
    bars = [("spiking", c.spike, [100 * layer.spike_share for layer in layers])]
    if band is not None:
        bars += [("within the equal fixed band", c.methods["sparse"], [100 * layer.within(band) for layer in layers])]
    bars += [("active in backward", c.active, [100 * layer.share for layer in layers])]
    for name, colour, values in bars:
        outlined = colour == c.methods["sparse"]  # a method is a line, activity is a fill
        fig.add_bar(
            y=names,
            x=values,
            name=name,
            orientation="h",
            marker={"color": "rgba(0,0,0,0)", "line": {"color": colour, "width": 3}} if outlined else {"color": colour},
            row=1,
            col=1,
            cliponaxis=False,
            text=[f"{three_digits(v)} %" for v in values],
            textposition="outside",
            textfont={"size": 12, "color": c.muted},
            hovertemplate="%{x:.3g} % of %{y}<extra>" + name + "</extra>",
        )
    for dash, layer in zip((DASHES[i % len(DASHES)] for i in range(len(layers))), layers, strict=True):
        active, spikes = layer.over_time(window)
        for name, colour, values, width in (("spiking", c.spike, spikes, 1.2), ("active", c.active, active, 1.2)):
            fig.add_scatter(
                x=layer.times,
                y=100 * values,
                mode="lines",
                name=f"{layer.name}, {name}",
                showlegend=False,
                row=2,
                col=1,
                line={"color": colour, "dash": dash, "width": width},
                fill="tozeroy" if name == "active" else None,
                fillcolor=faint(c.active, 0.35),
                hovertemplate="%{y:.3g} % at %{x:.4g} ms<extra>" + f"{layer.name}, {name}" + "</extra>",
            )
    summary = "; ".join(f"{layer.name} {three_digits(100 * layer.share)} %" for layer in layers)
    finish(
        fig,
        "How much the backward pass touches, by layer and by step",
        f"Active share: {summary}. Below, the share at each step.",
        dark=dark,
        height=height + 26 * max(0, len(layers) - 2),
        uirevision="active share",
    )
    widest = max([v for _, _, values in bars for v in values] + [1e-3])
    fig.update_layout(bargap=0.25, bargroupgap=0.05, legend={"traceorder": "normal"})
    fig.update_xaxes(title_text="entries, %", range=[0, 1.16 * widest], row=1, col=1)
    fig.update_yaxes(autorange="reversed", row=1, col=1)
    fig.update_yaxes(title_text="entries, %", rangemode="tozero", row=2, col=1)
    return fig.update_xaxes(
        title_text=f"time (ms); solid: {names[0]}"
        + "".join(f", {dash}: {name}" for dash, name in zip(DASHES[1:], names[1:], strict=False)),
        row=2,
        col=1,
    )
