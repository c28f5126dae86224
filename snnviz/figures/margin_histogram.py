"""How far from their threshold a layer's membranes are, and which of them the backward pass touches."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, method_line, three_digits


def margin_histogram(layer, bars, band: float | None, hue: str, dark: bool = False, height: int = 390) -> go.Figure:
    """layer: `sparsity.LayerLook`; bars: its `sparsity.Histogram`; band: a fixed band to shade; hue: the method's role."""
    c = colours(dark)
    fig = go.Figure()
    template = "%{y:,} entries at u − θ = %{x:.3f}<extra>"
    for name, where, colour in (("silent", bars.centres < 0, c.silent), ("spiking", bars.centres >= 0, c.ink)):
        fig.add_bar(
            x=bars.centres[where],
            y=bars.entries[where],
            width=bars.width,
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate=f"{template}{name}</extra>",
        )
    fig.add_bar(
        x=bars.centres,
        y=bars.active,
        width=bars.width,
        name="active in backward",
        marker={"color": c.active, "line": {"width": 0}},
        hovertemplate=f"{template}active in backward</extra>",
    )
    fig.add_scatter(
        x=bars.margins,
        y=bars.probability,
        yaxis="y2",
        name="P(active | u)",
        mode="lines",
        line=method_line(hue, dark) | {"dash": "solid"},
        hovertemplate="P(active) = %{y:.3f} at %{x:.3f}<extra></extra>",
    )
    if band is not None:
        fig.add_vrect(x0=-band, x1=band, fillcolor=c.muted, opacity=0.16, line_width=0, layer="below")
        for edge in (-band, band):
            fig.add_vline(edge, line={"color": c.methods["sparse"], "width": 3, "dash": "dashdot"})
    fig.add_vline(0, line={"color": c.threshold, "dash": "dash", "width": 1.2})
    share = f"{three_digits(100 * layer.share)} %"
    what = f"{share} of the entries, those by the threshold" if layer.number else "nothing: the band is empty"
    finish(
        fig,
        f"{layer.name.capitalize()}: the backward pass touches {what}",
        f"Histogram of u minus theta over {layer.entries} entries of {layer.name}, counts on a logarithmic scale: "
        f"{three_digits(100 * layer.spike_share)} % spike, {share} are active in the backward pass.",
        dark=dark,
        height=height,
        x="u − θ, in the membrane's unit",
        uirevision=f"margins {layer.name}",
    )
    top = float(np.log10(max(bars.entries.max(), 10))) + 0.15
    fig.update_layout(
        barmode="overlay",
        bargap=0,
        yaxis={"title": {"text": "entries"}, "type": "log", "range": [-0.15, top], "exponentformat": "power", "dtick": 1},
        yaxis2={
            "title": {"text": "P(active | u)"},
            "overlaying": "y",
            "side": "right",
            "range": [-0.02, 1.04],
            "showgrid": False,
            "tickvals": [0, 0.5, 1],
        },
        margin={"r": 60},
    )
    return fig.update_xaxes(range=list(bars.shown))
