"""What happens on a Dask worker: train, report progress, save, obey orders."""

import logging
import os
import pickle
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from snnviz import memory
from snnviz.runs import store
from snnviz.runs.curves import GrowingLine
from snnviz.runs.process import here
from snnviz.runs.store import StoreError
from snnviz.runs.values import Run, RunState, Status
from snnviz.training import BatchRecord, EpochRecord, Failure, Record, compare_training

_LOG = logging.getLogger(__name__)
TURN = 0.5  # seconds that a job computes before others may
LOOK = 0.25  # seconds between two looks for orders: each waits for Dask's own thread, milliseconds
TELL = 0.3  # seconds between two tellings of how far it has come
SIGN = 5.0  # seconds between two signs of life in the store


def one_sentence(problem: BaseException) -> str:
    return " ".join(str(problem).split()).rstrip(".")[:300] or type(problem).__name__


def prepare_worker() -> None:
    import sklearn.datasets  # noqa: F401  the digits
    import torch._dynamo  # noqa: F401  by torch's optimisers, at their first step


class _Stopped(Exception):
    """The order to stop."""


def work_on(run: Run, url: str, folder: str) -> None:
    """The task: train, tell, keep, obey."""
    from distributed import Queue, Variable, get_worker, secede

    secede()
    if run.backend != "cuda":
        # torch's threads wait for each other by spinning: with several jobs on few cores that made a batch 13 times slower.
        torch.set_num_threads(int(os.environ.get("SNNVIZ_THREADS", 1)))
    worker = get_worker()
    kept = store.at(url)
    before = kept.open(run.id)
    if before is None:  # deleted before it began
        return
    # A GPU serves one run at a time; of the CPU, a worker's threads say how many.
    turns = (
        _Turns(f"{worker.address}-gpu", run.owner, 1)
        if run.backend == "cuda"
        else _Turns(worker.address, run.owner, worker.state.nthreads)
    )
    _Task(run, before, kept, Path(folder), Variable(f"run-{run.id}"), Queue(f"orders-{run.id}"), turns).work()


class _Turns:
    """Turns on this worker: as many at once as it has threads, one at once for each visitor."""

    def __init__(self, worker: str, owner: str, slots: int):
        from distributed import Semaphore

        # The visitor's own first, so that one visitor's runs queue among themselves and not before everybody else.
        self._gates = [Semaphore(max_leases=n, name=f"turn-{name}") for n, name in ((1, f"{worker}-{owner}"), (slots, worker))]
        self._held: list[Any] = []

    def take(self) -> None:
        for gate in self._gates:
            gate.acquire()
            self._held.append(gate)

    def give(self) -> None:
        while self._held:
            self._held.pop().release()


