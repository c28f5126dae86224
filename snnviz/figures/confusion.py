"""Which class is taken for which."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, literal, three_digits


def confusion(counts: np.ndarray, classes: Sequence[str], name: str, hue: str, dark: bool = False, height: int = 440) -> go.Figure:
    """counts [C, C]: test samples of class i (row) taken for class j (column). Colour is the share of the row."""
    c = colours(dark)
    classes = list(map(literal, classes))
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    few = len(classes) <= 12
    fig = go.Figure(
        go.Heatmap(
            z=share,
            x=classes,
            y=classes,
            zmin=0,
            zmax=1,
            customdata=counts,
            colorscale=[[0, c.paper], [1, c.method(hue)]],
            text=np.where(counts > 0, counts.astype(str), "") if few else None,
            texttemplate="%{text}" if few else None,
            hovertemplate="%{customdata} of class %{y} taken for %{x}<extra></extra>",
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": "share of<br>the class"}, "thickness": 12, "tickformat": ".0%"},
        )
    )
    wrong = counts - np.diag(np.diag(counts))
    worst = np.unravel_index(wrong.argmax(), wrong.shape)
    right = np.trace(counts) / max(counts.sum(), 1)
    summary = f"{three_digits(100 * right)} % of {counts.sum():,} test samples are on the diagonal"
    if wrong.max():
        summary += f"; most often {classes[int(worst[0])]} is taken for {classes[int(worst[1])]}, {wrong.max()} times"
    finish(
        fig,
        "Which class is taken for which",
        f"{name}: {summary}.",
        dark=dark,
        height=height,
        x="taken for",
        y="class",
        uirevision=f"confusion {name}",
    )
    fig.update_yaxes(autorange="reversed", type="category")
    fig.update_xaxes(type="category")
    return fig
