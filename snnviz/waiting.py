"""Who waits for a computation, how far it has come, how long it may take, and whose turn it is.

    watch = waiting.Watch(stop=lambda: visitor_has_gone, limit=120.0)
    with waiting.watched(watch):
        for current in waiting.steps(x, "step"):       # Abandoned once stop() is true, Late after 120 s
            ...
    watch.share, watch.words                           # 0.42, "Step 420 of 1,000": read by another thread meanwhile

Nothing is asked and nothing counted where no watch is set: in a notebook, in a worker.
"""

import contextlib
import contextvars
import itertools
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

LIMIT = 120.0  # seconds that a page waits for one computation, where SNNVIZ_SECONDS does not say otherwise
PATIENCE = 0.2  # seconds between two looks at whether a waiting visitor has gone
T = TypeVar("T")


class Abandoned(BaseException):
    """Nobody waits for this computation's result. Not an Exception: nothing that mends errors on the way should stop it."""


class Late(BaseException):
    """The computation has taken longer than its limit. No Exception either."""


class Watch:
    """One computation, seen by who waits for it.

    stop: whether nobody waits any more. limit: seconds that it may take (None: any). share: how much of it is done, from 0 to 1.
    """

    def __init__(self, stop: Callable[[], bool] = lambda: False, limit: float | None = None):
        self.stop, self.limit = stop, limit
        self.share = 0.0
        self._begun = time.monotonic()
        self._span = 0.0, 1.0  # the part of the whole that is now gone through
        self._doing: tuple[tuple[str, int, int], ...] = ()  # (what, which, of how many), from the outermost to the innermost

    @property
    def words(self) -> str:
        """What is being done, as "Method 2 of 3, step 4,000 of 100,000"; "" where nothing is counted."""
        text = ", ".join(f"{what} {which:,} of {count:,}" for what, which, count in self._doing)
        return text[:1].upper() + text[1:]

    @property
    def seconds(self) -> float:
        """How long it has been computing."""
        return time.monotonic() - self._begun

    @property
    def left(self) -> float:
        """Seconds until it is done, if it goes on as it has gone so far; inf as long as nothing can be said."""
        return self.seconds * (1 - self.share) / self.share if self.share >= 0.01 else math.inf

    def begin(self, limit: float | None) -> None:
        """It computes from now on, and may take `limit` seconds; until now it waited for its turn."""
        self._begun, self.limit = time.monotonic(), limit

    def go_on(self) -> None:
        """Raise Abandoned if nobody waits, Late if it has taken too long."""
        if self.stop():
            raise Abandoned
        if self.limit is not None and self.seconds > self.limit:
            raise Late

    def steps(self, things: Iterable[T], doing: str, count: int) -> Iterator[T]:
        """`things` one by one, each an equal part of what is gone through now."""
        (low, high), outer = self._span, self._doing
        try:
            for number, thing in enumerate(things):
                self._span = low + (high - low) * number / count, low + (high - low) * (number + 1) / count
                self._doing = (*outer, (doing, number + 1, count))
                self.share = max(self.share, self._span[0])
                self.go_on()
                yield thing
            self.share = max(self.share, high)
        finally:
            self._span, self._doing = (low, high), outer

    def reached(self, number: int, count: int) -> None:
        """`number` of `count` equal parts of what is gone through now are done. Raises as `go_on` does."""
        low, high = self._span
        self.share = max(self.share, low + (high - low) * number / count)
        self.go_on()

    @contextlib.contextmanager
    def part(self, number: int, count: int) -> Iterator[None]:
        """While the block runs, the part `number` (from 0) of `count` is gone through."""
        low, high = self._span
        self._span = low + (high - low) * number / count, low + (high - low) * (number + 1) / count
        self.share = max(self.share, self._span[0])
        try:
            yield
        finally:
            self._span = low, high


_WATCH: contextvars.ContextVar[Watch | None] = contextvars.ContextVar("snnviz-watch", default=None)


