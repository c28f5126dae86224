"""The picture, the table and the downloads of a grid of trainings, while it fills and after."""

from collections.abc import Mapping
from typing import Any, cast

import streamlit as st

from snnviz import text
from snnviz.runs import report
from snnviz.runs.sweep import Sweep
from snnviz.runs.values import RunState, Status
from snnviz.studies.grid import Grid, GridRecord, columns
from snnviz.studies.grid_table import HEADS, about, line
from snnviz.ui import page

# Streamlit fades what it is about to redraw; here that would be after every training.
STEADY = "<style>.st-key-cells * {transition: none !important} .st-key-cells [data-stale] {opacity: 1 !important}</style>"


def draw(state: RunState, fill: bool = False) -> None:
    """Draw the figures of a grid as far as it has come, then its table."""
    st.html(STEADY)
    with st.container(key="cells"):
        _draw(state, fill)


def _draw(state: RunState, fill: bool) -> None:
    grid, record = cast(Sweep, state.run.work).grid, state.progress.result or GridRecord()
    first, *others = report.figures(grid, record, page.dark())
    page.figure(first, "sweep", fill=fill)
    rows = record.rows(grid)
    lines = list(map(line, rows))
    st.dataframe(
        {head: [one[n] for one in lines] for n, head in enumerate(HEADS)},
        hide_index=True,
        column_config={HEADS[0]: st.column_config.TextColumn(width="large")},
    )
    st.caption(about(grid))
    page.several([f"{row.label}: {problem}" for row in rows for problem in row.problems], "trainings that ended early", True)
    if record.points:
        for number, figure in enumerate(others):
            page.figure(figure, f"sweep-{number}")


def empty(grid: Grid) -> None:
    """Draw the figure of a grid that nobody has begun."""
    page.figure(report.figures(grid, GridRecord(), page.dark())[0], "sweep", fill=True)
    st.caption(f"{grid.count} trainings; their cells fill as they end, also while you are on another page.")


def table(state: RunState) -> dict[str, list]:
    """Every epoch of every training as the columns of a table."""
    return columns(cast(Sweep, state.run.work).grid, state.progress.result) if state.progress.result else {}


def taken(state: RunState) -> None:
    """Draw the buttons that take a grid away: its report, and its settings as the command reads them."""
    grid, record, run = cast(Sweep, state.run.work).grid, state.progress.result, state.run
    if record is None:
        return
    st.download_button(
        "Report (HTML)", lambda: report.html_of(grid, record, run.backend, run.id), "sweep.html", "text/html", key="report",
        on_click="ignore", icon=":material/description:",
    )  # fmt: skip
    st.download_button("Grid (TOML)", grid.to_toml(), "grid.toml", key="grid", on_click="ignore", icon=":material/download:")


def code(grid: Grid, backend: str, state: RunState | None = None) -> tuple[str, Mapping[str, Any]]:
    """The Python that trains the grid; what it gives, where that is done."""
    source = f"""
from snnviz import *

grid = {text.source(grid)}
record = GridRecord(tuple(sweep_grid(grid, "{backend}")))
accuracies = [list(record.values(cell, chosen=False).items()) for cell in range(len(grid.cells))]
for label, values in zip(grid.labels, accuracies, strict=True):
    print(label, values)                                 # seed, and test accuracy after the last epoch
"""
    if state is not None and state.status is Status.FINISHED and state.progress.result is not None:
        record = state.progress.result
        return source, {"accuracies": [list(record.values(cell, chosen=False).items()) for cell in range(len(grid.cells))]}
    return source, {"grid.points": grid.points}
