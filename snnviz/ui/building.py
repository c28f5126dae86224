"""A page that must wait for a kernel says so at once: `with source.announced(building.said_in(container)): page.run()`."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from snnviz.backends import prepare
from snnviz.backends.source import Announce


def said_in(container: DeltaGenerator) -> Announce:
    """An announcement that stands in `container` while something is built; all else that is missing is built meanwhile."""

    @contextlib.contextmanager
    def announce(title: str) -> Iterator[None]:
        prepare.begin()
        _aside(lambda: container.status(f"Building {title} for this machine, once: about 20 seconds."))
        try:
            yield
        finally:
            _aside(lambda: container.empty())

    return announce


def _aside(draw: Callable[[], object]) -> None:
    """Draw from a thread of its own: what is drawn by the thread that fills a cache would be kept there, and drawn again."""
    thread = threading.Thread(target=draw, name="snnviz-says")
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    thread.join()
