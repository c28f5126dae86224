"""What the columns of a table are: their names in the field, their units, and what columns without a heading look like."""

import dataclasses
import enum
import re
from collections.abc import Sequence

import numpy as np

ROLES = ("t", "neuron", "x", "y", "p")
NAMES = {word: role for role, words in {
    "t": "t ts time times timestamp timestamps t_spike spike_t spike_time spike_times spiketime spiketimes spikes",
    "neuron": "neuron neurons neuron_id neuron_ids i id ids unit units unit_id sender senders node_id channel channels ch cell "
              "index spike_clusters cluster electrode addr address",
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
        """Its length in microseconds."""
        return {"microseconds": 1, "milliseconds": 1_000, "seconds": 1_000_000}[self.value]

    @classmethod
    def _missing_(cls, value: object) -> "TimeUnit | None":
        """Version 0.1.0 wrote the length in microseconds."""
        return next((unit for unit in cls if type(value) is int and unit.microseconds == value), None)


UNITS = {"us": TimeUnit.MICROSECOND, "µs": TimeUnit.MICROSECOND, "μs": TimeUnit.MICROSECOND, "ms": TimeUnit.MILLISECOND,
         "s": TimeUnit.SECOND, "sec": TimeUnit.SECOND, "seconds": TimeUnit.SECOND, "milliseconds": TimeUnit.MILLISECOND,
         "microseconds": TimeUnit.MICROSECOND}  # fmt: skip


def role_of(heading: str) -> str:
    """What a column's name says it holds: t, neuron, x, y, p; "" if nothing known."""
    word = re.sub(r"[\s_]*[(\[].*[)\]]\s*$", "", heading.strip().strip("\"'")).strip().lower().replace(" ", "_")
    if word not in NAMES and (match := re.fullmatch(r"(.+?)_([^\W_]+)", word)) and match[2] in UNITS and NAMES.get(match[1]) == "t":
        return "t"
    return NAMES.get(word, "")


def unit_of(heading: str) -> TimeUnit | None:
    """The unit of time that a heading names at its end, as "t (ms)" or "time_us" do; None where it names none."""
    match = re.search(r"[(\[_ ]\s*(\w+)\s*[)\]]?\s*$", heading.strip().lower())
    return UNITS.get(match[1]) if match else None


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """What a file holds.

    columns: by role (t, neuron, x, y, p), one number an event. headings: of all columns, "" where there is none. roles: of all
    columns, "" for those that are not used. first: the first row, as text. notes: what was assumed, a sentence each. inputs: the
    size that the file states, (neurons,) or (polarities, height, width). unit: of t, where the file states it. own_zero: the file
    states that its times count from the recording's own zero. assumed: the roles are a guess from the values. kind: the format of
    a camera or a program, in which columns and units are fixed; "" for a table.
    """

    columns: dict[str, np.ndarray]
    headings: tuple[str, ...]
    roles: tuple[str, ...]
    first: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    inputs: tuple[int, ...] | None = None
    unit: TimeUnit | None = None
    own_zero: bool = False
    assumed: bool = False
    kind: str = ""


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


def guess_unit(times: np.ndarray) -> TimeUnit:
    """The unit that makes a plausible recording of these times, going by their span and by how finely they are written."""
    times = np.asarray(times, np.float64)
    span = float(np.ptp(times)) if len(times) else 0.0
    if (times == np.rint(times)).all():
        return TimeUnit.MICROSECOND if span >= 20_000 else TimeUnit.MILLISECOND
    below_microseconds = np.abs(times * 1000 - np.rint(times * 1000)).max() > 1e-6  # if the times were milliseconds
    return TimeUnit.SECOND if span < 1 or (span < 100 and below_microseconds) else TimeUnit.MILLISECOND


@dataclasses.dataclass(frozen=True, eq=False)
class Events:
    """The events of a camera's file.

    t: in microseconds. x, y: column and row from the upper left. p: 1 brighter, 0 darker; `[events]` each. kind: the format.
    inputs: (2, height, width), where the file states it. notes: a sentence each.
    """

    t: np.ndarray
    x: np.ndarray
    y: np.ndarray
    p: np.ndarray
    kind: str
    inputs: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()

    def table(self) -> Table:
        """The same as a table of four columns."""
        columns = {"t": self.t, "x": self.x, "y": self.y, "p": self.p}
        first = tuple(str(column[0]) if len(column) else "" for column in columns.values())
        names = tuple(columns)
        return Table(columns, names, names, first, self.notes, self.inputs, TimeUnit.MICROSECOND, kind=self.kind)
