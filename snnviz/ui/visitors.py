"""Who is looking, what is theirs, and how they take it to another machine."""

import functools
import hashlib
import uuid
from typing import Any

import streamlit as st

from snnviz.runs import rights
from snnviz.runs.rights import Visitor

COOKIE = "snnviz-visitor"
ME, KEY = "me", "key"  # in an address: a visitor's signed id, and the key of whoever runs the server
_ADOPTED = "_visitor_adopted"
# Streamlit tells a script from a file's name by its having several lines.
SCRIPT = """export default ({ data }) => {
  document.cookie = data
}
"""
YEAR = 366 * 86_400  # seconds


def arrive() -> None:
    """Take from the address who this is: at the start of every run of a page, before anything asks for the visitor."""
    if text := st.query_params.get(KEY):
        del st.query_params[KEY]
        if rights.is_key(text):
            st.session_state["_visitor_key"] = True
    if text := st.query_params.get(ME):
        del st.query_params[ME]
        if (visitor := rights.unsigned(text)) is not None:
            st.session_state["_visitor"] = visitor
            st.session_state[_ADOPTED] = text
    if text := st.session_state.get(_ADOPTED):
        _remember(text)


def _remember(text: str) -> None:
    """Have the browser keep who it stands for now, in a cookie."""
    _cookie_setter()(key="snnviz-visitor", data=f"{COOKIE}={text}; path=/; max-age={YEAR}; SameSite=Lax", height=1)


@functools.cache
def _cookie_setter() -> Any:
    return st.components.v2.component("snnviz_visitor", js=SCRIPT)  # pyright: ignore[reportAttributeAccessIssue]  Streamlit imports v2 itself


def me() -> Visitor:
    """Who is looking, and whether they have shown the server's key."""
    return Visitor(visitor(), st.session_state.get("_visitor_key", False))


def link() -> str:
    """What to append to the app's address so that another machine is this visitor."""
    return f"?{ME}={rights.signed(visitor())}"


def visitor() -> str:
    """Who is looking: the same browser after a reload or a closed tab, recognised by Streamlit's own cookie against forgery."""
    state = st.session_state
    if "_visitor" not in state and (text := st.context.cookies.get(COOKIE)) and (identity := rights.unsigned(text)):
        state["_visitor"] = identity
    if "_visitor" not in state:
        # 2|mask|token|time: the token under its mask is what stays the same for a browser.
        parts = st.context.cookies.get("_streamlit_xsrf", "").split("|")
        try:
            mask, token = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
            browser = bytes(b ^ mask[i % len(mask)] for i, b in enumerate(token)).hex()
        except (IndexError, TypeError, ValueError, ZeroDivisionError):
            browser = uuid.uuid4().hex
        state["_visitor"] = hashlib.sha256(browser.encode()).hexdigest()[:16]
    return state["_visitor"]
