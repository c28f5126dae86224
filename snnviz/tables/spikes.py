"""The spike times of one neuron, as a text: one a line or many, or the time column of a table."""

import dataclasses
import io

import numpy as np

from snnviz.tables import limits
from snnviz.tables.columns import WITHOUT_HEADING, Table, TimeUnit, guess_unit, role_of, unit_of
from snnviz.tables.text import comments, decode, lines_of, number_in, of_text, separator, split


@dataclasses.dataclass(frozen=True)
class SpikeTimes:
    """Spike times in ms, in order.

    notes: what was assumed, a sentence each. unit: that the file was read in; stated: by the file itself; likely: that its times
    look like. columns: of a table, by their headings or numbers; column: which of them holds the times.
    """

    times: tuple[float, ...]
    notes: tuple[str, ...] = ()
    unit: TimeUnit = TimeUnit.MILLISECOND
    stated: bool = False
    likely: TimeUnit = TimeUnit.MILLISECOND
    columns: tuple[str, ...] = ()
    column: int = 0


def spike_times(text: str | bytes, name: str = "the file", unit: TimeUnit | None = None, column: int | None = None) -> SpikeTimes:
    """The times of one neuron's spikes: one a line or many, or the time column of a table.

    unit: of the file's times, where it states none itself; None is milliseconds. column: of a table, the one that holds the times;
    None is the one whose heading says so, or whose values look like it.

    Raises:
        ValueError: something is no time, or there is none; names the file and the line.
    """
    try:
        text = decode(text) if isinstance(text, bytes) else lines_of(text.removeprefix("\ufeff"))
        times, notes, stated, table = _times(text)
        if column is not None and table is not None and 0 <= column < len(table.roles):
            roles = ["t" if place == column else "" for place in range(len(table.roles))]
            times, notes, stated, table = _column(of_text(text, roles))
    except ValueError as problem:
        raise ValueError(f"{name}, {problem}" if str(problem).startswith("line ") else f"{name} {problem}") from None
    if not len(times):
        raise ValueError(f"{name} holds no spike times; give times in milliseconds.")
    if not np.isfinite(times).all() or times.min() < 0:
        raise ValueError(f"{name}: {times[~(np.isfinite(times) & (times >= 0))][0]:g} is not a time; times are at least 0.")
    unit = stated or unit or TimeUnit.MILLISECOND
    scale = {TimeUnit.MICROSECOND: 1000.0, TimeUnit.MILLISECOND: 1.0, TimeUnit.SECOND: 0.001}[unit]
    in_order = tuple(np.sort(times / scale).tolist())
    columns = () if table is None else tuple(one or f"column {place + 1}" for place, one in enumerate(table.headings))
    at = 0 if table is None else table.roles.index("t")
    return SpikeTimes(in_order, notes, unit, stated is not None, guess_unit(times), columns, at)


_Read = tuple[np.ndarray, tuple[str, ...], TimeUnit | None, Table | None]
"""Times as they stand, what was assumed, the unit that is stated, and the table, if it is one."""


def _column(table: Table) -> _Read:
    if "t" not in table.columns:
        raise ValueError(f"has the columns {', '.join(filter(None, table.headings))}; a column t (or time) is needed.")
    return table.columns["t"], table.notes, table.unit, table


def _times(text: str) -> _Read:
    if len(text) > limits.MOST_TIMES:
        raise ValueError(
            f"is {len(text) / 1e6:.0f} MB large; the spikes of one neuron take {limits.MOST_TIMES / 1e6:.0f} MB at most."
        )
    stated, number, begin = comments(text)
    rows = enumerate(io.StringIO(text[begin:]), number)
    lines = [(n, line) for n, row in rows if (line := row.split("#")[0].strip())]
    unit = stated["unit"]
    if alone := bool(lines) and role_of(lines[0][1]) == "t":  # a heading over times alone
        unit, lines = unit or unit_of(lines[0][1]), lines[1:]
    if not lines:
        return np.empty(0), (), None, None
    between, decimal = separator([line for _, line in lines[: limits.PROBE]])
    cells = [[cell for cell in split(line, between) if cell] for _, line in lines]
    first = cells[0]
    if any(number_in(cell, decimal) is None for cell in first) or (stated["heading"] and len(stated["heading"]) == len(first) > 1):
        return _column(of_text(text))
    flat = []
    for (n, _), row in zip(lines, cells, strict=True):
        for cell in row:
            value = number_in(cell, decimal)
            if value is None:
                raise ValueError(f"line {n}: {cell[:40]!r} is not a time; give times in milliseconds.")
            if not np.isfinite(value) or value < 0:
                raise ValueError(f"line {n}: {cell[:40]} is not a time; times are in milliseconds, at least 0.")
            flat.append(value)
    notes = ("Commas are read as decimal points.",) if decimal else ()
    widths = {len(row) for row in cells}
    if len(cells) == 1 or len(widths) > 1 or widths == {1} or (np.diff(flat) >= 0).all():
        return np.array(flat), notes, unit, None
    if between == "," and widths == {2} and all(cell.isdigit() for row in cells for cell in row):
        example = f"{cells[0][0]},{cells[0][1]} as {cells[0][0]}.{cells[0][1]}"
        times = np.array([float(f"{whole}.{part}") for whole, part in cells])
        return times, (f"Commas are read as decimal points: {example}.",), unit, None
    if not alone and max(widths) in WITHOUT_HEADING:
        return _column(of_text(text))
    return np.array(flat), notes, unit, None
