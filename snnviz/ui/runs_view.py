"""A run on a page, whatever its kind: who is looking, which run is shown, what to press, how far it is.

A page that asks for work draws `bar` where the visitor starts it, and its picture from the state that `bar` returns:

    state = runs_view.bar(MeasureDepth(study), backend.chosen(), "Train and measure")
    if state is not None and state.progress.result is not None:
        page.figure(...)

The run goes on when the page is left. Back on the page, after a reload or in another tab, the visitor's run is shown again; a
finished run of the same settings is shown at once, whoever asked for it.
"""

import logging
from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from snnviz.runs import client, scheduler
from snnviz.runs.values import Run, RunState, Status
from snnviz.runs.work import Train, Work
from snnviz.ui import visitors
from snnviz.ui.words import literal

_LOG = logging.getLogger(__name__)
EVERY = 0.96  # seconds between two looks at a run that goes

Colour = Literal["gray", "blue", "orange", "green", "red"]
WORDS: dict[Status, tuple[str, Colour, str]] = {
    Status.WAITING: ("waiting", "gray", ":material/hourglass_empty:"),
    Status.RUNNING: ("running", "blue", ":material/play_arrow:"),
    Status.PAUSED: ("paused", "orange", ":material/pause:"),
    Status.FINISHED: ("saved", "green", ":material/check:"),
    Status.STOPPED: ("stopped", "gray", ":material/stop:"),
    Status.FAILED: ("failed", "red", ":material/error:"),
    Status.INTERRUPTED: ("interrupted", "orange", ":material/link_off:"),
    Status.UNREADABLE: ("unreadable", "red", ":material/error:"),
}


def current(kind: str = Train.kind) -> RunState | None:
    """The run of this kind that this visitor watches: the one started, opened or last shown in this session; after a reload,
    or back from a closed tab, the latest of theirs that is going."""
    shown = st.session_state.setdefault("_runs_shown", {})
    if kind not in shown:
        shown[kind] = client.last(visitors.visitor(), kind)
    if shown[kind] is None:
        return None
    states, unreadable = client.readable([shown[kind]])
    reason = " ".join(unreadable) or ("" if states else "The run shown here was deleted.")
    if states and not states[0].run.work.made_once and not visitors.me().may_change(states[0].run):
        reason = client.unseen(shown[kind], visitors.me())
    if reason:
        shown[kind] = None
        st.session_state.setdefault("_runs_gone", {})[kind] = reason
    return None if reason else states[0]


def show(run: str | None, kind: str) -> None:
    """Show this run on the page of its kind; None: no run."""
    st.session_state.setdefault("_runs_shown", {})[kind] = run
    st.session_state.setdefault("_runs_gone", {}).pop(kind, None)


def show_first(run: str, kind: str) -> None:
    """Show this run on the page of its kind, before a recorded one of the settings that the page stands at."""
    show(run, kind)
    st.session_state.setdefault("_runs_first", {})[kind] = [run]


def comes_first(state: RunState | None, work: Work) -> bool:
    """Whether the visitor chose this run among the saved ones, and has set the page to no other work since they came to it."""
    first = st.session_state.get("_runs_first", {}).get(work.kind)
    if state is None or first is None or first[0] != state.run.id:
        return False
    if len(first) == 1:
        first.append(work)
    return first[1] == work


def gone(kind: str = Train.kind) -> str:
    """What became of the run that was shown on the page of its kind, where it is there no more; else ""."""
    return st.session_state.get("_runs_gone", {}).get(kind, "")


def start(work: Work, backend: str, title: str = "") -> None:
    """Start a run and show it; a complaint is shown by `complaint`."""
    run = attempt(client.submit, Run(work, backend, visitors.visitor(), title or work.title))
    if run is not None:
        show(run, work.kind)


def attempt(action: Callable[..., Any], *arguments: Any) -> Any:
    """Do something to a run from a button; a complaint is shown by `complaint` when the page is drawn next."""
    try:
        return action(*arguments)
    except (ValueError, TypeError, OSError) as problem:
        _LOG.info("shown to the visitor: %s", problem, exc_info=True)
        st.session_state["_runs_complaint"] = str(problem) or type(problem).__name__
        return None


def complaint() -> None:
    """Say who is away, and why the last button did not do what it says, once."""
    if silent := scheduler.away():
        st.warning(silent, icon=":material/cloud_off:")
    if message := st.session_state.pop("_runs_complaint", None):
        st.error(literal(message), icon=":material/error:")


