"""Computations of a page, each in a thread of its own: the page shows how far it has come, and a button that stops it.

    with computing.shown_in(place):                                  # once, around a page
        record = computing.result("simulate ...", lambda: simulate(experiment))

The thread of the page waits meanwhile, and ends at once when its visitor stops it, moves a control, or goes. The computation ends
when it next asks whether to go on (`snnviz.waiting`); what lasts longer, a call of a kernel, ends by itself, and the account holds
its memory until then. Visitors who want the same wait for the same computation.
"""

import contextlib
import contextvars
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from snnviz import waiting
from snnviz.ui import streamlit_private, visitors

AT_ONCE = max(2, os.cpu_count() or 1)  # computations of pages that run at a time on this server
GRACE = 0.5  # seconds that a computation goes on when nobody waits: the next run of its page may want the same
SEEN_AFTER = 0.5  # seconds after which progress is shown
LOOK = 0.1  # seconds between two looks at the visitor's requests and at the progress
SETTLE = 10.0  # seconds that a visitor's next computation waits at most for the end of one that was left
_TURNS = waiting.Turns(AT_ONCE, AT_ONCE - 1)  # one visitor alone leaves room for another
_STOPPED = "_computing.stopped"  # the computation that the visitor has stopped


class Task:
    """One computation in a thread of its own, for all who wait for its result."""

    def __init__(self, compute: Callable[[], Any], visitor: str):
        self.visitor = visitor
        self.watch = waiting.Watch(self._left)
        self.done = threading.Event()
        self._lock = threading.Lock()
        self._waiting, self._since, self._over = 1, 0.0, False
        self._compute, self._result, self._problem = compute, None, None
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._work,), daemon=True, name="snnviz-computes"
        )
        streamlit_private.lend_page(self._thread)

    def start(self) -> None:
        """Begin to compute, in the task's own thread."""
        self._thread.start()

    def join(self) -> bool:
        """Wait for this one too, unless it is about to end without a result."""
        with self._lock:
            if self._over:
                return False
            self._waiting += 1
            return True

    def leave(self) -> None:
        """One less waits."""
        with self._lock:
            self._waiting -= 1
            self._since = time.monotonic()

    def drop(self) -> None:
        """Nobody who waits no longer will come back."""
        with self._lock:
            self._over = self._over or not self._waiting

    @property
    def alone(self) -> bool:
        """Whether nobody waits for it now."""
        return not self._waiting

    @property
    def late(self) -> bool:
        """Whether it has taken longer than a page waits, though it may be in a call that cannot be ended."""
        if self.done.is_set():
            return isinstance(self._problem, waiting.Late)
        return self.watch.limit is not None and self.watch.seconds > self.watch.limit + LOOK

    def _left(self) -> bool:
        with self._lock:
            self._over = self._over or (not self._waiting and time.monotonic() - self._since > GRACE)
            return self._over

    def result(self) -> Any:
        """What was computed; what was raised is raised.

        Raises:
            ValueError: it took longer than a page waits.
        """
        if self.late:
            raise ValueError(
                f"This took longer than {waiting.in_words(self.watch.limit or 0)}, which is what a page waits at most, and was "
                "ended: choose fewer steps, neurons, samples or layers."
            )
        if self._problem is not None:
            raise self._problem
        return self._result

    def _work(self) -> None:
        try:
            with waiting.watched(self.watch):
                _let_end(self)
                with _TURNS.turn(self.visitor):
                    self.watch.begin(waiting.limit())
                    self._result = self._compute()
        except BaseException as problem:
            self._problem = problem
        finally:
            with self._lock:
                self._over = self._over or isinstance(self._problem, waiting.Abandoned)
            _ended(self)
            self.done.set()


_tasks: dict[str, Task] = {}
_running: set[Task] = set()
_lock = threading.Lock()


def _ended(task: Task) -> None:
    with _lock:
        _running.discard(task)
        for key in [key for key, one in _tasks.items() if one is task]:
            del _tasks[key]


def _let_end(task: Task) -> None:
    """Wait until what its visitor has left has ended: its memory is still in the account."""
    deadline = time.monotonic() + SETTLE
    while time.monotonic() < deadline:
        with _lock:
            left = [one for one in _running if one is not task and one.visitor == task.visitor and one.alone]
        if not left or task.watch.stop():
            return
        left[0].done.wait(waiting.PATIENCE)


def _task(key: str, compute: Callable[[], Any]) -> Task:
    """The computation under a key: the one that runs already, or a new one. Others of this visitor that nobody waits for end."""
    visitor = visitors.visitor()
    with _lock:
        task = _tasks.get(key)
        if task is not None and task.join():
            return task
        for one in _running:
            if one.visitor == visitor and one.alone:
                one.drop()
        _tasks[key] = task = Task(compute, visitor)
        _running.add(task)
    task.start()
    return task


def result(key: str, compute: Callable[[], Any]) -> Any:
    """What compute() returns or raises. The page ends here where the visitor has stopped this computation.

    key: the text of all that it depends on.

    Raises:
        waiting.Abandoned: another run of the page waits, or the visitor has gone. ValueError: it took longer than a page waits.
    """
    if st.session_state.get(_STOPPED) == key:
        with _lock:
            if key in _tasks:
                _tasks[key].drop()
        st.info("You have stopped this. Change a control, or let it be computed.", icon=":material/block:")
        st.button("Compute it", key="computing-again", on_click=_stop, args=(None,), icon=":material/play_arrow:")
        st.stop()
    task = _task(key, compute)
    try:
        if not task.done.wait(SEEN_AFTER / 2):
            _watch(task, key)
        return task.result()
    finally:
        task.leave()


def _watch(task: Task, key: str) -> None:
    """Wait until a task is done, and show how far it has come."""
    place, shown_at, bar = _PLACE.get(), time.monotonic() + SEEN_AFTER / 2, None
    try:
        while not task.done.wait(LOOK):
            waiting.go_on()
            if task.late:
                return
            if place is None or time.monotonic() < shown_at:
                continue
            if bar is None:
                bar = place.begin(key)
            bar.progress(task.watch.share, says(task.watch))
    finally:
        if place is not None and bar is not None and (task.done.is_set() or task.late):
            place.slot.empty()


def says(watch: waiting.Watch) -> str:
    """How far a computation has come, in a line."""
    words = watch.words or "Computing"
    return words + (f"; about {waiting.in_words(watch.left)} left" if 1 < watch.left < 1e6 else "")


class _Place:
    """Where a run of a page shows progress; each computation gets a bar and a button of its own, since keys are used once."""

    def __init__(self, slot: DeltaGenerator):
        self.slot, self._number = slot, 0

    def begin(self, key: str) -> DeltaGenerator:
        self._number += 1
        with self.slot.container(key=f"computing-bar-{self._number}", horizontal=True, vertical_alignment="center"):
            bar = st.empty()
            st.button("Stop", key=f"computing-stop-{self._number}", on_click=_stop, args=(key,), icon=":material/stop:")
        return bar


_PLACE: contextvars.ContextVar[_Place | None] = contextvars.ContextVar("snnviz-place", default=None)


@contextlib.contextmanager
def shown_in(slot: DeltaGenerator) -> Iterator[None]:
    """While the block runs, computations show their progress in `slot`, an empty element: over the page's lower edge, so that
    nothing on it moves."""
    token = _PLACE.set(_Place(slot))
    try:
        yield
    finally:
        _PLACE.reset(token)


def _stop(key: str | None) -> None:
    st.session_state[_STOPPED] = key
