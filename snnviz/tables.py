"""Tables of times: the one reader of spike trains and event recordings, text or NumPy's NPY and NPZ. Nothing is executed or unpickled.

Text: a value or a row a line; commas, semicolons, tabs or blanks between the values; comments after #; a heading or none. What the
file does not say is assumed, and `Table.notes` says what was. A heading names columns by the words of the field (`NAMES`), with a
unit where it has one: "time (us)", "t_ms".
"""

import ast
import csv
import dataclasses
import enum
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

MOST_EVENTS = 10_000_000  # of one recording: 0.4 GB as columns
LARGEST = 2**30  # bytes of one recording
MOST_TIMES = 20_000_000  # characters of a spike train
LONGEST_LINE = 1_000_000  # characters
PROBE = 50  # lines looked at to find out what is between the values
ROLES = ("t", "neuron", "x", "y", "p")
NAMES = {word: role for role, words in {
    "t": "t ts time times timestamp timestamps t_spike spike_t spike_time spike_times spiketime spiketimes spikes",
    "neuron": "neuron neurons neuron_id neuron_ids i id ids unit units unit_id sender senders node_id channel channels ch cell index "
              "spike_clusters cluster electrode addr address",
    "x": "x col column x_addr",
    "y": "y row y_addr",
    "p": "p pol polarity polarities on sign",
}.items() for word in words.split()}  # fmt: skip
WITHOUT_HEADING = {1: ("t",), 2: ("t", "neuron"), 3: ("t", "x", "y"), 4: ("t", "x", "y", "p")}


class TimeUnit(enum.Enum):
    """What one unit of a file's times is, in words."""

    MICROSECOND = "microseconds"
    MILLISECOND = "milliseconds"
    SECOND = "seconds"

    @property
    def microseconds(self) -> int:
        return {"microseconds": 1, "milliseconds": 1_000, "seconds": 1_000_000}[self.value]

    @classmethod
    def _missing_(cls, value: object) -> "TimeUnit | None":
        """Version 0.1.0 wrote the length in microseconds."""
        return next((unit for unit in cls if type(value) is int and unit.microseconds == value), None)


UNITS = {"us": TimeUnit.MICROSECOND, "µs": TimeUnit.MICROSECOND, "μs": TimeUnit.MICROSECOND, "ms": TimeUnit.MILLISECOND,
         "s": TimeUnit.SECOND, "sec": TimeUnit.SECOND, "seconds": TimeUnit.SECOND, "milliseconds": TimeUnit.MILLISECOND,
         "microseconds": TimeUnit.MICROSECOND}  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """What a file holds.

    columns: by role (t, neuron, x, y, p), one number an event. headings: of all columns, "" where there is none. roles: of all columns,
    "" for those that are not used. first: the first row, as text. notes: what was assumed, a sentence each. inputs: the size that the
    file states, (neurons,) or (polarities, height, width). unit: of t, where the file states it. own_zero: the file states that its
    times count from the recording's own zero.
    """

    columns: dict[str, np.ndarray]
    headings: tuple[str, ...]
    roles: tuple[str, ...]
    first: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    inputs: tuple[int, ...] | None = None
    unit: TimeUnit | None = None
    own_zero: bool = False


@dataclasses.dataclass(frozen=True)
class SpikeTimes:
    """Spike times in ms, in order; notes: what was assumed, a sentence each; unit: that the file was read in."""

    times: tuple[float, ...]
    notes: tuple[str, ...] = ()
    unit: TimeUnit = TimeUnit.MILLISECOND


def read(data: bytes, name: str = "", roles: Sequence[str] = ()) -> Table:
    """The table in a file's bytes.

    roles: of each column (t, neuron, x, y, p, "" for one that is not used), instead of what the heading says or what is assumed; for
    files with that number of columns.

    Raises:
        ValueError: one sentence that says what is wrong and where.
    """
    if len(data) > LARGEST:
        raise ValueError(f"is {len(data) / 1e9:.1f} GB large; one recording may take {LARGEST / 1e9:.0f} GB.")
    if data.startswith(b"\x93NUMPY"):
        return _of_arrays({"": _array(io.BytesIO(data), whole=True)}, roles)
    if data.startswith(b"PK") or name.lower().endswith((".npz", ".npy")):
        return _of_arrays(_unpacked(data), roles)
    return _of_text(decode(data), roles)


