"""What every data set has in common: its settings, its two parts, and samples that come out as time-major batches."""

import abc
import dataclasses
import enum
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch

from snnviz import account, clock, waiting
from snnviz.params import Declared, param

EVENT = np.dtype([("t", np.float64), ("x", np.int32), ("y", np.int32), ("p", np.int8)])
"""One event as figures get it: t in ms, column, row, polarity (1 brighter, 0 darker; 1 where there is one channel)."""

LOWER = "lower the number of steps, of samples or of inputs"


class Split(enum.Enum):
    """The two parts of a data set: one to learn from, one that is never learned from."""

    TRAIN = "train"
    TEST = "test"


class AbstractStorage(abc.ABC):
    """The samples of a set in memory; `Dense` and `Binned` store them in different ways."""

    @abc.abstractmethod
    def __len__(self) -> int:
        """The number of samples."""

    @property
    @abc.abstractmethod
    def steps(self) -> int:
        """The number of time steps T."""

    @abc.abstractmethod
    def take(self, index: np.ndarray) -> torch.Tensor:
        """The samples with these numbers, float32 `[T, B, *shape]`."""

    @abc.abstractmethod
    def all(self) -> torch.Tensor:
        """Every sample, `[T, S, *shape]`: uint8 for spikes and counts, float32 for currents."""

    @abc.abstractmethod
    def events(self, sample: int) -> np.ndarray | None:
        """The events of one sample, `[events]` of `EVENT` in order of time; None if the set was not made of events."""


@dataclasses.dataclass(frozen=True, eq=False)
class Dense(AbstractStorage):
    """A tensor `[T, S, *shape]`: uint8 for spikes, float32 for currents."""

    values: torch.Tensor

    def __len__(self) -> int:
        return self.values.shape[1]

    @property
    def steps(self) -> int:
        return self.values.shape[0]

    def take(self, index: np.ndarray) -> torch.Tensor:
        return self.values[:, torch.from_numpy(np.asarray(index, np.int64))].to(torch.float32)

    def all(self) -> torch.Tensor:
        return self.values

    def events(self, sample: int) -> None:
        return None


