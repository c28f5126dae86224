"""Every use of what Streamlit does not promise: one function each. tests/test_streamlit_private.py says when one has changed."""

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from streamlit.components.v1 import declare_component
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx


def is_history_navigation() -> bool:
    """Whether this run came by the browser's history: Back or Forward.

    If this changes, Back changes the URL and leaves the controls as they were.
    """
    return bool(get_script_run_ctx().is_history_navigation)


def route_by_app() -> bool:
    """Whether this run must start again because Streamlit ran a page's file bare.

    A fresh server that is first asked for a page, not for the start, takes `pages/` for an app without a router. If this
    changes, the first visitor of a server who opens a link to a page sees it without menu and sidebar.
    """
    bare = PagesManager.uses_pages_directory
    PagesManager.uses_pages_directory = False
    return bool(bare)


def serve_folder(name: str, folder: Path) -> str:
    """The address, relative to the app's pages, under which Streamlit serves the files of a folder to the browser.

    Only the browser knows where the pages are: a proxy may take a part of the path away before the server sees it.
    Streamlit serves the folder of every component of the first kind, even of one that no page mounts. If this changes, no
    figure appears, because the browser does not get plotly.js.
    """
    return f"component/{declare_component(name, path=folder).name}"


def draw_aside(draw: Callable[[], object]) -> None:
    """Draw from a thread of its own, and wait for it.

    What is drawn by a thread that fills a cache of Streamlit's is kept there, and drawn again for everybody who reads the
    entry. If this changes, the message that a kernel is being built raises an exception, or stays on the page.
    """
    thread = threading.Thread(target=draw, name="snnviz-says")
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    thread.join()


def run(script: Path, options: Sequence[str]) -> None:
    """Be the command `streamlit run script` with these options, in this process, which has loaded what pages need.

    If this changes, `snnviz app` does not start; `streamlit run app.py` does.
    """
    from streamlit.web import cli

    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(script), *options]
    cli.main(prog_name="streamlit")
