"""The page Class: a teacher's console, a student's seat, or the door for who has neither."""

import streamlit as st

from snnviz.classroom import shared
from snnviz.classroom.values import NICKNAME
from snnviz.ui import page
from snnviz.ui.classroom import console, look, role, seat
from snnviz.ui.words import literal

_REFUSED = "_class_refused_code"


def draw() -> None:
    """The whole page."""
    mine = role.again()
    room = None if mine is None else shared.read(mine.room, mine.number or None)
    if mine is None or room is None:
        _door()
        return
    if mine.teaches:
        console.draw(mine, room)
    else:
        seat.draw(mine)


def _door() -> None:
    page.heading(
        "Class", "Everybody in the room on one page: students predict, and see what all chose when the teacher reveals it."
    )
    if sentence := role.complaint():
        st.info(literal(sentence), icon=":material/info:")
    if sentence := st.session_state.pop(_REFUSED, ""):
        st.warning(literal(sentence), icon=":material/error:")
    join, teach = st.columns(2, gap="large")
    with join, st.container(border=True), st.form("class-join-form", border=False):
        st.subheader("Join", anchor=False)
        st.text_input("Join code", role.code_of_link(), key="class-join-code", max_chars=12, placeholder="five letters")
        st.text_input(
            "Nickname, if you like",
            key="class-join-name",
            max_chars=NICKNAME,
            help="All the class may see it. Without one you are a number.",
        )
        st.form_submit_button("Join", type="primary", key="class-join", on_click=_join)
        look.note("No account; what is kept of you is what you choose here, until the class ends, a day at most.")
    with teach, st.container(border=True):
        st.subheader("Teach", anchor=False)
        st.markdown(
            "You get a code for the wall. You see who is where and what they chose, reveal it, bring all to a page, and have each "
            "browser train one seed of the same network."
        )
        st.button("Open a class", key="class-open", icon=":material/co_present:", on_click=role.open_class)


def _join() -> None:
    state = st.session_state
    try:
        role.join(state["class-join-code"], state["class-join-name"])
    except (ValueError, OSError) as problem:
        state[_REFUSED] = str(problem)
