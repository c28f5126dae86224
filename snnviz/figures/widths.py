"""Accuracy by shape and width of the surrogate: a table of cells, each with its mean and the spread over seeds."""

from collections.abc import Sequence

import plotly.graph_objects as go

from snnviz.figures.cells import heatmap
from snnviz.figures.theme import finish

NARROWER, BASE, WIDER = "ten times narrower", "base width", "ten times wider"


def widths(
    shapes: Sequence[str],
    cells: Sequence[Sequence[tuple[float, float] | None]],
    seeds: int,
    dark: bool = False,
    height: int = 440,
) -> go.Figure:
    """cells: for each shape the mean accuracy and its standard deviation, from 0 to 1, at a tenth of its width, at its width, and
    at ten times its width; None where nothing is trained yet. A darker cell is more accurate."""
    columns = (NARROWER, BASE, WIDER)
    percent = [[None if cell is None else 100 * cell[0] for cell in row] for row in cells]
    words = [[_words(cell, seeds) for cell in row] for row in cells]
    fig = heatmap(shapes, columns, percent, words, (50, 100), 15, dark)
    whole = [means for row in cells if len(means := [cell[0] for cell in row if cell is not None]) == len(columns)]
    ahead = sum(base >= max(narrow, wide) for narrow, base, wide in whole)
    title = f"The base width is ahead in {ahead} of {len(whole)} shapes" if whole else "The first row is being trained"
    summary = "; ".join(f"{shape}: {', '.join(row)}" for shape, row in zip(shapes, words, strict=True) if any(row))
    finish(fig, title, f"Test accuracy by shape and width. {summary}.", dark=dark, height=height, uirevision="widths")
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    fig.update_xaxes(side="top", type="category", showgrid=False)
    return fig


def _words(cell: tuple[float, float] | None, seeds: int) -> str:
    if cell is None:
        return ""
    return f"{100 * cell[0]:.1f} %" + (f" ± {100 * cell[1]:.1f}" if seeds > 1 else "")
