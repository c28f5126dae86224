"""Runs that outlive the page that asked for them: submit, follow, pause, step, resume, stop, and go on after a loss.

A job is one Dask task: in threads of this process by default, on a cluster by its address (`SNNVIZ_SCHEDULER`). Dask carries
everything between it and the pages: its task, a `Variable` with what is known so far, a `Queue` of orders, and `Semaphore`s
that hand out turns. A task leaves Dask's pool at once and takes turns of half a second instead, one at a time for each
visitor, so that somebody with five runs does not hold up somebody with one.

What is finished is in the store as it finishes; each training writes a checkpoint every epoch. A task whose worker dies is
started again by Dask on another one and goes on from there. On a cluster of several machines, `SNNVIZ_HOME` (checkpoints)
must be a folder they share, and `SNNVIZ_STORE` a database they all reach.
"""

import contextlib
import dataclasses
import itertools
import logging
import os
import pickle
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from snnviz import memory, store
from snnviz.store import POINTS, Curve, Line, Run, RunState, Status, StoreError
from snnviz.training import BatchRecord, EpochRecord, Failure, Record, compare_training

TURN = 0.5  # seconds that a job computes before others may
LOOK = 0.25  # seconds between two looks for orders: each waits for Dask's own thread, milliseconds
TELL = 0.3  # seconds between two tellings of how far it has come
SIGN = 5.0  # seconds between two signs of life in the store
LOST = 20.0  # seconds without one after which a run elsewhere counts as interrupted
MOST = 8  # runs that one visitor may have going
PATIENCE = 5.0  # seconds to wait for a scheduler

_LOG = logging.getLogger(__name__)
_lock = threading.Lock()
_tasks: dict[str, Any] = {}  # the futures of this process's runs
_latest: dict[str, tuple[bytes, RunState]] = {}  # what the worker of a run last told, as it came and as a value
_client: Any = None


class JobError(ValueError):
    """A job cannot be started or followed, said in one sentence."""


