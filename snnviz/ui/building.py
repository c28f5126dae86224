"""A page that must wait for a kernel says so at once: `with source.announced(building.said_in(container)): page.run()`."""

import contextlib
from collections.abc import Iterator

from streamlit.delta_generator import DeltaGenerator

from snnviz.backends import prepare
from snnviz.backends.source import Announce
from snnviz.ui import streamlit_private


def said_in(container: DeltaGenerator) -> Announce:
    """An announcement that stands in `container` while something is built; all else that is missing is built meanwhile."""

    @contextlib.contextmanager
    def announce(title: str) -> Iterator[None]:
        prepare.begin()
        streamlit_private.draw_aside(lambda: container.status(f"Building {title} for this machine, once: about 20 seconds."))
        try:
            yield
        finally:
            streamlit_private.draw_aside(lambda: container.empty())

    return announce
