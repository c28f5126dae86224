"""One neuron's gradient by several methods under the run it belongs to, with the multipliers that make the difference."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, method_line, panels, three_digits
from snnviz.figures.traces import jagged, spike_ticks
from snnviz.records import LayerRecord


def gradient_traces(
    runs: Mapping[str, LayerRecord],
    hues: Mapping[str, str],
    neuron: int = 0,
    dots: tuple[np.ndarray, np.ndarray] | None = None,
    log: bool = False,
    dark: bool = False,
    height: int = 520,
) -> go.Figure:
    """Membrane, delta by method, and the multiplier dv[t]/dv[t-1] by method, over one time axis.

    runs: by label, in the order of the legend; hues: each one's colour by role. dots: times and values of a reference
    gradient. log: delta on a symmetric logarithmic scale, for gradients that explode.
    """
    c, first = colours(dark), next(iter(runs.values()))
    times, one = first.times, (slice(None), 0, neuron)
    fig = panels(rows=4, shared_xaxes=True, vertical_spacing=0.03, row_heights=[0.26, 0.05, 0.45, 0.05 * len(runs) + 0.02])
    fig.add_scatter(
        x=times,
        y=first.theta[one],
        mode="lines",
        line={"color": c.threshold, "dash": "dash", "width": 1.3},
        showlegend=False,
        hoverinfo="skip",
        row=1,
        col=1,
    )
    x, y = jagged(times, first.u[one], first.v[one])
    fig.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": c.membrane, "width": 1.5},
        name="membrane",
        showlegend=False,
        row=1,
        col=1,
        hovertemplate="u, v = %{y:.4g} at %{x:.4g} ms<extra></extra>",
    )
    fig.add_trace(spike_ticks(times[first.array("spikes")[one] > 0], c.spike, "spikes").update(showlegend=False), row=2, col=1)
    peaks = {label: float(np.abs(run.array("delta")[one]).max()) for label, run in runs.items()}
    largest = max(peaks.values()) or 1.0
    floor = max(largest * 1e-6, 1e-12)
    for label, run in runs.items():
        values = run.array("delta")[one]
        shown = np.sign(values) * np.log10(1 + np.abs(values) / floor) if log else values
        fig.add_scatter(
            x=times,
            y=shown,
            customdata=values,
            mode="lines",
            name=label,
            line=method_line(hues[label], dark),
            row=3,
            col=1,
            hovertemplate="%{customdata:.4g} at %{x:.4g} ms<extra>" + label + "</extra>",
        )
    if dots is not None:
        fig.add_scatter(
            x=dots[0],
            y=dots[1],
            mode="markers",
            name="finite differences",
            row=3,
            col=1,
            marker={"color": c.ink, "size": 6, "symbol": "circle-open"},
        )
    strips = np.stack([run.array("multiplier")[one] for run in runs.values()])
    fig.add_heatmap(
        z=np.clip(strips, -1.5, 1.5),
        customdata=strips,
        x=times,
        y=list(runs),
        zmin=-1.5,
        zmax=1.5,
        row=4,
        col=1,
        colorscale=strip_scale(dark),
        showscale=False,
        ygap=2,
        hovertemplate=first.neuron.multiplier + " = %{customdata:.4g} at %{x:.4g} ms<extra>%{y}</extra>",
    )
    if log:
        low, high = (int(np.ceil(np.log10(size))) for size in (floor, largest))
        marks = np.array([10.0**k for k in range(low + 2, high + 1)])[::-3][::-1]
        ticks = np.concatenate([-np.log10(1 + marks[::-1] / floor), [0], np.log10(1 + marks / floor)])
        texts = [f"−{three_digits(m)}" for m in marks[::-1]] + ["0"] + [three_digits(m) for m in marks]
        fig.update_yaxes(tickvals=ticks, ticktext=texts, row=3, col=1)
    fig.update_yaxes(title_text="membrane u", nticks=4, row=1, col=1)
    fig.update_yaxes(visible=False, range=[-1, 1], fixedrange=True, row=2, col=1)
    fig.update_yaxes(title_text="gradient δ", zeroline=True, row=3, col=1)
    fig.update_yaxes(autorange="reversed", tickfont={"size": 11}, row=4, col=1)
    spread = "; ".join(f"{label} up to {three_digits(peak)}" for label, peak in peaks.items())
    finish(
        fig,
        "One run, one loss: the same spikes, different gradients",
        f"The gradient by time for {spread}.",
        dark=dark,
        height=height,
        uirevision=f"gradient {log}",
    )
    fig.update_xaxes(range=[0, times[-1] + first.dt])
    fig.update_xaxes(title_text="time (ms)", row=4, col=1)
    return fig


def strip_scale(dark: bool = False) -> Sequence[tuple[float, str]]:
    """Blank at 0, one hue inside [-1, 1] on either side, and a loud one beyond: there a gradient grows on its way back."""
    c = colours(dark)
    return [
        (0.0, c.methods["localzo"]),
        (0.165, c.methods["localzo"]),
        (0.167, c.series[4]),
        (0.5, c.panel),
        (0.833, c.membrane),
        (0.835, c.active),
        (1.0, c.active),
    ]
