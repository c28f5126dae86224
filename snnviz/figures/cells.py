"""Test accuracy over two settings: a table of cells, each with its mean and half the width of its interval."""

from collections.abc import Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, literal


def cells(
    rows: Sequence[str],
    across: Sequence[str],
    values: Sequence[Sequence[tuple[float, float | None] | None]],
    title: str,
    x: str,
    y: str,
    dark: bool = False,
    height: int = 440,
) -> go.Figure:
    """values: of each row and column the mean accuracy and half its interval, from 0 to 1; the second None of a single seed; None
    where nothing is trained yet. x, y: what the columns and the rows are. A darker cell is more
    accurate, from the least to the largest that there is."""
    percent = [[None if cell is None else 100 * cell[0] for cell in row] for row in values]
    words = [["" if cell is None else _words(*cell) for cell in row] for row in values]
    accuracies = [value for row in percent for value in row if value is not None]
    low, high = (min(accuracies), max(accuracies)) if accuracies else (0.0, 100.0)
    fig = heatmap(rows, across, percent, words, (low - 1, max(high, low + 1)), 14, dark)
    summary = "; ".join(f"{row}: {', '.join(filter(None, of_row))}" for row, of_row in zip(rows, words, strict=True) if any(of_row))
    finish(fig, title, f"Test accuracy by two settings. {summary}.", dark=dark, height=height, x=x, y=y, uirevision="cells")
    # Where every cell is empty, Plotly makes no categories of its own.
    shared = {"type": "category", "showgrid": False, "categoryorder": "array"}
    fig.update_yaxes(categoryarray=list(map(literal, rows)), range=[len(rows) - 0.5, -0.5], **shared)
    fig.update_xaxes(categoryarray=list(map(literal, across)), range=[-0.5, len(across) - 0.5], side="top", **shared)
    return fig


def heatmap(
    rows: Sequence[str],
    across: Sequence[str],
    values: Sequence[Sequence[float | None]],
    words: Sequence[Sequence[str]],
    span: tuple[float, float],
    letters: int,
    dark: bool,
) -> go.Figure:
    """Cells with words in them, darker where a value is larger in the span; None: an empty cell. letters: their size in pixels."""
    c = colours(dark)
    return go.Figure(
        go.Heatmap(
            z=values,
            x=list(map(literal, across)),
            y=list(map(literal, rows)),
            zmin=span[0],
            zmax=span[1],
            colorscale=[[0, c.panel], [1, c.silent]],
            showscale=False,
            text=words,
            texttemplate="<b>%{text}</b>",
            textfont={"size": letters, "color": c.ink},
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
            xgap=3,
            ygap=3,
        )
    )


def _words(mean: float, half: float | None) -> str:
    return f"{100 * mean:.1f} %" + ("" if half is None else f" ± {100 * half:.1f}")
