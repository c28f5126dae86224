"""Figures on a page: drawn by a component that moves one figure into the next, and taken away as numbers or as a web page."""

import csv
import functools
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go
import streamlit as st
from plotly.io.json import to_json_plotly

from snnviz import account
from snnviz.figures.theme import points_nowhere
from snnviz.places import assets
from snnviz.ui import heading, present, streamlit_private

COPIES = 6  # of a figure's text, on its way to the browser: JSON, its bytes, the message, and what the connection holds


def figure(
    fig: go.Figure, key: str, pace: float | None = None, *, fill: bool = False, picked: Callable[[], None] | None = None
) -> None:
    """Draw a figure at full width with its alternative text. The next one under the same key moves it, zoom and all.

    `pace`: curves that grew since the last one grow in two steps, these seconds apart. `picked`: called after a click in a panel,
    whose place along x is then `st.session_state[component(key)]["picked"]`.

    Its title is set as text above it: that wraps where a figure's own title would be cut or run into the legend. `fill`: it is
    the picture of its page, which takes the height that the window has below its top; its title is the sentence of the page.
    """
    drawn = fig.to_dict()
    drawn["data"] = [*drawn["data"], *(trace.to_plotly_json() for trace in points_nowhere(fig))]
    fill = present.enlarge(drawn) or fill
    layout = drawn["layout"]
    if not layout.get("meta", {}).get("alt"):
        raise ValueError(f"Figure {key!r} has no alternative text; make it with figures.theme.finish.")
    if title := (layout.pop("title", None) or {}).get("text"):
        heading.says(f"**{title}**") if fill else st.markdown(f"**{title}**")
        layout["meta"] |= {"title": title}
        layout.setdefault("margin", {})["t"] = 28 if layout.get("annotations") else 12
        layout["height"] -= 40
    # A zoom belongs to what the axes show: milliseconds on a logarithm, or another quantity, start whole.
    axes = {
        name: (axis.get("type"), axis.get("visible"), axis.get("title", {}).get("text"))
        for name, axis in layout.items()
        if re.fullmatch(r"[xy]axis\d*", name)
    }
    layout["uirevision"] = f"{layout.get('uirevision')} {axes}"
    extra = {"name": f"snnviz-{key}", "library": _plotly_js(), "pace": pace, "fill": fill, "picks": picked is not None}
    with account.held(COPIES * weight(drawn), "Sending this picture", "choose fewer steps, neurons or samples"):
        sent: Any = to_json_plotly(drawn | extra)
        hears = {} if picked is None else {"on_picked_change": picked}
        _figure_component()(key=component(key), data=sent.encode(), height="content" if fill else layout["height"], **hears)


def component(key: str) -> str:
    """The key in the session of the component that draws the figure `key`."""
    return f"figure-{key}"


def weight(part: Any) -> int:
    """About how many bytes a figure's dictionary is as JSON, where its arrays are texts already."""
    if isinstance(part, (str, bytes)):
        return len(part) + 3
    if isinstance(part, np.ndarray):
        return 20 * part.size
    if isinstance(part, Mapping):
        return sum(len(name) + 3 + weight(value) for name, value in part.items())
    if isinstance(part, (list, tuple)):
        return sum(map(weight, part))
    return 20


@functools.cache
def _figure_component() -> Any:
    folder = assets() / "figure"
    css, js = ((folder / f"figure.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    # Streamlit imports v2 itself, by a road that pyright does not see
    made = st.components.v2.component  # pyright: ignore[reportAttributeAccessIssue]
    return made("snnviz_figure", css=css, js=js, isolate_styles=False)


@functools.cache
def _plotly_js() -> str:
    """Where the browser finds plotly.js, seen from the page it shows."""
    folder = streamlit_private.serve_folder("plotly", Path(plotly.__file__).parent / "package_data")
    return f"{folder}/plotly.min.js?v={plotly.__version__}"


def downloads(
    name: str, columns: Mapping[str, Sequence[Any] | np.ndarray], fig: go.Figure | None = None, comments: Sequence[str] = ()
) -> None:
    """Buttons that take away the numbers of a picture as CSV, with comments above its heading, and, given the figure, the picture
    as a web page that moves."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Data (CSV)", lambda: to_csv(columns, comments), f"{name}.csv", "text/csv",
            key=f"csv-{name}", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if fig is not None:
            config = {"modeBarButtonsToRemove": ["sendChartToCloud"]}
            st.download_button(
                "Picture (HTML)", lambda: fig.to_html(config), f"{name}.html", "text/html",
                key=f"html-{name}", icon=":material/download:", on_click="ignore",
            )  # fmt: skip


def to_csv(columns: Mapping[str, Sequence[Any] | np.ndarray], comments: Sequence[str] = ()) -> str:
    """Columns of one length as CSV text: comments after #, then the names, then the values."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Columns of one table differ in length: {lengths}.")
    out = io.StringIO()
    out.writelines(f"# {comment}\n" for comment in comments)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(np.asarray(c).tolist() for c in columns.values()), strict=True))
    return out.getvalue()
