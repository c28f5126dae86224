"""A user's own recordings: CSV or NPZ, columns t, neuron or t, x, y, p. Nothing in them is executed or unpickled."""

import csv
import dataclasses
import enum
import io
import zipfile
from pathlib import Path
from typing import ClassVar

import numpy as np

from snnviz.datasets.events import RECORDINGS, AbstractEvents, Columns, Found, Recording, plain
from snnviz.params import param

KINDS = (".csv", ".npz")
LABELS = "labels.csv"
LARGEST = 2**30  # bytes of one recording, unpacked
NAMES = {"time": "t", "timestamp": "t", "id": "neuron", "unit": "neuron", "polarity": "p"}


class TimeUnit(enum.Enum):
    """What one unit of the column t is; the value is its length in microseconds."""

    MICROSECOND = 1
    MILLISECOND = 1_000
    SECOND = 1_000_000


@dataclasses.dataclass(frozen=True)
class OwnRecordings(AbstractEvents):
    """CSV and NPZ files of a folder, one recording per file.

    Labels: the name of the subfolder a file lies in; or, if the folder holds labels.csv with the columns file and
    label, what that says. Columns: t, neuron, or t, x, y and p (p may be left out: then all events are ON). A CSV may
    have a heading; without one, two columns are t, neuron and four are t, x, y, p. An NPZ holds one array per column.

    Inputs `[T, S, neurons]` or `[T, S, 2, height, width]`, as large as the largest number in the files says.
    """

    title: ClassVar[str] = "Your own recordings"
    description: ClassVar[str] = "CSV or NPZ files with columns t, neuron or t, x, y, p; labels by folder or in labels.csv."
    cite: ClassVar[str] = ""
    offline: ClassVar[bool] = False

    folder: str = param("", "Folder")
    samples: int = param(0, "Recordings to use", **RECORDINGS)
    unit: TimeUnit = param(TimeUnit.MILLISECOND, "Unit of t")

    def find(self, download: bool = False) -> Found:
        root = Path(self.folder).expanduser()
        if not self.folder or not root.is_dir():
            raise FileNotFoundError(f"{self.title}: there is no folder {self.folder!r}; name one that holds CSV or NPZ files.")
        paths = sorted(
            path for path in root.rglob("*") if path.suffix.lower() in KINDS and path.is_file() and path != root / LABELS
        )
        if not paths:
            raise FileNotFoundError(f"{self.title}: no CSV or NPZ files in {root}.")
        table, problems, files = None, [], list(paths)
        if (root / LABELS).is_file():
            files.append(root / LABELS)
            table = read_labels(root / LABELS)
        named = []
        for path in paths:
            shown = path.relative_to(root).as_posix()
            label = (
                table.get(shown, table.get(path.name))
                if table is not None
                else path.parent.name
                if path.parent != root
                else "unlabelled"
            )
            if label is None:
                problems.append(f"{shown}: has no label in {LABELS}; add a line for it.")
            else:
                named.append((shown, path, label))
        if not named:
            raise ValueError(f"{self.title}: {LABELS} names none of the {len(paths)} recordings in {root}.")
        classes = tuple(sorted({label for *_, label in named}))
        recordings = tuple(
            Recording(shown, classes.index(label), None, lambda path=path: self._columns(path)) for shown, path, label in named
        )
        have = f"{self.title}: {len(recordings):,} recordings in {len(classes)} classes in {root.name};"
        return Found(recordings, classes, None, tuple(files), have, tuple(problems))

    def _columns(self, path: Path) -> Columns:
        if path.stat().st_size > LARGEST:
            raise ValueError("is larger than 1 GB; cut it.")
        events = read_recording(path.read_bytes(), path.name)
        return {**events, "t": events["t"].astype(np.float64) * self.unit.value}


