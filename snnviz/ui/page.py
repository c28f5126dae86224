"""What every page uses: heading, figure, the code behind it, downloads, citations, and one sentence when something is wrong.

Figures and citations have modules of their own; a page finds them here beside the rest.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import streamlit as st

from snnviz.ui import address, taking
from snnviz.ui.figure import downloads as downloads
from snnviz.ui.figure import figure as figure
from snnviz.ui.heading import Presets
from snnviz.ui.heading import dress as dress
from snnviz.ui.heading import heading as heading
from snnviz.ui.heading import says as says
from snnviz.ui.problems import guarded as guarded
from snnviz.ui.references import citation as citation


def dark() -> bool:
    """Whether the visitor sees the dark theme; figures take this."""
    return st.context.theme.type == "dark"


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
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no file of Python.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[full] = module  # not before it is whole: another visitor may ask for it meanwhile
    return module


def stage() -> Any:
    """Where a page's questions (`asks`) and its sides stand; on a phone the picture comes first, and in a low window they are
    folded away above it."""
    place = st.container(key="stage")
    place.html('<details class="fold"><summary>Controls</summary></details>')
    return place


def asks() -> Any:
    """One row above the picture for what a page asks first: methods at the left, the view at the right end."""
    return st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="asks")


def sides(controls: float = 1.0, picture: float = 3.8) -> Sequence[Any]:
    """Controls at the left, the picture large beside them; on a phone the picture comes first: `left, right = sides()`."""
    return st.container(key="sides").columns([controls, picture])


# Called with the code and what it shows, while a test compares the two.
listener: Callable[[str, Mapping[str, Any]], None] | None = None


def code_behind(source: str, shows: Mapping[str, Any]) -> None:
    """The Python that made the picture, to run in a notebook; one line of imports, `from snnviz import *`.

    shows: what the page draws, by the expression that has it once the code has run: {"run.layers[0].u": layer.u}. The tests
    run the code of every page and view, and compare.
    """
    if listener is not None:
        listener(source, shows)
    with st.expander("The code that made this", icon=":material/code:"):
        st.code(source.strip() + "\n", language="python")
        taking.notebook_button(source)


def presets(file: str, entries: Presets) -> None:
    """Links that set this page to show a point: title -> (what to see, the settings in the URL)."""
    with st.container(horizontal=True, gap="small", key="presets"):
        for title, (help_, settings) in entries.items():
            st.page_link(f"pages/{file}", label=title, query_params=here(settings), help=help_, icon=":material/play_circle:")


def here(settings: Mapping[str, str]) -> dict[str, str]:
    """The query of a link that says everything about its page, which then shows just these settings."""
    return address.link_to(settings)


def equation(latex: str, text: str = "") -> None:
    """Draw an equation, with a sentence above it."""
    if text:
        st.markdown(text)
    st.latex(latex)


def several(sentences: Sequence[str], what: str, warn: bool = False) -> None:
    """Say a few sentences (Markdown) one by one; more of them are one list, closed under their number: "51 notes"."""
    say, icon = (st.warning, ":material/warning:") if warn else (st.info, ":material/info:")
    if len(sentences) <= 3:
        for sentence in sentences:
            say(sentence, icon=icon)
        return
    with st.expander(f"{len(sentences)} {what}", icon=icon):
        st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
