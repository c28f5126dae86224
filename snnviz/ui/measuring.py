"""Measuring on a page, when asked: one visitor at a time, with a bar, a way to stop, and what is done so far on the screen."""

import threading
from collections.abc import Callable

import streamlit as st

from snnviz.studies import backward_times
from snnviz.studies.backward_times import Plan, Series

_DONE = "_measuring.done"  # repr of a plan -> its Series, in this session
_ASKED = "_measuring.asked"
_TURN = threading.Lock()  # of all sessions of this server


def series(plan: Plan, draw: Callable[[Series, str], None]) -> Series | None:
    """Draw the button that measures a plan, measure when it is pressed, and return what there is in this session.

    draw(series, key) draws what is measured; while measuring it is called after every point. What is stopped is kept.

    Raises:
        ValueError: the plan is over budget.
    """
    if reason := backward_times.unmeasurable():
        st.info(reason)
        return None
    plan.check_budget()
    done = st.session_state.setdefault(_DONE, {})
    known = done.get(repr(plan))
    with st.container(horizontal=True, vertical_alignment="center", key="measuring"):
        st.button(
            "Measure here" if known is None else "Measure again",
            icon=":material/timer:",
            type="primary",
            key="measure",
            on_click=_ask,
            help="Some seconds on this machine's CPU. Nothing is measured until you ask.",
        )
        bar, stop = st.empty(), st.empty()
    picture = st.empty()
    if st.session_state.pop(_ASKED, False):
        if not _TURN.acquire(blocking=False):
            st.info("Somebody else is measuring on this server; two at once would spoil both. Try again in half a minute.")
        else:
            try:
                known = _measured(plan, done, (bar, stop, picture), draw)
            finally:
                _TURN.release()
    if known is not None:
        with picture.container():
            draw(known, "times")
    return known


def _ask() -> None:
    st.session_state[_ASKED] = True


def _measured(plan: Plan, done: dict[str, Series], places, draw: Callable[[Series, str], None]) -> Series:
    bar, stop, picture = places
    bar.progress(0.0, "Measuring")
    stop.button("Stop", icon=":material/stop:", key="measuring-stop")  # any press ends this run of the page
    (machine, date), timings = backward_times.this_machine(), []
    about = f"batch {plan.batch}, {plan.hidden} to {plan.hidden} neurons"
    for timing in backward_times.measure(plan):
        timings.append(timing)
        done[repr(plan)] = Series(machine, date, about, tuple(timings))
        bar.progress(len(timings) / len(plan.points), f"Measured {len(timings)} of {len(plan.points)} points")
        if len(timings) > 1:
            with picture.container():
                draw(done[repr(plan)], f"times-{len(timings)}")
    bar.empty()
    stop.empty()
    return done[repr(plan)]
