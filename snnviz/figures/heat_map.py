"""Where a layer's gradient is: neuron by time, one map a method, each scaled to its own largest entry."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, panels, three_digits
from snnviz.records import LayerRecord


def heat_map(runs: Mapping[str, LayerRecord], sample: int = 0, dark: bool = False) -> go.Figure:
    """delta [T, N] of one sample by method, in one column: blue below zero, orange above, blank where it is zero."""
    c = colours(dark)
    titles = []
    for label, run in runs.items():
        largest = float(np.abs(run.array("delta")[:, sample]).max())
        ds_du = run.array("ds_du")[:, sample]
        computed = float(np.count_nonzero(ds_du) / ds_du.size)
        titles.append(f"{label}: up to {three_digits(largest)}, {three_digits(100 * computed)} % of entries active")
    fig = panels(rows=len(runs), shared_xaxes=True, vertical_spacing=min(0.09, 0.4 / max(len(runs), 1)), subplot_titles=titles)
    for row, run in enumerate(runs.values(), 1):
        z = run.array("delta")[:, sample].T
        largest = np.abs(z).max() or 1.0
        fig.add_heatmap(
            z=np.sign(z) * np.sqrt(np.abs(z) / largest),
            customdata=z,
            x=run.times,
            zmin=-1,
            zmax=1,
            showscale=False,
            colorscale=[[0, c.membrane], [0.5, c.paper], [1, c.active]],
            row=row,
            col=1,
            hovertemplate="neuron %{y}, %{x:.4g} ms: %{customdata:.3g}<extra></extra>",
        )
        fig.update_yaxes(title_text="neuron", nticks=4, row=row, col=1)
    finish(fig, "Where the gradient is", "; ".join(titles) + ".", dark=dark, height=90 + 150 * len(runs), uirevision="heat")
    fig.update_annotations(font={"size": 13, "color": c.muted}, x=0, xanchor="left")
    fig.update_xaxes(title_text="time (ms)", row=len(runs), col=1)
    return fig
