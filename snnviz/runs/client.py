"""Runs that outlive the page that asked for them: submit, follow, pause, step, resume, stop, and go on after a loss.

The same functions serve every kind of work (`work.KINDS`). A run is one Dask task: in threads of this process by default, on a
cluster by its address (`SNNVIZ_SCHEDULER`). Dask carries everything between a task and the pages: a `Variable` holds the last
report, a `Queue` the orders, and `Semaphore`s hand out turns. A task leaves Dask's pool at once and takes turns of half a second
instead, one at a time for each visitor, so that somebody with five runs does not hold up somebody with one.

The store has every result as soon as it is finished; each training writes a checkpoint every epoch. When a worker dies, Dask
starts its tasks again on another one; trainings and sweeps go on from what they have, other work begins again. On a cluster of
several machines, `SNNVIZ_HOME` (checkpoints) and `SNNVIZ_DATA` (data sets) must be folders that they share, and `SNNVIZ_STORE` a
database that they all reach.
"""

import contextlib
import dataclasses
import pickle
import shutil
import time
from collections.abc import Callable, Sequence
from typing import Any

from snnviz.runs import rights, scheduler, store, weights
from snnviz.runs.growing import growing
from snnviz.runs.journal import Journal
from snnviz.runs.process import here, is_gone
from snnviz.runs.rights import Visitor
from snnviz.runs.scheduler import JobError as JobError
from snnviz.runs.values import Run, RunState, Status, Summary
from snnviz.runs.weights import checkpoints as checkpoints
from snnviz.runs.work import Train, Work
from snnviz.runs.worker import STORE, one_sentence, prepare_worker, work_on

AN_HOUR = 3600.0
LOST = 20.0  # seconds without one after which a run elsewhere counts as interrupted
MOST = 8  # runs of one visitor that may go on at once
_tasks: dict[str, Any] = {}  # the futures of this process's runs
_latest: dict[str, tuple[bytes, RunState]] = {}  # the last report of a run's worker, as bytes and as a value


def close() -> None:
    """Disconnect from Dask. Runs in threads of this process are interrupted; `go_on` continues them."""
    _tasks.clear()
    _latest.clear()
    scheduler.close()


def submit(run: Run) -> str:
    """Start a run in the background and return its id.

    Raises:
        JobError: the visitor has too many runs, or there is no cluster. ValueError: the work cannot be done. StoreError: no
        database can be used.
    """
    run.work.check()
    rights.check_uploads(run)
    database = store.default()
    if len({s.run for s in database.list(run.owner, live=True)}) >= MOST:
        raise JobError(f"{MOST} of your runs are still going; stop one before you start another.")
    scheduler.connect()
    database.begin(run, here())
    try:
        _start(run)
    except JobError:
        database.delete([run.id])
        raise
    return run.id


def prepare() -> None:
    """Have a worker import what a first batch needs while the visitor still looks at the settings: it takes some seconds."""
    from distributed import fire_and_forget

    with contextlib.suppress(JobError):  # `submit` will say it
        scheduler.ask(lambda dask: fire_and_forget(dask.submit(prepare_worker, pure=False)))


def go_on(run: str, by: Visitor | None = None) -> None:
    """Continue a run that was interrupted or stopped: from what it has, or from the beginning (`Work.goes_on`).

    Raises:
        JobError: the run was deleted, or there is no cluster. Forbidden: it is somebody else's.
    """
    state = follow(run)
    if state is None:
        raise JobError("This run is no longer among the saved runs.")
    _require(state, by)
    if state.status.live or state.status is Status.FINISHED:
        return
    scheduler.connect()
    store.default().mark(run, Status.WAITING, state.notes, here())
    _start(state.run, dataclasses.replace(state, status=Status.WAITING))


def _start(run: Run, state: RunState | None = None) -> None:
    from distributed import Variable, fire_and_forget

    report = pickle.dumps(RunState.waiting(run) if state is None else state, protocol=5)
    arguments, key = (run, store.default_url(), str(checkpoints(run.id))), f"{run.kind}-{run.id}-{time.time_ns():x}"

    def begin(dask: Any) -> Any:
        Variable(f"run-{run.id}", client=dask).set(report)
        task = dask.submit(work_on, *arguments, key=key, pure=False)
        fire_and_forget(task)  # on a cluster it goes on when this process ends
        return task

    _tasks[run.id] = scheduler.ask(begin)


