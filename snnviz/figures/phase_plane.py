"""The phase plane of Izhikevich's neuron: its path through membrane and recovery, with both nullclines."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish
from snnviz.records import LayerRecord


def phase_plane(layer: LayerRecord, neuron: int = 0, dark: bool = False, height: int = 300) -> go.Figure:
    """w against v; dv/dt = 0 on w = 0.04 v^2 + 5 v + 140 + I at the mean input, dw/dt = 0 on w = b v. Izhikevich 2003."""
    c, cell = colours(dark), layer.neuron
    v, w = layer.u[:, 0, neuron], layer.trace[:, 0, neuron]
    grid = np.linspace(-90, 35, 200)
    mean = float(layer.current[:, 0, neuron].mean())
    parabola = 0.04 * grid**2 + 5 * grid + 140 + mean
    shown = parabola < w.max() + 15
    fig = go.Figure()
    fig.add_scatter(x=grid[shown], y=parabola[shown], mode="lines", name="dv/dt = 0", line={"color": c.threshold, "dash": "dash"})
    fig.add_scatter(x=grid, y=cell.b * grid, mode="lines", name="dw/dt = 0", line={"color": c.series[3], "dash": "dot"})
    fig.add_scatter(
        x=np.minimum(v, 35),
        y=w,
        mode="lines",
        name="path",
        line={"color": c.membrane, "width": 1.5},
        hovertemplate="v = %{x:.3g} mV, w = %{y:.3g}<extra></extra>",
    )
    return finish(
        fig,
        "Phase plane: every loop is a spike",
        "The path of membrane and recovery with both nullclines.",
        dark=dark,
        height=height,
        x="membrane v (mV, cut at 35)",
        y="recovery w",
    )
