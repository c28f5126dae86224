"""Tables as text: a row a line; commas, semicolons, tabs or blanks between the values; comments after #; a heading or none.

A heading names columns by the words of the field (`columns.NAMES`), with a unit where it has one: "time (us)", "t_ms".
"""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from snnviz.tables import limits
from snnviz.tables.columns import UNITS, WITHOUT_HEADING, Table, guess_roles, role_of, unit_of

MARKS = (  # at the beginning of a file, the longer first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes) -> str:
    """A file's bytes as text; UTF-8 with or without a byte order mark, UTF-16 or UTF-32 with one (Excel's "Unicode text"), else
    Latin 1. Raises ValueError where it is no text."""
    marked = next((encoding for mark, encoding in MARKS if data.startswith(mark)), None)
    if marked is not None:
        try:
            return lines_of(data.decode(marked))
        except UnicodeDecodeError as error:
            raise ValueError(f"begins as text in {marked.upper()} and does not go on so: it is cut short or damaged.") from error
    try:
        return lines_of(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        if b"\x00" in data:
            raise ValueError("is no text file; a table holds numbers as text. Save it as CSV in UTF-8.") from error
        return lines_of(data.decode("latin-1"))


def lines_of(text: str) -> str:
    """A text whose lines end in \\n, whatever system wrote it."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def of_text(text: str, roles: Sequence[str] = ()) -> Table:
    """The table in a text. roles: what its columns hold (t, neuron, x, y, p), where that is not to be read from the headings."""
    if (lines := text.count("\n")) > limits.MOST_EVENTS:
        raise ValueError(f"has {lines:,} lines; one recording may have {limits.MOST_EVENTS:,} events. Cut it.")
    stated, number, begin = comments(text)
    probe = _probe(text, begin)
    if not probe:
        raise ValueError("is empty.")
    between, decimal = separator(probe)
    rows = [split(line, between) for line in probe]
    heading, notes = None, []
    words = any(number_in(cell, decimal) is None for cell in rows[0])
    if words and between is None and len(rows) > 1 and len(rows[1]) == 1 < len(rows[0]):  # "spike times (ms)" over one column
        rows[0] = [probe[0]]
    if not all(number_in(cell, decimal) is not None for cell in rows[0] if cell):
        heading = rows.pop(0)
        if not any(role_of(cell) for cell in heading):
            odd = next(cell for cell in heading if cell and number_in(cell, decimal) is None)
            raise ValueError(
                f"line {number}: {odd[:40]!r} is neither a number nor the name of a column; known are t (or time, ts), "
                "neuron (or i, sender, channel), x, y and p (or polarity)."
            )
        begin, number = _next_line(text, begin), number + 1
    elif stated["heading"] and len(stated["heading"]) == len(rows[0]):
        heading = stated["heading"]
    if heading is None and between in (None, "\t") and (trains := _trains(text[begin:], decimal)) is not None:
        return trains
    width = len(heading or rows[0])
    if decimal:
        notes.append("Commas are read as decimal points.")
    chosen = tuple(roles) if len(roles) == width else tuple(map(role_of, heading)) if heading else None
    if chosen is None and (width not in WITHOUT_HEADING):
        raise ValueError(f"has {width} columns and no heading; two (t, neuron) or four (t, x, y, p) are understood without one.")
    _once(chosen, number - 1)
    used = [place for place in range(width) if chosen is None or chosen[place]]
    body = (
        text[begin:] if heading or between != "\t" else re.sub(r"\t+$", "", text[begin:], flags=re.MULTILINE)
    )  # NEST 2 ends rows so
    values = _numbers(body, number, between, decimal, width, used)
    if assumed := chosen is None:
        chosen = guess_roles(values)
        notes.append(f"There is no heading: the columns are read as {', '.join(chosen)}.")
    columns = {chosen[place]: column for place, column in zip(used, values, strict=True) if chosen[place]}
    units = [unit_of(cell) for cell, role in zip(heading or (), chosen, strict=False) if role == "t"]
    return Table(columns, tuple(heading or [""] * width), chosen, tuple(rows[0]) if rows else (), tuple(notes),
                 stated["inputs"], stated["unit"] or (units[0] if units else None), stated["own_zero"], assumed)  # fmt: skip


def comments(text: str) -> tuple[dict, int, int]:
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
        elif (cells := re.split(r"[\s,;]+", line)) and all(map(role_of, cells)) and "t" in map(role_of, cells):
            stated["heading"] = cells
        begin, number = end, number + 1
    return stated, number, begin


def _next_line(text: str, begin: int) -> int:
    end = text.find("\n", begin)
    return len(text) if end < 0 else end + 1


def _probe(text: str, begin: int) -> list[str]:
    """The first lines with values, without comments."""
    lines = []
    while begin < len(text) and len(lines) < limits.PROBE:
        end = _next_line(text, begin)
        if end - begin > limits.LONGEST_LINE:
            raise ValueError(f"has a line of {end - begin:,} characters; at most {limits.LONGEST_LINE:,} are read.")
        if line := text[begin:end].split("#")[0].strip():
            lines.append(line)
        begin = end
    return lines


def separator(lines: Sequence[str]) -> tuple[str | None, bool]:
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
    try:
        cells = re.sub(r"\s+(?=[(\[])", "", line).split() if between is None else next(csv.reader([line], delimiter=between), [])
    except csv.Error as problem:
        raise ValueError(f"has a line that is no row of a table: {problem}.") from None
    return [cell.strip().strip("\"'").strip() for cell in cells]


def number_in(cell: str, decimal: bool = False) -> float | None:
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


def _trains(body: str, decimal: bool) -> Table | None:
    """The spike times of a neuron a line, as Neo and Elephant write them; None where lines are rows of a table, all as long.

    An empty line is a neuron that is silent. Two lines at least, in each of which times rise.
    """
    lines = body.split("\n")[: -1 if body.endswith("\n") else None]
    lengths = {len(line.split()) for line in lines[: limits.PROBE]}
    if len(lines) < 2 or (len(lengths) == 1 and max(lengths) in WITHOUT_HEADING):
        return None
    trains = []
    for line in lines:
        values = [number_in(cell, decimal) for cell in line.split("#")[0].split()]
        cells = [value for value in values if value is not None]
        if len(cells) < len(values) or any(b < a for a, b in itertools.pairwise(cells)):
            return None
        trains.append(np.array(cells, np.float64))
    columns = {"t": np.concatenate(trains), "neuron": np.repeat(np.arange(len(trains)), list(map(len, trains)))}
    notes = (f"Each of its {len(trains):,} lines is read as the spike times of one neuron.",)
    names = tuple(columns)
    return Table(columns, names, names, tuple(str(column[0]) for column in columns.values() if len(column)), notes)


def _once(roles: Sequence[str] | None, line: int) -> None:
    named = [role for role in roles or () if role]
    if len(set(named)) < len(named):
        raise ValueError(f"line {line} names a column twice: {', '.join(named)}.")


def _numbers(body: str, number: int, between: str | None, decimal: bool, width: int, used: Sequence[int]) -> tuple[np.ndarray, ...]:
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
            if number_in(cells[place], decimal) is None:
                return f"line {here} holds {cells[place][:40]!r} where a number is expected; correct or remove it."
    return "holds something that is no table of numbers."