class _Task:
    """One run on its worker."""

    def __init__(self, run: Run, before: RunState, kept: store.Store, folder: Path, progress: Any, orders: Any, turns: _Turns):
        self.run, self.kept, self.folder = run, kept, folder
        self.progress, self.orders, self.turns = progress, orders, turns
        self.lines = [GrowingLine(line) for line in before.lines]
        self.notes = list(before.notes)
        lost = before.status in (Status.RUNNING, Status.PAUSED)
        done = min(len(line.epochs) for line in before.lines)
        if lost:
            self.notes.append(f"A worker was lost; the run went on from {f'epoch {done}' if done else 'the beginning'}.")
        elif done:
            self.notes.append(f"Went on from epoch {done}.")
        self.status = Status.PAUSED if before.status is Status.PAUSED else Status.RUNNING
        self.steps = 0
        self.looked = self.told = self.signed = 0.0
        self.unsaved: set[int] = set()
        self.going: set[int] = set()

    def work(self) -> None:
        self._mark()
        self._tell()
        numbers = [i for i, line in enumerate(self.lines) if not line.ended]
        records = compare_training(
            [self.run.trainings[i] for i in numbers],
            self.run.backend or None,
            checkpoints=[self.folder / f"{i}.safetensors" for i in numbers],
            record_sample=self.run.sample,
        )
        self.going = set(numbers)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            more = True
            while more:
                self._permission()
                self.turns.take()
                try:
                    more = self._turn(records, numbers)
                finally:
                    self.turns.give()
            for number in self.going:
                self.lines[number].ended = True
            self.status = Status.FAILED if all(line.problem for line in self.lines) else Status.FINISHED
        except _Stopped:
            self.status = Status.STOPPED
        except Exception as problem:  # whatever it was, the visitor is told and what is done is kept
            _LOG.warning("run %s ended early", self.run.id, exc_info=True)
            self.notes.append(f"The run ended early: {one_sentence(problem)}.")
            self.status = Status.FAILED
        finally:
            records.close()
        self._end()

    def _turn(self, records: Iterator[tuple[int, Record | Failure]], numbers: list[int]) -> bool:
        """Train until the turn is over or somebody says so; False when nothing is left. A step is one batch of each."""
        end = time.perf_counter() + TURN
        missing = set(self.going)
        while (told := next(records, None)) is not None:
            memory.settle()  # the data are read and every library is there
            number, record = numbers[told[0]], told[1]
            line = self.lines[number]
            if isinstance(record, Failure):
                line.problem, line.ended = f"{self.run.labels[number]} ended early: {record.problem}", True
            else:
                line.add(record)
            if isinstance(record, EpochRecord):
                line.ended = record.epoch == record.epochs
                self._keep(number)
            if line.ended:
                self.going.discard(number)
                self._keep(number)
            if line.ended or isinstance(record, BatchRecord):
                missing.discard(number)
            self._look()
            self._tell_sometimes()
            if self.steps and not missing:
                self.steps, missing = self.steps - 1, set(self.going)
                self._tell()
            if (self.status is Status.PAUSED and not self.steps) or time.perf_counter() > end:
                return True
        return False

    def _permission(self) -> None:
        """Return when a batch may be computed. While held, wait for orders without holding up anybody."""
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
        if order == "step":
            self.steps += 1
        held = order in ("pause", "step")
        if not held:
            self.steps = 0
        status = Status.PAUSED if held else Status.RUNNING
        if status is not self.status:
            self.status = status
            self._mark()
            self._tell()

    def _tell_sometimes(self) -> None:
        if time.perf_counter() - self.told > TELL:
            self._tell()
            self._sign()

    def _tell(self) -> None:
        self.told = time.perf_counter()
        state = RunState(self.run, self.status, tuple(line.line() for line in self.lines), tuple(self.notes), time.time())
        self.progress.set(pickle.dumps(state, protocol=5))

    def _sign(self) -> None:
        if time.perf_counter() - self.signed > SIGN:
            self._mark()

    def _keep(self, number: int) -> None:
        """Save a training; where the database is away, go on and save it later."""
        self.unsaved.add(number)
        for waiting in sorted(self.unsaved):
            if self._saved(lambda n=waiting: self.kept.keep(self.run.id, n, self.lines[n].line(whole=True))):
                self.unsaved.discard(waiting)

    def _mark(self) -> None:
        self.signed = time.perf_counter()
        self._saved(lambda: self.kept.mark(self.run.id, self.status, self.notes, here()))

    def _saved(self, write: Any) -> bool:
        try:
            write()
            return True
        except StoreError as problem:
            if not any(str(problem) in note for note in self.notes):
                self.notes.append(f"{problem} Training goes on; what is done is saved when the database is back.")
            return False

    def _end(self) -> None:
        for number in range(len(self.lines)):
            self._keep(number)
        self._mark()
        self._tell()
        if not self.unsaved:  # from here on the store knows everything
            self.progress.set(b"")
            if self.status is Status.FINISHED:
                shutil.rmtree(self.folder, ignore_errors=True)
        self.orders.close()
