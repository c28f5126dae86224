"""Values against epochs or seconds by gradient method, in rows that share their axis: what a training run shows live."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from snnviz.figures.theme import finish, method_line, three_digits


@dataclasses.dataclass(frozen=True)
class Line:
    """One method's line in one row. low, high: a band around it, over seeds. faint: what every batch told, behind the
    points that count; points: few values, each marked."""

    name: str
    hue: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    faint: bool = False
    points: bool = False


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the figure: its axis title, its lines, and whether the axis is logarithmic. span: the least it shows."""

    title: str
    lines: Sequence[Line]
    log: bool = False
    span: tuple[float, float] | None = None


def curves(rows: Sequence[Row], title: str, x: str, end: float | None = None, dark: bool = False, height: int = 440) -> go.Figure:
    """`end`: where the horizontal axis ends from the start, so that it does not grow with the run."""
    fig = make_subplots(rows=len(rows), shared_xaxes=True, vertical_spacing=0.22 / max(len(rows), 2))
    named: set[str] = set()
    for number, row in enumerate(rows, 1):
        for line in sorted(row.lines, key=lambda line: not line.faint):
            for trace in _traces(line, not line.faint and line.name not in named, dark):
                fig.add_trace(trace, row=number, col=1)
            if not line.faint:
                named.add(line.name)
        fig.update_yaxes(title_text=row.title, row=number, col=1)
        if row.log:
            fig.update_yaxes(type="log", exponentformat="power", minor={"ticks": ""}, row=number, col=1)
        if row.span is not None:
            values = [v for line in row.lines for v in line.y if np.isfinite(v)]
            low, high = min([row.span[0], *values]), max([row.span[1], *values])
            fig.update_yaxes(range=[low - 0.02 * (high - low), high + 0.02 * (high - low)], row=number, col=1)
    told = []
    for row in rows:
        last = [(line.name, line.y[np.isfinite(line.y)]) for line in row.lines if not line.faint]
        told.append(f"{row.title}: " + (", ".join(f"{name} {three_digits(y[-1])}" for name, y in last if len(y)) or "no value yet"))
    finish(fig, title, f"Against {x}. Last values: {'; '.join(told)}.", dark=dark, height=height, uirevision=f"{title} {x}")
    fig.update_xaxes(title_text=x, row=len(rows), col=1)
    if end is not None:
        fig.update_xaxes(range=[0, end])
    return fig


def _traces(line: Line, legend: bool, dark: bool) -> list[go.Scatter]:
    style, out = method_line(line.hue, dark), []
    shared = {"name": line.name, "legendgroup": line.name}
    if line.low is not None and line.high is not None and len(line.x):
        out.append(go.Scatter(
            x=np.concatenate([line.x, line.x[::-1]]), y=np.concatenate([line.high, line.low[::-1]]), fill="toself", mode="lines",
            line={"width": 0}, opacity=0.25, fillcolor=style["color"], hoverinfo="skip", showlegend=False, **shared))
    if line.faint:
        out.append(go.Scatter(x=line.x, y=line.y, mode="lines", opacity=0.45, hoverinfo="skip", showlegend=False,
                              line={"color": style["color"], "width": 1.2}, **shared))
        return out
    out.append(go.Scatter(
        x=line.x, y=line.y, mode="lines+markers" if line.points else "lines", line=style, marker={"size": 6}, showlegend=legend,
        hovertemplate="%{y:.4g} at %{x:.4g}<extra>" + line.name + "</extra>", **shared))
    if legend and not len(line.x):          # a legend that is there from the start, so that nothing jumps
        out[-1].update(x=[None], y=[None])
    return out
