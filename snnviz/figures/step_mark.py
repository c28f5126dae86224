"""The step that a visitor has picked, marked in a figure over time: a band through all panels, u ringed and v filled in ink."""

import plotly.graph_objects as go

from snnviz.figures.theme import colours
from snnviz.records import LayerRecord


def mark_step(fig: go.Figure, layer: LayerRecord, step: int | None, neuron: int, row: int, dark: bool = False) -> go.Figure:
    """Mark a step of one neuron in the panel `row` of the membrane, and by a band in all; None: no step. Return the figure."""
    if step is None or not 0 <= step < len(layer.u):
        return fig
    c, at = colours(dark), float(layer.times[step])
    half = 0.5 * max(layer.dt, float(layer.times[-1]) / 100)
    band = {"x0": at - half, "x1": at + half, "xref": "x", "y0": 0, "y1": 1, "yref": "paper"}
    fig.add_shape(type="rect", fillcolor=c.silent, opacity=0.35, line_width=0, layer="below", **band)
    for values, fill, name in ((layer.u, c.paper, "u"), (layer.v, c.ink, "v")):
        fig.add_scatter(
            x=[at],
            y=[min(float(values[step, 0, neuron]), layer.neuron.peak)],
            mode="markers",
            name=f"{name} of the step",
            marker={"size": 10, "color": fill, "line": {"width": 2.5, "color": c.ink}},
            hoverinfo="skip",
            showlegend=False,
            row=row,
            col=1,
        )
    return fig
