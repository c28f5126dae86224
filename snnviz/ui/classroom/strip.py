"""What a class adds to every page: a line that says where somebody is, the way to where the teacher brings all, and the freeze."""

import dataclasses
import html
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from snnviz.classroom import rooms, shared
from snnviz.classroom.values import Push, Room, Stage
from snnviz.runs.store import StoreError
from snnviz.ui import address, visitors
from snnviz.ui.classroom import listener, look, seeds
from snnviz.ui.classroom.role import Role, forget, pushed, role

Change = Callable[[Stage], Stage]
EVERY = 2.0  # seconds between two looks of a student's page
CLASS = "class"  # the address of the class's own page
FROZEN = "<div class=frozen role=status><p><b>Look up.</b><br>The class waits for a moment.</p></div>"
_FOLLOWED, _PLACE, _TITLES = "_class_followed", "_class_place", "_class_titles"


def attend(page: Any, pages: Mapping[str, Any]) -> None:
    """Draw the line of a class on top of a page, and go where the teacher brings all. Does nothing for who is in no class.

    page: the one that is shown; pages: all of the app, by their addresses; both as `st.Page` made them.
    """
    mine = role()
    if mine is None:
        return
    listener.begin()
    try:
        room = shared.read(mine.room, mine.number or None)
        if room is not None and mine.number and room.student(mine.number) is None:
            shared.changed(mine.room)  # joined by another process of the app just now
            room = shared.read(mine.room, mine.number)
        if room is None or (mine.number and room.student(mine.number) is None):
            forget()
            return
        if mine.teaches:
            st.session_state[_TITLES] = {where: one.title for where, one in pages.items()}
            if page.url_path != CLASS:
                _teacher_line(mine, page)
            return
        _follow(mine, room, page, pages)
        _note_place(mine, page)
        _student_line(mine, room, page)
    except StoreError:
        return  # the pages that need the database say so


def titles() -> Mapping[str, str]:
    """The pages' titles by their addresses, as the teacher's last page knew them."""
    return st.session_state.get(_TITLES, {})


def go(push: Push, pages: Mapping[str, Any]) -> None:
    """Show the page of a push with its settings; one that this app does not have is left alone."""
    if (target := pages.get(push.page)) is not None:
        st.switch_page(target, query_params={**pushed(push.settings), address.LINK: "1"})


def _follow(mine: Role, room: Room, page: Any, pages: Mapping[str, Any]) -> None:
    state, student = st.session_state, room.student(mine.number)
    if _FOLLOWED not in state or state[_FOLLOWED][0] != mine:
        state[_FOLLOWED] = mine, student.followed if student else 0
    push = room.stage.push
    if push.number == state[_FOLLOWED][1]:
        return
    state[_FOLLOWED] = mine, push.number
    rooms.default().be_at(mine.room, visitors.visitor(), place(page), push.number)
    if push.page != page.url_path or pushed(address.query()) != pushed(push.settings):
        go(push, pages)


def place(page: Any) -> str:
    """Where somebody is: a lesson and its step, else the page's title."""
    settings = address.query()
    return f"{settings['lesson']}/{settings.get('step', '1')}" if "lesson" in settings else page.title


def _note_place(mine: Role, page: Any) -> None:
    now = place(page)
    if st.session_state.get(_PLACE) != (mine, now):
        rooms.default().be_at(mine.room, visitors.visitor(), now, st.session_state[_FOLLOWED][1])
        st.session_state[_PLACE] = mine, now


def _student_line(mine: Role, room: Room, page: Any) -> None:
    first = [room]

    def line() -> None:
        now = first.pop() if first else shared.read(mine.room, mine.number)
        student = None if now is None else now.student(mine.number)
        if now is None or student is None or now.stage.push.number != st.session_state[_FOLLOWED][1]:
            st.rerun()
            return
        seeds.take_part(now, mine)
        name = f"you are {html.escape(student.name)}"
        key, chosen = place(page), len(now.chosen(place(page)))
        if chosen and not now.stage.is_revealed(key):
            name += f"; {chosen} of {max(chosen, len(now.here()))} have chosen"
        asks = now.stage.question is not None and page.url_path != CLASS
        frozen = FROZEN if now.stage.frozen else ""
        look.draw(f"<b>{now.code}</b><span class=muted>{name}</span>{frozen}", "strip")
        if asks:
            st.page_link("pages/class.py", label="The class has a question", icon=":material/help:")

    with st.container(key="class-strip"):
        st.fragment(line, run_every=EVERY)()


def _teacher_line(mine: Role, page: Any) -> None:
    where = page.url_path

    def bring() -> None:
        change(mine, lambda stage: stage.bring(where, pushed(address.query())))

    def line() -> None:
        room = shared.read(mine.room)
        if room is None:
            st.rerun()
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            look.draw(f"<b>{room.code}</b><span class=muted>{len(room.here())} here</span>", "strip")
            st.button("Bring all here", key="class-bring", icon=":material/group_add:", on_click=bring)
            freeze_button(mine, room)
            st.page_link("pages/class.py", label="Console", icon=":material/co_present:")

    with st.container(key="class-strip"):
        st.fragment(line, run_every=EVERY)()


def freeze_button(mine: Role, room: Room) -> None:
    """The button that has the students' pages wait, or lets them go on."""
    frozen = room.stage.frozen
    st.button(
        "Let go" if frozen else "Freeze",
        key="class-freeze",
        icon=":material/play_arrow:" if frozen else ":material/pause:",
        type="primary" if frozen else "secondary",
        on_click=change,
        args=(mine, lambda stage: dataclasses.replace(stage, frozen=not frozen)),
    )


def change(mine: Role, what: Change) -> None:
    """Change what the teacher has set for all, and see it at once."""
    rooms.default().set_stage(mine.room, visitors.visitor(), what)
    shared.changed(mine.room)


def parsed(link: str, pages: Mapping[str, str], base: str = "") -> tuple[str, dict[str, str]]:
    """The page and the settings of a link of this app. pages: titles by address; base: the path under which the app lies, without
    the / at its end.

    Raises:
        ValueError: it is no link to a page of this app.
    """
    parts = urllib.parse.urlsplit(link.strip())
    path = parts.path.rstrip("/")
    where = "" if path == base else path.rpartition("/")[2]
    if not link.strip() or where not in pages or (path != base and not where):
        raise ValueError("This is no link to a page of this app: open the page, and copy what stands in the address line.")
    return where, pushed(dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)))
