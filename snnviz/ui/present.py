"""Present mode, for a wall that is read from the last row: no sidebar, no controls; the sentence and the picture, large.

`present=1` in the address, so that it can be linked. F or the button in the sidebar enters it, Esc or F leaves; arrow keys step
through the lesson or the presets of the page; a QR code takes the page as it stands to the phones.
"""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import streamlit as st

from snnviz.places import assets
from snnviz.ui import address, qr, taking

PRESENT = "present"  # in the address of any page
LETTERS, LINES = 1.72, 1.8  # times the size of a figure's letters, and the width of its lines
_FIRST = "_present_first"


def on() -> bool:
    """Whether this session is in present mode."""
    return address.Settings().get(PRESENT) == "1"


@contextlib.contextmanager
def mode() -> Iterator[None]:
    """Around a page: its style in present mode, the keys, and the bar at the foot of the screen once its settings are known."""
    presents = on()
    st.session_state[_FIRST] = presents
    if presents:
        st.html(f"<style>{_text('present.css')}</style>")
    else:
        st.sidebar.button(
            "Present", key="present-enter", icon=":material/slideshow:", help="Large, for a wall. Key F.", on_click=_switch
        )
    try:
        yield
    finally:
        _bar()(
            key="present-bar",
            data={
                "on": presents,
                "code": _code() if presents else "",
                "words": "the same page on your screen",
                "theme": st.context.theme.type,
            },
            on_mode_change=_switch,
            on_theme_change=lambda: None,  # the page is drawn again, for the other theme
            height="content",
        )


def _switch() -> None:
    message = (st.session_state.get("present-bar") or {}).get("mode")
    address.put(PRESENT, None if on() or message == "off" else "1")


def _code() -> str:
    """The QR code of this page's link as the address of a picture; "" where the link is too long for one."""
    try:
        return qr.picture(taking.link(), st.context.theme.type == "dark")
    except ValueError:
        return ""


def enlarge(drawn: dict[str, Any]) -> bool:
    """Make the letters and lines of a figure, as `Figure.to_dict` gives it, those of present mode, where this session is in it.
    Return whether it is the first figure of its page, which fills the screen."""
    if not on():
        return False
    for part in (drawn["data"], drawn["layout"]):
        _grow(part, False)
    layout = drawn["layout"]
    if "margin" in layout:
        layout["margin"] = {
            side: LETTERS * size if isinstance(size, (int, float)) else size for side, size in layout["margin"].items()
        }
    first = st.session_state.get(_FIRST, False)
    st.session_state[_FIRST] = False
    return first


def _grow(part: Any, of_font: bool) -> None:
    """Of every font within, the size; of every line the width; of every marker the size."""
    if isinstance(part, (list, tuple)):
        for one in part:
            if isinstance(one, (dict, list, tuple)):
                _grow(one, False)
        return
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if isinstance(value, (dict, list, tuple)):
            _grow(value, name.endswith("font"))
            if name == "line" and isinstance(value, dict) and isinstance(value.get("width"), (int, float)):
                value["width"] *= LINES
            if name == "marker" and isinstance(value, dict) and isinstance(value.get("size"), (int, float)):
                value["size"] *= LINES
        elif of_font and name == "size" and isinstance(value, (int, float)):
            part[name] = max(22, LETTERS * value)


@functools.cache
def _text(name: str) -> str:
    return (assets() / "present" / name).read_text(encoding="utf-8")


@functools.cache
def _bar() -> Any:
    # Streamlit imports v2 itself, by a road that pyright does not see
    made = st.components.v2.component  # pyright: ignore[reportAttributeAccessIssue]
    return made("snnviz_present", css=_text("bar.css"), js=_text("present.js"), isolate_styles=False)
