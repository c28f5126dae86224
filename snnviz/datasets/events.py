"""What every set of event recordings has in common: which to read, how to prepare them, how to cut them into steps.

A recording is a stream of events (t, x, y, p). A subclass reads it; the code here checks and prepares its events (start,
denoise, refractory time, hot pixels, crop, downsample, polarities) and stores them in the cache. A recording that cannot
be used becomes one sentence in `Samples.problems`; the others are used.
"""

import abc
import dataclasses
import enum
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from snnviz import waiting
from snnviz.datasets import cache, filters
from snnviz.datasets.base import AbstractDataset, Samples, Split, halves
from snnviz.datasets.checks import MOST_INPUTS, Columns, checked, evenly, extent, only
from snnviz.datasets.checks import plain as plain
from snnviz.datasets.storage import Binned
from snnviz.params import param

MOST_KEPT = 250_000_000  # events of all recordings of a set together: 2 GB in memory and in the cache
FORMAT = 2  # of a cache entry
BINNING = ("steps", "dt", "binning", "binary", "align", "start")  # settings that do not change the prepared events

RECORDINGS = {"symbol": "S", "low": 0, "high": 1_000_000, "slider": (0, 10_000, 100),
              "help": "At most, both parts together; 0: all there are."}  # fmt: skip


class Binning(enum.Enum):
    """How events become time steps."""

    STEP = "steps of equal length"
    STRETCH = "each recording stretched over all steps"


@dataclasses.dataclass(frozen=True)
class Recording:
    """One recording, not read yet. name: as shown to people. half: its official part, None where there is none."""

    name: str
    label: int
    half: Split | None
    read: "Callable[[], Columns | Recorded]"


@dataclasses.dataclass(frozen=True, eq=False)
class Recorded:
    """The contents of a recording.

    notes: sentences on what was assumed to read it. inputs: the size that its file states, (neurons,) or (polarities, height,
    width). own_zero: its file states that times count from a zero of its own, so they are not aligned.
    """

    columns: Columns
    notes: tuple[str, ...] = ()
    inputs: tuple[int, ...] | None = None
    own_zero: bool = False


@dataclasses.dataclass(frozen=True)
class Found:
    """The recordings of a set, listed but not read.

    sensor: (polarities, height, width) or (neurons,), None if only the events show it. files: what the recordings
    depend on. have: how much of the set this is, in words. problems: files that are already known to be unusable. total: how
    many recordings the whole set has; 0 where that is not known.
    """

    recordings: tuple[Recording, ...]
    classes: tuple[str, ...]
    sensor: tuple[int, ...] | None
    files: tuple[Path, ...]
    have: str
    problems: tuple[str, ...] = ()
    total: int = 0

    def notes(self) -> tuple[str, ...]:
        """What to know before a result on this set: that it is a part, or of one class. Nothing has been read."""
        notes = []
        if 0 < len(self.recordings) < self.total:
            notes.append(f"Not the whole set: {len(self.recordings):,} of its {self.total:,} recordings are here.")
        present = {recording.label for recording in self.recordings}
        if len(present) == 1:
            notes.append(
                f"All recordings are of one class ({self.classes[present.pop()]}): a network that always says so is right on every "
                "one of them. Add recordings of another class to train."
            )
        return tuple(notes)


