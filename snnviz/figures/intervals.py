"""The intervals between spikes."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, empty_figure, finish, three_digits
from snnviz.records import LayerRecord


def intervals(layer: LayerRecord, dark: bool = False, height: int = 300) -> go.Figure:
    """Histogram of the inter-spike intervals of all neurons of a layer."""
    fired = [] if layer.spikes is None else [np.flatnonzero(s) for s in layer.spikes.reshape(len(layer.spikes), -1).T]
    gaps = np.concatenate([np.diff(f) for f in fired]) * layer.dt if fired else np.zeros(0)
    if not len(gaps):
        return empty_figure("Intervals appear once a neuron fires twice.", dark=dark, height=height)
    mean, spread = gaps.mean(), gaps.std() / gaps.mean()
    fig = go.Figure(go.Histogram(x=gaps, nbinsx=40, marker={"color": colours(dark).membrane},
                                 hovertemplate="%{y} intervals of %{x} ms<extra></extra>"))
    return finish(fig, f"Intervals: mean {three_digits(mean, 'ms')}, variation {three_digits(spread)}",
                  f"{len(gaps)} intervals between spikes with a mean of {three_digits(mean, 'ms')}; standard deviation over mean "
                  f"{three_digits(spread)}.", dark=dark, height=height, x="interval (ms)", y="count")
