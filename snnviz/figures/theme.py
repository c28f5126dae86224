"""The look every figure shares: colours by role, one template per theme, and what a figure is finished with.

Colours are the Okabe-Ito palette (safe for colour-blind readers); on a dark ground the darker hues are lightened, so the
same thing keeps the same hue on every page and in both themes.
"""

import copy
import dataclasses
import functools
import html
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

FONT = "'Source Sans', 'Source Sans 3', 'Helvetica Neue', Arial, sans-serif"
HEIGHT = 420


@dataclasses.dataclass(frozen=True)
class Colours:
    """One colour per role. `methods` is by gradient method, `series` for whatever has no role."""

    paper: str
    panel: str
    ink: str
    muted: str
    grid: str
    membrane: str
    threshold: str
    spike: str
    current: str
    active: str
    silent: str
    ghost: str
    negative: str  # below zero, where the membrane's colour stands for above
    methods: Mapping[str, str]
    series: tuple[str, ...]
    others: tuple[str, ...]  # of methods that have no role here yet
    classes: tuple[str, ...]  # of samples in a plane, hues that no method has; a shape goes with each: disc, square, triangle

    def method(self, role: str) -> str:
        """The colour of a gradient method by its role; one without a role of its own has one of `others`, always the same."""
        return self.methods.get(role) or self.others[sum(role.encode()) % len(self.others)]


LIGHT = Colours(
    paper="#FFFFFF",
    panel="#F3F5F8",
    ink="#1A2029",
    muted="#525C6B",
    grid="#E4E8EE",
    membrane="#0072B2",
    threshold="#6B7480",
    spike="#1A2029",
    current="#009E73",
    active="#D55E00",
    silent="#AEB6C1",
    ghost="#9AA3AF",
    negative="#A88B4A",
    methods={
        "bptt": "#0072B2",
        "bptt_cut": "#56B4E9",
        "slayer": "#D55E00",
        "exodus": "#009E73",
        "localzo": "#CC79A7",
        "gated": "#8F3F74",
        "sparse": "#E69F00",
        "modules": "#7F6A00",
        "sltt": "#3D1FD6",
        "ottt": "#4A1C00",
        "ostl": "#1B1464",
        "eprop": "#F5005C",
        "decolle": "#674D22",
        "eventprop": "#143D00",
    },
    series=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6A00"),
    others=("#5B3FA0", "#A12A3A", "#3D6B1F", "#00707A"),
    classes=("#46536B", "#C9B27C", "#7A5CC0"),
)

DARK = Colours(
    paper="#11151B",
    panel="#1C222B",
    ink="#E8ECF1",
    muted="#A7B1BF",
    grid="#29313B",
    membrane="#4AA8E8",
    threshold="#98A2AF",
    spike="#E8ECF1",
    current="#2BC08F",
    active="#F07F35",
    silent="#4B5563",
    ghost="#6F7986",
    negative="#BFA062",
    methods={
        "bptt": "#4AA8E8",
        "bptt_cut": "#A5D8F8",
        "slayer": "#F07F35",
        "exodus": "#2BC08F",
        "localzo": "#DE96BE",
        "gated": "#F2C4DD",
        "sparse": "#F0B429",
        "modules": "#BFA62E",
        "sltt": "#7A55FF",
        "ottt": "#AD5A3A",
        "ostl": "#2F7FE0",
        "eprop": "#FF3D6E",
        "decolle": "#8A6A9A",
        "eventprop": "#B6FF9E",
    },
    series=("#4AA8E8", "#F07F35", "#2BC08F", "#DE96BE", "#F0B429", "#A5D8F8", "#BFA62E"),
    others=("#B7A3F0", "#F28C98", "#A4CF7E", "#66D3DE"),
    classes=("#8A99B8", "#A8966A", "#B29BF0"),
)

WIDE, THIN = 4.6, 1.9  # pixels of a solid line, and of a dashed one over it: both are seen where they coincide
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
# Drawn in this order, a dash over a line: two methods that coincide are both seen.
METHOD_DASHES: Mapping[str, str] = {
    "bptt": "solid",
    "exodus": "dash",
    "bptt_cut": "solid",
    "slayer": "dash",
    "localzo": "dot",
    "gated": "longdashdot",
    "sparse": "dashdot",
    "modules": "longdash",
    "sltt": "dot",
    "ottt": "dashdot",
    "ostl": "longdash",
    "eprop": "dashdot",
    "decolle": "longdashdot",
    "eventprop": "dash",
}


def colours(dark: bool = False) -> Colours:
    """The colours of one theme, by role."""
    return DARK if dark else LIGHT


def method_line(name: str, dark: bool = False, width: float = 2.5, turn: int = 0) -> dict[str, Any]:
    """The line of a gradient method, the same on every page: `go.Scatter(line=method_line("exodus"))`.

    turn: 1, 2, ... where the same method is drawn again with other settings: the same colour, another dash.
    """
    dash = DASHES[(DASHES.index(METHOD_DASHES.get(name, "dashdot")) + turn) % len(DASHES)]
    return {"color": colours(dark).method(name), "dash": dash, "width": width}


def stroke(name: str, dark: bool = False) -> str:
    """The line of a gradient method as letters in its colour, for a row that is named by it."""
    letters = {"solid": "━━", "dash": "╍╍", "dot": "┅┅"}.get(method_line(name)["dash"], "╺╸╺")
    return f'<span style="color:{method_line(name, dark)["color"]}">{letters}</span>'


