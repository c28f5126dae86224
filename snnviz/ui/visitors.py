"""Who is looking, what is theirs, whether they run the server, and how they take it to another machine."""

import functools
import hashlib
import os
import urllib.parse
import uuid
from collections.abc import Mapping
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
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")  # what proxies add


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
    """Who is looking, and whether they have shown the server's key or sit at the machine that answers nobody else."""
    key = st.session_state.get("_visitor_key", False)
    return Visitor(visitor(), key or runs_the_server(st.get_option("server.address"), st.context.headers))


def runs_the_server(listens: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a visitor runs the server because it answers this machine alone. Not where SNNVIZ_KEY is set, whose holder does,
    nor through a proxy, behind which anybody may sit.

    listens: the address that the server answers at. headers: of the browser's request; no script of another site can make up
    its Origin.
    """
    if os.environ.get(rights.KEY) or any(headers.get(name) for name in FORWARDED):
        return False
    addresses = headers.get("Origin") or "", f"//{headers.get('Host') or ''}"
    return listens in LOOPBACK and all(_host(address) in LOOPBACK for address in addresses)


def _host(address: str) -> str | None:
    try:
        return urllib.parse.urlsplit(address).hostname
    except ValueError:
        return None


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
