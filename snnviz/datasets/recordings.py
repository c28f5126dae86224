"""A user's own recordings: tables of spikes, and event cameras' files. Nothing in them is executed or unpickled."""

import csv
import dataclasses
from pathlib import Path
from typing import ClassVar

import numpy as np

from snnviz import places, tables
from snnviz.datasets import uploads
from snnviz.datasets.events import RECORDINGS, AbstractEvents, Columns, Found, Recorded, Recording, plain
from snnviz.params import param
from snnviz.tables import Table
from snnviz.tables import TimeUnit as TimeUnit
from snnviz.tables.refused import PICKLED

KINDS = (*(f".{kind}" for kind in tables.KINDS), *PICKLED)  # pickles are listed to be refused by name
LABELS = "labels.csv"
UNUSED = "-"


@dataclasses.dataclass(frozen=True)
class OwnRecordings(AbstractEvents):
    """The recordings of a folder, one a file: tables as text (CSV, TSV, TXT, NEST's DAT and GDF, Neo's one neuron a line), NumPy's
    NPZ and NPY, MATLAB's MAT, HDF5, Parquet, Feather; AEDAT 2, 3.1 and 4, Prophesee's RAW and DAT, N-MNIST's BIN; packed with gzip
    or not.

    Labels: what was given when a file was uploaded; or the name of the subfolder it lies in; or, if the folder holds labels.csv
    with the columns file and label, what that says. Columns: t, neuron, or t, x, y and p (p may be left out: then all events are
    ON); `snnviz.tables` says how they are recognised. An NPZ holds one array per column, or a structured one, and may
    state the size of its `inputs` ([neurons] or [polarities, height, width]), the `unit` of t ("us", "ms", "s"), and `own_zero`
    (true: times count from a zero of the recording's own).

    columns: what the columns hold, in order, of files that have as many: "x y t p"; "-" is a column that is not used. Empty: what
    their headings say, else what their values look like. unit: of t, where a file does not state it.

    Times count from each recording's first event, as cameras begin anywhere on their clock; without `align` from the clock's zero.

    Inputs `[T, S, neurons]` or `[T, S, 2, height, width]`, as large as the largest number in the files, or as they state.

    Raises:
        ValueError: columns that are no roles, or one of them twice; from `load` and `find`, labels.csv names no recording.
        FileNotFoundError: from `load` and `find`, there is no such folder.
    """

    title: ClassVar[str] = "Your own recordings"
    description: ClassVar[str] = (
        "Tables with columns t, neuron or t, x, y, p, or files of event cameras, one recording a file; classes by folder or in "
        "labels.csv."
    )
    cite: ClassVar[str] = ""
    offline: ClassVar[bool] = False

    folder: str = param("", "Folder")
    samples: int = param(0, "Recordings to use", **RECORDINGS)
    unit: TimeUnit = param(TimeUnit.MILLISECOND, "Unit of time in the files")
    columns: str = param("", "Columns")
    align: bool = param(True, "Start at the first event", help="Instead of at the zero of its clock.")

    def __post_init__(self) -> None:
        super().__post_init__()
        words = self.columns.split()
        used = [word for word in words if word != UNUSED]
        if not set(used) <= set(tables.ROLES) or len(set(used)) < len(used):
            raise ValueError(
                f"OwnRecordings.columns = {self.columns!r}: name each of {', '.join(tables.ROLES)} at most once, "
                f"and {UNUSED} for a column that is not used."
            )

    def find(self, download: bool = False) -> Found:
        if not self.folder or not (root := places.expanded(self.folder)).is_dir():
            raise FileNotFoundError(f"{self.title}: there is no folder {self.folder!r}; name one that holds tables of events.")
        listed = self.files()
        files, problems = [one.path for one in listed], []
        if (root / LABELS).is_file():
            files.append(root / LABELS)
            problems = [f"{one.name}: has no label in {LABELS}; add a line for it." for one in listed if not one.label]
            listed = [one for one in listed if one.label]
        if not listed:
            raise ValueError(f"{self.title}: {LABELS} names none of the {len(problems)} recordings in {root}.")
        classes = tuple(sorted({one.label for one in listed}))
        recordings = tuple(
            Recording(one.shown, classes.index(one.label), None, lambda one=one: self._recorded(one.path, one.name))
            for one in listed
        )
        have = f"{self.title}: {len(recordings):,} recordings in {len(classes)} class{'es' * (len(classes) > 1)};"
        return Found(recordings, classes, None, tuple(files), have, tuple(problems))

    def files(self) -> list[uploads.Upload]:
        """Every file of the folder with its name and class, "" for one that labels.csv leaves out.

        Raises:
            FileNotFoundError: there is none.
            ValueError: labels.csv cannot be used.
        """
        root = places.expanded(self.folder)
        files = uploads.listed(root)
        labels = read_labels(root / LABELS) if (root / LABELS).is_file() else None
        for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in KINDS and path.is_file()):
            if path == root / LABELS:
                continue
            shown = path.relative_to(root).as_posix()
            folder = path.parent.name if path.parent != root else uploads.UNLABELLED
            label = folder if labels is None else labels.get(shown, labels.get(path.name)) or ""
            files.append(uploads.Upload(label, shown, shown, path.stat().st_size, path))
        if not files:
            raise FileNotFoundError(f"{self.title}: no recordings in {root}, files that end in {', '.join(tables.KINDS)}.")
        return files

    def table(self, path: Path, name: str) -> Table:
        """The table of one file, with the columns that `columns` says. Raises ValueError."""
        if path.stat().st_size > tables.limits.LARGEST:
            raise ValueError("is larger than 1 GB; cut it.")
        return tables.read(path.read_bytes(), name, ["" if word == UNUSED else word for word in self.columns.split()])

    def _recorded(self, path: Path, name: str) -> Recorded:
        table = self.table(path, name)
        events, notes = events_of(table), table.notes
        unit = table.unit or self.unit
        if table.unit is None and (likely := tables.guess_unit(events["t"])) is not unit:
            notes += (f"Its times are read as {unit.value}; they look like {likely.value}.",)
        elif table.unit not in (None, self.unit) and not table.kind:
            notes += (f"Its times are read as {unit.value}, as the file states.",)
        return Recorded({**events, "t": in_microseconds(events["t"], unit)}, notes, table.inputs, table.own_zero)


