"""Notes in a picture: a value of the run, and the words that say what it means where the picture shows it.

A note is made by a function that looks at what is drawn and gives None where its words would be untrue: no note stands in a picture
because of the settings alone. `annotate` finds each a place where it hides as little as possible. In a narrow figure the browser
writes a number in its place and the words below (assets/figure/figure.js).
"""

import dataclasses
import enum
import functools
import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import Colours, colours, with_edges

MOST = 3  # notes in a picture
SAME = 1e-6  # of the largest gradient: two methods agree
NAME = "note"  # of an annotation that is one
LETTER, LINE = 7.3, 22.0  # pixels that a letter of a note and its line take
SAMPLES = 4000  # points of the curves of a panel that a place is judged by
ACROSS = (0.0, 0.4, -0.4, 0.8, -0.8, 1.2, -1.2)  # where a note's middle may stand from its point, in its own widths
UP = (34.0, -34.0, 60.0, -60.0, 95.0, -95.0, 140.0, -140.0)  # and in pixels, upwards


class Mark(enum.Enum):
    """What a note points with: a dot on a curve, a ring round an entry, an open dot in a strip."""

    DOT = "dot"
    RING = "ring"
    OPEN = "open"


@dataclasses.dataclass(frozen=True)
class Note:
    """Words about one point of a panel.

    text: in plain words, with the number. at: points (x, y), in the panel's units, of which the words are equally true; one of
    them is shown. row: the panel, from 1. mark: how the point is marked. above: the panel where the words stand, if not the
    point's own.
    """

    text: str
    at: Sequence[tuple[float, float]]
    row: int = 1
    mark: Mark = Mark.DOT
    above: int | None = None


def annotate(
    fig: go.Figure, notes: Iterable[Note | None], dark: bool = False, width: float = 760.0, height: float = 440.0
) -> go.Figure:
    """Write the notes that are true, at most three, into a figure whose panels stand one above another; return the figure.

    width, height: pixels of the plot's area that the places are sought for.
    """
    c = colours(dark)
    taken: list[tuple[float, float, float]] = []  # middles of notes that stand, and half their widths
    for note in [note for note in notes if note is not None][:MOST]:
        panel = _Panel(fig, note.row, width, height)
        home = panel if note.above is None else _Panel(fig, note.above, width, height)
        half = LETTER * len(note.text) / 2 + 4
        tried = [(*home.place(panel.pixel(*point), half, taken), point) for point in note.at]
        _, middle, (px, py) = min(tried, key=lambda one: one[0])
        taken.append((*middle, half))
        _mark(fig, note, (px, py), panel, c)
        x, y = panel.units(*middle)
        fig.add_annotation(
            name=NAME,
            text=f"<b>{note.text}</b>",
            x=panel.across.shown(px),
            y=panel.up.shown(py),
            ax=x,
            ay=y,
            xref=panel.across.name,
            yref=panel.up.name,
            axref=panel.across.name,
            ayref=panel.up.name,
            arrowhead=6 if note.mark is Mark.DOT else 0,
            arrowsize=0.7,
            arrowwidth=1.2,
            arrowcolor=c.ink,
            standoff=0 if note.mark is Mark.DOT else 6,
            font={"size": 14, "color": c.ink},
            bgcolor=f"rgba({','.join(str(int(c.paper[i : i + 2], 16)) for i in (1, 3, 5))},0.86)",
            borderpad=1,
        )
    return fig


def lies_on(label: str, first: str, difference: float) -> str:
    """That a method's gradient is another's. difference: the largest."""
    return f"{label} lies on {first}: difference {'0.0' if difference == 0 else f'{difference:.0e}'.replace('e-0', 'e-')}"


def notes_of(fig: go.Figure) -> list[str]:
    """The words of the notes in a figure."""
    layout: Any = fig.layout
    return [re.sub("<.*?>", "", note.text) for note in layout.annotations if note.name == NAME]


def _mark(fig: go.Figure, note: Note, point: tuple[float, float], panel: "_Panel", c: Colours) -> None:
    """A circle of fixed size round the point of a note that has no dot."""
    if note.mark is Mark.DOT:
        return
    r = 9 if note.mark is Mark.RING else 5
    fig.add_shape(
        type="circle",
        xref=panel.across.name,
        yref=panel.up.name,
        xsizemode="pixel",
        ysizemode="pixel",
        xanchor=point[0],
        yanchor=point[1],
        x0=-r,
        x1=r,
        y0=-r,
        y1=r,
        line={"color": c.ink, "width": 1.8},
        fillcolor="rgba(0,0,0,0)" if note.mark is Mark.RING else c.paper,
    )