def spike_times(text: str | bytes, name: str = "the file", unit: TimeUnit | None = None) -> SpikeTimes:
    """The times of one neuron's spikes: one a line or many, or the time column of a table. unit: of the file's times, where it states
    none itself; None is milliseconds.

    Raises:
        ValueError: something is no time, or there is none; names the file and the line.
    """
    try:
        text = decode(text) if isinstance(text, bytes) else text.removeprefix("\ufeff")
        times, notes, stated = _times(text)
    except ValueError as problem:
        raise ValueError(f"{name}, {problem}" if str(problem).startswith("line ") else f"{name} {problem}") from None
    if not len(times):
        raise ValueError(f"{name} holds no spike times; give times in milliseconds.")
    if not np.isfinite(times).all() or times.min() < 0:
        raise ValueError(f"{name}: {times[~(np.isfinite(times) & (times >= 0))][0]:g} is not a time; times are at least 0.")
    unit = stated or unit or TimeUnit.MILLISECOND
    scale = {TimeUnit.MICROSECOND: 1000.0, TimeUnit.MILLISECOND: 1.0, TimeUnit.SECOND: 0.001}[unit]
    return SpikeTimes(tuple(np.sort(times / scale).tolist()), notes, unit)


def guess_unit(times: np.ndarray) -> TimeUnit:
    """The unit that makes a plausible recording of these times, going by their span and by how finely they are written."""
    times = np.asarray(times, np.float64)
    span = float(np.ptp(times)) if len(times) else 0.0
    if (times == np.rint(times)).all():
        return TimeUnit.MICROSECOND if span >= 20_000 else TimeUnit.MILLISECOND
    below_microseconds = np.abs(times * 1000 - np.rint(times * 1000)).max() > 1e-6  # if the times were milliseconds
    return TimeUnit.SECOND if span < 1 or (span < 100 and below_microseconds) else TimeUnit.MILLISECOND