@dataclasses.dataclass(frozen=True, eq=False)
class Binned(AbstractStorage):
    """Recordings of events, counted into time steps when a batch is asked for.

    A thousand N-MNIST recordings in 60 steps take 555 MB as float32 but 33 MB as events. The events of all recordings lie
    one after another in two arrays. They are counted into steps batch by batch, so another `dt` needs no other arrays.

    time: microseconds, in order, int32 or, where they are not whole, float64 `[E]`. unit: which input, an index into the
    flattened `shape`, int32 `[E]`. start: where each recording begins, int64 `[R + 1]`. chosen: the recordings that are samples
    here, int64 `[S]`. dt: ms per step. stretch: give every recording `steps` bins of its own length instead; then dt is not used.
    binary: at most one spike per input and step. offset: added to the times of each recording, microseconds `[R]`; None is 0.
    Events before the first step and after the last are left out; `outside` counts them.
    """

    time: np.ndarray
    unit: np.ndarray
    start: np.ndarray
    chosen: np.ndarray
    shape: tuple[int, ...]
    bins: int
    dt: float
    stretch: bool = False
    binary: bool = False
    offset: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def steps(self) -> int:
        return self.bins

    def take(self, index: np.ndarray) -> torch.Tensor:
        recording = self.chosen[np.asarray(index, np.int64)]
        inputs = int(np.prod(self.shape))
        first, stop = self._inside(recording)
        need = 4 * self.bins * len(recording) * inputs + 60 * int((stop - first).sum())
        with account.held(need, f"{len(recording):,} samples of {inputs:,} inputs in {self.bins:,} steps", LOWER):
            return self._take(recording, first, stop)

    def _take(self, recording: np.ndarray, first: np.ndarray, stop: np.ndarray) -> torch.Tensor:
        """The samples of these recordings, from the events from `first` to before `stop`."""
        inputs = int(np.prod(self.shape))
        count = stop - first
        where = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
        column = np.repeat(np.arange(len(recording)), count)
        step = clock.step_of(self.time[where] + self._offset(recording)[column], self._width(recording)[column])
        inside = (step >= 0) & (step < self.bins)
        cell = ((step * len(recording) + column) * inputs + self.unit[where])[inside]
        counts = torch.zeros(self.bins * len(recording) * inputs)
        counts.scatter_add_(0, torch.from_numpy(cell), torch.ones(len(cell)))
        if self.binary:
            counts.clamp_(max=1.0)
        return counts.view(self.bins, len(recording), *self.shape)

    def _offset(self, recording: np.ndarray) -> np.ndarray:
        return np.zeros(len(recording), np.int64) if self.offset is None else self.offset[recording]

    def _width(self, recording: np.ndarray) -> np.ndarray:
        """The length of a step of each of these recordings in microseconds, float64."""
        if not self.stretch:
            return np.full(len(recording), self.dt * 1000.0)
        if not len(self.time):
            return np.ones(len(recording))
        first, stop = self.start[recording], self.start[recording + 1]
        length = self.time[np.maximum(stop, 1) - 1] + self._offset(recording) + 1.0
        return np.where((stop > first) & (length > 0), length, self.bins) / self.bins

    def _inside(self, recording: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first event of each of these recordings that lies in a step, and the one after the last, int64."""
        first, stop = self.start[recording].copy(), self.start[recording + 1].copy()
        offset, width = self._offset(recording), self._width(recording)
        low = -clock.TOLERANCE * width - offset
        high = (self.bins - clock.TOLERANCE) * width - offset
        filled = np.flatnonzero(stop > first)
        early = filled[self.time[first[filled]] < low[filled]]
        late = filled[self.time[stop[filled] - 1] >= high[filled]]
        for one in early:
            first[one] += np.searchsorted(self.time[first[one] : stop[one]], low[one])
        for one in late:
            stop[one] = first[one] + np.searchsorted(self.time[first[one] : stop[one]], high[one])
        return first, stop

    def outside(self) -> tuple[int, int, int]:
        """Three numbers: the events that lie in no step, all events, and the samples without an event in a step."""
        first, stop = self._inside(self.chosen)
        total = int((self.start[self.chosen + 1] - self.start[self.chosen]).sum())
        return total - int((stop - first).sum()), total, int((stop == first).sum())

    def all(self) -> torch.Tensor:
        row = self.bins * int(np.prod(self.shape))
        way_on = "go through them with batches(), or lower the number of samples"
        with account.held(row * (len(self) + 9 * 64), f"{len(self):,} samples in {self.bins:,} steps at once", way_on):
            whole = torch.empty((self.bins, len(self), *self.shape), dtype=torch.uint8)
            for low in waiting.steps(range(0, len(self), 64), "batch"):
                index = np.arange(low, min(low + 64, len(self)))
                whole[:, low : low + len(index)] = self.take(index).clamp_(max=255.0).to(torch.uint8)
        return whole

    def events(self, sample: int) -> np.ndarray:
        recording = self.chosen[sample]
        part = slice(self.start[recording], self.start[recording + 1])
        time = self.time[part] + self._offset(self.chosen[[sample]])[0]
        part = slice(part.start + int(np.searchsorted(time, 0)), part.stop)
        events = np.empty(part.stop - part.start, EVENT)
        events["t"] = time[len(time) - len(events) :] / 1000.0
        if len(self.shape) == 1:
            events["x"], events["y"], events["p"] = self.unit[part], 0, 1
        else:
            p, events["y"], events["x"] = np.unravel_index(self.unit[part], self.shape)
            events["p"] = p if self.shape[0] > 1 else 1
        return events


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
    """One half of a data set.

    storage: the inputs, see `x`, `take` and `batches`. y: the class of each sample, int64 `[S]`. classes: their names.
    shape: of one sample at one time, (neurons,) or (polarities, height, width). dt: ms per step. source: one sentence,
    what this is and how much of it. problems: one sentence per file that could not be used. notes: one sentence per thing that
    bears on a result: events outside the steps, a single class, a part of a set, what was assumed about a file.
    targets: where the task is to produce spikes, the pattern wanted of each class, float32 `[T, classes, outputs]`, so
    that `targets[:, y]` is what a batch with the labels y should produce; None elsewhere.
    """

    storage: AbstractStorage
    y: torch.Tensor
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    dt: float
    source: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    targets: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.storage)

    @property
    def steps(self) -> int:
        """The number of time steps T."""
        return self.storage.steps

    @property
    def x(self) -> torch.Tensor:
        """All inputs `[T, S, *shape]`: uint8 for spikes and counts (255 at most), float32 for currents.

        Event recordings are counted anew at each call, and a set too large for memory raises ValueError: train with
        `batches`, look at single samples with `take`.
        """
        return self.storage.all()

    def take(self, index: np.ndarray | list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """The samples with these numbers: inputs float32 `[T, B, *shape]` and labels int64 `[B]`."""
        index = np.asarray(index, np.int64)
        return self.storage.take(index), self.y[torch.from_numpy(index)]

    def batches(self, batch_size: int, seed: int = 0, epoch: int | None = None) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """All samples once, `batch_size` at a time: x float32 `[T, B, *shape]`, y int64 `[B]`; the last may be smaller.

        The order is a permutation drawn from (seed, epoch) alone; with no epoch, the order of the set. ValueError: no sample.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size = {batch_size}: a batch needs at least one sample.")
        order = np.arange(len(self))
        if epoch is not None:
            order = np.random.default_rng([seed, epoch]).permutation(order)
        for low in range(0, len(order), batch_size):
            yield self.take(order[low : low + batch_size])

    def events(self, sample: int) -> np.ndarray | None:
        """The events of one sample, `[events]` of `EVENT`: t in ms, x, y, p; None for a set that was not made of events."""
        return self.storage.events(sample)


@dataclasses.dataclass(frozen=True)
class AbstractDataset(Declared, abc.ABC):
    """The settings of a data set. The same settings give the same samples, bit for bit.

    title and description are for people; cite is a key in references.bib, "" where there is no source; offline says
    that it needs neither files nor a network.
    """

    title: ClassVar[str]
    description: ClassVar[str]
    cite: ClassVar[str]
    offline: ClassVar[bool]

    steps: int = param(100, "Time steps", "T", low=1, high=100_000, slider=(10, 500, 10))
    dt: float = param(1.0, "Step", r"\Delta t", "ms", low=0, open_low=True, high=1000, slider=(0.1, 20.0, 0.1))
    samples: int = param(1000, "Samples", "S", low=0, high=1_000_000, slider=(100, 10_000, 100), help="Both parts together.")
    train_share: float = param(
        0.8,
        "Share to train on",
        low=0.1,
        high=0.95,
        slider=(0.5, 0.9, 0.05),
        advanced=True,
        help="Of each class; the rest is for testing.",
    )
    seed: int = param(0, "Seed", low=0, high=2**31 - 1, slider=(0, 100, 1), advanced=True)

    @abc.abstractmethod
    def load(self, split: Split) -> Samples:
        """One half of the set."""

    def notes(self) -> tuple[str, ...]:
        """What to know before a training on this set, a sentence each; nothing of a set that is made on the spot."""
        return ()


@dataclasses.dataclass(frozen=True, eq=False)
class Generated:
    """The result of a generator: inputs uint8 or float32 `[T, S, *shape]`, labels `[S]`, names, targets if any."""

    x: np.ndarray
    y: np.ndarray
    classes: tuple[str, ...]
    targets: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class AbstractGenerated(AbstractDataset):
    """A set made on the spot from its settings and its seed."""

    offline: ClassVar[bool] = True
    entry_bytes: ClassVar[float] = 3.2
    """Bytes for each of the T x S x channels entries at the peak: the set, its halves, and what stood by while it was drawn."""

    def load(self, split: Split) -> Samples:
        """One half of the set. Both come from one draw, and no drawn sample is in both.

        Two draws may still look alike once times are rounded to steps, as neighbouring points of a curve do; the source
        sentence of the test part says how many of its samples look exactly like one to train on.

        Raises ValueError where the settings contradict each other, for instance a delay that does not fit the steps, and where
        the set would not fit into the memory.
        """
        with account.held(self.footprint(), self.title, LOWER):
            return self._load(split)

    def footprint(self) -> float:
        """Bytes that making the set takes at its peak."""
        entries = self.steps * self.samples * self.channels()
        return self.entry_bytes * entries + 300 * self.samples + self.aside()

    def _load(self, split: Split) -> Samples:
        made = self.generate(np.random.default_rng(self.seed))
        half = self.halves(made.y)
        index = half[split]
        alike = twins(made.x, half) if split is Split.TEST else 0
        return Samples(
            Dense(torch.from_numpy(made.x)[:, torch.from_numpy(index)]),
            torch.from_numpy(made.y[index].astype(np.int64)),
            made.classes,
            made.x.shape[2:],
            self.dt,
            f"{self.title}: {len(index):,} of {len(made.y):,} samples, made with seed {self.seed}"
            + (f"; at this step {alike:,} of them look exactly like one to train on." if alike else "."),
            targets=None if made.targets is None else torch.from_numpy(made.targets),
        )

    def halves(self, y: np.ndarray) -> dict[Split, np.ndarray]:
        """Sample numbers of each part, given every sample's class `[S]`."""
        return halves(y, self.train_share, self.seed)

    @abc.abstractmethod
    def channels(self) -> int:
        """Inputs of one sample at one step."""

    def aside(self) -> float:
        """Bytes of what else is made meanwhile, of another size than the set."""
        return 0.0

    @abc.abstractmethod
    def generate(self, rng: np.random.Generator) -> Generated:
        """All samples of the set."""

    def step(self, time: float) -> int:
        """The step in which a time in ms lies."""
        return int(clock.step_of(time, self.dt))

    def demand(self, fits: bool, wish: str) -> None:
        """Raise ValueError, a sentence with this set's name and `wish`, unless `fits`."""
        if not fits:
            raise ValueError(f"{type(self).__name__}: {wish}")


def balanced(rng: np.random.Generator, samples: int, classes: int) -> np.ndarray:
    """Labels `[samples]` in random order: every class as often as any other, give or take one. ValueError: fewer than 2 each."""
    if samples < 2 * classes:
        raise ValueError(f"samples = {samples}: {classes} classes need at least {2 * classes} samples, two of each.")
    return rng.permutation(np.arange(samples) % classes)


def halves(y: np.ndarray, share: float, seed: int) -> dict[Split, np.ndarray]:
    """Sample numbers of each part, for classes y `[S]`: `share` of each to train on, by seed. A class of two samples is in both."""
    rng = np.random.default_rng([seed, 0x5717])
    train = np.zeros(len(y), bool)
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        count = round(share * len(members))
        train[members[: min(max(count, 1), max(len(members) - 1, 1))]] = True
    return {Split.TRAIN: np.flatnonzero(train), Split.TEST: np.flatnonzero(~train)}


def twins(x: np.ndarray, half: dict[Split, np.ndarray]) -> int:
    """How many test samples equal a training sample, for inputs x `[T, S, ...]`."""
    waiting.go_on()
    rows = np.ascontiguousarray(np.moveaxis(x, 1, 0)).reshape(x.shape[1], -1)
    training_rows = {rows[sample].tobytes() for sample in half[Split.TRAIN]}
    return sum(rows[sample].tobytes() in training_rows for sample in half[Split.TEST])


def bernoulli(rng: np.random.Generator, rate: np.ndarray | float, dt: float, size: tuple[int, ...]) -> np.ndarray:
    """Spikes, uint8 of shape `size`: one per step with probability rate dt (rate in Hz, dt in ms).

    Raises:
        ValueError: a rate is above one spike per step, which no step could hold.
    """
    highest = float(np.max(rate, initial=0))
    if highest * dt > 1000:
        raise ValueError(f"A rate of {highest:g} Hz is above one spike per step of {dt:g} ms; lower it, or the time step.")
    return (rng.random(size) < np.asarray(rate) * dt / 1000.0).astype(np.uint8)
