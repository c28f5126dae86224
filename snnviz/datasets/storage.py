"""The samples of a set in memory, and how they come out: as dense batches or as events."""

import abc
import dataclasses

import numpy as np
import torch

from snnviz import account, clock, waiting
from snnviz.events import Events

EVENT = np.dtype([("t", np.float64), ("x", np.int32), ("y", np.int32), ("p", np.int8)])
"""One event as figures get it: t in ms, column, row, polarity (1 brighter, 0 darker; 1 where there is one channel)."""

LOWER = "lower the number of steps, of samples or of inputs"


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
    def take_events(self, index: np.ndarray) -> Events | None:
        """The samples with these numbers as events of float32 `[T, B, inputs]`; None where they cannot be, as currents."""

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

    def take_events(self, index: np.ndarray) -> Events | None:
        if self.values.dtype != torch.uint8:
            return None
        return Events.of_bytes(self.values.flatten(2), torch.from_numpy(np.ascontiguousarray(index, np.int64)))

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
        column, step, unit = self._cells(recording, first, stop)
        cell = (step * len(recording) + column) * inputs + unit
        counts = torch.zeros(self.bins * len(recording) * inputs)
        counts.scatter_add_(0, torch.from_numpy(cell), torch.ones(len(cell)))
        if self.binary:
            counts.clamp_(max=1.0)
        return counts.view(self.bins, len(recording), *self.shape)

    def take_events(self, index: np.ndarray) -> Events | None:
        recording = self.chosen[np.asarray(index, np.int64)]
        inputs = int(np.prod(self.shape))
        first, stop = self._inside(recording)
        with account.held(100 * int((stop - first).sum()), f"{len(recording):,} samples of {inputs:,} inputs as events", LOWER):
            column, step, unit = self._cells(recording, first, stop)
            cell = (column * self.bins + step) * inputs + unit
            cell = np.unique(cell) if self.binary else np.sort(cell)
            return Events.of_sorted(cell, self.bins, len(recording), inputs)

    def _cells(self, recording: np.ndarray, first: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each event of these recordings from `first` to before `stop` its sample among them, its step and its input, int64."""
        count = stop - first
        where = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
        column = np.repeat(np.arange(len(recording)), count)
        step = clock.step_of(self.time[where] + self._offset(recording)[column], self._width(recording)[column])
        inside = (step >= 0) & (step < self.bins)
        return column[inside], step[inside], self.unit[where][inside].astype(np.int64)

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
