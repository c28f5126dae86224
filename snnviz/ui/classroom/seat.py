"""A student's page of a class: what is asked, the own choice, and what all chose once the teacher reveals it."""

import streamlit as st

from snnviz.classroom import rooms, shared
from snnviz.classroom.values import Room
from snnviz.ui import page, visitors
from snnviz.ui.classroom import look, seeds
from snnviz.ui.classroom.role import Role, forget
from snnviz.ui.classroom.strip import EVERY
from snnviz.ui.words import literal


def draw(mine: Role) -> None:
    """The page of a student."""
    page.dress()
    st.title("Class", anchor=False)

    def seat() -> None:
        room = shared.read(mine.room, mine.number)
        if room is None:
            st.rerun()
            return
        _question(room, mine)
        if room.stage.experiment.number > 0:
            _experiment(room, mine)

    with st.container(key="class-seat"):
        st.fragment(seat, run_every=EVERY)()
    with st.container(horizontal=True, vertical_alignment="center", key="class-leave-row"):
        st.button("Leave the class", icon=":material/logout:", key="class-leave", on_click=_leave, args=(mine,))
        look.note("What you chose goes with you.")


def _leave(mine: Role) -> None:
    rooms.default().leave(mine.room, visitors.visitor())
    shared.changed(mine.room)
    forget("You have left the class.")


def _question(room: Room, mine: Role) -> None:
    question = room.stage.question
    if question is None:
        st.markdown("You are in. The teacher brings you where the class begins; until then, look around.")
        return
    chosen = room.chosen(question.key)
    own = chosen.get(mine.number)
    st.header(literal(question.text), anchor=False)
    if room.stage.is_revealed(question.key):
        look.draw(look.histogram(question.choices, room.counts(question.key, len(question.choices)), own))
        return
    for number, text in enumerate(question.choices):
        mark = "  :small[:gray[your choice]]" if number == own else ""
        st.button(
            f"**{look.LETTERS[number]}**   {literal(text)}{mark}",
            key=f"class-choice-{question.key}-{number}",
            width="stretch",
            on_click=_choose,
            args=(mine, question.key, number),
        )
    if own is not None:
        look.mark(f"class-choice-{question.key}-{own}")
        look.note("You can still change it. Say to your neighbour why.")
    here = max(len(room.here()), len(chosen))
    look.draw(look.veil("The answers come with the class", f"{len(chosen)} of {here} have chosen"))


def _choose(mine: Role, key: str, number: int) -> None:
    rooms.default().answer(mine.room, visitors.visitor(), key, number)
    shared.changed(mine.room)


def _experiment(room: Room, mine: Role) -> None:
    st.subheader("One training, a seed for each of you", anchor=False)
    seeds.own(room, mine)
    if room.stage.experiment.shown:
        seeds.picture(room, "class-seeds-seat")
