"""What every page uses: heading, figure, the code behind it, downloads, citations, and one sentence when something is wrong."""

import csv
import dataclasses
import functools
import importlib.util
import io
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go
import streamlit as st
from plotly.io.json import to_json_plotly
from streamlit.components.v1 import declare_component

from snnviz.ui import controls

_LOG = logging.getLogger(__name__)


def assets() -> Path:
    """The folder of references, lessons and pictures: inside the installed package, or at the top of the repository."""
    package = Path(__file__).parents[1]
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def dark() -> bool:
    """Whether the visitor sees the dark theme; figures take this."""
    return st.context.theme.type == "dark"


def heading(title: str, text: str) -> None:
    """The title of a page and, in under sixty words, what to look at."""
    if len(text.split()) >= 60:
        raise ValueError(f"The paragraph above the picture has {len(text.split())} words; keep it under 60.")
    _router_first()
    st.title(title, anchor=False)
    st.markdown(text)


def _router_first() -> None:
    """A fresh server that is first asked for a page, not for the start, takes `pages/` for an app without a router and runs
    the page bare. Tell it otherwise and run again, through app.py."""
    from streamlit.runtime.pages_manager import PagesManager

    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def view(file: str, name: str) -> ModuleType:
    """A view of a page that has many: the file `<page>/<name>.py` beside the page's own, whose `__file__` is `file`.

    It is found from that path, in a clone as in an installed package, and read once. It lies in `sys.modules`, so that
    Streamlit sees when it is edited, and reads it anew.
    """
    path = Path(file).with_suffix("") / f"{name}.py"
    full = f"snnviz-page:{path}"
    module = sys.modules.get(full)
    if module is None:
        spec = importlib.util.spec_from_file_location(full, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[full] = module  # not before it is whole: another visitor may ask for it meanwhile
    return module


def sides(controls: float = 1.0, picture: float = 2.6) -> Sequence[Any]:
    """Controls at the left, the picture large beside them; on a phone the picture comes first: `left, right = sides()`."""
    st.html("<style>@media (max-width: 640px) {.st-key-sides > * > .stHorizontalBlock {flex-wrap: wrap-reverse}}</style>")
    return st.container(key="sides").columns([controls, picture], gap="medium")


def figure(fig: go.Figure, key: str, pace: float | None = None) -> None:
    """Draw a figure at full width with its alternative text. The next one under the same key moves it, zoom and all.

    `pace`: curves that grew since the last one grow in two steps, these seconds apart.

    Its title is set as text above it: that wraps where a figure's own title would be cut or run into the legend.
    """
    drawn = fig.to_dict()
    layout = drawn["layout"]
    if not layout.get("meta", {}).get("alt"):
        raise ValueError(f"Figure {key!r} has no alternative text; make it with figures.theme.finish.")
    if title := (layout.pop("title", None) or {}).get("text"):
        st.markdown(f"**{title}**")
        layout.setdefault("margin", {})["t"] = 28 if layout.get("annotations") else 12
        layout["height"] -= 40
    # A zoom belongs to what the axes show: milliseconds on a logarithm, or another quantity, start whole.
    axes = {
        name: (axis.get("type"), axis.get("visible"), axis.get("title", {}).get("text"))
        for name, axis in layout.items()
        if re.fullmatch(r"[xy]axis\d*", name)
    }
    layout["uirevision"] = f"{layout.get('uirevision')} {axes}"
    sent = to_json_plotly(drawn | {"name": f"snnviz-{key}", "library": _plotly_js(), "pace": pace})
    _figure_component()(key=f"figure-{key}", data=sent.encode(), height=layout["height"])


@functools.cache
def _figure_component() -> Any:
    folder = assets() / "figure"
    css, js = ((folder / f"figure.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component("snnviz_figure", css=css, js=js, isolate_styles=False)


@functools.cache
def _plotly_js() -> str:
    """Where the browser finds plotly.js: Streamlit serves the folder of a component, and nobody mounts this one."""
    folder = Path(plotly.__file__).parent / "package_data"
    served = declare_component("plotly", path=folder)
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{f'/{base}' if base else ''}/component/{served.name}/plotly.min.js?v={plotly.__version__}"


def downloads(name: str, columns: Mapping[str, Sequence[Any] | np.ndarray], fig: go.Figure | None = None) -> None:
    """Buttons that take away the numbers of a picture as CSV and, given the figure, the picture as a web page that moves."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Data (CSV)", lambda: to_csv(columns), f"{name}.csv", "text/csv",
            key=f"csv-{name}", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if fig is not None:
            config = {"modeBarButtonsToRemove": ["sendChartToCloud"]}
            st.download_button(
                "Picture (HTML)", lambda: fig.to_html(config), f"{name}.html", "text/html",
                key=f"html-{name}", icon=":material/download:", on_click="ignore",
            )  # fmt: skip


def to_csv(columns: Mapping[str, Sequence[Any] | np.ndarray]) -> str:
    """Columns of one length as CSV text, the names in the first line."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Columns of one table differ in length: {lengths}.")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(np.asarray(c).tolist() for c in columns.values()), strict=True))
    return out.getvalue()


