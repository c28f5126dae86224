"""The app's frame, the same round every page: the name of the tab, the menu on a phone, the switch of the theme."""

import functools

import streamlit as st

from snnviz.places import assets

SWITCH = '<button type="button" class="theme-switch" title="Light or dark" aria-label="Light or dark">◐</button>'


def draw(title: str) -> None:
    """Name the browser's tab after the page, and put the switch of the theme into the sidebar."""
    st.set_page_config(page_title=f"{title} · snnviz")
    with st.sidebar:
        st.html(SWITCH + _script(), unsafe_allow_javascript=True)


@functools.cache
def _script() -> str:
    return f"<script>{(assets() / 'page' / 'shell.js').read_text(encoding='utf-8')}</script>"