def in_microseconds(times: np.ndarray, unit: TimeUnit) -> np.ndarray:
    """Times `[events]` of a unit in microseconds: whole ones as they are, others as float64."""
    if times.dtype.kind in "iub" and unit is TimeUnit.MICROSECOND:
        return times
    return times.astype(np.float64) * unit.microseconds


def events_of(table: Table) -> Columns:
    """The columns of one recording: t as it stands, x, and for cameras y and p. Raises ValueError where some are missing."""
    columns = table.columns
    if "neuron" in columns and "t" in columns:
        return {"t": columns["t"], "x": columns["neuron"]}
    if {"t", "x", "y"} <= columns.keys():
        return {
            "t": columns["t"],
            "x": columns["x"],
            "y": columns["y"],
            "p": columns.get("p", np.ones(len(columns["t"]), np.int64)),
        }
    if columns.keys() == {"t"} and len(table.roles) == 1:
        return {"t": columns["t"], "x": np.zeros(len(columns["t"]), np.int64)}
    shown = ", ".join(role or heading or UNUSED for role, heading in zip(table.roles, table.headings, strict=True))
    raise ValueError(f"has the columns {shown or 'none'}; needed are t, neuron or t, x, y, p.")


def read_recording(data: bytes, name: str) -> Columns:
    """The columns of one recording, given a file's bytes and its name. Raises ValueError that says what is wrong."""
    return events_of(tables.read(data, name))


def read_labels(path: Path) -> dict[str, str]:
    """What labels.csv says: file to label.

    Raises:
        ValueError: no CSV text, or no heading with file and label.
    """
    try:
        lines = [line for line in tables.decode(path.read_bytes()).splitlines() if line.strip()]
        between = next((mark for mark in ("\t", ";") if lines and mark in lines[0]), ",")
        rows = list(csv.DictReader(lines, skipinitialspace=True, delimiter=between))
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{LABELS} is no CSV text: {plain(error)}") from error
    if not rows or not {"file", "label"} <= set(rows[0]):
        raise ValueError(f"{LABELS} needs a heading with file and label, and a line per recording.")
    return {row["file"].strip(): (row["label"] or "").strip() for row in rows if row["file"]}