@contextlib.contextmanager
def watched(watch: Watch) -> Iterator[Watch]:
    """While the block runs, computations in it are seen by this watch, and asked by it whether to go on."""
    token = _WATCH.set(watch)
    try:
        yield watch
    finally:
        _WATCH.reset(token)


def go_on() -> None:
    """Asked between the steps of a long computation: raise Abandoned if nobody waits for it, Late if it takes too long."""
    if (watch := _WATCH.get()) is not None:
        watch.go_on()


def steps(things: Iterable[T], doing: str, count: int | None = None) -> Iterator[T]:
    """Go through things, asking before each whether to go on; who waits sees "`doing` 3 of 10".

    count: how many there are, where they have no length.
    """
    watch = _WATCH.get()
    if watch is None:
        return iter(things)
    if count is None:
        count = len(things) if isinstance(things, Sized) else 1
    return watch.steps(things, doing, max(1, count))


def reached(number: int, count: int) -> None:
    """`go_on`, where `number` of `count` equal parts of what is gone through now are done."""
    if (watch := _WATCH.get()) is not None:
        watch.reached(number, count)


def part(number: int, count: int) -> contextlib.AbstractContextManager[None]:
    """While the block runs, what is counted in it is the part `number` (from 0) of `count` equal ones."""
    watch = _WATCH.get()
    return contextlib.nullcontext() if watch is None else watch.part(number, count)


def limit() -> float:
    """Seconds that a page waits for one computation: SNNVIZ_SECONDS, else two minutes.

    Raises:
        ValueError: SNNVIZ_SECONDS is no number above 0.
    """
    text = os.environ.get("SNNVIZ_SECONDS")
    if not text:
        return LIMIT
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) < math.inf:
            return seconds
    raise ValueError(f"SNNVIZ_SECONDS = {text!r} is no number of seconds; write one like 120.")


def check(seconds: Callable[[], float], what: str, remedy: str) -> None:
    """Raise ValueError where somebody waits and would wait longer than the watch allows: what it is ("This run"), and what to lower
    ("lower the steps"). seconds: an estimate, made only where it is needed."""
    watch = _WATCH.get()
    if watch is None or watch.limit is None:
        return
    if (need := seconds()) > watch.limit:
        raise ValueError(f"{what} would take about {in_words(need)}, and a page waits {in_words(watch.limit)} at most: {remedy}.")


def in_words(seconds: float) -> str:
    """A time as "40 s", "3 minutes", "5 hours"."""
    if seconds < 100:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{round(seconds / 60)} minutes" if seconds < 2 * 3600 else f"{round(seconds / 3600):,} hours"


class Turns:
    """Computations that run at a time, `at_once` of all visitors and `each` of one; those that wait are served in a fair order:
    who has least running first, then who was served longest ago."""

    def __init__(self, at_once: int, each: int):
        self._at_once, self._each = at_once, each
        self._change = threading.Condition()
        self._running: list[str] = []
        self._waiting: list[tuple[int, str]] = []
        self._served: dict[str, float] = {}
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def turn(self, visitor: str) -> Iterator[None]:
        """Wait for a turn, and hold it while the block runs. Abandoned: the visitor has gone before it came."""
        mine = (next(self._numbers), visitor)
        with self._change:
            self._waiting.append(mine)
            try:
                while self._next() != mine:
                    self._change.wait(PATIENCE)
                    if (watch := _WATCH.get()) is not None and watch.stop():
                        raise Abandoned
                self._running.append(visitor)
            finally:
                self._waiting.remove(mine)
                self._change.notify_all()
            self._served[visitor] = time.monotonic()
            if len(self._served) > 1000:
                self._served = {v: at for v, at in self._served.items() if v in self._running}
        try:
            yield
        finally:
            with self._change:
                self._running.remove(visitor)
                self._change.notify_all()

    def _next(self) -> tuple[int, str] | None:
        """Whose turn it is of those that wait."""
        able = [w for w in self._waiting if self._running.count(w[1]) < self._each]
        if not able or len(self._running) >= self._at_once:
            return None
        return min(able, key=lambda w: (self._running.count(w[1]), self._served.get(w[1], 0.0), w[0]))
