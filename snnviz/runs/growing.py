"""What a run has so far, as it grows on its worker: lines of trainings, or one result. The worker handles both alike."""

import abc
import contextlib
import dataclasses
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from snnviz.runs import rows, weights
from snnviz.runs.curves import GrowingLine
from snnviz.runs.journal import Unsaved
from snnviz.runs.store import Store
from snnviz.runs.values import RunState, Status
from snnviz.runs.work import Train
from snnviz.training import BatchRecord, EpochRecord, Failure, Record
from snnviz.training.checkpoints import last_epoch

_LOG = logging.getLogger(__name__)
SAVE = 2.0  # seconds between two times that a growing result is saved


class Growing(abc.ABC):
    """What a run has so far. A step, for `step` orders, is one batch of every training, or one record of other work."""

    @abc.abstractmethod
    def records(self, folder: Path) -> Iterator[Any]:
        """The records that are still to come."""

    @abc.abstractmethod
    def add(self, record: Any) -> bool:
        """Take a record; whether what there is now has to be saved before the next one."""

    @abc.abstractmethod
    def save(self, store: Store) -> None:
        """Save what is not saved yet. Raises StoreError; what could not be saved is tried again the next time."""

    @abc.abstractmethod
    def keep(self) -> Unsaved:
        """What is not saved yet, for the journal; of epochs those that neither the store nor the journal has."""

    @property
    @abc.abstractmethod
    def unsaved(self) -> bool:
        """Whether something is not in the store."""

    @property
    @abc.abstractmethod
    def stepped(self) -> bool:
        """Whether a whole step has been made since `begin_step`."""

    @abc.abstractmethod
    def begin_step(self) -> None:
        """Count a step from here."""

    @abc.abstractmethod
    def finish(self) -> Status:
        """All records have come: how it ended."""

    @abc.abstractmethod
    def save_all(self, store: Store) -> None:
        """Save what there is when the work ends, for whatever reason. Raises StoreError, as `save`."""

    @abc.abstractmethod
    def parts(self) -> dict[str, Any]:
        """The fields of `RunState` that grow."""

    @property
    @abc.abstractmethod
    def done(self) -> str:
        """What an interrupted run goes on from ("epoch 3", "40 %"); "" where it begins again."""


def growing(state: RunState) -> Growing:
    """What a run had when a worker took it."""
    return GrowingTrainings(state) if isinstance(state.run.work, Train) else GrowingResult(state)


