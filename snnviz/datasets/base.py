"""What every data set has in common: its settings, its two parts, and samples that come out as time-major batches."""

import abc
import dataclasses
import enum
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch

from snnviz import account, clock, waiting
from snnviz.datasets.storage import LOWER, AbstractStorage, Dense
from snnviz.events import Events
from snnviz.params import Declared, param


class Split(enum.Enum):
    """The two parts of a data set: one to learn from, one that is never learned from."""

    TRAIN = "train"
    TEST = "test"


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

    def take_events(self, index: np.ndarray | list[int]) -> tuple[torch.Tensor | Events, torch.Tensor]:
        """The same with the inputs as events of [T, B, inputs], for which no dense array is made; where they cannot be events,
        the inputs that `take` gives."""
        index = np.asarray(index, np.int64)
        listed = self.storage.take_events(index)
        return self.storage.take(index) if listed is None else listed, self.y[torch.from_numpy(index)]

    def batches(self, batch_size: int, seed: int = 0, epoch: int | None = None) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """All samples once, `batch_size` at a time: x float32 `[T, B, *shape]`, y int64 `[B]`; the last may be smaller.

        The order is a permutation drawn from (seed, epoch) alone; with no epoch, the order of the set. ValueError: no sample.
        """
        yield from map(self.take, self._parts(batch_size, seed, epoch))

    def event_batches(
        self, batch_size: int, seed: int = 0, epoch: int | None = None
    ) -> Iterator[tuple[torch.Tensor | Events, torch.Tensor]]:
        """The same with each batch as `take_events` gives it."""
        yield from map(self.take_events, self._parts(batch_size, seed, epoch))

    def _parts(self, batch_size: int, seed: int, epoch: int | None) -> Iterator[np.ndarray]:
        if batch_size < 1:
            raise ValueError(f"batch_size = {batch_size}: a batch needs at least one sample.")
        order = np.arange(len(self))
        if epoch is not None:
            order = np.random.default_rng([seed, epoch]).permutation(order)
        for low in range(0, len(order), batch_size):
            yield order[low : low + batch_size]

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
