"""What happens on a Dask worker: work, report progress, save, obey orders."""

import dataclasses
import logging
import os
import pickle
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from snnviz import memory
from snnviz.runs import store
from snnviz.runs.growing import growing
from snnviz.runs.process import here
from snnviz.runs.store import StoreError
from snnviz.runs.turns import TURN, Turns
from snnviz.runs.values import Run, RunState, Status

_LOG = logging.getLogger(__name__)
LOOK = 0.25  # seconds between two looks for orders: each waits for Dask's own thread, milliseconds
REPORT = 0.3  # seconds between two reports of how far it has come
SIGN = 5.0  # seconds between two signs of life in the store


def one_sentence(problem: BaseException) -> str:
    return " ".join(str(problem).split()).rstrip(".")[:300] or type(problem).__name__


def prepare_worker() -> None:
    import sklearn.datasets  # noqa: F401  the digits
    import torch._dynamo  # noqa: F401  by torch's optimisers, at their first step


class _Stopped(Exception):
    """The order to stop."""


def work_on(run: Run, url: str, folder: str) -> None:
    """The task: work, report, save, obey."""
    from distributed import Queue, Variable, get_worker, secede

    secede()
    if run.backend != "cuda":
        # torch's threads wait for each other by spinning: with several runs on few cores that made a batch 13 times slower.
        torch.set_num_threads(int(os.environ.get("SNNVIZ_THREADS", 1)))
    saved = store.at(url)
    before = saved.open(run.id)
    if before is None:  # deleted before it began
        return
    channels = Variable(f"run-{run.id}"), Queue(f"orders-{run.id}")
    _Task(before, saved, Path(folder), *channels, Turns(run, get_worker())).work()


class _Task:
    """One run on its worker."""

    def __init__(self, before: RunState, saved: store.Store, folder: Path, progress: Any, orders: Any, turns: Turns):
        self.run, self.store, self.folder = before.run, saved, folder
        self.progress, self.orders, self.turns = progress, orders, turns
        self.growing = growing(before)
        self.notes = list(before.notes)
        done = self.growing.done
        if before.status in (Status.RUNNING, Status.PAUSED):
            self.notes.append(f"A worker was lost; the run went on from {done or 'the beginning'}.")
        elif done:
            self.notes.append(f"Went on from {done}.")
        self.status = Status.PAUSED if before.status is Status.PAUSED else Status.RUNNING
        self.steps = 0
        self.looked = self.reported = self.signed = 0.0

    def work(self) -> None:
        self._mark()
        self._report()
        records, alone = self.growing.records(self.folder), False
        try:
            alone = self._wait_to_be_alone()
            more = True
            while more:
                self._permission()
                self.turns.take()
                try:
                    more = self._turn(records)
                finally:
                    self.turns.give()
            self.status = self.growing.finish()
        except _Stopped:
            self.status = Status.STOPPED
        except Exception as problem:  # whatever it was, the visitor reads it and what is done is saved
            _LOG.warning("run %s ended early", self.run.id, exc_info=True)
            self.notes.append(f"The run ended early: {one_sentence(problem)}.")
            self.status = Status.FAILED
        finally:
            records.close()
            if alone:
                self.turns.not_alone()
        self._end()

    def _turn(self, records: Iterator[Any]) -> bool:
        """Work until the turn is over or an order says so; False when nothing is left."""
        end = time.perf_counter() + TURN
        for record in records:
            memory.settle()  # the data are read and every library is there
            if self.growing.add(record):
                self._written(lambda: self.growing.save(self.store))
            self._look()
            self._report_sometimes()
            if self.steps and self.growing.stepped:
                self.steps -= 1
                self.growing.begin_step()
                self._report()
            if (self.status is Status.PAUSED and not self.steps) or time.perf_counter() > end:
                return True
        return False

    def _wait_to_be_alone(self) -> bool:
        """Return when no other run of this kind works on this machine, where two would spoil each other."""
        while not self.turns.alone(seconds=LOOK):
            if self.status is not Status.WAITING:
                self.status = Status.WAITING
                self._mark()
                self._report()
            self._look(force=True)
            self._sign()
        if self.status is Status.WAITING:
            self.status = Status.RUNNING
            self._mark()
            self._report()
        return True

    def _permission(self) -> None:
        """Return when a record may be computed. While held, wait for orders without holding up anybody."""
        self._look(force=True)
        while self.status is Status.PAUSED and not self.steps:
            try:
                self._obey(self.orders.get(timeout=SIGN))
            except TimeoutError:
                self._sign()

    def _look(self, force: bool = False) -> None:
        """Read the orders that have come. Asking takes as long as a batch, hence not after every one."""
        now = time.perf_counter()
        if force or now - self.looked > LOOK:
            self.looked = now
            while self.orders.qsize():
                self._obey(self.orders.get())

    def _obey(self, order: str) -> None:
        if order == "stop":
            raise _Stopped
        if not self.run.work.can_pause:
            return
        if order == "step":
            if not self.steps:  # counted from here: a turn may end within a step
                self.growing.begin_step()
            self.steps += 1
        held = order in ("pause", "step")
        if not held:
            self.steps = 0
        status = Status.PAUSED if held else Status.RUNNING
        if status is not self.status:
            self.status = status
            self._mark()
            self._report()

    def _report_sometimes(self) -> None:
        if time.perf_counter() - self.reported > REPORT:
            self._report()
            self._sign()

    def _report(self) -> None:
        self.reported = time.perf_counter()
        state = RunState(self.run, self.status, notes=tuple(self.notes), seen=time.time())
        self.progress.set(pickle.dumps(dataclasses.replace(state, **self.growing.parts()), protocol=5))

    def _sign(self) -> None:
        if time.perf_counter() - self.signed > SIGN:
            self._mark()

    def _mark(self) -> None:
        self.signed = time.perf_counter()
        self._written(lambda: self.store.mark(self.run.id, self.status, self.notes, here()))

    def _written(self, write: Callable[[], None]) -> None:
        """Write to the store; where the database is away, go on and write it later."""
        try:
            write()
        except StoreError as problem:
            if not any(str(problem) in note for note in self.notes):
                self.notes.append(f"{problem} The work goes on; what is done is saved when the database is back.")

    def _end(self) -> None:
        self._written(lambda: self.growing.save_all(self.store))
        self._mark()
        self._report()
        if not self.growing.unsaved:  # from here on the store has everything
            self.progress.set(b"")
            if self.status is Status.FINISHED:
                shutil.rmtree(self.folder, ignore_errors=True)
        self.orders.close()
