"""A grid of trainings as one HTML file: the table, the app's figures, the settings and the machine. It needs no network."""

import datetime
import html
import platform
from collections.abc import Sequence

import numpy as np
import torch

from snnviz.figures import cells, curves, settings_dots
from snnviz.studies.grid import Grid, GridRecord, GridRow
from snnviz.studies.grid_table import HEADS, about, line
from snnviz.studies.intervals import Interval

LINES = 8  # settings that the learning curves show
STYLE = """
body {font: 16px/1.5 'Source Sans 3', 'Helvetica Neue', Arial, sans-serif; color: #1A2029; max-width: 1080px; margin: 2rem auto;
  padding: 0 1rem}
table {border-collapse: collapse; display: block; overflow-x: auto}
td, th {padding: .3rem .7rem; border-bottom: 1px solid #E4E8EE; text-align: right}
td {white-space: nowrap}
td:first-child, th:first-child, .facts td {text-align: left}
.facts td {white-space: normal; overflow-wrap: anywhere}
.facts td:first-child {white-space: nowrap; overflow-wrap: normal}
pre {background: #F3F5F8; padding: 1rem; overflow-x: auto; font-size: 13px}
small, .muted {color: #525C6B}
"""


def figures(grid: Grid, record: GridRecord, dark: bool = False) -> list:
    """The figures of a grid: each setting with its intervals, two settings as a table of cells, and learning curves."""
    rows = record.rows(grid)
    made = [
        settings_dots.settings_dots(
            [row.label for row in rows], [_pair(row.last) for row in rows], [_pair(row.chosen) for row in rows], dark
        )
    ]
    if len(grid.axes) == 2 and len(grid.trainings) == 1:
        made.insert(0, table_of(grid, record, rows, dark))
    return [*made, learning(grid, record, rows, dark)]


def _pair(value: Interval | None) -> tuple[float, float | None] | None:
    return None if value is None else (value.mean, value.half)


def table_of(grid: Grid, record: GridRecord, rows: Sequence[GridRow], dark: bool = False):
    """The figure of a grid of one training and two axes: a row for each value of the first one."""
    down, across = grid.axes
    wide = len(across.values)
    by_cell = {row.cell: _pair(row.last) for row in rows}
    values = [[by_cell.get(wide * i + j) for j in range(wide)] for i in range(len(down.values))]
    done, count = len(record.points), grid.count
    title = "Test accuracy after the last epoch" + ("" if done == count else f": {done} of {count} trainings")
    x, y = (axis.setting.replace("_", " ").replace(".", ", ") for axis in (across, down))
    return cells.cells(down.labels, across.labels, values, title, x, y, dark, max(300, 110 + 46 * len(down.values)))


def learning(grid: Grid, record: GridRecord, rows: Sequence[GridRow], dark: bool = False):
    """The figure of the test accuracy by epoch, the mean over seeds with a band from the least to the largest."""
    lines = []
    for row in rows[:LINES]:
        runs = [point.test_accuracy for point in record.of(row.cell) if point.test_accuracy]
        shortest = min(map(len, runs), default=0)
        if not shortest:
            continue
        y, x = np.array([run[:shortest] for run in runs]), np.arange(1, shortest + 1, dtype=float)
        choice = grid.cells[row.cell].method.choice
        hue = choice.hue or choice.name
        band = (y.min(0), y.max(0)) if len(runs) > 1 else (None, None)
        lines.append(curves.Line(row.label, hue, x, y.mean(0), *band, points=True))
    shown = f", the first {LINES} settings" if len(grid.cells) > LINES else ""
    end = float(max(training.epochs for training in grid.cells))
    return curves.curves(
        [curves.Row("accuracy", lines, span=(0.0, 1.0))], f"Accuracy on the test part{shown}", "epoch", end, dark, 420
    )


def html_of(grid: Grid, record: GridRecord, backend: str, run: str = "", command: str = "") -> str:
    """The report as the text of an HTML file, with everything that it shows inside."""
    rows = record.rows(grid)
    machines = list(dict.fromkeys(point.machine for point in record.points if point.machine))
    date = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    facts = [
        ("Trainings", f"{len(record.points)} of {grid.count}"),
        ("Machine", "; ".join(machines)),
        ("Backend", backend),
        ("System", f"{platform.platform()}, Python {platform.python_version()}, torch {torch.__version__}"),
        ("Date", date),
        *([("Run", run)] if run else []),
        *([("Command", command)] if command else []),
    ]
    drawn = [
        figure.to_html(full_html=False, include_plotlyjs=not number, config={"displaylogo": False})
        for number, figure in enumerate(figures(grid, record))
    ]
    problems = [f"{row.label}: {problem}" for row in rows for problem in row.problems]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{_e(grid.title)}</title>",
            f"<style>{STYLE}</style></head><body>",
            f"<h1>{_e(grid.title)}</h1>",
            f"<p class=muted>{_e(about(grid))}</p>",
            _table(HEADS, [line(row) for row in rows]),
            *(f"<p>{_e(problem)}</p>" for problem in problems),
            *drawn,
            "<h2>Where and when</h2>",
            f"<div class=facts>{_table((), facts)}</div>",
            "<h2>Settings</h2><p class=muted>As a file that <code>snnviz compare</code> reads:</p>",
            f"<pre>{_e(grid.to_toml())}</pre>",
            "</body></html>",
        ]
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{_e(head)}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _e(words: str) -> str:
    return html.escape(words)
