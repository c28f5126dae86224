"""Runs that outlive the page that asked for them: submit, follow, pause, step, resume, stop, and go on after a loss.

The same functions serve every kind of work (`work.KINDS`). A run is one Dask task: in threads of this process by default, on a
cluster by its address (`SNNVIZ_SCHEDULER`). Dask carries everything between a task and the pages: a `Variable` with how far it
has come, a `Queue` of orders, and `Semaphore`s that hand out turns. A task leaves Dask's pool at once and takes turns of half a
second instead, one at a time for each visitor, so that somebody with five runs does not hold up somebody with one.

What is finished is in the store as it finishes; each training writes a checkpoint every epoch. A task whose worker dies is
started again by Dask on another one; trainings and sweeps go on from what they have, other work starts again. On a cluster of
several machines, `SNNVIZ_HOME` (checkpoints) and `SNNVIZ_DATA` (data sets) must be folders they share, and `SNNVIZ_STORE` a
database they all reach.
"""

import contextlib
import dataclasses
import pickle
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from snnviz import places
from snnviz.runs import rights, scheduler, store
from snnviz.runs.growing import growing
from snnviz.runs.journal import Journal
from snnviz.runs.process import here, is_gone
from snnviz.runs.rights import Visitor
from snnviz.runs.scheduler import JobError as JobError
from snnviz.runs.values import Run, RunState, Status, Summary
from snnviz.runs.work import Train, Work
from snnviz.runs.worker import STORE, one_sentence, prepare_worker, work_on

AN_HOUR = 3600.0
LOST = 20.0  # seconds without one after which a run elsewhere counts as interrupted
MOST = 8  # runs that one visitor may have going
_tasks: dict[str, Any] = {}  # the futures of this process's runs
_latest: dict[str, tuple[bytes, RunState]] = {}  # the last report of a run's worker, as it came and as a value


def close() -> None:
    """Let go of Dask; what runs in this process is interrupted and can be gone on with."""
    _tasks.clear()
    _latest.clear()
    scheduler.close()


def submit(run: Run) -> str:
    """Start a run in the background and return its id.

    Raises:
        JobError: too many runs, or no cluster. ValueError: work that cannot be done. StoreError: nowhere to save it.
    """
    run.work.check()
    rights.check_uploads(run)
    saved = store.default()
    if len({s.run for s in saved.list(run.owner, live=True)}) >= MOST:
        raise JobError(f"{MOST} of your runs are still going; stop one before you start another.")
    scheduler.connect()
    saved.begin(run, here())
    try:
        _start(run)
    except JobError:
        saved.delete([run.id])
        raise
    return run.id


def prepare() -> None:
    """Let a worker import what a first batch needs, while the visitor still looks at the settings: some seconds."""
    from distributed import fire_and_forget

    with contextlib.suppress(JobError):  # said when a run is submitted
        scheduler.ask(lambda dask: fire_and_forget(dask.submit(prepare_worker, pure=False)))


def go_on(run: str, by: Visitor | None = None) -> None:
    """Continue a run that was interrupted or stopped: from what it has, or from the beginning (`Work.goes_on`)."""
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
        fire_and_forget(task)  # it stays, on a cluster, when this process goes
        return task

    _tasks[run.id] = scheduler.ask(begin)


def checkpoints(run: str) -> Path:
    """The folder with the files that a run needs until it has finished: the checkpoints of its trainings."""
    return places.home() / "checkpoints" / run


def pause(run: str, by: Visitor | None = None) -> None:
    """Hold a run before its next record (a batch of a training); its turn goes to others. Not every kind can (`can_pause`)."""
    _allow(run, by)
    _order(run, "pause")


def resume(run: str, by: Visitor | None = None) -> None:
    """Let a held run go on."""
    _allow(run, by)
    _order(run, "resume")


def step(run: str, by: Visitor | None = None) -> None:
    """One batch of every training, or one record of other work, then hold."""
    _allow(run, by)
    _order(run, "step")


def cancel(run: str, by: Visitor | None = None) -> None:
    """Stop a run before its next record. What it has done is saved, and `go_on` continues it.

    A worker listens for orders before it reads where the run stands: it reads that the run was stopped, or hears the order.
    """
    _allow(run, by)
    stopped = False
    with contextlib.suppress(store.StoreAway):  # a worker that waits for the database hears the order
        stopped = store.default().stop_waiting(run)
    _order(run, "stop")
    if stopped:
        if run in _tasks:
            _tasks[run].cancel(force=True)  # also against `fire_and_forget`, which wants it done
        _progress(run, lambda report: report.set(b""))


def delete(runs: Sequence[str], by: Visitor | None = None) -> None:
    """Forget runs for good, with their checkpoints; one that is going is stopped first.

    Raises:
        JobError: a run did not stop. Forbidden: one is somebody else's; then none is deleted.
    """
    for run in runs:
        _allow(run, by)
    for run in runs:
        try:
            state = follow(run)
        except store.UnreadableError:
            state = None  # nobody works on what nobody can read
        if state is not None and state.status.live:
            cancel(run)
            if not wait(run, lambda s: not s.status.live, 10):
                raise JobError(f"The run {state.run.title or run} does not stop; try again in a moment.")
    store.default().delete(runs)
    for run in runs:
        _tasks.pop(run, None)
        shutil.rmtree(checkpoints(run), ignore_errors=True)


def share(run: str, shared: bool, by: Visitor | None = None) -> None:
    """Let everybody who opens the app look at a run, or its owner alone."""
    _allow(run, by)
    store.default().share(run, shared)


