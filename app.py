"""The app: `streamlit run app.py`. The list of pages, and the parts that all pages share."""

import dataclasses
import os
import sys
import time
from pathlib import Path

import streamlit

# Waiting threads of torch sleep instead of spinning, so the browser and other visitors get the cores. torch reads this once.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if not getattr(sys.modules.get("snnviz.ui.loaded"), "READY", False):  # who opens a fresh server sees a word while Python loads
    streamlit.set_page_config("snnviz", layout="wide", initial_sidebar_state=216)  # SIDEBAR
    starting = streamlit.empty()
    starting.info(
        "Starting. The first visitor of a fresh server waits some seconds; the next ones do not.", icon=":material/hourglass:"
    )
    time.sleep(0.1)  # what loads libraries holds Python's lock: before that, the server's own thread sends the word
else:
    starting = None

import snnviz.ui.loaded  # noqa: F401, I001  first of all: the visitors of a fresh server wait here for one of them
import plotly.io
import streamlit as st

from snnviz import memory, places, waiting
from snnviz.backends import source
from snnviz.ui import (
    address, backend, building, computing, heading, leaving, lessons, present, problems, rail, shell, streamlit_private, taking,
    visitors,
)  # fmt: skip
from snnviz.ui.classroom import role, strip
from snnviz.ui.words import literal

HERE = Path(__file__).parent
SIDEBAR = 216  # its width in pixels
plotly.io.templates.default = None  # our figures bring their own template; checking plotly's default takes as long as the figure


@dataclasses.dataclass(frozen=True)
class Entry:
    """A page. file: in pages/; its name without .py is the page's address. section: of the menu."""

    file: str
    title: str
    icon: str
    section: str = ""

    @property
    def address(self) -> str:
        return "" if self == PAGES[0] else self.file.removesuffix(".py")


# In the order of the menu; the app opens with the first.
PAGES = (
    Entry("playground.py", "Playground", ":material/play_circle:"),
    Entry("lessons.py", "Lessons", ":material/school:"),
    Entry("neuron.py", "Neuron", ":material/bolt:", "Explore"),
    Entry("derivative.py", "Spike derivative", ":material/change_history:", "Explore"),
    Entry("gradients.py", "Gradients", ":material/compare_arrows:", "Explore"),
    Entry("sparsity.py", "Sparsity", ":material/scatter_plot:", "Explore"),
    Entry("depth.py", "Depth", ":material/account_tree:", "Explore"),
    Entry("speed.py", "Speed", ":material/speed:", "Explore"),
    Entry("training.py", "Training", ":material/model_training:", "Train"),
    Entry("sweeps.py", "Sweeps", ":material/grid_on:", "Train"),
    Entry("data.py", "Data", ":material/grain:", "Train"),
    Entry("runs.py", "Runs", ":material/folder_open:", "Train"),
    Entry("class.py", "Class", ":material/co_present:", "Teach"),
    Entry("glossary.py", "Glossary", ":material/menu_book:", "Teach"),
)


def main() -> None:
    st.set_page_config("snnviz", str(places.assets() / "icon.svg"), layout="wide", initial_sidebar_state=SIDEBAR)
    st.logo(str(places.assets() / "logo.svg"), size="large", icon_image=str(places.assets() / "icon.svg"))
    sections: dict[str, list] = {}
    for entry in PAGES:
        page = st.Page(HERE / "pages" / entry.file, title=entry.title, icon=entry.icon, default=entry == PAGES[0])
        sections.setdefault(entry.section, []).append(page)
    sections[""].append(st.Page(HERE / "pages" / "start.py", visibility="hidden"))
    st.set_option("client.showSidebarNavigation", True)  # .streamlit/config.toml says why it is not so from the start
    page = st.navigation(sections, expanded=True)
    visitors.arrive()
    role.arrive()
    leaving.begin()
    messages = st.container()
    address.begin(page.url_path, messages.empty(), shared={"backend", present.PRESENT}, carried=lessons.KEYS)
    # Italic letters are a little wider than their box, so a displayed equation would get a scroll bar: padding prevents it. The
    # dark theme's blue is too light for white button text: dark text there.
    st.html(
        "<style>.katex-display {padding: 3px}"
        "[class*=st-key-computing-bar] {position: fixed; bottom: 1rem; left: 50%; transform: translateX(-50%); z-index: 99;"
        "padding: .5rem 1rem; width: min(36rem, 92vw); border-radius: .5rem; background: light-dark(#FFFFFF, #1B2129);"
        "box-shadow: 0 2px 12px #0006}"
        "[data-testid^=stBaseButton-primary]:enabled :is(p, span) {color: light-dark(#FFFFFF, #11151B)}</style>"
    )
    try:
        with (
            problems.last_resort(),
            source.announced(building.said_in(messages.empty())),
            computing.shown_in(messages.empty()),
            waiting.watched(waiting.Watch(streamlit_private.abandoned())),
            present.mode(),
        ):
            shell.draw(page.title)
            backend.pick()
            strip.attend(page, {one.url_path: one for several in sections.values() for one in several})
            if starting:
                starting.empty()
            with rail.beside(page.url_path):
                page.run()
            address.end()
            heading.finish()
            taking.share()
        for trouble in places.troubles():
            messages.warning(literal(trouble), icon=":material/folder_off:")
    except waiting.Abandoned:
        streamlit_private.give_way()
    finally:
        memory.settle()


if __name__ == "__main__":
    main()
