"""The playground on its page: one component (assets/playground/), whose settings at rest come back here, for the address and the
code behind the picture. It computes in the visitor's browser; the server sends the kernels once.
"""

import functools
from collections.abc import Mapping
from typing import Any

import streamlit as st

from snnviz.backends import browser
from snnviz.live import playground, scripts
from snnviz.live.playground import Playground
from snnviz.places import assets
from snnviz.ui import address, scope, url


def problem() -> str | None:
    """Why the playground cannot be had, in a sentence, or None: no compiler on the server."""
    return browser.unusable(browser.PLAYGROUND)


def stage(*, key: str = "playground") -> Playground:
    """Draw the playground and return the settings that are on the screen, settled."""
    value = address.recall(Playground(), playground.KEY)
    data = playground.data() | {"module": browser.payload(browser.PLAYGROUND), "worker": scripts.bundle("playground/worker.js")}
    shown = scope.exchange(value, data, key, _read, _texts, _component())
    address.remember(_texts(shown), f"{playground.KEY}.")
    return shown


def _texts(value: Playground) -> dict[str, str]:
    return url.write(value, playground.KEY, Playground())


def _read(sent: Mapping[str, str]) -> Playground:
    value, misread = url.read(sent, playground.KEY, Playground())
    if misread:
        raise ValueError(str(misread[0]))
    return value


@functools.cache
def _component() -> Any:
    style = (assets() / "playground" / "style.css").read_text(encoding="utf-8")
    return scope.component("snnviz_playground", style, scripts.bundle("playground/component.js"))


def look() -> None:
    """What this page has otherwise than all others: less space around the picture, and a heading for those who do not see it."""
    st.html(
        "<style>"
        "[data-testid=stMainBlockContainer] {padding: 0.9rem 1.4rem 2rem !important}"
        "[data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock] {gap: 0}"
        ".st-key-heading {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)}"
        ".st-key-steps {gap: 0.2rem; margin-top: 0.5rem}"
        ".st-key-steps h3 {font-size: 0.95rem; line-height: 1.2; padding: 0}"
        ".st-key-steps [data-testid=stColumn] > div > div {padding: 0.35rem 0.6rem 0.45rem; gap: 0}"
        ".st-key-steps [data-testid=stCaptionContainer] {padding-left: 1.9rem}"
        "</style>"
    )