def pause(run: str, by: Visitor | None = None) -> None:
    """Pause a run before its next record (a batch of a training); its turn goes to others. Not every kind can (`can_pause`)."""
    _allow(run, by)
    _order(run, "pause")


def resume(run: str, by: Visitor | None = None) -> None:
    """Let a paused run go on."""
    _allow(run, by)
    _order(run, "resume")


def step(run: str, by: Visitor | None = None) -> None:
    """Compute one batch of every training, or one record of other work; then pause."""
    _allow(run, by)
    _order(run, "step")


def cancel(run: str, by: Visitor | None = None) -> None:
    """Stop a run before its next record. What it has done is saved, and `go_on` continues it.

    A worker opens its queue of orders before it reads the run's status. So whenever it begins, it reads that the run was stopped,
    or it gets the order.
    """
    _allow(run, by)
    stopped = False
    with contextlib.suppress(store.StoreAway):  # a worker that waits for the database gets the order
        stopped = store.default().stop_waiting(run)
    _order(run, "stop")
    if stopped:
        if run in _tasks:
            _tasks[run].cancel(force=True)  # without force `fire_and_forget` would still have it done
        _progress(run, lambda report: report.set(b""))


def delete(runs: Sequence[str], by: Visitor | None = None) -> None:
    """Delete runs for good, with their checkpoints and weights; a run that is going is stopped first.

    Raises:
        JobError: a run did not stop. Forbidden: a run is somebody else's; then none is deleted.
    """
    for run in runs:
        _allow(run, by)
    for run in runs:
        try:
            state = follow(run)
        except store.UnreadableError:
            state = None  # no worker goes on with a run that it cannot read
        if state is not None and state.status.live:
            cancel(run)
            if not wait(run, lambda s: not s.status.live, 10):
                raise JobError(f"The run {state.run.title or run} does not stop; try again in a moment.")
    store.default().delete(runs)
    for run in runs:
        _tasks.pop(run, None)
        shutil.rmtree(checkpoints(run), ignore_errors=True)
        weights.forget(run)


def share(run: str, shared: bool, by: Visitor | None = None) -> None:
    """Let everybody who opens the app look at a run, or its owner alone."""
    _allow(run, by)
    store.default().share(run, shared)


def share_all(shared: bool, by: Visitor | None = None) -> None:
    """Let everybody look at every run, or only at those that are shared. Whoever has the server's key may set this.

    Raises:
        Forbidden: `by` has not shown the server's key.
    """
    if by is not None and not by.key:
        raise rights.Forbidden("Only who has the server's key may say that everybody sees all runs.")
    store.default().share_all(shared)


def listed(by: Visitor) -> list[Summary]:
    """The saved runs that a visitor may look at, as `Store.list` gives them."""
    return store.default().list(seen_by=None if by.key else by.id)


def unseen(run: str, by: Visitor) -> str:
    """Why a visitor may not look at a run, in one sentence; "" where they may."""
    database = store.default()
    access = database.access(run)
    if access is None:
        return "There is no such run among the saved runs: it was deleted, or never was."
    return "" if by.may_see(access, database.all_shared()) else rights.NOT_SHARED


def latest(owner: str, kind: str | None = None) -> str | None:
    """The latest run of a visitor that is going, of one kind of work: what they want to see on coming back. None: none is going."""
    for run in dict.fromkeys(s.run for s in store.default().list(owner, live=True, kind=kind)):
        with contextlib.suppress(store.UnreadableError):
            state = follow(run)
            if state is not None and state.status.live:
                return run
    return None


def last(owner: str, kind: str | None = None) -> str | None:
    """The run that a visitor looks for in a tab that was open when the server ended: the latest that is going; else their last one
    if it was interrupted, or if it ended within the last hour; else None."""
    if (going := latest(owner, kind)) is not None:
        return going
    for summary in store.default().list(owner, kind=kind)[:1]:
        with contextlib.suppress(store.UnreadableError):
            state = follow(summary.run)
            if state is not None and (state.status is Status.INTERRUPTED or time.time() - state.alive_at < AN_HOUR):
                return summary.run
    return None


def readable(runs: Sequence[str]) -> tuple[list[RunState], list[str]]:
    """The states of those of these runs that can be read, and one sentence for each that cannot."""
    states, problems = [], []
    for run in runs:
        try:
            state = follow(run)
        except store.UnreadableError as problem:
            problems.append(str(problem))
            continue
        if state is not None:
            states.append(state)
    return states, problems