def client() -> Any:
    """The Dask client of this process: to the cluster at SNNVIZ_SCHEDULER, else to threads in this process.

    Raises:
        JobError: the cluster does not answer.
    """
    global _client
    import dask
    from distributed import Client, LocalCluster

    with _lock:
        if _client is not None and _client.status == "running":
            return _client
        if address := os.environ.get("SNNVIZ_SCHEDULER"):
            try:
                _client = Client(address, timeout=PATIENCE, set_as_default=False)
            except (OSError, TimeoutError, ValueError) as problem:
                raise JobError(
                    f"The Dask scheduler at {address} does not answer ({type(problem).__name__}); start it, or unset "
                    "SNNVIZ_SCHEDULER to train in this process."
                ) from None
        else:
            # Dask looks at every thread a hundred times a second for a profile that nobody here reads.
            dask.config.set(
                {
                    "distributed.worker.profile.enabled": False,
                    "distributed.admin.system-monitor.gil.enabled": False,
                    "distributed.scheduler.http.routes": [],
                    "distributed.worker.http.routes": [],
                }
            )
            # One turn at a time for two cores: the pages need the other one.
            cluster = LocalCluster(
                processes=False,
                n_workers=1,
                threads_per_worker=max(1, (os.cpu_count() or 1) // 2),
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                silence_logs=logging.ERROR,
            )
            _client = Client(cluster, set_as_default=False)
        return _client


def close() -> None:
    """Let go of Dask; what runs in this process is interrupted and can be gone on with."""
    global _client
    with _lock:
        gone, _client = _client, None
    _tasks.clear()
    _latest.clear()
    if gone is not None:
        cluster = gone.cluster
        gone.close()
        if cluster is not None:
            cluster.close()


def submit(run: Run) -> str:
    """Start a run in the background and return its id.

    Raises:
        JobError: nothing to train, too many runs, or no cluster. StoreError: nowhere to save it.
    """
    if not run.trainings:
        raise JobError("There is nothing to train: choose at least one method.")
    kept = store.default()
    if len({s.run for s in kept.list(run.owner, live=True)}) >= MOST:
        raise JobError(f"{MOST} of your runs are still going; stop one before you start another.")
    there = client()
    kept.begin(run, _here())
    _start(there, run)
    return run.id


def prepare() -> None:
    """Let a worker import what a first batch needs, while the visitor still looks at the settings: some seconds."""
    from distributed import fire_and_forget

    with contextlib.suppress(JobError):  # said when a run is submitted
        fire_and_forget(client().submit(_prepare, pure=False))


def go_on(run: str) -> None:
    """Continue a run that was interrupted or stopped, from its checkpoints."""
    state = follow(run)
    if state is None:
        raise JobError("This run is no longer among the saved runs.")
    if state.status.live or state.status is Status.FINISHED:
        return
    store.default().mark(run, Status.WAITING, state.notes, _here())
    _start(client(), state.run, dataclasses.replace(state, status=Status.WAITING))


def _start(there: Any, run: Run, state: RunState | None = None) -> None:
    from distributed import Variable, fire_and_forget

    Variable(f"run-{run.id}", client=there).set(pickle.dumps(RunState.asked(run) if state is None else state, protocol=5))
    task = there.submit(
        _work, run, store.default_url(), str(checkpoints(run.id)), key=f"train-{run.id}-{time.time_ns():x}", pure=False
    )
    fire_and_forget(task)  # it stays, on a cluster, when this process goes
    _tasks[run.id] = task


def checkpoints(run: str) -> Path:
    """The folder with the checkpoints of a run."""
    return store.home() / "checkpoints" / run


def pause(run: str) -> None:
    """Hold a run before its next batch; its turn goes to others."""
    _order(run, "pause")


def resume(run: str) -> None:
    """Let a held run go on."""
    _order(run, "resume")


def step(run: str) -> None:
    """One batch of every training, then hold."""
    _order(run, "step")


def cancel(run: str) -> None:
    """Stop a run before its next batch. What it has done is saved, and `go_on` continues it."""
    _order(run, "stop")
    state = follow(run)
    if state is not None and state.status is Status.WAITING and run in _tasks:  # no worker has taken it yet
        _tasks[run].cancel()
        store.default().mark(run, Status.STOPPED, state.notes)
        _progress(run).set(b"")


def delete(runs: Sequence[str]) -> None:
    """Forget runs for good, with their checkpoints; one that is going is stopped first.

    Raises:
        JobError: a run did not stop.
    """
    for run in runs:
        state = follow(run)
        if state is not None and state.status.live:
            cancel(run)
            if not wait(run, lambda s: not s.status.live, 10):
                raise JobError(f"The run {state.run.title or run} does not stop; try again in a moment.")
    store.default().delete(runs)
    for run in runs:
        _tasks.pop(run, None)
        shutil.rmtree(checkpoints(run), ignore_errors=True)


def latest(owner: str) -> str | None:
    """The run a visitor would want to see on coming back: the latest that is going, else None."""
    for summary in store.default().list(owner, live=True):
        state = follow(summary.run)
        if state is not None and state.status.live:
            return summary.run
    return None


def follow(run: str) -> RunState | None:
    """How far a run has come: from its worker while it goes, else from the store. Never waits. None: there is no such run.

    A run whose worker is gone for good is marked as interrupted here.
    """
    if (told := _told(run)) is not None:
        return told
    kept = store.default()
    state = kept.open(run)
    if state is None or not state.status.live:
        _tasks.pop(run, None)
        return state
    task = _tasks.get(run)
    if task is not None and task.status == "pending":
        return state
    place = kept.place(run)
    if task is None and place != _here() and not _dead(place) and time.time() - state.seen < LOST:
        return state
    if (told := _told(run)) is not None:  # it spoke between the two questions
        return told
    state = kept.open(run)
    if state is None or not state.status.live:
        return state
    why = _reason(task) if task is not None and task.status == "error" else ""
    done = min(len(line.epochs) for line in state.lines)
    notes = (*state.notes, f"Interrupted after epoch {done}{why}; it can go on from there.")
    kept.mark(run, Status.INTERRUPTED, notes)
    _tasks.pop(run, None)
    return dataclasses.replace(state, status=Status.INTERRUPTED, notes=notes)


def wait(run: str, until: Any, seconds: float) -> bool:
    """Wait until a run's state is as wanted; False if it was not within `seconds`. For notebooks and tests; no page waits."""
    end = time.monotonic() + seconds
    while (state := follow(run)) is None or not until(state):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _order(run: str, what: str) -> None:
    from distributed import Queue

    queue = Queue(f"orders-{run}", client=client())
    queue.put(what)
    queue.close()


def _told(run: str) -> RunState | None:
    """What the run's worker last told, if it goes on a scheduler this process knows."""
    if run not in _tasks and not os.environ.get("SNNVIZ_SCHEDULER"):
        return None  # it is not in this process: looking at saved runs needs no Dask
    try:
        data = _progress(run).get(timeout=0.2)
    except (TimeoutError, OSError, JobError):
        return None
    if not data:
        _latest.pop(run, None)
        return None
    return _read(run, data)


def _progress(run: str) -> Any:
    """What its worker last told, as bytes; empty when the store knows everything."""
    from distributed import Variable

    return Variable(f"run-{run}", client=client())


def _read(run: str, data: bytes) -> RunState:
    """Several watchers of one run read it once; only the latest is kept, as records by the thousand slow the collector down."""
    known = _latest.get(run)
    if known is None or known[0] != data:
        known = _latest[run] = (data, pickle.loads(data))
    return known[1]


def _reason(task: Any) -> str:
    with contextlib.suppress(Exception):
        problem = task.exception()
        if type(problem).__name__ == "KilledWorker":
            return ": its workers died again and again"
        return f": {_sentence(problem)}"
    return ""


def _sentence(problem: BaseException) -> str:
    return " ".join(str(problem).split()).rstrip(".")[:300] or type(problem).__name__


def _here() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


def _dead(place: str) -> bool:
    """Whether a process of this machine is known to be gone."""
    host, _, pid = place.rpartition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


# From here on: what happens on the worker.


def _prepare() -> None:
    import sklearn.datasets  # noqa: F401  the digits
    import torch._dynamo  # noqa: F401  by torch's optimisers, at their first step


class _Stopped(Exception):
    """The order to stop."""


def _work(run: Run, url: str, folder: str) -> None:
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
        self.lines = [_LineOnItsWay(line) for line in before.lines]
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
            self.notes.append(f"The run ended early: {_sentence(problem)}.")
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
        self._saved(lambda: self.kept.mark(self.run.id, self.status, self.notes, _here()))

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


class _LineOnItsWay:
    """A training's `Line` as it grows."""

    def __init__(self, line: Line):
        self.training, self.spikes = line.training, dict(line.spikes)
        # told: the same epochs as they are told, made once each, as all of them are told several times a second.
        self.epochs, self.told = list(line.epochs), [_without_confusion(e) for e in line.epochs]
        self.ended, self.problem, self.alarms = line.ended and not line.problem, "", []
        self.seconds = float(line.curve.seconds[-1]) if len(line.curve.seconds) else 0.0
        # One list a point: at, loss, accuracy, seconds, then rates, active and norms by layer.
        c = line.curve
        self.points = [
            [c.at[i], c.loss[i], c.accuracy[i], c.seconds[i], *c.rates[i], *c.active[i], *c.norms[i]] for i in range(len(c.at))
        ]
        self.widths = tuple(a.shape[1] if a.ndim == 2 else 0 for a in (c.rates, c.active, c.norms))
        self.every, self.pending = 0, []

    def add(self, record: Record) -> None:
        if isinstance(record, EpochRecord):
            self.seconds += record.seconds.test
            self.alarms = []
            if record.sample is not None:
                self.spikes = {layer.name: layer.spikes[:, 0] > 0 for layer in record.sample if layer.spikes is not None}
            self._forget(record.epoch)
            self.epochs.append(dataclasses.replace(record, sample=None))
            self.told.append(_without_confusion(self.epochs[-1]))
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

    def _forget(self, epoch: int) -> None:
        """Drop this epoch and what comes after it: it is trained once more."""
        self.epochs, self.told = ([e for e in them if e.epoch < epoch] for them in (self.epochs, self.told))

    def line(self, whole: bool = False) -> Line:
        """The value so far. Only the last epoch's confusion travels while it runs; the store gets `whole`."""
        points = self.points + ([_joined(self.pending)] if self.pending else [])
        curve = Curve.empty()
        if points:
            a = np.array(points, np.float32)
            cuts = np.cumsum([4, *self.widths])
            curve = Curve(a[:, 0], a[:, 1], a[:, 2], a[:, 3], *(a[:, i:j] for i, j in itertools.pairwise(cuts)))
        epochs = self.epochs if whole else self.told[:-1] + self.epochs[-1:]
        return Line(self.training, tuple(epochs), curve, dict(self.spikes), tuple(self.alarms), self.ended, self.problem)


def _without_confusion(epoch: EpochRecord) -> EpochRecord:
    return dataclasses.replace(epoch, confusion=None)


def _joined(points: Sequence[Sequence[float]]) -> list[float]:
    """Several points as one: the mean of what is known, where at and seconds are those of the last."""
    if len(points) == 1:
        return list(points[0])
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # nothing known at all stays unknown
        mean = np.nanmean(np.array(points, float), 0).tolist()
    return [points[-1][0], mean[1], mean[2], points[-1][3], *mean[4:]]
