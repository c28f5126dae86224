"""The machine's memory, asked before anything large is made.

    with account.held(experiment.footprint(), "This run", "lower the steps"):      # ValueError where it does not fit
        ...

What is there is asked of the operating system each time: free memory, and the limits of the control groups this process is in.
What computations of this process have been granted counts as taken until they end, so that several visitors together cannot
take more than there is.
"""

import contextlib
import ctypes
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

CEILING = 4 * 2**30  # bytes that one computation may take at most, where SNNVIZ_BUDGET does not say otherwise
SMALL = 32 * 2**20  # bytes that nobody is asked for
TRIMMED = 256 * 2**20  # bytes of a computation after which the process gives back what it has freed
SHARE = 0.5  # of what is there, that one computation may take


def available(root: Path = Path("/")) -> int:
    """Bytes that this process may still take: what the system has free, and what is left in each control group around it.

    Memory that holds files, and would be given back, counts as free. root: where `proc` and `sys` lie.
    """
    rooms = [*_system(root), *_groups(root)]
    return max(0, min(rooms)) if rooms else CEILING


def allowance() -> int:
    """Bytes that one computation may take now: SNNVIZ_BUDGET, else half of what is there, 4 GiB at most.

    Raises:
        ValueError: SNNVIZ_BUDGET is no number of bytes.
    """
    budget, room = _budget(), LEDGER.room()
    if budget is None:
        return min(CEILING, int(SHARE * room))
    return int(min(budget, max(budget - LEDGER.others, room)))  # whoever computes alone gets all of it


def check(need: float, what: str, remedy: str) -> None:
    """Raise ValueError unless `need` bytes may be taken now: what it is ("This run"), and what to lower ("lower the steps")."""
    if need <= SMALL and _budget() is None:
        return
    room = allowance()
    if need > room and _RECLAIM:
        for free in _RECLAIM:
            free()
        room = allowance()
    if need > room:
        others = f" while other computations hold {_gigabytes(LEDGER.others)}" if LEDGER.others else ""
        raise ValueError(f"{what} would take about {_gigabytes(need)}, and {_gigabytes(room)} are allowed{others}: {remedy}.")


_RECLAIM: list[Callable[[], object]] = []


def reclaim_by(free: Callable[[], object]) -> None:
    """Have a cache emptied by `free()` before a request is refused for lack of memory."""
    _RECLAIM.append(free)


@contextlib.contextmanager
def held(need: float, what: str, remedy: str) -> Iterator[None]:
    """`check`, and count the bytes as taken while the block runs. A block within one of the same thread counts once."""
    with LEDGER.entry(need, lambda: check(need, what, remedy)):
        yield


def _budget() -> int | None:
    text = os.environ.get("SNNVIZ_BUDGET")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"SNNVIZ_BUDGET = {text!r} is no number of bytes; write one like 4000000000.") from None


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 0.1 * 2**30 else f"{size / 2**20:.2g} MB"


class Ledger:
    """What has been granted to computations that are still running, in bytes."""

    def __init__(self, measure: Callable[[], int] = available):
        self._measure, self._lock, self._mine = measure, threading.Lock(), threading.local()
        self._granted: dict[int, float] = {}
        self._numbers, self._ground = itertools.count(), 0

    @property
    def others(self) -> float:
        """Bytes granted to other threads than this one."""
        return sum(self._granted.copy().values()) - getattr(self._mine, "granted", 0.0)

    def room(self) -> float:
        """Bytes that are neither in use nor granted to others. A grant may be in use already or not yet, so the lesser of two
        counts: what is free now, and what was free when nothing was granted, less the grants."""
        free = self._measure()
        with self._lock:
            return max(0.0, min(free, self._ground - self.others)) if self._granted else float(free)

    @contextlib.contextmanager
    def entry(self, need: float, check: Callable[[], None]) -> Iterator[None]:
        """Grant `need` bytes while the block runs, if `check` does not raise. A grant covers what its thread asks for within it."""
        outer = getattr(self._mine, "granted", 0.0)
        if need <= outer or (need <= SMALL and _budget() is None):
            yield
            return
        with _ENTERING:  # two that ask at once must not both be given what is there once
            check()
            free = self._measure()
            with self._lock:
                number = next(self._numbers)
                if not self._granted:
                    self._ground = free
                self._granted[number] = need - outer
        self._mine.granted = need
        try:
            yield
        finally:
            self._mine.granted = outer
            with self._lock:
                del self._granted[number]
            if need > TRIMMED:
                _trim()


def _trim() -> None:
    """Give freed memory back to the system, which glibc does not do by itself for holes in its heap."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


_ENTERING = threading.RLock()
LEDGER = Ledger()


# What there is.


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _fields(text: str) -> dict[str, int]:
    """Lines of a name and a number: "MemAvailable:  123 kB", "inactive_file 123"."""
    rows = (line.replace(":", " ").split() for line in text.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}


def _system(root: Path) -> Iterator[int]:
    """What the system has free, where it says so."""
    memory = _fields(_read(root / "proc/meminfo"))
    if "MemAvailable" in memory:
        yield memory["MemAvailable"] * 1024
    elif sys.platform == "win32":
        yield _windows()
    elif "SC_AVPHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    elif "SC_PHYS_PAGES" in os.sysconf_names:  # macOS tells all there is; half of it stands for what is free
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _windows() -> int:
    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong) for name in ("total", "free", "page", "page_free", "virtual", "virtual_free", "extended")
        ]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # pyright: ignore[reportAttributeAccessIssue]  Windows only
    return status.free


def _groups(root: Path) -> Iterator[int]:
    """What is left in each control group with a limit, of version 2 and 1, from this process's own up to the outermost."""
    top = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines() or ["0::/"]:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        base, limit, usage, files = (
            (top / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if controllers
            else (top, "memory.max", "memory.current", "inactive_file")
        )
        folder = base / path.strip("/")
        for place in (folder, *folder.parents):
            most, now = _read(place / limit).strip(), _read(place / usage).strip()
            if most.isdigit() and now.isdigit():
                yield int(most) - int(now) + _fields(_read(place / "memory.stat")).get(files, 0)
            if place == base:
                break
