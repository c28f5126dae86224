"""The spikes of a population: one trace of marks, or above some fifty thousand spikes a picture."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, three_digits
from snnviz.records import LayerRecord

MARKS = 50_000


def raster(layer: LayerRecord, sample: int = 0, dark: bool = False, height: int = 300) -> go.Figure:
    """Every spike of a layer's neurons for one sample: time across, neurons upwards."""
    c = colours(dark)
    spikes = np.zeros((layer.u.shape[0], layer.u.shape[2])) if layer.spikes is None else layer.spikes[:, sample]
    step, neuron = np.nonzero(spikes)
    if len(step) <= MARKS:
        size = float(np.clip(height * 0.6 / max(spikes.shape[1], 1), 2, 12))
        fig = go.Figure(
            go.Scattergl(
                x=layer.times[step],
                y=neuron,
                mode="markers",
                hovertemplate="neuron %{y} at %{x:.4g} ms<extra></extra>",
                marker={"symbol": "line-ns", "size": size, "color": c.spike, "line": {"width": 1.3, "color": c.spike}},
            )
        )
    else:
        fig = go.Figure(
            go.Heatmap(
                z=(spikes.T > 0).astype(np.uint8),
                x=layer.times,
                showscale=False,
                hoverinfo="skip",
                colorscale=[[0, c.paper], [1, c.spike]],
            )
        )
    rate = spikes.mean() * 1000 / layer.dt
    many, count = spikes.shape[1], round(float(spikes.sum()))
    finish(
        fig,
        f"Population: {count:,} spikes, {three_digits(rate)} per second and neuron",
        f"Raster of {many} neurons: {count} spikes, {three_digits(rate)} per second and neuron on average.",
        dark=dark,
        height=height,
        x="time (ms)",
        y="neuron",
        uirevision=f"raster {many}",
    )
    fig.update_yaxes(range=[-0.8, many - 0.2])
    fig.update_xaxes(range=[0, layer.times[-1] + layer.dt])
    return fig
