"""Curves and records that grow while a run goes on, thinned to what a screen shows."""

import dataclasses
import itertools
import warnings
from collections.abc import Sequence

import numpy as np

from snnviz.runs.values import POINTS, Curve, Line
from snnviz.training import BatchRecord, EpochRecord, Record
from snnviz.training.look import Look, keeps_look


class GrowingLine:
    """A training's `Line` as it grows."""

    def __init__(self, line: Line):
        self.training, self.spikes = line.training, dict(line.spikes)
        # reported: the same epochs as they are reported, made once each, as all of them are reported several times a second.
        self.epochs, self.reported = list(line.epochs), [_without_confusion(e) for e in line.epochs]
        self.ended, self.problem, self.alarms = line.ended and not line.problem and self.complete, "", []
        self.seconds = float(line.curve.seconds[-1]) if len(line.curve.seconds) else 0.0
        # One list a point: at, loss, accuracy, seconds, then rates, active and norms by layer.
        c = line.curve
        self.points = [
            [c.at[i], c.loss[i], c.accuracy[i], c.seconds[i], *c.rates[i], *c.active[i], *c.norms[i]] for i in range(len(c.at))
        ]
        self.widths = tuple(a.shape[1] if a.ndim == 2 else 0 for a in (c.rates, c.active, c.norms))
        self.every, self.pending = 0, []

    @property
    def recorded(self) -> int:
        """The last epoch up to which every epoch is recorded."""
        numbers = {epoch.epoch for epoch in self.epochs}
        return next(n for n in itertools.count() if n + 1 not in numbers)

    @property
    def complete(self) -> bool:
        """Whether every epoch that was asked for is recorded."""
        return self.recorded >= self.training.epochs

    def add(self, record: Record) -> None:
        """Take in the record of a batch or of an epoch."""
        if isinstance(record, EpochRecord):
            self.seconds += record.seconds.test
            self.alarms = []
            if record.sample is not None:
                self.spikes = {layer.name: layer.spikes[:, 0] > 0 for layer in record.sample if layer.spikes is not None}
            self._forget(record.epoch)
            self.epochs.append(dataclasses.replace(record, sample=None, look=self._look(record)))
            self.reported.append(_without_confusion(self.epochs[-1]))
        if not isinstance(record, BatchRecord):
            return
        at = record.epoch - 1 + record.batch / record.batches
        if not self.every:  # first batch here: forget what lies behind the checkpoint
            self.points = [p for p in self.points if p[0] < at]
            self._forget(record.epoch)
            self.seconds = float(self.points[-1][3]) if self.points else 0.0
            span = self.points[-1][0] / len(self.points) if self.points else 0.0
            self.every = max(1, round(span * record.batches))
        self.seconds += record.seconds.total
        self.alarms = list(dict.fromkeys([*self.alarms, *record.problems]))[-3:]
        nothing = (float("nan"),) * len(record.rates)  # the active share is looked at in some batches only
        layers = (record.rates, nothing if record.active is None else record.active, record.norms)
        self.widths = tuple(map(len, layers))
        self.pending.append([at, record.loss, record.accuracy, self.seconds, *(v for values in layers for v in values)])
        if len(self.pending) >= self.every:
            self.points.append(_joined(self.pending))
            self.pending = []
        if len(self.points) >= POINTS:
            self.points = [_joined(self.points[i : i + 2]) for i in range(0, len(self.points), 2)]
            self.every *= 2

    def _look(self, record: EpochRecord) -> Look | None:
        """What is kept of an epoch's look: all of it at some epochs, and of these the first has the sample's picture."""
        if record.look is None or not keeps_look(record.epoch, record.epochs):
            return None
        has_picture = any(epoch.look is not None and epoch.look.shown is not None for epoch in self.epochs)
        return dataclasses.replace(record.look, shown=None) if has_picture else record.look

    def _forget(self, epoch: int) -> None:
        """Drop this epoch and what comes after it: it is trained once more."""
        self.epochs, self.reported = ([e for e in epochs if e.epoch < epoch] for epochs in (self.epochs, self.reported))

    def line(self, whole: bool = False) -> Line:
        """The value so far. Only the last epoch's confusion travels while it runs; the store gets `whole`."""
        points = self.points + ([_joined(self.pending)] if self.pending else [])
        curve = Curve.empty()
        if points:
            a = np.array(points, np.float32)
            cuts = np.cumsum([4, *self.widths])
            curve = Curve(a[:, 0], a[:, 1], a[:, 2], a[:, 3], *(a[:, i:j] for i, j in itertools.pairwise(cuts)))
        epochs = self.epochs if whole else self.reported[:-1] + self.epochs[-1:]
        return Line(self.training, tuple(epochs), curve, dict(self.spikes), tuple(self.alarms), self.ended, self.problem)


def _without_confusion(epoch: EpochRecord) -> EpochRecord:
    return dataclasses.replace(epoch, confusion=None)


def _joined(points: Sequence[Sequence[float]]) -> list[float]:
    """Several points as one: the mean of what is finite, where at and seconds are those of the last."""
    if len(points) == 1:
        return list(points[0])
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # NaN everywhere stays NaN
        mean = np.nanmean(np.array(points, float), 0).tolist()
    return [points[-1][0], mean[1], mean[2], points[-1][3], *mean[4:]]
