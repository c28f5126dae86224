"""Fetching a set of tonic's catalogue from a page: one process for each set and folder, the same for every visitor.

The process runs `python -m snnviz fetch`: it can be ended at any moment, goes on when the tab is closed, and ends with the app.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import streamlit as st

import snnviz
from snnviz import places
from snnviz.datasets.catalogue import Entry
from snnviz.datasets.tonic_sets import arrived, arriving
from snnviz.ui import follow

COMMAND = (sys.executable, "-m", "snnviz")
EVERY = 1.0  # seconds between two looks at a fetch that runs
PATIENCE = 10.0  # seconds that a cancelled one gets to clear away what it has


class Fetch:
    """One fetch as its process stands: it runs, it failed for the reason in `problem`, or the set is there.

    Args:
        name: tonic's name of the set.
        root: the folder that it goes into.

    Raises OSError where no process can be started.
    """

    def __init__(self, name: str, root: Path):
        self.name, self.root, self.began = name, root, time.monotonic()
        self.cancelled = False
        self._bytes, self._look = 0, 0.0
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  for as long as this is shown
        self._process = subprocess.Popen(
            [*COMMAND, "fetch", name, "--folder", str(root)],
            cwd=Path(snnviz.__file__).parents[1],
            env=os.environ | {"TQDM_DISABLE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
        )

    @property
    def runs(self) -> bool:
        """Whether its process has not ended."""
        return self._process.poll() is None

    @property
    def succeeded(self) -> bool:
        """Whether its process has ended well: the set is there."""
        return self._process.poll() == 0

    @property
    def problem(self) -> str:
        """Why it failed: the last line that the command said; "" where it did not fail."""
        if self.runs or self.succeeded or self.cancelled:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        told = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return told.removeprefix("snnviz: ") or f"{self.name} could not be fetched: the process ended with {self._process.poll()}."

    def arrived(self) -> int:
        """The bytes that have arrived so far; counting them takes a tenth of the time at most, however many files there are."""
        start = time.monotonic()
        if start >= self._look:
            self._bytes = arrived(self.name, self.root)
            end = time.monotonic()
            self._look = end + max(EVERY / 2, 10 * (end - start))
        return self._bytes

    def cancel(self) -> None:
        """End the process, which removes what it has; return when it has ended."""
        self.cancelled = True
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            shutil.rmtree(arriving(self.name, self.root), ignore_errors=True)


class _Fetches:
    """All fetches of this server, and how many brought their set."""

    def __init__(self):
        self.by_place: dict[tuple[str, Path], Fetch] = {}
        self.brought = 0
        self.lock = threading.Lock()
        atexit.register(self.end)

    def end(self) -> None:
        """Cancel what runs: the app goes."""
        for fetch in self.by_place.values():
            if fetch.runs:
                fetch.cancel()


@st.cache_resource(show_spinner=False)
def _fetches() -> _Fetches:
    return _Fetches()


def allowed() -> bool:
    """Whether visitors may have sets downloaded; SNNVIZ_DOWNLOADS=no forbids it."""
    return os.environ.get("SNNVIZ_DOWNLOADS", "").strip().lower() not in ("no", "0", "off", "false")


def brought() -> int:
    """How many sets were fetched since the server started: what is known of the disk is older where this was smaller."""
    known = _fetches()
    with known.lock:
        for key in [key for key, fetch in known.by_place.items() if fetch.succeeded]:
            del known.by_place[key]
            known.brought += 1
    return known.brought


def find(name: str, place: str) -> Fetch | None:
    """The fetch of this set into this folder: it runs, has failed, or has just brought the set."""
    fetch = _fetches().by_place.get(_key(name, place))
    return None if fetch is None or fetch.cancelled else fetch


def start(name: str, place: str) -> None:
    """Fetch a set, unless somebody does already. Raises OSError where no process can be started."""
    known, key = _fetches(), _key(name, place)
    with known.lock:
        if key not in known.by_place or not known.by_place[key].runs:
            known.by_place[key] = Fetch(*key)


def _key(name: str, place: str) -> tuple[str, Path]:
    return name, places.data(place).absolute()


def panel(entry: Entry, place: str) -> None:
    """Draw what a missing set is and how large, and the button that fetches it, how far that is, or why it cannot be done."""
    ours, (_, root) = entry.dataset.tonic == entry.name, _key(entry.name, place)
    title, link = entry.dataset.title if ours else entry.about, f" [Its page]({entry.page})." if entry.page else ""
    st.markdown(f"**{title}.** {entry.dataset.description if ours else ''}{link}")
    if entry.broken:
        st.warning(entry.missing, icon=":material/warning:")
    fetch = find(entry.name, place)
    if fetch is not None and (fetch.runs or fetch.succeeded):
        _going(entry.name, place, f"; the download is {entry.dataset.size}" if ours else "")
    elif entry.by_hand:
        st.info(entry.by_hand, icon=":material/back_hand:")
    elif not allowed():
        st.info(
            "Whoever runs this app has turned downloads off (`SNNVIZ_DOWNLOADS=no`). Name a folder that holds the set.",
            icon=":material/cloud_off:",
        )
    else:
        with _row():
            st.button(
                "Fetch it",
                icon=":material/download:",
                type="primary",
                key="fetch",
                on_click=follow.attempt,
                args=(start, entry.name, place),
            )
            st.markdown(f"{entry.dataset.size[0].upper()}{entry.dataset.size[1:]}; it goes into `{root}`.")
        if fetch is not None:
            st.error(fetch.problem, icon=":material/error:")


def _row() -> Any:
    """A button and a sentence at its right, at the same height whichever they are."""
    return st.container(horizontal=True, vertical_alignment="center", key="fetching")


@st.fragment(run_every=EVERY)
def _going(name: str, place: str, size: str) -> None:
    """The button that cancels a fetch, what has arrived and is unpacked, and since when."""
    fetch = find(name, place)
    if fetch is None or not fetch.runs:
        st.rerun()
    seconds = int(time.monotonic() - fetch.began)
    with _row():
        st.button("Cancel", icon=":material/close:", key="cancel_fetch", on_click=fetch.cancel)
        st.markdown(f"**{amount(fetch.arrived())}** here after {seconds // 60}:{seconds % 60:02}{size}. You may close this tab.")


def amount(size: int) -> str:
    """A number of bytes as people read it: 512 kB, 31.4 MB, 1.21 GB."""
    for unit, of, digits in (("GB", 1e9, 2), ("MB", 1e6, 1)):
        if size >= of:
            return f"{size / of:.{digits}f} {unit}"
    return f"{size / 1e3:.0f} kB"
