"""The teacher's page of a class: how to join, who is where, what they chose, and the class as an experiment."""

import dataclasses
import urllib.parse

import streamlit as st

from snnviz.classroom import rooms, shared
from snnviz.classroom.values import CHOICE, CHOICES, TEXT, Room
from snnviz.ui import backend, page, qr, visitors
from snnviz.ui.classroom import look, polls, seeds, strip
from snnviz.ui.classroom.role import JOIN, TEACH, Role, forget, renew_secret, secret
from snnviz.ui.classroom.strip import change

EVERY = 1.0  # seconds between two looks of the console
_WORDS = "_class_console_complaint"


def draw(mine: Role, room: Room) -> None:
    """The page of a teacher."""
    page.dress()
    left, right = st.columns([5, 6], vertical_alignment="center")
    with left, st.container(key="class-join"):
        st.fragment(lambda: _joining(mine), run_every=EVERY)()
    with right:
        _controls(mine, room)
    if words := st.session_state.pop(_WORDS, ""):
        st.warning(words, icon=":material/error:")
    who, poll, experiment = st.columns([2.3, 3.4, 4.4], gap="medium")
    with who, st.container(key="class-who"):
        st.fragment(lambda: _who(mine), run_every=EVERY)()
    with poll, st.container(border=True, key="class-poll"):
        st.fragment(lambda: _poll(mine), run_every=EVERY)()
    with experiment, st.container(border=True, key="class-experiment"):
        st.fragment(lambda: _experiment(mine), run_every=2 * EVERY)()
    _teachers_link(mine)


def _now(mine: Role) -> Room:
    room = shared.read(mine.room)
    if room is None:
        forget()
        st.rerun()
    assert room is not None
    return room


def _base() -> str:
    """The address of this page in the browser, wherever a proxy has put the app."""
    return (st.context.url or "").partition("?")[0]


def _joining(mine: Role) -> None:
    room = _now(mine)
    link = f"{_base()}?{urllib.parse.urlencode({JOIN: room.code})}"
    named = any(student.nickname for student in room.students)
    look.draw(look.joining(qr.picture(link, page.dark()), _base().partition("//")[2], room.code, len(room.here()), named))


# ---- what the teacher does -----------------------------------------------------------------------------------------------


def _controls(mine: Role, room: Room) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small", key="class-do"):
        # Under another key a popover is closed: what was in it has been done.
        with st.popover("Ask your own", icon=":material/help:", key=f"class-asking-{room.stage.questions}"):
            _ask(mine)
        strip.freeze_button(mine, room)
        with st.popover("Bring all ...", icon=":material/group_add:", key=f"class-bringing-{room.stage.push.number}"):
            _bring(mine)
        with st.popover("End class", icon=":material/logout:"):
            st.markdown("Everything that is kept of the class will be gone at once; otherwise it is in 24 hours.")
            st.button("End the class for all", key="class-end", type="primary", on_click=_end, args=(mine,))


def _ask(mine: Role) -> None:
    with st.form("class-ask", border=False, clear_on_submit=True):
        st.text_input("Your question", key="class-ask-text", max_chars=TEXT)
        st.text_area("Its choices, one on each line", key="class-ask-choices", max_chars=CHOICES * (CHOICE + 1), height=140)
        st.form_submit_button("Ask all", type="primary", key="class-ask-all", on_click=_asked, args=(mine,))


def _asked(mine: Role) -> None:
    state = st.session_state
    choices = tuple(line.strip() for line in state["class-ask-choices"].splitlines() if line.strip())
    _tried(mine, lambda stage: stage.ask(state["class-ask-text"], choices))


def _bring(mine: Role) -> None:
    st.markdown("Open the page that all shall see and press *Bring all here* on top of it, or put its link here.")
    with st.form("class-push", border=False, clear_on_submit=True):
        st.text_input("A link of this app", key="class-push-link")
        st.form_submit_button("Bring all there", key="class-push-go", on_click=_pushed, args=(mine,))
    st.button(
        "Bring all to this class's page", key="class-push-class", on_click=change, args=(mine, lambda s: s.bring("class", {}))
    )


def _pushed(mine: Role) -> None:
    base = urllib.parse.urlsplit(_base()).path.rpartition("/")[0]
    _tried(mine, lambda stage: stage.bring(*strip.parsed(st.session_state["class-push-link"], strip.titles(), base)))