def decode(data: bytes) -> str:
    """A file's bytes as text; UTF-8 with or without a byte order mark, else Latin 1. Raises ValueError where it is no text."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\x00" in data:
            raise ValueError("is no text file; a table holds numbers as text.") from error
        return data.decode("latin-1")


# --- Text ---------------------------------------------------------------------------------------------------------------------------


def _of_text(text: str, roles: Sequence[str] = ()) -> Table:
    if (lines := text.count("\n")) > MOST_EVENTS:
        raise ValueError(f"has {lines:,} lines; one recording may have {MOST_EVENTS:,} events. Cut it.")
    stated, number, begin = _comments(text)
    probe = _probe(text, begin)
    if not probe:
        raise ValueError("is empty.")
    between, decimal = _between(probe)
    rows = [split(line, between) for line in probe]
    heading, notes = None, []
    if between is None and len(rows) > 1 and len(rows[1]) == 1 < len(rows[0]):  # "spike times (ms)" over one column
        rows[0] = [probe[0]]
    if not all(_number(cell, decimal) is not None for cell in rows[0] if cell):
        heading = rows.pop(0)
        if not any(_role(cell) for cell in heading):
            odd = next(cell for cell in heading if cell and _number(cell, decimal) is None)
            raise ValueError(
                f"line {number}: {odd[:40]!r} is neither a number nor the name of a column; known are t (or time, ts), neuron (or i, "
                "sender, channel), x, y and p (or polarity)."
            )
        begin, number = _next_line(text, begin), number + 1
    elif stated["heading"] and len(stated["heading"]) == len(rows[0]):
        heading = stated["heading"]
    width = len(heading or rows[0])
    if decimal:
        notes.append("Commas are read as decimal points.")
    chosen = tuple(roles) if len(roles) == width else tuple(map(_role, heading)) if heading else None
    if chosen is None and (width not in WITHOUT_HEADING):
        raise ValueError(f"has {width} columns and no heading; two (t, neuron) or four (t, x, y, p) are understood without one.")
    _once(chosen, number - 1)
    used = [place for place in range(width) if chosen is None or chosen[place]]
    values = _numbers(text[begin:], number, between, decimal, width, used)
    if chosen is None:
        chosen = guess_roles(values)
        notes.append(f"There is no heading: the columns are read as {', '.join(chosen)}.")
    columns = {chosen[place]: column for place, column in zip(used, values, strict=True) if chosen[place]}
    units = [_heading_unit(cell) for cell, role in zip(heading or (), chosen, strict=False) if role == "t"]
    return Table(columns, tuple(heading or [""] * width), chosen, tuple(rows[0]) if rows else (), tuple(notes),
                 stated["inputs"], stated["unit"] or (units[0] if units else None), stated["own_zero"])  # fmt: skip


def _comments(text: str) -> tuple[dict, int, int]:
    """What the comments before the first row state; that row's line number, and where it begins in the text."""
    stated = {"inputs": None, "unit": None, "heading": None, "own_zero": False}
    begin, number = 0, 1
    while begin < len(text):
        end = _next_line(text, begin)
        line = text[begin : min(end, begin + 1000)].strip()
        if line and not line.startswith("#"):
            break
        line = line.lstrip("# ")
        if match := re.fullmatch(r"inputs = (\d{1,7}(?: x \d{1,7}){0,2})", line):
            size = tuple(int(side) for side in match[1].split(" x "))
            stated["inputs"] = size if len(size) in (1, 3) and min(size) > 0 else None
        elif match := re.fullmatch(r"unit = (\w+)", line):
            stated["unit"] = UNITS.get(match[1])
        elif line == "zero = of the recording":
            stated["own_zero"] = True
        elif (cells := re.split(r"[\s,;]+", line)) and all(map(_role, cells)) and "t" in map(_role, cells):
            stated["heading"] = cells
        begin, number = end, number + 1
    return stated, number, begin


def _next_line(text: str, begin: int) -> int:
    end = text.find("\n", begin)
    return len(text) if end < 0 else end + 1


def _probe(text: str, begin: int) -> list[str]:
    """The first lines with values, without comments."""
    lines = []
    while begin < len(text) and len(lines) < PROBE:
        end = _next_line(text, begin)
        if end - begin > LONGEST_LINE:
            raise ValueError(f"has a line of {end - begin:,} characters; at most {LONGEST_LINE:,} are read.")
        if line := text[begin:end].split("#")[0].strip():
            lines.append(line)
        begin = end
    return lines


def _between(lines: Sequence[str]) -> tuple[str | None, bool]:
    """What is between the values (None: blanks), and whether commas are decimal points."""
    bare = [re.sub(r'"[^"]*"', "0", line) for line in lines]  # a comma in quotes is no separator
    numbers = [line for line in bare if re.match(r"[+\-.\d]", line)]
    for mark in ("\t", ";"):
        if all(mark in line for line in bare):
            return mark, _decimal(cell for line in lines for cell in line.split(mark))
    cells = [line.split() for line in numbers]
    if numbers and all(len(row) > 1 for row in cells) and all(re.fullmatch(r"[+-]?\d+,?\d+|[+-]?\d+", c) for r in cells for c in r):
        return None, _decimal(cell for row in cells for cell in row)
    if any("," in line for line in bare):
        return ",", False
    return None, _decimal(cell for line in lines for cell in line.split())


def _decimal(cells: Iterable[str]) -> bool:
    cells = [cell.strip().strip('"') for cell in cells]
    return any(re.fullmatch(r"[+-]?\d+,\d+(e[+-]?\d+)?", cell) for cell in cells) and not any(
        re.fullmatch(r"[+-]?\d*\.\d+", cell) for cell in cells
    )


