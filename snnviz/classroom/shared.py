"""One look at a class for all sessions of a process: sixty students who ask once a second cost the database one look a second."""

import dataclasses
import threading
import time
from collections.abc import Sequence

from snnviz.classroom import rooms
from snnviz.classroom.values import Room
from snnviz.runs import store

FRESH = 0.5  # seconds for which a look is shared
SIGNS = 5.0  # seconds between two times that the signs of browsers are written down


Accuracies = Sequence[Sequence[float]]


@dataclasses.dataclass
class _Look:
    """The last look at one class, and whose browsers gave a sign since they were last written down."""

    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    at: float = float("-inf")
    room: Room | None = None
    seen: set[int] = dataclasses.field(default_factory=set)
    written: float = float("-inf")
    used: float = 0.0
    changes: int = 0  # that were made here
    tested: tuple[float, int, Accuracies] = (float("-inf"), 0, ())  # when the runs of which experiment were looked at, and theirs


_looks: dict[tuple[str, str], _Look] = {}
_lock = threading.Lock()
_open: dict[str, tuple[float, bool]] = {}


def _look(room: str) -> _Look:
    now, key = time.monotonic(), (rooms.store.default_url(), room)
    with _lock:
        for old in [k for k, look in _looks.items() if now - look.used > 60 and k != key]:
            del _looks[old]
        look = _looks.setdefault(key, _Look())
        look.used = now
        return look


def read(room: str, student: int | None = None) -> Room | None:
    """A class as it stood at most `FRESH` seconds ago; None where it is over. student: whose browser asks."""
    look = _look(room)
    with look.lock:  # one asks the database, the others wait for what it says
        if student is not None:
            look.seen.add(student)
        now = time.monotonic()
        if now - look.at >= FRESH:
            signs = sorted(look.seen) if now - look.written >= SIGNS else []
            changes = look.changes
            look.room = rooms.default().read(room, signs)
            look.at = now if changes == look.changes else float("-inf")  # a change meanwhile may have come too late for it
            if signs:
                look.written = now
                look.seen.clear()
        return look.room


def tested(room: Room) -> Accuracies:
    """The test accuracies of the runs of a class's experiment, by epoch, in the order of the seeds, as they stood at most `FRESH`
    seconds ago: who shows the picture of all asks for them again and again."""
    number, look = room.stage.experiment.number, _look(room.id)
    runs = list(dict(sorted(room.seeds.get(number, {}).items())).values())
    with look.lock:
        at, of, accuracies = look.tested
        if of != number or time.monotonic() - at >= FRESH:
            by_run = store.default().tested(runs) if runs else {}
            accuracies = tuple(by_run.get(run, ()) for run in runs)
            look.tested = time.monotonic(), number, accuracies
        return accuracies


def changed(room: str) -> None:
    """Have the next look ask the database: somebody here has just changed something, and wants to see it."""
    with _lock:
        if (look := _looks.get((rooms.store.default_url(), room))) is not None:
            look.changes += 1
            look.at = float("-inf")


def any_open() -> bool:
    """Whether any class was open in the last few seconds: where none was, a new session has nothing to ask for."""
    url, now = rooms.store.default_url(), time.monotonic()
    at, is_open = _open.get(url, (float("-inf"), False))
    if now - at > SIGNS:
        is_open = rooms.default().any_open()
        _open[url] = now, is_open
    return is_open


def opened() -> None:
    """Note that a class was opened here just now."""
    _open[rooms.store.default_url()] = time.monotonic(), True