@functools.cache
def template(dark: bool = False) -> go.layout.Template:
    """The one Plotly template."""
    c = colours(dark)
    axis = {
        "gridcolor": c.grid,
        "linecolor": c.muted,
        "tickcolor": c.muted,
        "zerolinecolor": c.grid,
        "zerolinewidth": 1,
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": 14}},
        "tickfont": {"size": 13, "color": c.muted},
    }
    scene_axis = {"gridcolor": c.grid, "linecolor": c.muted, "backgroundcolor": c.paper, "color": c.muted}
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 14, "color": c.ink},
            "title": {"x": 0, "xref": "container", "xanchor": "left", "pad": {"l": 4}, "font": {"size": 17}},
            "paper_bgcolor": c.paper,
            "plot_bgcolor": c.paper,
            "colorway": c.series,
            "xaxis": axis,
            "yaxis": axis,
            "scene": {"xaxis": scene_axis, "yaxis": scene_axis, "zaxis": scene_axis},
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.01,
                "yanchor": "bottom",
                "font": {"size": 13},
                "bgcolor": "rgba(0,0,0,0)",
            },
            "hoverlabel": {
                "bgcolor": c.panel,
                "bordercolor": c.muted,
                "font": {"family": FONT, "size": 13, "color": c.ink},
            },
            "hovermode": "closest",
            "margin": {"l": 64, "r": 16, "t": 72, "b": 52},
            "colorscale": {"sequential": "Cividis", "diverging": "RdBu_r"},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": c.muted, "activecolor": c.ink, "orientation": "h"},
        }
    )


def panels(**arguments: Any) -> go.Figure:
    """What `plotly.subplots.make_subplots` makes of these arguments: a copy of one that is kept, since making it takes twenty times
    as long as copying it, a tenth of a page."""
    key = repr(sorted(arguments.items()))
    with _PANELS_LOCK:
        if key not in _PANELS:
            if len(_PANELS) >= 100:
                _PANELS.clear()
            _PANELS[key] = make_subplots(**arguments)
        return copy.deepcopy(_PANELS[key])


_PANELS: dict[str, go.Figure] = {}
_PANELS_LOCK = threading.Lock()


def literal(words: str) -> str:
    """Somebody's words, such as the name of a class, for a figure: plotly takes what is between < and > for a tag."""
    return html.escape(words, quote=False)


def finish(
    fig: go.Figure,
    title: str,
    alt: str,
    *,
    dark: bool = False,
    height: int = HEIGHT,
    x: str | None = None,
    y: str | None = None,
    uirevision: str = "kept",
) -> go.Figure:
    """Give a figure what every figure has, and return it.

    Args:
        title: what to see in it, not what it is made of.
        alt: one or two sentences for a reader who cannot see it, with the numbers that matter.
        height: pixels, fixed, so that a page does not jump.
        x, y: axis titles with units; leave them out where a figure has several panels and names its own.
        uirevision: zoom and hidden traces are kept while this stays the same.
    """
    layout = fig.layout
    # plotly has checked the template when it was made. To check it again takes longer than the rest of most figures.
    layout._validate = False
    layout.template = template(dark)
    layout._validate = True
    layout.title = {"text": title}
    layout.height, layout.uirevision, layout.meta = height, uirevision, {"alt": alt}
    if x is not None:
        fig.update_xaxes(title_text=x)
    if y is not None:
        fig.update_yaxes(title_text=y)
    return fig


def points_nowhere(fig: go.Figure) -> list[go.Scatter]:
    """A trace with one point at NaN for each panel that has no point, in a figure with several panels; to be drawn with the rest.

    plotly.js takes a trace without a point for none, and where it enlarges a margin for a legend it puts the axes of a panel
    without traces at NaN: an error in the browser's console, and no axis.
    """
    panels = {axis.plotly_name.replace("axis", ""): axis.anchor for axis in fig.select_yaxes()}
    for trace in fig.data:
        x: Any = getattr(trace, "x", None)
        if x is None or len(x):  # a picture without x has points
            panels.pop(getattr(trace, "yaxis", None) or "y", None)
    several = len(list(fig.select_yaxes())) > 1
    return [
        go.Scatter(x=[None], y=[None], xaxis=x, yaxis=y, showlegend=False, hoverinfo="skip")
        for y, x in panels.items()
        if several and x is not None
    ]


def empty_figure(message: str, *, dark: bool = False, height: int = HEIGHT) -> go.Figure:
    """The space of a figure that has nothing to show yet, with one sentence saying why."""
    fig = go.Figure()
    fig.add_annotation(text=message, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"color": colours(dark).muted})
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    return finish(fig, "", message, dark=dark, height=height)


def with_edges(low: float, high: float, edge: float = 0.02) -> list[float]:
    """The range of an axis that shows low to high with `edge` of that length free at either end, finite for all finite numbers.

    The length itself can be larger than any float64: so it is never computed, and the ends stop at the largest number.
    """
    largest = float(np.finfo(float).max)
    free = edge * float(high) - edge * float(low)
    return [max(float(low) - free, -largest), min(float(high) + free, largest)]


def percent(share: float) -> str:
    """A share between 0 and 1 as a percentage of three significant digits."""
    return three_digits(100 * share, "%")


def times(value: float) -> str:
    """How many times as large something is, in words: three significant digits, with thousands apart."""
    return f"{float(f'{value:.3g}'):,.0f}" if 1000 <= value < 1e9 else three_digits(value)


def three_digits(value: float, unit: str = "") -> str:
    """A number as a reader wants it: three significant digits and its unit."""
    return f"{value:.3g}{f' {unit}' if unit else ''}"
