"""A visitor's own recordings: taking them in, and how their columns and times are read."""

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from snnviz import places, tables
from snnviz.datasets import OwnRecordings, uploads
from snnviz.datasets.checks import checked
from snnviz.datasets.recordings import UNUSED, events_of, in_microseconds
from snnviz.tables import TimeUnit
from snnviz.ui import controls
from snnviz.ui.words import literal

MOST = 1000  # recordings of one visitor
LABEL, ROUND, WAITING = "data/own_label", "data/own_round", "data/own_waiting"  # what the session keeps of the page Data
WORDS = {"t": "time", "neuron": "neuron", "x": "x", "y": "y", "p": "polarity", UNUSED: "not used"}


@dataclasses.dataclass(frozen=True)
class Layout:
    """How the first recording that can be read is laid out.

    headings, roles: of its columns. first: its first row. assumed: nothing in the file says what the columns are. kind: the format
    in which they are fixed, "" for a table. unit: of its times, as far as the file states it; likely: what their span looks like.
    span: of its times, in that unit.
    """

    headings: tuple[str, ...]
    roles: tuple[str, ...]
    first: tuple[str, ...]
    assumed: bool
    unit: TimeUnit | None
    likely: TimeUnit
    span: float
    kind: str = ""


def folder(visitor: str) -> Path:
    """Where a visitor's uploads lie, so that a run on them can be gone on with."""
    return places.home() / "uploads" / visitor


def everything(visitor: str) -> list[tuple[str, str, Path]]:
    """All recordings of a visitor: class, name, and where it lies; those of version 0.1.0, which stored them by name, too."""
    uploads.looked_at(folder(visitor))
    try:
        return [(one.label, one.name, one.path) for one in OwnRecordings(folder=str(folder(visitor))).files()]
    except FileNotFoundError:
        return []


def add(visitor: str, label: str, name: str, data: bytes) -> None:
    """Keep one uploaded recording under its class. Raises ValueError with one sentence if it cannot be used."""
    try:
        table = tables.read(data, name)
        if not table.assumed:  # else the visitor can still say what its columns are
            events = events_of(table)
            checked({**events, "t": in_microseconds(events["t"], table.unit or tables.guess_unit(events["t"]))}, None)
        elif not len(next(iter(table.columns.values()))):
            raise ValueError("holds no events.")
    except ValueError as problem:
        raise ValueError(f"{name}: {problem}") from None
    if len(everything(visitor)) >= MOST:
        raise ValueError(f"{MOST:,} recordings are here already; remove them first.")
    uploads.add(folder(visitor), label, name, data)


def attempt_add(visitor: str, label: str, name: str, data: bytes) -> str:
    """`add`, giving the complaint instead of raising it; "" if all went well."""
    try:
        add(visitor, label, name, data)
    except (ValueError, OSError) as problem:
        return str(problem)
    return ""


def forget(visitor: str) -> None:
    """Delete all recordings of a visitor."""
    shutil.rmtree(folder(visitor), ignore_errors=True)


@st.cache_resource(ttl=3600, show_spinner=False)
def _expire() -> None:
    """Once an hour: forget recordings that nobody has looked at for long."""
    uploads.expire(places.home() / "uploads")


def take_in(visitor: str) -> None:
    """Draw what takes a visitor's recordings in, and say which could not be used."""
    _expire()
    state = st.session_state
    st.text_input("Class of these recordings", key=LABEL, persist_state="session", placeholder="left, right, ...", max_chars=60)
    key = f"data/own_files_{state.get(ROUND, 0)}"
    st.file_uploader(
        "Recordings, one a file",
        accept_multiple_files=True,
        key=key,
        on_change=_wait,
        args=(key,),
        help="Tables of spikes (text, NPZ, NPY, MAT, HDF5, Parquet; as NEST, Brian2, Neo and pandas write them) with columns t, "
        "neuron or t, x, y, p in any order, with or without a heading; files of event cameras (AEDAT, RAW, DAT, BIN). Nothing in "
        "a file is executed. "
        f"{uploads.setting(*uploads.MOST_BYTES) / 1e9:.2g} GB in all; what nobody looks at for "
        f"{uploads.setting(*uploads.DAYS):g} days is removed.",
    )
    waiting = state.get(WAITING, [])
    if waiting and not state[key]:
        st.caption(f"Chosen before you left the page: {literal(', '.join(file.name for file in waiting[:5]))}"
                   f"{' and more' if len(waiting) > 5 else ''}.")  # fmt: skip
    st.button("Add these recordings", icon=":material/add:", disabled=not waiting, on_click=_add, args=(visitor,))
    for complaint in state.pop("own_complaints", []):
        st.error(literal(complaint), icon=":material/error:")


