"""What a data set is like: samples of each class in both parts, and how many spikes come when."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, literal, panels, three_digits


def profile(
    classes: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    times: np.ndarray,
    activity: np.ndarray,
    dark: bool = False,
    height: int = 520,
) -> go.Figure:
    """counts: by part, samples of each class. activity [T]: mean input of one sample at each time in ms."""
    c = colours(dark)
    fig = panels(rows=2, vertical_spacing=0.22)
    for (half, row), hue in zip(counts.items(), (c.membrane, c.active), strict=True):
        fig.add_trace(
            go.Bar(
                x=list(map(literal, classes)),
                y=list(row),
                name=half,
                marker={"color": hue},
                hovertemplate="%{y} samples of %{x}<extra>" + half + "</extra>",
            ),
            row=1,
            col=1,
        )
    fig.add_trace(
        go.Scatter(
            x=times,
            y=activity,
            mode="lines",
            showlegend=False,
            line={"color": c.ink, "width": 1.6, "shape": "hv"},
            hovertemplate="%{y:.3g} at %{x:.4g} ms<extra></extra>",
        ),
        row=2,
        col=1,
    )
    summary = "; ".join(f"{half} {sum(row):,}" for half, row in counts.items())
    finish(
        fig,
        "Samples of each class, and when their spikes come",
        f"Samples: {summary}. {three_digits(float(activity.sum()))} spikes or units of current in a sample on average.",
        dark=dark,
        height=height,
        uirevision="profile",
    )
    fig.update_xaxes(type="category", title_text="class", row=1, col=1)
    fig.update_yaxes(title_text="samples", row=1, col=1)
    fig.update_xaxes(title_text="time (ms)", row=2, col=1)
    fig.update_yaxes(title_text="input in a step", rangemode="tozero", row=2, col=1)
    fig.update_layout(barmode="stack")
    return fig
