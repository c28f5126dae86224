"""The intervals between spikes."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, empty_figure, finish, three_digits
from snnviz.records import LayerRecord


def intervals(layer: LayerRecord, dark: bool = False, height: int = 300) -> go.Figure:
    """Histogram of the inter-spike intervals of all neurons of a layer."""
    fired = [] if layer.spikes is None else [np.flatnonzero(s) for s in layer.spikes.reshape(len(layer.spikes), -1).T]
    steps = np.concatenate([np.diff(f) for f in fired]) if fired else np.zeros(0)
    if not len(steps):
        return empty_figure("Intervals appear once a neuron fires twice.", dark=dark, height=height)
    gaps = steps * layer.dt
    mean, spread = gaps.mean(), gaps.std() / gaps.mean()
    whole, count = np.unique(steps, return_counts=True)  # of the steps: times would need rounding to be equal
    length = whole * layer.dt
    width = max(layer.dt, (length[-1] - length[0]) / 80)
    fig = go.Figure(
        go.Bar(
            x=length,
            y=count,
            width=width,
            marker={"color": colours(dark).membrane, "line_width": 0},
            hovertemplate="%{y} intervals of %{x:.4g} ms<extra></extra>",
        )
    )
    fig.update_xaxes(range=[0, 1.15 * length[-1]])
    return finish(
        fig,
        f"Intervals: mean {three_digits(mean, 'ms')}, variation {three_digits(spread)}",
        f"{len(gaps)} intervals between spikes with a mean of {three_digits(mean, 'ms')}; standard deviation over mean "
        f"{three_digits(spread)}.",
        dark=dark,
        height=height,
        x="interval (ms)",
        y="count",
    )
