"""The intervals between spikes."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, empty_figure, finish, three_digits
from snnviz.records import LayerRecord


def intervals(layer: LayerRecord, dark: bool = False, height: int = 300) -> go.Figure:
    """Histogram of the inter-spike intervals of all neurons of a layer.

    The variation in the title is each neuron's own, its standard deviation over its mean, averaged over the neurons with two
    intervals or more: neurons that are regular at different rates have none.
    """
    fired = [] if layer.spikes is None else [np.flatnonzero(s) for s in layer.spikes.reshape(len(layer.spikes), -1).T]
    steps = np.concatenate([np.diff(f) for f in fired]) if fired else np.zeros(0)
    if not len(steps):
        return empty_figure("Intervals appear once a neuron fires twice.", dark=dark, height=height)
    gaps = steps * layer.dt
    mean, own = gaps.mean(), [np.diff(f) for f in fired if len(f) > 2]
    variation = f"variation {three_digits(float(np.mean([g.std() / g.mean() for g in own])))}" if own else ""
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
        f"Intervals: mean {three_digits(mean, 'ms')}{variation and f', {variation} by neuron'}",
        f"{len(gaps)} intervals between spikes with a mean of {three_digits(mean, 'ms')}"
        f"{variation and f'; {variation}, standard deviation over mean of a neuron, averaged over neurons'}.",
        dark=dark,
        height=height,
        x="interval (ms)",
        y="count",
    )