def split(line: str, between: str | None) -> list[str]:
    """The cells of a line, without quotes and blanks around them."""
    cells = re.sub(r"\s+(?=[(\[])", "", line).split() if between is None else next(csv.reader([line], delimiter=between), [])
    return [cell.strip().strip("\"'").strip() for cell in cells]


def _number(cell: str, decimal: bool = False) -> float | None:
    """The number in a cell, None where there is none; true and false are 1 and 0."""
    word = cell.lower()
    if word in ("true", "false"):
        return float(word == "true")
    if "_" in cell:
        return None
    try:
        return float(cell.replace(",", ".") if decimal or re.fullmatch(r"[+-]?\d+,\d+", cell) else cell)
    except ValueError:
        return None


def _role(heading: str) -> str:
    """What a column's name says it holds: t, neuron, x, y, p; "" if nothing known."""
    word = re.sub(r"[\s_]*[(\[].*[)\]]\s*$", "", heading.strip().strip("\"'")).strip().lower().replace(" ", "_")
    if word not in NAMES and (match := re.fullmatch(r"(.+?)_([^\W_]+)", word)) and match[2] in UNITS and NAMES.get(match[1]) == "t":
        return "t"
    return NAMES.get(word, "")


def _heading_unit(heading: str) -> TimeUnit | None:
    match = re.search(r"[(\[_ ]\s*(\w+)\s*[)\]]?\s*$", heading.strip().lower())
    return UNITS.get(match[1]) if match else None


def _once(roles: Sequence[str] | None, line: int) -> None:
    named = [role for role in roles or () if role]
    if len(set(named)) < len(named):
        raise ValueError(f"line {line} names a column twice: {', '.join(named)}.")


def _numbers(
    body: str, number: int, between: str | None, decimal: bool, width: int, used: Sequence[int]
) -> tuple[np.ndarray, ...]:
    """The used columns of the rows of `width` values, float64; `number` is the line of the first row in the file."""
    plain = re.sub(r'"\s*([+-]?\d+),(\d+)\s*"', r"\1.\2", body) if between == "," and '"' in body else body
    plain = plain.replace(",", ".") if decimal else plain
    if re.search("true|false", plain, re.IGNORECASE):
        plain = re.sub(r"\btrue\b", "1", plain, flags=re.IGNORECASE)
        plain = re.sub(r"\bfalse\b", "0", plain, flags=re.IGNORECASE)
    if (first := next(_rows(plain), None)) is None:
        return tuple(np.empty(0) for _ in used)
    try:
        if len(split(first, between)) != width:  # the used columns alone do not show it
            raise ValueError
        some = used if len(used) < width else None  # of all columns, every row is checked for its number of them
        table = np.loadtxt(io.StringIO(plain), delimiter=between, ndmin=2, quotechar='"', usecols=some)
    except (ValueError, csv.Error):
        raise ValueError(_first_fault(body, number, between, decimal, width, used)) from None
    return tuple(np.ascontiguousarray(table.T))


def _rows(text: str) -> Iterator[str]:
    """The lines with values, without comments."""
    return (row for line in io.StringIO(text) if (row := line.split("#")[0].strip("\r\n ")))


def _first_fault(body: str, number: int, between: str | None, decimal: bool, width: int, used: Sequence[int]) -> str:
    """What is wrong with the first line that is no row of `width` numbers; `number` is that of the first line here."""
    for here, line in enumerate(io.StringIO(body), number):
        if not (line := line.split("#")[0].strip("\r\n ")):
            continue
        cells = split(line, between)
        if len(cells) != width:
            return f"line {here} has {len(cells)} values where {width} are expected; correct or remove it."
        for place in used:
            if _number(cells[place], decimal) is None:
                return f"line {here} holds {cells[place][:40]!r} where a number is expected; correct or remove it."
    return "holds something that is no table of numbers."