def _tried(mine: Role, what: strip.Change) -> None:
    try:
        change(mine, what)
    except ValueError as problem:
        st.session_state[_WORDS] = str(problem)


def _end(mine: Role) -> None:
    rooms.default().close(mine.room, visitors.visitor())
    shared.changed(mine.room)
    forget("The class is over, and nothing of it is kept.")


# ---- what the teacher sees -----------------------------------------------------------------------------------------------


def _who(mine: Role) -> None:
    room = _now(mine)
    here, questions = room.here(), polls.of_room(room)
    look.draw("<h2>Who is where</h2>")
    if not here:
        look.note("Nobody is here yet. Students join by the code, on a phone by the picture; they need no account.")
        return
    key = questions[0].key if questions else None
    look.draw(look.who(room, here, polls.places(room), key))
    if key:
        look.note("Filled: has chosen.")


def _poll(mine: Role) -> None:
    room = _now(mine)
    questions = polls.of_room(room)
    if not questions:
        look.draw("<h2>Nothing is asked</h2>")
        look.note("Ask your own, or bring all to a step of a lesson: their choices appear here before anybody sees the answer.")
        return
    poll = questions[0]
    if len(questions) > 1:
        number = st.selectbox(
            "Question",
            range(len(questions)),
            format_func=lambda i: questions[i].title,
            key="class-poll-choice",
            label_visibility="collapsed",
        )
        poll = questions[number if number < len(questions) else 0]
    polls.draw(room, poll, len(room.here()))
    revealed = room.stage.is_revealed(poll.key)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Vote again", key="class-again", on_click=change, args=(mine, lambda stage: stage.vote_again(poll.key)),
            disabled=not room.chosen(poll.key), help="A fresh round; the answers of this one are put away.",
        )  # fmt: skip
        st.button(
            "Revealed" if revealed else "Reveal to all", key="class-reveal", type="primary", disabled=revealed,
            on_click=change, args=(mine, lambda stage: stage.reveal(poll.key)),
        )  # fmt: skip
        if room.stage.question is not None and poll.key == room.stage.question.key:
            st.button("Put away", key="class-put-away", on_click=change, args=(mine, _without_question))


def _without_question(stage: strip.Stage) -> strip.Stage:
    return dataclasses.replace(stage, question=None)


def _experiment(mine: Role) -> None:
    room = _now(mine)
    experiment = room.stage.experiment
    if experiment.number > 0:
        seeds.picture(room, "class-seeds")
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Hide from their screens" if experiment.shown else "Show on their screens", key="class-seeds-show",
                on_click=change, args=(mine, _shown),
            )  # fmt: skip
            st.button("Another experiment", key="class-seeds-end", on_click=change, args=(mine, _without_experiment))
        return
    look.draw("<h2>One training, a seed for each of them</h2>")
    look.note("Each browser of the class has one seed trained on this server; the results grow into one picture here.")
    trainings = seeds.offered()
    title = st.selectbox(
        "Training", list(trainings), key="class-training", help="Your latest runs on the page Training come first."
    )
    st.button(
        "Train with all", type="primary", key="class-seeds-start", icon=":material/model_training:",
        on_click=_start, args=(mine, title, trainings[title]), disabled=not room.here(),
    )  # fmt: skip


def _start(mine: Role, title: str, training: seeds.Training) -> None:
    chosen = backend.chosen()
    change(mine, lambda stage: dataclasses.replace(stage, experiment=seeds.begun(stage.experiment, title, training, chosen)))


def _shown(stage: strip.Stage) -> strip.Stage:
    return dataclasses.replace(stage, experiment=dataclasses.replace(stage.experiment, shown=not stage.experiment.shown))


def _without_experiment(stage: strip.Stage) -> strip.Stage:
    return dataclasses.replace(stage, experiment=stage.experiment.put_away())


def _teachers_link(mine: Role) -> None:
    with st.expander("Teach from another machine", icon=":material/key:"):
        st.markdown(
            "This browser knows you again. Another one needs the teacher's link: who has it can do all that you can: keep it off "
            "the wall. The code above opens nothing but a seat."
        )
        if (key := secret()) is not None:
            st.code(f"{_base()}?{urllib.parse.urlencode({TEACH: key})}", language=None)
        st.button("Make a new link; the old one ends", key="class-new-link", on_click=renew_secret, args=(mine.room,))
