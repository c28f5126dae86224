"""Two trainings from the same weights on the same batches: with heads and without."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import finish, method_line, three_digits

OVER = 10  # batches that a point is the mean of


def with_and_without(
    accuracy: Mapping[str, Sequence[float]], hues: Mapping[str, str], steps: int, dark: bool = False, height: int = 300
) -> go.Figure:
    """accuracy: by name, of the network on each batch so far; drawn as the mean of the last few."""
    fig = go.Figure()
    for name, row in accuracy.items():
        total = np.concatenate([[0.0], np.cumsum(row)])
        at = np.arange(1, len(row) + 1)
        low = np.maximum(0, at - OVER)
        fig.add_scatter(
            x=at,
            y=(total[at] - total[low]) / (at - low),
            mode="lines",
            name=name,
            line=method_line(hues[name], dark),
            hovertemplate="%{y:.3g} at step %{x}<extra>" + name + "</extra>",
        )
    summary = "; ".join(f"{name} ends at {three_digits(row[-1])}" for name, row in accuracy.items() if len(row))
    finish(
        fig,
        "Same start, same batches: the network's accuracy while it learns",
        f"{summary}.",
        dark=dark,
        height=height,
        x="training step",
        y="accuracy on the batch",
        uirevision="with and without",
    )
    fig.update_xaxes(range=[0, steps])
    fig.update_yaxes(range=[0, 1.02])
    return fig