def guess_roles(columns: Sequence[np.ndarray]) -> tuple[str, ...]:
    """What columns without a heading hold: t is the one with fractions, else the first that never falls; p the one of two values;
    what is left is the neuron, or x and y in order."""
    default = WITHOUT_HEADING[len(columns)]
    if not len(columns[0]):
        return default
    rises = [bool((np.diff(column) >= 0).all()) for column in columns]
    broken = [bool((column != np.rint(column)).any()) for column in columns]
    varied = [len(column) < 3 or bool((column != column[0]).any()) for column in columns]
    candidates = [place for place in range(len(columns)) if rises[place] and varied[place]]
    time = broken.index(True) if sum(broken) == 1 else candidates[0] if candidates else 0
    rest = [place for place in range(len(columns)) if place != time]
    roles = {time: "t"}
    if len(columns) == 4:
        two = [place for place in rest if (np.abs(columns[place] - 0.5) == 0.5).all() or (np.abs(columns[place]) == 1).all()]
        roles[two[-1] if two else rest[-1]] = "p"
    rest = [place for place in rest if place not in roles]
    roles |= dict(zip(rest, ("neuron",) if len(columns) == 2 else ("x", "y"), strict=False))
    return tuple(roles[place] for place in range(len(columns)))


# --- Spike times --------------------------------------------------------------------------------------------------------------------


def _times(text: str) -> tuple[np.ndarray, tuple[str, ...], TimeUnit | None]:
    """The times in a text as they stand, what was assumed, and the unit that it states."""
    if len(text) > MOST_TIMES:
        raise ValueError(f"is {len(text) / 1e6:.0f} MB large; the spikes of one neuron take {MOST_TIMES / 1e6:.0f} MB at most.")
    stated, number, begin = _comments(text)
    rows = enumerate(io.StringIO(text[begin:]), number)
    lines = [(n, line) for n, row in rows if (line := row.split("#")[0].strip())]
    if not lines:
        return np.empty(0), (), None
    between, decimal = _between([line for _, line in lines[:PROBE]])
    cells = [[cell for cell in split(line, between) if cell] for _, line in lines]
    first = cells[0]
    if any(_number(cell, decimal) is None for cell in first) or (stated["heading"] and len(stated["heading"]) == len(first) > 1):
        table = _of_text(text)
        if "t" not in table.columns:
            raise ValueError(f"has the columns {', '.join(filter(None, table.headings))}; a column t (or time) is needed.")
        return table.columns["t"], table.notes, table.unit
    flat = []
    for (n, _), row in zip(lines, cells, strict=True):
        for cell in row:
            value = _number(cell, decimal)
            if value is None:
                raise ValueError(f"line {n}: {cell[:40]!r} is not a time; give times in milliseconds.")
            if not np.isfinite(value) or value < 0:
                raise ValueError(f"line {n}: {cell[:40]} is not a time; times are in milliseconds, at least 0.")
            flat.append(value)
    notes = ("Commas are read as decimal points.",) if decimal else ()
    widths = {len(row) for row in cells}
    if len(cells) == 1 or len(widths) > 1 or widths == {1} or (np.diff(flat) >= 0).all():
        return np.array(flat), notes, stated["unit"]
    if between == "," and widths == {2} and all(cell.isdigit() for row in cells for cell in row):
        example = f"{cells[0][0]},{cells[0][1]} as {cells[0][0]}.{cells[0][1]}"
        times = np.array([float(f"{whole}.{part}") for whole, part in cells])
        return times, (f"Commas are read as decimal points: {example}.",), stated["unit"]
    if max(widths) in WITHOUT_HEADING:
        table = _of_text(text)
        return table.columns["t"], table.notes, table.unit
    return np.array(flat), notes, stated["unit"]


# --- NumPy's files ------------------------------------------------------------------------------------------------------------------