def bar(
    work: Work,
    backend: str,
    label: str,
    *,
    again: str = "",
    icon: str = ":material/play_arrow:",
    help: str | None = None,
    beside: Callable[[], None] | None = None,
    at_once: bool = False,
) -> RunState | None:
    """The button that starts this work, or how far the visitor's run of this kind has come and what to press; draws the page
    again whenever there is something new to see. Returns the state of the run to show, None before there is one.

    again: what the button says once this work is done. beside: draws what stands beside the button. at_once: the work is
    short, so it starts by itself when nobody has done it yet; what was stopped waits for the button.
    """
    state = _to_show(work, backend)
    if state is None and at_once:
        start(work, backend)
        state = current(work.kind)
    if state is None or not state.status.live:
        mine = state is not None and state.run.work == work and state.run.backend == backend
        with st.container(horizontal=True, vertical_alignment="center", key=f"run-{work.kind}"):
            _start_button(work, backend, state if mine else None, label, again, icon, help)
            if beside is not None:
                beside()
        complaint()
        if state is None and (message := gone(work.kind)):
            st.info(message, icon=":material/delete:")
        return state
    first = [state]  # the page has just looked

    def look() -> None:
        now = first.pop() if first else client.follow(state.run.id)
        if now is None or _seen(now) != _seen(state):
            st.rerun()
            return
        with st.container(horizontal=True, vertical_alignment="center", key=f"run-{work.kind}"):
            if visitors.me().may_change(now.run):
                buttons(now)
            headline(now)

    st.fragment(look, run_every=EVERY)()
    complaint()
    return state


def _to_show(work: Work, backend: str) -> RunState | None:
    """The visitor's run of this kind that is going; the run of just this work, by whomever; else what was shown last."""
    last = current(work.kind)
    if last is not None and last.status.live:
        return last
    same = client.find(work, backend)
    if same is None:
        return last
    show(same.run.id, work.kind)
    return same


def _seen(state: RunState) -> Any:
    return state.status.live, state.run.work.visible(state.progress.result)


def _start_button(work: Work, backend: str, state: RunState | None, label: str, again: str, icon: str, help: str | None) -> None:
    """`state`: the run of just this work, which has ended."""
    action, arguments = start, (work, backend)
    if state is not None and state.status is Status.FINISHED:
        label = again or label
    elif state is not None and visitors.me().may_change(state.run):
        action, arguments = attempt, (client.go_on, state.run.id, visitors.me())
        label = "Go on" if work.goes_on and state.progress.result is not None else label
    st.button(label, icon=icon, type="primary", key="start", help=help, on_click=action, args=arguments)


def note(state: RunState | None, work: Work, backend: str) -> None:
    """What a visitor has to know of the picture: that it is of other settings, unfinished, or why there is no more of it."""
    if state is None or state.status.live:
        return
    if state.run.work != work or state.run.backend != backend:
        st.info(f"These are from {state.run.title or state.run.work.title}. Press to start anew.", icon=":material/history:")
    elif state.status is Status.STOPPED:
        st.info(f"Stopped: {state.progress.doing}.", icon=":material/stop:")
    elif state.status is not Status.FINISHED and state.notes:
        st.error(literal(state.notes[-1]), icon=":material/error:")


def _and_see(action: Callable[[str, visitors.Visitor], None], run: str, until: Callable[[RunState], bool]) -> None:
    """Give an order and wait a moment for it to be obeyed, so that the next picture shows it."""
    attempt(action, run, visitors.me())
    attempt(client.wait, run, until, 0.5)


def buttons(state: RunState) -> None:
    """Pause or resume, step, stop: what this kind of work can; for one that did not finish, go on."""
    run, status, work = state.run.id, state.status, state.run.work
    if status.live:
        if work.can_pause and status is Status.PAUSED:
            st.button(
                "Resume",
                icon=":material/play_arrow:",
                key="resume",
                on_click=_and_see,
                args=(client.resume, run, lambda s: s.status is not Status.PAUSED),
            )
        elif work.can_pause:
            st.button(
                "Pause",
                icon=":material/pause:",
                key="pause",
                on_click=_and_see,
                args=(client.pause, run, lambda s: s.status is not Status.RUNNING),
            )
        if work.can_step:
            points = sum(len(line.curve.at) for line in state.lines)
            st.button(
                "Step",
                icon=":material/skip_next:",
                key="step",
                help="One batch of every method, then hold.",
                on_click=_and_see,
                args=(client.step, run, lambda s: sum(len(line.curve.at) for line in s.lines) > points),
            )
        st.button(
            "Stop",
            icon=":material/stop:",
            key="stop",
            help="What is done is saved and can be gone on with." if work.goes_on else "What is done so far stays.",
            on_click=_and_see,
            args=(client.cancel, run, lambda s: not s.status.live),
        )
    elif status is not Status.FINISHED:
        st.button(
            "Go on" if work.goes_on else "Start again",
            icon=":material/play_arrow:",
            key="go_on",
            help="From what is saved." if work.goes_on else "From the beginning, with the same settings.",
            on_click=_and_see,
            args=(client.go_on, run, lambda s: s.status.live),
        )


def headline(state: RunState) -> None:
    """Where the run stands, in one line of fixed height."""
    words, colour, icon = WORDS[state.status]
    if state.lines:
        planned = max(line.training.epochs for line in state.lines)
        done = min(len(line.epochs) for line in state.lines)
        seconds = sum(float(line.curve.seconds[-1]) if len(line.curve.seconds) else 0.0 for line in state.lines)
        doing, begun = f"{done} of {planned} epochs; {seconds:.1f} s of training", any(len(line.curve.at) for line in state.lines)
    else:
        doing, begun = state.progress.doing or "Waiting for a turn", bool(state.progress.doing)
    if state.status is Status.RUNNING and not begun:
        words, icon = "getting ready", ":material/hourglass_empty:"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(words, icon=icon, color=colour)
        st.progress(min(1.0, state.share), doing)
