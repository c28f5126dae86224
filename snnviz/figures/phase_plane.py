"""The phase plane of a neuron with two states: its path through both, with both nullclines."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish
from snnviz.figures.traces import axis
from snnviz.records import LayerRecord


def phase_plane(layer: LayerRecord, neuron: int = 0, dark: bool = False, height: int = 300) -> go.Figure:
    """The second state against the membrane, cut at its peak; the neuron's nullclines at the mean input.

    Raises:
        ValueError: the neuron has no phase plane.
    """
    c, cell, trace = colours(dark), layer.neuron, layer.neuron.trace
    if trace is None or cell.phase_range is None:
        raise ValueError(f"{cell.title} has no phase plane.")
    v, w = layer.u[:, 0, neuron], layer.array("trace")[:, 0, neuron]
    grid = np.linspace(*cell.phase_range, 200)
    still, second = cell.nullclines(grid, float(layer.current[:, 0, neuron].mean()))
    shown = still < w.max() + 15
    fig = go.Figure()
    fig.add_scatter(x=grid[shown], y=still[shown], mode="lines", name="dv/dt = 0", line={"color": c.threshold, "dash": "dash"})
    fig.add_scatter(x=grid, y=second, mode="lines", name=f"d{trace.symbol}/dt = 0", line={"color": c.series[3], "dash": "dot"})
    fig.add_scatter(
        x=np.minimum(v, cell.peak),
        y=w,
        mode="lines",
        name="path",
        line={"color": c.membrane, "width": 1.5},
        hovertemplate=f"v = %{{x:.3g}} {cell.unit}, {trace.symbol} = %{{y:.3g}}<extra></extra>",
    )
    return finish(
        fig,
        "Phase plane: every loop is a spike",
        f"The path of membrane and {trace.title.lower()} with both nullclines.",
        dark=dark,
        height=height,
        x=axis("membrane v", cell.unit, f"cut at {cell.peak:g}"),
        y=axis(f"{trace.title.lower()} {trace.symbol}", trace.unit),
    )
