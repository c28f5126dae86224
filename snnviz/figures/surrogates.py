"""Surrogates over the margin: the derivative that backward uses, and below it the smooth spike it is the derivative of."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import Note, annotate
from snnviz.figures.theme import colours, finish, panels, three_digits

DASHES = ("solid", "dash", "dot")


def surrogates(shapes: Sequence, dark: bool = False, height: int = 500) -> go.Figure:
    """shapes: of `estimates.Shape`, over the same margins."""
    c = colours(dark)
    fig = panels(rows=2, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.58, 0.42])
    for i, shape in enumerate(shapes):
        line = {"color": c.series[i % len(c.series)], "width": 2.4, "dash": DASHES[i // len(c.series) % len(DASHES)]}
        for row, values in ((1, shape.derivative), (2, shape.primitive)):
            fig.add_trace(
                go.Scatter(
                    x=shape.margins,
                    y=values,
                    mode="lines",
                    name=shape.label,
                    line=line,
                    legendgroup=shape.label,
                    showlegend=row == 1,
                    hovertemplate="%{y:.4g} at %{x:.3g}<extra>" + shape.label + "</extra>",
                ),
                row=row,
                col=1,
            )
    if shapes:
        margins = shapes[0].margins
        fig.add_trace(
            go.Scatter(
                x=[margins[0], 0, 0, margins[-1]],
                y=[0, 0, 1, 1],
                mode="lines",
                name="the spike itself",
                line={"color": c.threshold, "dash": "dash", "width": 1.8},
                hoverinfo="skip",
            ),
            row=2,
            col=1,
        )
        top = max(float(np.max(s.primitive)) for s in shapes)
        fig.update_yaxes(range=[-0.08, max(1.1, 1.05 * top)], row=2, col=1)
    fig.update_yaxes(title_text="derivative ds/du", row=1, col=1)
    fig.update_yaxes(title_text="primitive", row=2, col=1)
    fig.update_xaxes(title_text="margin u − θ", row=2, col=1)
    notes = []
    if shapes and shapes[0].margins[0] < 0 < shapes[0].margins[-1]:
        fig.add_vline(0, line={"color": c.threshold, "width": 1.8, "dash": "dash"}, row=1, col=1)  # pyright: ignore[reportArgumentType]
        tall = max(float(np.max(s.derivative)) for s in shapes)
        notes.append(Note("the step's own slope: 0, and infinite here", [(0.0, 0.97 * tall)]))
    summary = "; ".join(f"{s.label}: peak {three_digits(s.peak)}, area {three_digits(s.area)}" for s in shapes)
    finish(
        fig,
        "What stands in for the derivative of the step, and the smooth spike behind it",
        f"Surrogate derivatives over the margin, with their primitives beside the step. {summary}.",
        dark=dark,
        height=height,
        uirevision="surrogates",
    )
    return annotate(fig, notes, dark)
