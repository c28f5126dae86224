"""The published factors of the sparse backward pass, and what is left of them on a whole step."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, method_line, three_digits

DECADES: dict[str, Any] = {"type": "log", "exponentformat": "none"}


def published_factors(rows: Sequence, dark: bool = False, height: int = 380) -> go.Figure:
    """rows: of `backward_times.Published`, one for each band."""
    c, fig = colours(dark), go.Figure()
    for name, field, line, symbol in (
        ("backward pass alone", "backward", method_line("sparse", dark, 3.0), "circle"),
        ("the layer's whole step", "step", {"color": c.ink, "width": 2.4}, "diamond"),
    ):
        values = [getattr(row, field) for row in rows]
        fig.add_scatter(
            x=[row.active for row in rows],
            y=values,
            name=name,
            mode="lines+markers+text",
            text=[f"{v:g}×" for v in values],
            textposition=["middle right", *["top center"] * (len(rows) - 1)],
            textfont={"color": c.muted},
            line=line,
            cliponaxis=False,
            marker={"size": 9, "symbol": symbol},
            customdata=[[row.band, row.accuracy] for row in rows],
            hovertemplate="%{y:g} times at %{x:.2g} % active; band ±%{customdata[0]:g}, accuracy %{customdata[1]:.3f}"
            "<extra>" + name + "</extra>",
        )
    best = next((row for row in rows if row.band == 0.05), rows[0])
    alone, whole = three_digits(best.backward), three_digits(best.step)
    finish(
        fig,
        f"{alone} times faster backward was {whole} times faster in all, against a slicing loop",
        "Published factors against the active share: "
        + "; ".join(f"{row.active:g} % active, backward {row.backward:g} times, step {row.step:g} times" for row in rows)
        + ".",
        dark=dark,
        height=height,
        x="active in backward, % of entries of the layer",
        y="times faster",
        uirevision="published",
    )
    fig.update_yaxes(**DECADES, tickvals=[1, 10, 100, 1000], range=[0, 3.05])
    return fig.update_xaxes(**DECADES, tickvals=[0.001, 0.01, 0.1, 1], range=[-2.9, 0.05])