@dataclasses.dataclass(frozen=True)
class AbstractEvents(AbstractDataset):
    """The settings that all sets of event recordings have."""

    samples: int = param(2000, "Recordings to use", **RECORDINGS)
    binning: Binning = param(Binning.STEP, "Binning")
    binary: bool = param(False, "At most one spike per step")
    start: float = param(0.0, "Leave out the first", "", "ms", low=0, slider=(0.0, 1000.0, 10.0), advanced=True)
    align: bool = param(False, "Start at the first event", advanced=True, help="Instead of at the zero of its clock.")
    crop: int = param(
        0,
        "Crop to the centre",
        "",
        "pixels",
        low=0,
        slider=(0, 128, 2),
        advanced=True,
        help="Side of the square kept; 0: all.",
    )
    downsample: int = param(
        1, "Pixels per input", "", "", low=1, slider=(1, 16, 1), help="Per direction: 2 joins squares of 2 x 2 pixels."
    )
    denoise: float = param(
        0.0,
        "Drop lonely events",
        "",
        "ms",
        low=0,
        slider=(0.0, 50.0, 1.0),
        advanced=True,
        help="Events without one on a neighbouring pixel shortly before; 0: off.",
    )
    refractory: float = param(
        0.0,
        "Refractory time",
        "",
        "ms",
        low=0,
        slider=(0.0, 50.0, 1.0),
        advanced=True,
        help="A pixel that had an event has none for this long; 0: off.",
    )
    hot_pixels: float = param(
        0.0,
        "Drop pixels faster than",
        "",
        "Hz",
        low=0,
        slider=(0.0, 1000.0, 10.0),
        advanced=True,
        help="On average over the recording; 0: off.",
    )
    merge: bool = param(False, "Merge the polarities", advanced=True)

    def load(self, split: Split, download: bool = False) -> Samples:
        """One half of the set; `download` allows fetching it where it is not on disk.

        Raises:
            FileNotFoundError: there is nothing to read; says where it was looked for.
            ValueError: no recording could be used; names the first reason.
        """
        listing = self.find(download)
        key = self._key(listing)
        entry = cache.load(key)
        if entry is None:
            entry = self._read(listing)
            cache.store(key, *entry)
        arrays, facts = entry
        problems = tuple(facts["problems"])
        if problems:
            others = len(problems) - 1
            more = f" (and {others} more in Samples.problems)" if others else ""
            warnings.warn(f"{type(self).title}: {problems[0]}{more}", stacklevel=2)
        chosen = np.flatnonzero(arrays["half"] == (split is Split.TEST))
        shape = tuple(facts["shape"])
        storage = self._storage(arrays, facts, chosen)
        number = len(arrays["half"])
        return Samples(
            storage,
            torch.from_numpy(np.asarray(arrays["label"])[chosen].astype(np.int64)),
            tuple(facts["classes"]),
            shape,
            self.dt,
            f"{facts['have']} {number:,} read, {len(chosen):,} of them to {'train on' if split is Split.TRAIN else 'test with'}.",
            problems,
            (*listing.notes(), *self._outside(storage), *facts["notes"]),
        )

    def notes(self) -> tuple[str, ...]:
        """What to know before a training on this set, from its files' names, and from its events if they have been read before.

        Raises:
            FileNotFoundError: there is nothing to read.
        """
        listing = self.find()
        entry = cache.load(self._key(listing))
        if entry is None:
            return listing.notes()
        arrays, facts = entry
        storage = self._storage(arrays, facts, np.arange(len(arrays["label"])))
        return (*listing.notes(), *self._outside(storage), *facts["notes"])

    def _key(self, listing: Found) -> str:
        settings = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in BINNING}
        return cache.key_of(f"{FORMAT} {type(self).__name__} {settings!r}", listing.files)

    def _storage(self, arrays: dict[str, np.ndarray], facts: dict, chosen: np.ndarray) -> Binned:
        offset = self._offset(np.asarray(arrays["begin"]), np.asarray(arrays["own_zero"]))
        stretch = self.binning is Binning.STRETCH
        start, shape = np.asarray(arrays["start"]), tuple(facts["shape"])
        return Binned(arrays["time"], arrays["unit"], start, chosen, shape, self.steps, self.dt, stretch, self.binary, offset)

    def _offset(self, begin: np.ndarray, own_zero: np.ndarray) -> np.ndarray:
        """What is added to times since each recording's first event, so that the steps begin at 0; microseconds `[R]`.

        The one place where times are aligned. They count from the first event if `align` says so, else from the zero of the
        recording's clock; a recording that says that its zero is its own keeps it. Then `start` is left out.
        """
        zero = np.where(own_zero | (not self.align), begin, 0)
        return zero - round(self.start * 1000) if self.start else zero

    def _outside(self, storage: Binned) -> list[str]:
        """One sentence on the events that lie in no step, if there are some."""
        outside, total, empty = storage.outside()
        if not outside:
            return []
        where = "the steps" if storage.stretch else f"the {self.steps * self.dt:.6g} ms of the steps"
        sentence = f"{outside:,} of {total:,} events lie outside {where}"
        if empty:
            sentence += f", and {empty:,} of {len(storage):,} recordings have none inside"
        remedy = "raise the time steps or the step"
        if not self.align:
            remedy += ", or let times start at the first event"
        return [f"{sentence}; to see them, {remedy}."]

    @abc.abstractmethod
    def find(self, download: bool = False) -> Found:
        """Look for the recordings without reading them. Raises FileNotFoundError where there are none."""

    def _read(self, listing: Found) -> tuple[dict[str, np.ndarray], dict]:
        """Read, check and prepare the chosen recordings: arrays of their events, and facts about them."""
        sensor = listing.sensor
        problems, notes = list(listing.problems), {}
        chosen = self._choose(listing.recordings)
        recorded: dict[int, Recorded] = {}  # without their columns
        begin: dict[int, float] = {}

        def usable(numbers: Iterable[int], step: Callable[[int], Columns]) -> Iterator[tuple[int, Columns]]:
            events = 0
            for number in waiting.steps(numbers, "recording"):
                try:
                    columns = step(number)
                except Exception as error:  # a reader may fail in any way at a foreign file; the others are still used
                    problems.append(f"{listing.recordings[number].name}: {plain(error)}")
                    continue
                events += len(columns["t"])
                if events > MOST_KEPT:
                    raise ValueError(f"{self.title}: more than {MOST_KEPT:,} events; lower the number of recordings to use.")
                yield number, columns

        def read(number: int) -> Columns:
            one = listing.recordings[number].read()
            one = one if isinstance(one, Recorded) else Recorded(one)
            columns, begin[number] = checked(one.columns, listing.sensor)
            recorded[number] = dataclasses.replace(one, columns={})
            return columns

        if sensor is None:  # only the events show the size: read all recordings first
            with waiting.part(0, 2):
                raw = dict(usable(chosen, read))
            sensor, others = extent(raw, {number: recorded[number].inputs for number in raw})
            problems += [f"{listing.recordings[n].name}: has other columns than most recordings here." for n in others]
            raw = {number: events for number, events in raw.items() if number not in others}
            shape = self._shape(sensor)
            with waiting.part(1, 2):
                prepared = list(usable(raw, lambda number: self._prepare(raw[number], sensor, shape)))
        else:
            shape = self._shape(sensor)
            prepared = list(usable(chosen, lambda number: self._prepare(read(number), sensor, shape)))
        if not prepared:
            first = problems[0] if problems else "none found."
            raise ValueError(f"{self.title}: none of {len(chosen)} recordings could be used; the first: {first}")
        for number, _ in prepared:
            for note in recorded[number].notes:
                notes.setdefault(note, []).append(listing.recordings[number].name)
        label = np.array([listing.recordings[number].label for number, _ in prepared])
        test = np.array([listing.recordings[number].half is Split.TEST for number, _ in prepared])
        if test.all() or not test.any():  # no official parts, or nothing usable in one of them
            test = np.isin(np.arange(len(prepared)), halves(label, self.train_share, self.seed)[Split.TEST])
        arrays = {
            "time": np.concatenate([events["t"] for _, events in prepared]),
            "unit": np.concatenate([events["unit"] for _, events in prepared]),
            "start": np.cumsum([0, *(len(events["t"]) for _, events in prepared)]),
            "begin": np.array([begin[number] for number, _ in prepared]),
            "own_zero": np.array([recorded[number].own_zero for number, _ in prepared]),
            "label": label,
            "half": test,
        }
        classes_in = [set(arrays["label"][arrays["half"] == half].tolist()) for half in (False, True)]
        if lonely := sorted(listing.classes[label] for label in classes_in[0] ^ classes_in[1]):
            names = ", ".join(lonely[:5]) + (", ..." if len(lonely) > 5 else "")
            problems.append(f"{len(lonely)} of the classes ({names}) have recordings in one part only; add recordings of them.")
        more = {note: f" and {len(files) - 1:,} more" if len(files) > 1 else "" for note, files in notes.items()}
        facts = {"classes": listing.classes, "shape": shape, "have": listing.have, "problems": problems,
                 "notes": [f"{files[0]}{more[note]}: {note}" for note, files in notes.items()]}  # fmt: skip
        return arrays, facts

    def _choose(self, recordings: tuple[Recording, ...]) -> list[int]:
        """The numbers of the recordings to use: all, or `samples` of them, with official parts in their shares."""
        number = np.arange(len(recordings))
        if not 0 < self.samples < len(recordings):
            return number.tolist()
        labels = np.array([recording.label for recording in recordings])
        test = np.array([recording.half is Split.TEST for recording in recordings])
        if test.all() or not test.any():
            return evenly(number, labels, self.samples, self.seed)
        for_train = max(round(self.samples * self.train_share), self.samples - int(test.sum()))
        for_train = min(for_train, int((~test).sum()))
        chosen = evenly(number[~test], labels, for_train, self.seed)
        return sorted(chosen + evenly(number[test], labels, self.samples - for_train, self.seed))

    def _prepare(self, events: Columns, sensor: tuple[int, ...], shape: tuple[int, ...]) -> Columns:
        """Apply noise filters, crop, downsample and polarities, in this order. Two columns remain: t (microseconds) and unit."""
        events = self._filtered(events, sensor[-1])
        if self.crop and len(sensor) == 3:
            left, top = (max(0, (size - self.crop) // 2) for size in (sensor[2], sensor[1]))
            x, y = events["x"] - left, events["y"] - top
            events = only({**events, "x": x, "y": y}, (x >= 0) & (x < self.crop) & (y >= 0) & (y < self.crop))
        if self.downsample > 1:
            events = {name: column // self.downsample if name in "xy" else column for name, column in events.items()}
        if not len(events["t"]):
            raise ValueError("no events are left after the settings for crop and noise were applied.")
        unit = events["x"]
        if len(shape) == 3:
            p = events["p"] if shape[0] > 1 and "p" in events else 0
            unit = (p * shape[1] + events["y"]) * shape[2] + unit
        return {"t": events["t"], "unit": unit.astype(np.int32)}

    def _filtered(self, events: Columns, width: int) -> Columns:
        """The events that pass the filters. They ignore polarity and take neurons as pixels of one row."""
        events = {"y": np.zeros(len(events["x"]), np.int32), **events}
        if self.hot_pixels and len(events["t"]):
            events = only(events, ~filters.hot(events["t"], pixels(events, width), self.hot_pixels * 1e-6))
        if self.denoise and len(events["t"]):
            events = only(events, ~filters.lonely(events["t"], events["x"], events["y"], self.denoise * 1000))
        if self.refractory and len(events["t"]):
            events = only(events, ~filters.resting(events["t"], pixels(events, width), self.refractory * 1000))
        return events

    def _shape(self, sensor: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one sample at one time, after crop, downsampling and merging."""
        if len(sensor) == 1:
            return self._bounded((-(-sensor[0] // self.downsample),))
        sides = [min(self.crop, size) if self.crop else size for size in sensor[1:]]
        return self._bounded((1 if self.merge else sensor[0], *(-(-size // self.downsample) for size in sides)))

    def _bounded(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if np.prod(shape, dtype=np.float64) > MOST_INPUTS:
            size = " x ".join(map(str, shape))
            raise ValueError(f"{self.title}: {size} inputs are more than {MOST_INPUTS:,}; raise downsample or crop.")
        return shape


def pixels(events: Columns, width: int) -> np.ndarray:
    """The number of each event's pixel, row by row, int64 [E]."""
    return events["y"].astype(np.int64) * width + events["x"]


def have(title: str, train: int, test: int, all_train: int, all_test: int, unit: str = "recordings") -> str:
    """A sentence on how much of a set is on disk: "N-MNIST: 1,000 of 60,000 training and 0 of 10,000 test recordings found;"."""
    if (train, test) == (all_train, all_test):
        return f"{title}: complete, {train:,} training and {test:,} test {unit};"
    return f"{title}: {train:,} of {all_train:,} training and {test:,} of {all_test:,} test {unit} found;"


def subfolder(root: Path, *names: str) -> Path | None:
    """The first folder of one of these names in root, at most two levels down."""
    for pattern in ("", "*/"):
        for name in names:
            for path in sorted(root.glob(pattern + name)):
                if path.is_dir():
                    return path
    return None
