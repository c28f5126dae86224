"""The spikes of one sample in every layer of a network, from the input to the output, over one time axis."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, panels, three_digits

MARKS = 50_000


def layer_rasters(layers: Mapping[str, np.ndarray], dt: float, dark: bool = False, height: int = 440) -> go.Figure:
    """layers: spikes [T, N] by the layer's name; dt in ms."""
    c = colours(dark)
    fig = panels(rows=len(layers), shared_xaxes=True, vertical_spacing=0.06)
    summary = []
    for row, (name, spikes) in enumerate(layers.items(), 1):
        step, neuron = np.nonzero(spikes)
        if len(step) <= MARKS:
            fig.add_trace(
                go.Scattergl(
                    x=step * dt,
                    y=neuron,
                    mode="markers",
                    showlegend=False,
                    marker={"symbol": "square", "size": 3, "color": c.spike},
                    hovertemplate="neuron %{y} at %{x:.4g} ms<extra>" + name + "</extra>",
                ),
                row=row,
                col=1,
            )
        else:
            fig.add_trace(
                go.Heatmap(
                    z=spikes.T.astype(np.uint8),
                    x=np.arange(len(spikes)) * dt,
                    showscale=False,
                    hoverinfo="skip",
                    colorscale=[[0, c.paper], [1, c.spike]],
                ),
                row=row,
                col=1,
            )
        fig.update_yaxes(title_text=name, range=[-1, spikes.shape[1]], nticks=4, row=row, col=1)
        fig.update_xaxes(range=[-0.5 * dt, (len(spikes) - 0.5) * dt], row=row, col=1)
        summary.append(
            f"{name} {round(float(spikes.sum()))} spikes, {three_digits(100 * (spikes > 0).mean())} % of its neurons' steps"
        )
    finish(
        fig,
        "Spikes of one test sample, layer by layer",
        f"{'; '.join(summary)}.",
        dark=dark,
        height=height,
        uirevision=f"rasters {list(layers)}",
    )
    fig.update_xaxes(title_text="time (ms)", row=len(layers), col=1)
    return fig
