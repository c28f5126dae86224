"""The app's frame, the same round every page: the name of the tab, the menu on a phone, the switch of the theme, and what the
glossary says of a word in any of the app's sentences."""

import functools
import json

import streamlit as st

from snnviz import glossary
from snnviz.live import scripts

SWITCH = '<button type="button" class="theme-switch" title="Light or dark" aria-label="Light or dark">◐</button>'
# A dark page is printed as its negative, hues kept: dark ink on white paper, in the pictures, too.
ON_PAPER = (
    "@media print {.stApp.stApp {color-scheme: dark; filter: invert(1) hue-rotate(180deg)}"
    " html, body {background: #FFFFFF !important}"
    " .stApp.stApp, [data-testid=stAppViewContainer], [data-testid=stMain] {background: #000000 !important}"
    " .main-svg {background: none !important} .main-svg .bg {fill-opacity: 0 !important}}"
)


def draw(title: str) -> None:
    """Name the browser's tab after the page, have a dark one printed light, and put the switch of the theme into the sidebar."""
    st.set_page_config(page_title=f"{title} · snnviz")
    st.html(f"<style>{ON_PAPER if st.context.theme.type == 'dark' else ''}</style>")
    with st.sidebar:
        st.html(SWITCH + _script(), unsafe_allow_javascript=True)


@functools.cache
def _script() -> str:
    words = [[word.name, word.symbol, word.says, word.forms, word.everyday] for word in glossary.words()]
    text = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    return f"<script>{{ window.snnvizWords = {text};\n{scripts.bundle('page/shell.js')} }}</script>"  # a block: it may run twice