@dataclasses.dataclass(frozen=True)
class _Axis:
    """An axis of a panel: its name, its ends in shown units (logarithms on a logarithmic axis), the pixels that they lie at."""

    name: str
    ends: tuple[float, float]
    pixels: tuple[float, float]
    log: bool

    def shown(self, value: Any) -> Any:
        """A value in the units that an annotation has on this axis."""
        return np.log10(value) if self.log else value

    def pixel(self, value: Any) -> Any:
        """Where a value lies."""
        (a, b), (p, q) = self.ends, self.pixels
        return p + (self.shown(value) - a) / (b - a) * (q - p)

    def unit(self, pixel: float) -> float:
        """The shown unit at a pixel."""
        (a, b), (p, q) = self.ends, self.pixels
        return a + (pixel - p) / (q - p) * (b - a)


class _Panel:
    """One panel of a figure, in pixels from the left and from below."""

    def __init__(self, fig: go.Figure, row: int, width: float, height: float):
        number = "" if row == 1 else str(row)
        self.traces: list[Any] = [trace for trace in fig.data if (getattr(trace, "yaxis", None) or "y") == f"y{number}"]
        self.size = width, height
        self.across = self._axis(fig, f"x{number}", "x", width)
        self.up = self._axis(fig, f"y{number}", "y", height)

    def _axis(self, fig: go.Figure, name: str, part: str, pixels: float) -> _Axis:
        axis: Any = fig.layout[f"{part}axis{name[1:]}"]
        log = axis.type == "log"
        ends = axis.range
        if ends is None:  # the browser chooses one like this, and keeps a zoom only where Python has not
            parts = [
                np.asarray(values, float).ravel() for trace in self.traces if (values := getattr(trace, part, None)) is not None
            ]
            values = np.concatenate(parts) if parts else np.zeros(0)
            values = values[np.isfinite(values) & (values > 0 if log else True)]
            low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
            if log:
                low, high = float(np.log10(low)), float(np.log10(high))
            ends = with_edges(low, high, 0.06) if high > low else [low - 1, high + 1]
        low, high = axis.domain or (0.0, 1.0)
        first, last = ends
        return _Axis(name, (float(first), float(last)), (low * pixels, high * pixels), log)

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies."""
        return float(self.across.pixel(x)), float(self.up.pixel(y))

    def units(self, px: float, py: float) -> tuple[float, float]:
        """The shown units at a pixel."""
        return self.across.unit(px), self.up.unit(py)

    def place(
        self, at: tuple[float, float], half: float, taken: list[tuple[float, float, float]]
    ) -> tuple[float, tuple[float, float]]:
        """What it costs to write a note of this half width, and where its middle then lies: near its point `at`, on few points of
        curves, on no other note."""
        curves, best, where = self.points, np.inf, at
        (left, right), (low, high) = self.across.pixels, self.up.pixels
        start = min(max(at[1], low), high)
        for across, up in itertools.product(ACROSS, UP):
            x = min(max(at[0] + across * 2 * half, left + half), max(right - half, left + half))
            y = start + up
            if not low + LINE / 2 <= y <= high - LINE / 2:
                continue
            inside = (np.abs(curves[0] - x) < half) & (np.abs(curves[1] - y) < LINE / 2 + 2)
            close = sum(abs(x - ox) < half + oh and abs(y - oy) < LINE + 6 for ox, oy, oh in taken)
            aside = max(abs(x - at[0]) - half, 0.0)
            cost = inside.sum() * (1000 / max(len(curves[0]), 1)) + 1000 * close + 0.3 * aside + 0.1 * abs(up)
            if cost < best:
                best, where = float(cost), (x, y)
        return (best, where) if best < np.inf else (1e6, (min(max(at[0], left + half), right - half), (low + high) / 2))

    @functools.cached_property
    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the panel's curves and marks, in pixels."""
        xs, ys = [], []
        for trace in self.traces:
            x, y = getattr(trace, "x", None), getattr(trace, "y", None)
            if x is None or y is None or trace.type not in ("scatter", "scattergl", "bar") or len(x) < 2:
                continue
            x, y = np.asarray(x, float), np.asarray(y, float)
            if trace.type == "bar":
                x, y = np.tile(x, 3), np.concatenate([y, y * 2 / 3, y / 3])
            elif "lines" in (trace.mode or ""):  # between its points a line covers what it passes
                even = np.linspace(0, len(x) - 1, min(4 * len(x), SAMPLES))
                x, y = np.interp(even, np.arange(len(x)), x), np.interp(even, np.arange(len(y)), y)
            xs.append(x)
            ys.append(y)
        if not xs:
            return np.zeros(0), np.zeros(0)
        with np.errstate(all="ignore"):
            x, y = self.across.pixel(np.concatenate(xs)), self.up.pixel(np.concatenate(ys))
        good = np.isfinite(x) & np.isfinite(y)
        every = max(1, int(good.sum() // SAMPLES))
        return x[good][::every], y[good][::every]
