"""Every use of what Streamlit does not promise: one function each. tests/test_streamlit_private.py says when one has changed."""

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st
from streamlit.components.v1 import declare_component
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType, _fragment_run_should_not_preempt_script


def is_history_navigation() -> bool:
    """Whether this run came by the browser's history: Back or Forward.

    If this changes, Back changes the URL and leaves the controls as they were.
    """
    run = get_script_run_ctx()
    return run is not None and bool(run.is_history_navigation)


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
    lend_page(thread)
    thread.start()
    thread.join()


def lend_page(thread: threading.Thread) -> None:
    """Let what is drawn by a thread, which is not started yet, appear on the page of the one that calls this.

    If this changes, the message that a kernel is being built does not appear, or raises an exception.
    """
    add_script_run_ctx(thread, get_script_run_ctx(suppress_warning=True))


def abandoned() -> Callable[[], bool]:
    """A question to ask during a long computation: whether nobody waits for this run of a page any more, because the visitor has
    gone or has moved a control. At the next thing that the page draws Streamlit would end the run.

    If this changes, what a visitor has left goes on computing until it is done.
    """
    context = get_script_run_ctx(suppress_warning=True)
    requests = None if context is None else context.script_requests

    def gone() -> bool:
        if requests is None or requests._state is ScriptRequestType.CONTINUE:
            return False
        if requests._state is ScriptRequestType.STOP:
            return True
        data = requests._rerun_data
        return not _fragment_run_should_not_preempt_script(data.fragment_id_queue, data.is_fragment_scoped_rerun)

    return gone


def give_way() -> None:
    """End this run of a page, and let the one begin that is waiting: anything drawn makes Streamlit see to it."""
    st.empty()
    st.stop()


def run(script: Path, options: Sequence[str]) -> None:
    """Be the command `streamlit run script` with these options, in this process, which has loaded what pages need.

    If this changes, `snnviz app` does not start; `streamlit run app.py` does.
    """
    from streamlit.web import cli

    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(script), *options]
    cli.main(prog_name="streamlit")