def _unpacked(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file that may be columns; how large each will be is known from its header before it is unpacked."""
    arrays: dict[str, np.ndarray] = {}
    try:
        packed = zipfile.ZipFile(io.BytesIO(data))
        entries = packed.infolist()
    except Exception as error:  # zipfile has many ways to dislike a file: BadZipFile, NotImplementedError, ValueError, ...
        raise ValueError("is cut short, damaged or no NPZ file.") from error
    with packed:
        alone = len(entries) == 1
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if not (alone or _role(name) or name == "events"):
                continue
            try:
                with packed.open(entry) as member:
                    arrays[name] = _array(member)
            except _Refused as refused:
                raise ValueError(f"array {name[:40]!r} {refused}") from None
            except Exception as error:  # zlib and zipfile each have their own idea of a damaged member
                raise ValueError(f"array {name[:40]!r} is damaged: {_sentence(error)}") from None
    return arrays


class _Refused(ValueError):
    """An array that is whole and cannot be used."""


def _array(file, whole: bool = False) -> np.ndarray:
    """One array in NumPy's own format. Its size is checked before its values are read; objects are refused. `whole`: nothing may
    follow it."""
    magic = file.read(8)
    if magic[:6] != b"\x93NUMPY":
        raise _Refused("is no array.")
    length = int.from_bytes(file.read(2 if magic[6] == 1 else 4), "little")
    if length > 10_000:
        raise _Refused("has a damaged heading.")
    try:
        header = ast.literal_eval(file.read(length).decode("utf-8"))
        dtype, shape = np.lib.format.descr_to_dtype(header["descr"]), tuple(header["shape"])
        order = "F" if header["fortran_order"] else "C"
    except Exception as error:
        raise _Refused("has a damaged heading.") from error
    if dtype.hasobject:
        raise _Refused("holds Python objects, which are never loaded; save plain numbers.")
    if not all(type(side) is int and side >= 0 for side in shape) or len(shape) > 2:
        raise _Refused(f"has the shape {shape}; a column, or a table of rows and columns, was expected.")
    rows = max(shape, default=1)
    values = rows * min(shape, default=1) if len(shape) == 2 else rows
    if rows > MOST_EVENTS or values > 8 * MOST_EVENTS or values * dtype.itemsize > LARGEST:
        raise _Refused(f"unpacks to {rows:,} events of {values * dtype.itemsize / max(rows, 1):.0f} bytes; one recording may have "
                       f"{MOST_EVENTS:,} events. Cut it.")  # fmt: skip
    data = file.read(values * dtype.itemsize)
    if len(data) < values * dtype.itemsize:
        raise _Refused("is cut short.")
    if whole and file.read(1):
        raise _Refused("has something else behind it; save it again.")
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _of_arrays(arrays: dict[str, np.ndarray], roles: Sequence[str]) -> Table:
    named: list[tuple[str, np.ndarray]] = []
    for name, array in arrays.items():
        if array.dtype.names:
            named += [(field, np.ascontiguousarray(array[field]).reshape(-1)) for field in array.dtype.names]
        elif array.ndim == 2 and not _role(name):
            table = array if array.shape[1] <= array.shape[0] or array.shape[1] in WITHOUT_HEADING else array.T
            if table.shape[1] not in WITHOUT_HEADING:
                raise ValueError(f"has a table of {array.shape[0]} x {array.shape[1]}; rows of t, neuron or t, x, y, p were expected.")
            named += [("", np.ascontiguousarray(column)) for column in table.T]
        else:
            named.append((name, array.reshape(-1)))
    headings, values = tuple(name for name, _ in named), [column for _, column in named]
    notes = ()
    if odd := next((name for name, column in named if column.dtype.kind not in "iubf" and _role(name)), None):
        raise ValueError(f"column {odd} holds no numbers.")
    if len(roles) == len(values):
        chosen = tuple(roles)
    elif any(headings):
        chosen = tuple(map(_role, headings))
    else:
        if not values or any(column.dtype.kind not in "iubf" for column in values):
            raise ValueError("holds no array of numbers.")
        chosen = guess_roles([column.astype(np.float64) for column in values])
        notes = (f"The columns have no names: they are read as {', '.join(chosen)}.",)
    named_roles = [role for role in chosen if role]
    if len(set(named_roles)) < len(named_roles):
        raise ValueError(f"names a column twice: {', '.join(named_roles)}.")
    first = tuple(str(column[0]) if len(column) else "" for column in values)
    return Table({role: column for role, column in zip(chosen, values, strict=True) if role}, headings, chosen, first, notes)


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else text + "."
