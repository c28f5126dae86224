"""Activity and error of a zeroth-order estimate, and of the fixed band that matches it, against its draws or its width."""

import math

import plotly.graph_objects as go

from snnviz.figures.theme import finish, method_line, panels, three_digits
from snnviz.figures.trade_off import NAMES, SYMBOLS, axes, log_axis


def cost_sweep(swept, flat: bool, dark: bool = False, height: int = 440) -> go.Figure:
    """swept: `estimates.Sweep`, activity above, error below, against the draws or the width."""
    x, y, unit = axes(flat)
    fig = panels(rows=2, shared_xaxes=True, vertical_spacing=0.07)
    for family, rows in (("localzo", (swept.activity, swept.variance)), ("sparse", (swept.band_activity, swept.band_bias))):
        for row, values in enumerate(rows, 1):
            fig.add_trace(
                go.Scatter(
                    x=swept.values,
                    y=[(unit if row == 1 else 1) * v if 0 < v < math.inf else None for v in values],
                    mode="lines+markers",
                    name=NAMES[family],
                    legendgroup=family,
                    showlegend=row == 1,
                    line=method_line(family, dark),
                    marker={"size": 7, "symbol": SYMBOLS[family]},
                    hovertemplate="%{y:.3g} at %{x:.3g}<extra></extra>",
                ),
                row=row,
                col=1,
            )
    called = "draws m" if swept.name == "draws" else "width δ"
    (a, b), (v, w) = (
        (three_digits(scale * row[0]), three_digits(scale * row[-1]))
        for scale, row in ((unit, swept.activity), (1.0, swept.variance))
    )
    finish(
        fig,
        f"Against the {called}: what is active, and how wrong it is",
        f"Activity and squared error against the {called}: LocalZO's activity goes from {a} to {b}, its variance from {v} to {w}.",
        dark=dark,
        height=height,
        uirevision=f"{swept.name}-{flat}",
    )
    fig.update_yaxes(title_text=x, **log_axis([unit * v for v in swept.activity + swept.band_activity]), row=1, col=1)
    fig.update_yaxes(title_text=y, **log_axis(swept.variance + swept.band_bias), row=2, col=1)
    fig.update_xaxes(**log_axis(swept.values))
    return fig.update_xaxes(title_text=called, row=2, col=1)
