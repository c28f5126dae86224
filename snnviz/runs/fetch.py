"""Fetching a set of tonic's catalogue in a process of its own: `python -m snnviz fetch`, which can be ended at any moment."""

import atexit
import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import snnviz
from snnviz import places
from snnviz.datasets.tonic_sets import arrived as arrived_bytes
from snnviz.datasets.tonic_sets import arriving

COMMAND = (sys.executable, "-m", "snnviz")
EVERY = 0.5  # seconds between two looks at what has arrived; counting takes a tenth of the time at most
LOOK = 0.05  # seconds between two looks at whether the process has ended
PATIENCE = 10.0  # seconds that a cancelled process gets to clear away what it has


@dataclasses.dataclass(frozen=True)
class Arrived:
    """Bytes of a set that are fetched and unpacked so far; `whole`: the set is in its place."""

    size: int
    whole: bool = False

    @property
    def amount(self) -> str:
        """The bytes as people read them: 512 kB, 31.4 MB, 1.21 GB."""
        for unit, of, digits in (("GB", 1e9, 2), ("MB", 1e6, 1)):
            if self.size >= of:
                return f"{self.size / of:.{digits}f} {unit}"
        return f"{self.size / 1e3:.0f} kB"


def allowed() -> bool:
    """Whether sets may be downloaded on this machine; SNNVIZ_DOWNLOADS=no forbids it."""
    return os.environ.get("SNNVIZ_DOWNLOADS", "").strip().lower() not in ("no", "0", "off", "false")


def refused(folder: Path) -> str | None:
    """Why a page may not fetch into this folder, in a sentence; None: it may. Visitors do not choose where a server writes: it is
    the folder of recordings, or one below it, or one that SNNVIZ_FETCH_INTO names (several are parted as in PATH)."""
    more = [Path(p) for p in os.environ.get("SNNVIZ_FETCH_INTO", "").split(os.pathsep) if p]
    place = folder.expanduser().resolve()
    if any(place.is_relative_to(root.expanduser().resolve()) for root in (places.data(), *more)):
        return None
    return (
        f"A page fetches into {places.data()} only. Whoever runs this app can fetch elsewhere by `python -m snnviz fetch NAME "
        "--folder FOLDER`, or allow a folder in SNNVIZ_FETCH_INTO."
    )


def in_turn(name: str, folder: Path) -> Iterator[Arrived | None]:
    """`follow`, one set at a time on this machine: None while another one is arriving."""
    from filelock import FileLock, Timeout

    places.cache().mkdir(parents=True, exist_ok=True)
    lock = FileLock(places.cache() / "fetching.lock")
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            yield None
            time.sleep(EVERY)
    try:
        yield from follow(name, folder)
    finally:
        lock.release()


def follow(name: str, folder: Path) -> Iterator[Arrived]:
    """Fetch a set into a folder and yield what has arrived, several times a second. Closing this ends the process, which then
    removes what it has; the process also ends with this one.

    Raises:
        ConnectionError: the set cannot be fetched; one sentence says why. OSError: no process can be started.
    """
    size, next_count = 0, 0.0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*COMMAND, "fetch", name, "--folder", str(folder)],
            cwd=Path(snnviz.__file__).parents[1],
            env=os.environ | {"TQDM_DISABLE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        end = atexit.register(lambda: _end(process, name, folder))
        try:
            yield Arrived(0)
            while process.poll() is None:
                if (start := time.monotonic()) >= next_count:
                    size = arrived_bytes(name, folder)
                    now = time.monotonic()
                    next_count = now + max(EVERY, 10 * (now - start))
                    yield Arrived(size)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK)
                yield Arrived(size)
        finally:
            atexit.unregister(end)
            _end(process, name, folder)
        if process.returncode:
            errors.seek(0)
            lines = [line.strip() for line in errors.read().decode(errors="replace").split("\n") if line.strip()]
            reason = lines[-1].removeprefix("snnviz: ") if lines else ""
            raise ConnectionError(reason or f"{name} could not be fetched: the process ended with {process.returncode}.")
    yield Arrived(size, whole=True)


def _end(process: subprocess.Popen, name: str, folder: Path) -> None:
    """End the process if it runs; return when it has ended and what had arrived is removed."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        shutil.rmtree(arriving(name, folder), ignore_errors=True)