class GrowingTrainings(Growing):
    """Trainings side by side; each is saved when one of its epochs ends."""

    def __init__(self, state: RunState):
        self.run, self.work = state.run, cast(Train, state.run.work)
        self.lines = [GrowingLine(line) for line in state.lines]
        self._going = {i for i, line in enumerate(self.lines) if not line.ended}
        self._missing = set(self._going)  # those without a batch in this step
        self._unsaved: set[int] = set()
        self._kept = [line.recorded for line in self.lines]  # by training, the last epoch that is in the store or the journal
        self._folder: Path | None = None  # of the checkpoints, once it works

    def records(self, folder: Path) -> Iterator[tuple[int, Record | Failure]]:
        self._folder = folder
        for number in sorted(self._going):
            checkpoint, recorded = self.work.checkpoint(folder, number), self.lines[number].recorded
            with contextlib.suppress(ValueError):  # a damaged one: its training says so
                if (epoch := last_epoch(checkpoint)) > recorded:
                    _LOG.warning("%s is of epoch %d, but %d are recorded: begun anew", checkpoint, epoch, recorded)
                    checkpoint.unlink()
        return self.work.records(self.run.backend, folder, tuple(sorted(self._going)))

    def add(self, record: tuple[int, Record | Failure]) -> bool:
        number, what = record
        line = self.lines[number]
        if isinstance(what, Failure):
            line.problem, line.ended = f"{self.run.labels[number]} ended early: {what.problem}", True
        else:
            line.add(what)
        if isinstance(what, EpochRecord):
            line.ended = what.epoch == what.epochs
            self._unsaved.add(number)
        if line.ended:
            self._going.discard(number)
            self._unsaved.add(number)
        if line.ended or isinstance(what, BatchRecord):
            self._missing.discard(number)
        return line.ended or isinstance(what, EpochRecord)

    def save(self, store: Store) -> None:
        for number in sorted(self._unsaved):
            store.save_line(self.run.id, number, self.lines[number].line(whole=True))
            self._unsaved.discard(number)
            self._kept[number] = self.lines[number].recorded

    def keep(self) -> Unsaved:
        epochs, lines = [], {}
        for number in sorted(self._unsaved):
            line = self.lines[number].line(whole=True)
            epochs += [rows.of_epoch(self.run.id, number, e) for e in line.epochs if e.epoch > self._kept[number]]
            lines[number] = rows.of_line(line)
            self._kept[number] = self.lines[number].recorded
        return Unsaved(tuple(epochs), lines)

    @property
    def unsaved(self) -> bool:
        return bool(self._unsaved)

    @property
    def stepped(self) -> bool:
        return not self._missing

    def begin_step(self) -> None:
        self._missing = set(self._going)

    def finish(self) -> Status:
        for number in self._going:
            self.lines[number].ended = self.lines[number].complete
        if not all(line.complete or line.problem for line in self.lines):
            return Status.INTERRUPTED
        return Status.FAILED if all(line.problem for line in self.lines) else Status.FINISHED

    def save_all(self, store: Store) -> None:
        self._unsaved = set(range(len(self.lines)))
        self.save(store)
        for number, line in enumerate(self.lines):
            if self._folder is not None and line.recorded:
                weights.save(store, self.run.id, number, self.work.checkpoint(self._folder, number))

    def parts(self) -> dict[str, Any]:
        return {"lines": tuple(line.line() for line in self.lines)}

    @property
    def done(self) -> str:
        epochs = min(len(line.epochs) for line in self.lines)
        return f"epoch {epochs}" if epochs else ""


class GrowingResult(Growing):
    """Work with one result, which is saved every few seconds and at its end."""

    def __init__(self, state: RunState):
        self.run, self.work = state.run, state.run.work
        self.progress = state.progress if self.work.goes_on else type(state.progress)()
        self._earlier, self._began = self.progress.seconds, time.perf_counter()
        self._saved, self._unsaved, self._stepped = time.perf_counter(), False, False

    def records(self, folder: Path) -> Iterator[Any]:
        return self.work.records_of(self.run, folder, self.progress.result)

    def add(self, record: Any) -> bool:
        before = self.progress.result
        self.progress = dataclasses.replace(record, seconds=self._earlier + time.perf_counter() - self._began)
        self._unsaved = self._stepped = True
        if record.result is not None and (before is None or (self.work.saved_at_once and record.result != before)):
            return True
        return time.perf_counter() - self._saved > SAVE

    def save(self, store: Store) -> None:
        if self._unsaved:
            self._saved = time.perf_counter()
            store.save_progress(self.run, self.progress)
            self._unsaved = False

    def keep(self) -> Unsaved:
        self._saved = time.perf_counter()
        return Unsaved(columns=rows.of_progress(self.work, self.progress))

    @property
    def unsaved(self) -> bool:
        return self._unsaved

    @property
    def stepped(self) -> bool:
        return self._stepped

    def begin_step(self) -> None:
        self._stepped = False

    def finish(self) -> Status:
        self.progress = dataclasses.replace(self.progress, share=1.0)
        self._unsaved = True
        return Status.FINISHED

    def save_all(self, store: Store) -> None:
        self.save(store)

    def parts(self) -> dict[str, Any]:
        return {"progress": self.progress}

    @property
    def done(self) -> str:
        return f"{100 * self.progress.share:.0f} %" if self.progress.result is not None else ""
