"""The choice of backend in the sidebar, and what can run here. What runs is what the visitor chose; nothing is swapped behind
their back."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from snnviz import backends
from snnviz.ui import controls


@st.cache_resource(show_spinner=False)
def report() -> list[Any]:
    """What this machine can run on, asked once per server: a device does not come and go."""
    return list(backends.report())


def pick() -> None:
    """Draw the choice in the sidebar; `chosen()` tells it to the pages."""
    reports = {b.name: b for b in report()}
    usable = [name for name, b in reports.items() if b.usable]
    with st.sidebar:
        controls.option(
            usable, "Runs on", "backend", default=backends.default().name, titles=lambda n: reports[n].title,
            help="Which program computes every picture. For the same currents all give the same spikes. A GPU adds a network's "
            "currents in another order, so there a spike at the very threshold may fall otherwise. What runs here says what is "
            "missing.",
        )  # fmt: skip
        some = f": {len(usable)} of {len(reports)}" if len(usable) < len(reports) else ""
        with st.popover(f"What runs here{some}", type="tertiary"):
            _explain(reports.values())


def _explain(reports: Iterable[Any]) -> None:
    """Each backend, whether it is ready, and else why not."""
    for one in reports:
        st.markdown(f":green-badge[ready] {one.title}" if one.usable else f":gray-badge[not here] {one.title}: {one.reason}")


def chosen() -> str:
    """The name of the chosen backend."""
    name = st.session_state.get("backend")
    return next((b.name for b in report() if b.usable and b.name == name), None) or backends.default().name