def tidy() -> None:
    """Save what is left in the run folders of this machine, and remove the folders of runs that were deleted."""
    database = store.default()
    for folder in sorted(checkpoints("").glob("*")):
        states, _ = readable([folder.name])
        if states and not states[0].status.live and folder.name not in _tasks:
            database.take(folder.name, Journal(folder))
        mark = folder / STORE
        if mark.is_file() and mark.read_text(encoding="utf-8") == database.name and not database.has(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def find(work: Work, backend: str) -> RunState | None:
    """The run that has done just this work on this backend, or is doing it, whoever asked for it; else the latest that tried; else
    None."""
    runs = store.default().find(work, backend)
    for run, status in runs:
        state = next(iter(readable([run])[0]), None) if status.live or status is Status.FINISHED else None
        if state is not None and (state.status.live or state.status is Status.FINISHED):
            return state
    return next(iter(readable([runs[0][0]])[0]), None) if runs else None


def follow(run: str) -> RunState | None:
    """The state of a run: from its worker while it goes, else from the store. Does not wait for the worker. None: no such run.

    If the worker is gone for good, this marks the run as interrupted.
    """
    if (report := _report(run)) is not None:
        return report
    database = store.default()
    state = database.open(run)
    if state is None or not state.status.live:
        _tasks.pop(run, None)
        return state
    task = _tasks.get(run)
    if task is not None and task.status == "pending":
        return state
    place = database.place(run)
    if task is None and place != here() and not is_gone(place) and time.time() - state.alive_at < LOST:
        return state
    if (report := _report(run)) is not None:  # it arrived after the first look
        return report
    database.take(run, Journal(checkpoints(run)))
    state = database.open(run)
    if state is None or not state.status.live:
        return state
    why = _reason(task) if task is not None and task.status == "error" else ""
    done = growing(state).done
    after = f"Interrupted after {done}{why}; it can go on from there." if done else f"Interrupted{why}; it can be started again."
    notes = (*state.notes, after)
    database.mark(run, Status.INTERRUPTED, notes)
    _tasks.pop(run, None)
    return dataclasses.replace(state, status=Status.INTERRUPTED, notes=notes)


def wait(run: str, until: Any, seconds: float) -> bool:
    """Wait until `until(state)` is true; False if that takes longer than `seconds`. For notebooks and tests; no page waits."""
    end = time.monotonic() + seconds
    while (state := follow(run)) is None or not until(state):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _allow(run: str, by: Visitor | None) -> None:
    """Raise Forbidden unless this visitor may change the run. `by` is None for whoever runs this Python, who may change all."""
    if by is None:
        return
    try:
        state = follow(run)
    except store.UnreadableError:  # its owner can be read all the same
        access = store.default().access(run)
        by.require(Run(Train(), owner=access.owner if access else "", title=run))
        return
    if state is not None:
        _require(state, by)


def _require(state: RunState, by: Visitor | None) -> None:
    if by is not None:
        by.require(state.run)


def _order(run: str, what: str) -> None:
    from distributed import Queue

    def send(dask: Any) -> None:
        queue = Queue(f"orders-{run}", client=dask)
        queue.put(what)
        queue.close()

    scheduler.ask(send)


def _report(run: str) -> RunState | None:
    """The last report of the run's worker, if it works for the scheduler of this process."""
    if run not in _tasks and not scheduler.address():
        return None  # no run of this process: to look at saved runs needs no Dask
    try:
        data = _progress(run, lambda report: report.get(timeout=0.2))
    except (TimeoutError, OSError, JobError):
        return None
    if not data:
        _latest.pop(run, None)
        return None
    return _read(run, data)


def _progress(run: str, question: Callable[[Any], Any]) -> Any:
    """Ask the variable that holds the last report of a run's worker, as bytes; it is empty once the store has everything."""
    from distributed import Variable

    return scheduler.ask(lambda dask: question(Variable(f"run-{run}", client=dask)))


def _read(run: str, data: bytes) -> RunState:
    """A report as a value. Several watchers of one run read it once. Only the latest is kept: the garbage collector is slow with
    records by the thousand."""
    last = _latest.get(run)
    if last is None or last[0] != data:
        last = _latest[run] = (data, pickle.loads(data))
    return last[1]


def _reason(task: Any) -> str:
    """Why a task failed, to follow a sentence's first words; "" where Dask does not say."""
    with contextlib.suppress(Exception):
        problem = task.exception()
        if type(problem).__name__ == "KilledWorker":
            return ": its workers died again and again"
        return f": {one_sentence(problem)}"
    return ""
