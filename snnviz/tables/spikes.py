"""The spike times of one neuron, as a text: one a line or many, or the time column of a table."""

import dataclasses
import io

import numpy as np

from snnviz.tables import limits
from snnviz.tables.columns import WITHOUT_HEADING, TimeUnit, role_of, unit_of
from snnviz.tables.text import comments, decode, number_in, of_text, separator, split


@dataclasses.dataclass(frozen=True)
class SpikeTimes:
    """Spike times in ms, in order; notes: what was assumed, a sentence each; unit: that the file was read in."""

    times: tuple[float, ...]
    notes: tuple[str, ...] = ()
    unit: TimeUnit = TimeUnit.MILLISECOND


def spike_times(text: str | bytes, name: str = "the file", unit: TimeUnit | None = None) -> SpikeTimes:
    """The times of one neuron's spikes: one a line or many, or the time column of a table.

    unit: of the file's times, where it states none itself; None is milliseconds.

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


def _times(text: str) -> tuple[np.ndarray, tuple[str, ...], TimeUnit | None]:
    """The times in a text as they stand, what was assumed, and the unit that it states."""
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
        return np.empty(0), (), None
    between, decimal = separator([line for _, line in lines[: limits.PROBE]])
    cells = [[cell for cell in split(line, between) if cell] for _, line in lines]
    first = cells[0]
    if any(number_in(cell, decimal) is None for cell in first) or (stated["heading"] and len(stated["heading"]) == len(first) > 1):
        table = of_text(text)
        if "t" not in table.columns:
            raise ValueError(f"has the columns {', '.join(filter(None, table.headings))}; a column t (or time) is needed.")
        return table.columns["t"], table.notes, table.unit
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
        return np.array(flat), notes, unit
    if between == "," and widths == {2} and all(cell.isdigit() for row in cells for cell in row):
        example = f"{cells[0][0]},{cells[0][1]} as {cells[0][0]}.{cells[0][1]}"
        times = np.array([float(f"{whole}.{part}") for whole, part in cells])
        return times, (f"Commas are read as decimal points: {example}.",), unit
    if not alone and max(widths) in WITHOUT_HEADING:
        table = of_text(text)
        return table.columns["t"], table.notes, table.unit
    return np.array(flat), notes, unit