def code_behind(source: str) -> None:
    """The Python that made the picture, to run in a notebook."""
    with st.expander("The code that made this", icon=":material/code:"):
        st.code(source.strip() + "\n", language="python")


def presets(file: str, entries: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
    """Links that set this page to show a point: title -> (what to see, the settings in the URL)."""
    with st.container(horizontal=True, gap="small", key="presets"):
        for title, (help_, settings) in entries.items():
            st.page_link(f"pages/{file}", label=title, query_params=here(settings), help=help_, icon=":material/play_circle:")


def here(settings: Mapping[str, str]) -> dict[str, str]:
    """The query of a link to the page it stands on, which then shows just these settings."""
    return dict(settings) | {controls.LINK: "1"}


def equation(latex: str, text: str = "") -> None:
    if text:
        st.markdown(text)
    st.latex(latex)


@contextmanager
def guarded() -> Iterator[None]:
    """Turn the library's complaint about a value into one sentence on the page, and stop the page there."""
    try:
        yield
    except (ValueError, TypeError) as problem:
        _LOG.info("shown to the visitor: %s", problem, exc_info=True)
        st.error(str(problem) or type(problem).__name__, icon=":material/error:")
        st.stop()


@dataclasses.dataclass(frozen=True)
class Reference:
    """One entry of assets/references.bib."""

    key: str
    fields: Mapping[str, str]

    def text(self) -> str:
        """Authors (year). Title. Where; as Markdown with a link."""
        f = self.fields
        names = [n.split(",")[0].strip() for n in f.get("author", "").split(" and ")]
        who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} et al."
        where = f.get("journal") or f.get("booktitle") or f.get("publisher", "")
        at = ":".join(p for p in (f.get("volume", ""), f.get("pages", "").replace("--", "-")) if p)
        url = f"https://doi.org/{f['doi']}" if "doi" in f else f.get("url", "")
        title = f"[{f['title']}]({url})" if url else f["title"]
        return f"{who} ({f['year']}). {title}. *{where}*{f' {at}' if at else ''}."


def citation(*keys: str) -> None:
    """Cite papers by their keys in assets/references.bib."""
    known = references()
    st.caption("  \n".join(known[key].text() for key in keys))


@functools.cache
def references() -> Mapping[str, Reference]:
    return read_bibtex((assets() / "references.bib").read_text(encoding="utf-8"))


def read_bibtex(text: str) -> dict[str, Reference]:
    """Read BibTeX entries whose values stand in braces or quotes. Enough for our own file: no macros, no cross references."""
    entries: dict[str, Reference] = {}
    for start in re.finditer(r"@\w+\s*\{\s*([^,\s]+)\s*,", text):
        fields: dict[str, str] = {}
        at = start.end()
        while name := re.compile(r"\s*,?\s*(\w+)\s*=\s*").match(text, at):
            value, at = _bibtex_value(text, name.end())
            fields[name[1].lower()] = re.sub(r"\s+", " ", value.replace("{", "").replace("}", "")).strip()
        key = start[1]
        if key in entries:
            raise ValueError(f"references.bib has {key} twice.")
        if missing := {"author", "title", "year"} - fields.keys():
            raise ValueError(f"references.bib: {key} lacks {', '.join(sorted(missing))}.")
        entries[key] = Reference(key, fields)
    return entries


def _bibtex_value(text: str, start: int) -> tuple[str, int]:
    """The value that begins at `start` (braced, quoted or a bare number) and the place after it."""
    opening = text[start]
    if opening == '"':
        stop = text.index('"', start + 1)
        return text[start + 1 : stop], stop + 1
    if opening != "{":
        bare = re.compile(r"\w*").match(text, start)
        return bare[0], bare.end()
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[start + 1 : at], at + 1
    raise ValueError("references.bib: a brace is never closed.")
