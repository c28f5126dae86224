"""Values against epochs or seconds by gradient method, in rows that share their axis: what a training run shows live."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import finish, method_line, panels, three_digits, with_edges

MARKED = 24  # lines of more points get no markers: they overlap, and drawing one costs a browser as much as a whole line


@dataclasses.dataclass(frozen=True)
class Line:
    """One method's line in one row: x, y [points], in the units of the axes.

    low, high [points]: the edges of a band around it (the spread over seeds), or None. faint: drawn pale and without a legend
    entry, behind the other lines; used for the values of single batches. points: mark each value, up to MARKED of them.
    """

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
    """One row of the figure. title: of its vertical axis. log: that axis is logarithmic. span: a range it always shows."""

    title: str
    lines: Sequence[Line]
    log: bool = False
    span: tuple[float, float] | None = None


def curves(rows: Sequence[Row], title: str, x: str, end: float | None = None, dark: bool = False, height: int = 440) -> go.Figure:
    """x: the title of the shared horizontal axis. end: the last value of that axis; if given, the axis has its full length from
    the first drawing on and does not grow with the run. height in pixels."""
    data, named, summary = [], set(), []
    # The layout is the same at every redraw of a running training, and Plotly needs about 30 ms to check it. `_frame` caches it,
    # so that the training does not wait for that.
    layout = dict(_frame(tuple((row.title, row.log) for row in rows), title, x, end, dark, height))
    turns = _turns(rows)
    for number, row in enumerate(rows, 1):
        at = "" if number == 1 else str(number)
        for line in sorted(row.lines, key=lambda line: not line.faint):
            for trace in _traces(line, turns[line.hue, line.name], not line.faint and line.name not in named, dark):
                data.append(trace | {"xaxis": f"x{at}", "yaxis": f"y{at}"})
            if not line.faint:
                named.add(line.name)
        if row.span is not None:
            values = [v[np.isfinite(v)] for line in row.lines for v in (line.y, line.low, line.high) if v is not None]
            shown = np.concatenate([row.span, *values])
            layout[f"yaxis{at}"] = layout[f"yaxis{at}"] | {"range": with_edges(shown.min(), shown.max())}
        last = [(line.name, line.y[np.isfinite(line.y)]) for line in row.lines if not line.faint]
        summary.append(
            f"{row.title.replace('<br>', ' ')}: "
            + (", ".join(f"{name} {three_digits(y[-1])}" for name, y in last if len(y)) or "no value yet")
        )
    layout["meta"] = {"alt": f"Against {x}. Last values: {'; '.join(summary)}."}
    return go.Figure({"data": data, "layout": layout}, _validate=False)


@functools.lru_cache(maxsize=64)
def _frame(rows: tuple[tuple[str, bool], ...], title: str, x: str, end: float | None, dark: bool, height: int) -> dict[str, Any]:
    """The layout without values: rows (title, log), axes, template."""
    fig = panels(rows=len(rows), shared_xaxes=True, vertical_spacing=0.22 / max(len(rows), 2))
    for number, (name, log) in enumerate(rows, 1):
        fig.update_yaxes(title_text=name, row=number, col=1)
        if log:
            fig.update_yaxes(type="log", exponentformat="power", nticks=4, row=number, col=1)
    finish(fig, title, title, dark=dark, height=height, uirevision=f"{title} {x}")
    fig.update_xaxes(title_text=x, row=len(rows), col=1)
    if end is not None:
        fig.update_xaxes(range=[0, end])
    return fig.to_dict()["layout"]


def _turns(rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    """For each (hue, name): the number of names of that hue before it. The number selects the dash, so no two lines look alike."""
    names: dict[str, dict[str, int]] = {}
    for line in (line for row in rows for line in row.lines):
        of_hue = names.setdefault(line.hue, {})
        of_hue.setdefault(line.name, len(of_hue))
    return {(hue, name): turn for hue, of_hue in names.items() for name, turn in of_hue.items()}


def _traces(line: Line, turn: int, legend: bool, dark: bool) -> list[dict[str, Any]]:
    style, out = method_line(line.hue, dark, turn=turn), []
    shared = {"type": "scatter", "name": line.name, "legendgroup": line.name}
    if line.low is not None and line.high is not None and len(line.x):
        out.append(
            shared
            | {
                "x": np.concatenate([line.x, line.x[::-1]]),
                "y": np.concatenate([line.high, line.low[::-1]]),
                "fill": "toself",
                "mode": "lines",
                "line": {"width": 0},
                "opacity": 0.25,
                "fillcolor": style["color"],
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    if line.faint:
        return [
            *out,
            shared
            | {
                "x": line.x,
                "y": line.y,
                "mode": "lines",
                "opacity": 0.45,
                "hoverinfo": "skip",
                "showlegend": False,
                "line": {"color": style["color"], "width": 1.2},
            },
        ]
    marked = line.points and len(line.x) <= MARKED
    has_points = len(line.x) > 0  # an empty line still gets its legend entry, so that the figure does not move when values come
    return [
        *out,
        shared
        | {
            "x": line.x if has_points else [None],
            "y": line.y if has_points else [None],
            "mode": "lines+markers" if marked else "lines",
            "line": style,
            "marker": {"size": 6},
            "showlegend": legend,
            "hovertemplate": "%{y:.4g} at %{x:.4g}<extra>" + line.name + "</extra>",
        },
    ]