def read_recording(data: bytes, name: str) -> Columns:
    """The columns of one recording, given a file's bytes and its name: t as it stands, x, and for cameras y and p.

    Raises ValueError with one sentence that says what is wrong and where.
    """
    columns = read_npz(data) if name.lower().endswith(".npz") else read_csv(data)
    if "neuron" in columns and "t" in columns:
        return {"t": columns["t"], "x": columns["neuron"]}
    if {"t", "x", "y"} <= columns.keys():
        return {
            "t": columns["t"],
            "x": columns["x"],
            "y": columns["y"],
            "p": columns.get("p", np.ones(len(columns["t"]), np.int64)),
        }
    raise ValueError(f"has the columns {', '.join(columns) or 'none'}; needed are t, neuron or t, x, y, p.")


def known(name: str) -> str:
    """A column's name as we call it."""
    name = name.strip().strip('"').lower()
    return NAMES.get(name, name)


def read_csv(data: bytes) -> Columns:
    """The columns of a CSV text with commas, semicolons or tabs between the numbers."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("is no text file; a CSV holds numbers as text.") from error
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), None)
    if first is None:
        raise ValueError("is empty.")
    between = next((mark for mark in (",", ";", "\t") if mark in lines[first]), ",")
    names = [known(cell) for cell in lines[first].split(between)]
    if any(is_number(cell) for cell in names):
        names = {2: ["t", "neuron"], 3: ["t", "x", "y"], 4: ["t", "x", "y", "p"]}.get(len(names), names)
        if any(is_number(cell) for cell in names):
            raise ValueError(
                f"has {len(names)} columns and no heading; two (t, neuron) or four (t, x, y, p) are understood without one."
            )
        first -= 1
    if len(set(names)) < len(names):
        raise ValueError(f"line {first + 1} names a column twice: {', '.join(names)}.")
    body = lines[first + 1 :]
    try:
        filled = any(line.strip() and not line.lstrip().startswith("#") for line in body)
        table = np.empty((0, len(names)))
        if filled:
            table = np.loadtxt(io.StringIO("\n".join(body)), delimiter=between, ndmin=2)
        if table.shape[1] != len(names):
            raise ValueError
    except ValueError:
        raise ValueError(first_fault(body, first + 2, between, len(names))) from None
    return dict(zip(names, table.T, strict=True))


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def first_fault(body: list[str], number: int, between: str, width: int) -> str:
    """What is wrong with the first line that is no row of `width` numbers; `number` is that of the first line here."""
    for here, cells in enumerate(csv.reader(body, delimiter=between), number):
        if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
            continue
        if len(cells) != width:
            return f"line {here} has {len(cells)} values where {width} are expected; correct or remove it."
        for cell in cells:
            if not is_number(cell):
                return f"line {here} holds {cell.strip()[:40]!r} where a number is expected; correct or remove it."
    return "holds something that is no table of numbers."


def read_npz(data: bytes) -> Columns:
    """The number arrays of an NPZ file. Arrays of Python objects are refused: reading them would run what they say."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ValueError("is cut short, damaged or no NPZ file.") from error
    if unpacked > LARGEST:
        raise ValueError(f"unpacks to {unpacked / 1e9:.1f} GB; one recording may take 1 GB.")
    columns = {}
    with np.load(io.BytesIO(data), allow_pickle=False) as packed:
        for name in packed.files:
            try:
                columns[known(name)] = np.asarray(packed[name]).reshape(-1)
            except ValueError as error:
                if "allow_pickle" in str(error):
                    raise ValueError(f"array {name!r} holds Python objects, which are never loaded; save plain numbers.") from None
                raise ValueError(f"array {name!r} cannot be read: {plain(error)}") from None
            except Exception as error:  # zlib and zipfile each have their own idea of a damaged member
                raise ValueError(f"array {name!r} is damaged: {plain(error)}") from None
    return columns


def read_labels(path: Path) -> dict[str, str]:
    """What labels.csv says: file to label."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, skipinitialspace=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{LABELS} is no CSV text: {plain(error)}") from error
    if not rows or not {"file", "label"} <= set(rows[0]):
        raise ValueError(f"{LABELS} needs a heading with file and label, and a line per recording.")
    return {row["file"].strip(): (row["label"] or "").strip() for row in rows if row["file"]}