def share_all(shared: bool, by: Visitor | None = None) -> None:
    """Let everybody look at every run, or at those that are shared: for whoever runs the server to say.

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
    saved = store.default()
    access = saved.access(run)
    if access is None:
        return "There is no such run among the saved runs: it was deleted, or never was."
    return "" if by.may_see(access, saved.all_shared()) else rights.NOT_SHARED


def latest(owner: str, kind: str | None = None) -> str | None:
    """The run a visitor would want to see on coming back: the latest that is going, of one kind of work; else None."""
    for run in dict.fromkeys(s.run for s in store.default().list(owner, live=True, kind=kind)):
        with contextlib.suppress(store.UnreadableError):
            state = follow(run)
            if state is not None and state.status.live:
                return run
    return None


def last(owner: str, kind: str | None = None) -> str | None:
    """The run a visitor would look for in a tab that was open when the server ended: the latest that is going; else their
    last one, where it was interrupted, or ended within the last hour."""
    if (going := latest(owner, kind)) is not None:
        return going
    for summary in store.default().list(owner, kind=kind)[:1]:
        with contextlib.suppress(store.UnreadableError):
            state = follow(summary.run)
            if state is not None and (state.status is Status.INTERRUPTED or time.time() - state.alive_at < AN_HOUR):
                return summary.run
    return None


def readable(runs: Sequence[str]) -> tuple[list[RunState], list[str]]:
    """These runs, and why the others cannot be read, a sentence each."""
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
    """Hand in what lies in the folders of runs of this machine, and remove the folders of runs that were deleted."""
    saved = store.default()
    for folder in sorted(checkpoints("").glob("*")):
        states, _ = readable([folder.name])
        if states and not states[0].status.live and folder.name not in _tasks:
            saved.take(folder.name, Journal(folder))
        mark = folder / STORE
        if mark.is_file() and mark.read_text(encoding="utf-8") == saved.name and not saved.has(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def find(work: Work, backend: str) -> RunState | None:
    """The run that has done just this work on this backend, or is at it, whoever asked for it; else the latest that tried."""
    runs = store.default().find(work, backend)
    for run, status in runs:
        state = next(iter(readable([run])[0]), None) if status.live or status is Status.FINISHED else None
        if state is not None and (state.status.live or state.status is Status.FINISHED):
            return state
    return next(iter(readable([runs[0][0]])[0]), None) if runs else None


def follow(run: str) -> RunState | None:
    """How far a run has come: from its worker while it goes, else from the store. Never waits. None: there is no such run.

    A run whose worker is gone for good is marked as interrupted here.
    """
    if (report := _report(run)) is not None:
        return report
    saved = store.default()
    state = saved.open(run)
    if state is None or not state.status.live:
        _tasks.pop(run, None)
        return state
    task = _tasks.get(run)
    if task is not None and task.status == "pending":
        return state
    place = saved.place(run)
    if task is None and place != here() and not is_gone(place) and time.time() - state.alive_at < LOST:
        return state
    if (report := _report(run)) is not None:  # it came between the two questions
        return report
    saved.take(run, Journal(checkpoints(run)))
    state = saved.open(run)
    if state is None or not state.status.live:
        return state
    why = _reason(task) if task is not None and task.status == "error" else ""
    done = growing(state).done
    after = f"Interrupted after {done}{why}; it can go on from there." if done else f"Interrupted{why}; it can be started again."
    notes = (*state.notes, after)
    saved.mark(run, Status.INTERRUPTED, notes)
    _tasks.pop(run, None)
    return dataclasses.replace(state, status=Status.INTERRUPTED, notes=notes)


def wait(run: str, until: Any, seconds: float) -> bool:
    """Wait until `until(state)` is true; False if it was not within `seconds`. For notebooks and tests; no page waits."""
    end = time.monotonic() + seconds
    while (state := follow(run)) is None or not until(state):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _allow(run: str, by: Visitor | None) -> None:
    """Raise Forbidden unless this visitor may change the run; None is whoever runs this Python."""
    if by is None:
        return
    try:
        state = follow(run)
    except store.UnreadableError:  # whose it is can be read of every run
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

    def give(dask: Any) -> None:
        queue = Queue(f"orders-{run}", client=dask)
        queue.put(what)
        queue.close()

    scheduler.ask(give)


def _report(run: str) -> RunState | None:
    """The last report of the run's worker, if it works for the scheduler of this process."""
    if run not in _tasks and not scheduler.address():
        return None  # it is not in this process: looking at saved runs needs no Dask
    try:
        data = _progress(run, lambda report: report.get(timeout=0.2))
    except (TimeoutError, OSError, JobError):
        return None
    if not data:
        _latest.pop(run, None)
        return None
    return _read(run, data)


def _progress(run: str, question: Callable[[Any], Any]) -> Any:
    """Ask the variable with the last report of a run's worker, as bytes; empty when the store has everything."""
    from distributed import Variable

    return scheduler.ask(lambda dask: question(Variable(f"run-{run}", client=dask)))


def _read(run: str, data: bytes) -> RunState:
    """Several watchers of one run read it once; only the latest is kept, as records by the thousand slow the collector down."""
    last = _latest.get(run)
    if last is None or last[0] != data:
        last = _latest[run] = (data, pickle.loads(data))
    return last[1]


def _reason(task: Any) -> str:
    with contextlib.suppress(Exception):
        problem = task.exception()
        if type(problem).__name__ == "KilledWorker":
            return ": its workers died again and again"
        return f": {one_sentence(problem)}"
    return ""