def _wait(key: str) -> None:
    """Keep the chosen files until they are added: Streamlit forgets those of a page that is left."""
    st.session_state[WAITING] = list(st.session_state[key])


def _add(visitor: str) -> None:
    state = st.session_state
    label, waiting = state[LABEL], state.pop(WAITING, [])
    state["own_complaints"] = [c for file in waiting if (c := attempt_add(visitor, label, file.name, file.getvalue()))]
    state[ROUND] = state.get(ROUND, 0) + 1  # an uploader of another key is empty


def layout(recordings: Sequence[tuple[str, str, Path]]) -> Layout | None:
    """The layout of the first of these recordings, as `everything` lists them, that can be read; None where there is none."""
    for _, name, path in recordings:
        if (first := _layout(path, name, path.stat().st_mtime_ns)) is not None:
            return first
    return None


@st.cache_data(show_spinner=False, max_entries=64)
def _layout(path: Path, name: str, changed: int) -> Layout | None:
    try:
        table = tables.read(path.read_bytes(), name)
    except (ValueError, OSError):
        return None
    times = table.columns.get("t", np.empty(0))
    span = float(np.ptp(times)) if len(times) else 0.0
    likely = tables.guess_unit(times)
    return Layout(table.headings, table.roles, table.first, table.assumed, table.unit, likely, span, table.kind)


def choose_columns(table: Layout) -> str:
    """Draw a choice of what each column holds; return it as `OwnRecordings.columns` has it, "" for what is assumed anyway."""
    if table.kind:
        return ""
    before = [role or UNUSED for role in table.roles]
    chosen = []
    with st.container(horizontal=True, gap="small"):
        for place, role in enumerate(before):
            title = table.headings[place] or f"Column {place + 1}"
            value = f", first {table.first[place]}" if place < len(table.first) else ""
            chosen.append(
                controls.option(
                    list(WORDS), literal(f"{title[:20]}{value[:20]}"), f"own.column.{''.join(before)}.{place}", default=role,
                    titles=WORDS.__getitem__,
                )
            )  # fmt: skip
    if table.assumed:
        st.caption("These files have no heading: the columns are assumed from their values. Change them where they are wrong.")
    used = [role for role in chosen if role != UNUSED]
    if twice := next((role for role in used if used.count(role) > 1), None):
        raise ValueError(f"Two columns are read as {WORDS[twice]}: choose another for one of them.")
    return "" if chosen == before else " ".join(chosen)


def choose_unit(table: Layout) -> TimeUnit:
    """Draw a choice of the unit of time, and say why it stands as it does; no choice where the file states it."""
    if table.kind:
        st.caption(f"The first file is {table.kind}: its times are in {TimeUnit.MICROSECOND.value}.")
        return TimeUnit.MICROSECOND
    if table.unit is not None:
        st.caption(f"Times are in {table.unit.value}, as the first file states.")
        return table.unit
    units = {unit.name.lower(): unit for unit in TimeUnit}
    unit = units[
        controls.option(
            list(units), "Times in the files are", f"own.unit.{table.likely.name.lower()}", default=table.likely.name.lower(),
            titles=lambda name: units[name].value,
        )
    ]  # fmt: skip
    st.caption(f"The first file spans {table.span:,.6g} {unit.value}; it looks like {table.likely.value}.")
    return unit
