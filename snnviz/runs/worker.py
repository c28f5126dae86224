"""What a Dask worker does with a run: compute, report, save and obey orders."""

import contextlib
import dataclasses
import logging
import pickle
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import torch

from snnviz import memory
from snnviz.runs import rows, store
from snnviz.runs.growing import growing
from snnviz.runs.journal import Journal, Unsaved
from snnviz.runs.process import here
from snnviz.runs.store import StoreError
from snnviz.runs.turns import TURN, Turns
from snnviz.runs.values import Run, RunState, Status

_LOG = logging.getLogger(__name__)
LOOK = 0.25  # seconds between two looks for orders: each waits some milliseconds for Dask's own thread
REPORT = 0.3  # seconds between two reports
SIGN = 5.0  # seconds between two signs of life in the store
STORE = "store"  # the file in a run's folder with the name of the store that the run is in
RETRY = 1.0  # seconds at least between two tries at a store that is away


def one_sentence(problem: BaseException) -> str:
    """An error's message in one line of at most 300 characters; the error's class where it has no message."""
    return " ".join(str(problem).split()).rstrip(".")[:300] or type(problem).__name__


def prepare_worker() -> None:
    """Import what the first training would import, so that its measured time has no import in it."""
    import sklearn.datasets  # noqa: F401  the digits
    import torch._dynamo  # noqa: F401  by torch's optimisers, at their first step


class _Stopped(Exception):
    """The run shall stop: somebody ordered it, or the run was deleted."""


class _Cut(Exception):
    """The scheduler is away: orders, reports and turns do not come through."""


@contextlib.contextmanager
def _reaching_dask() -> Iterator[None]:
    """Turn whatever Dask raises when its scheduler is gone into `_Cut`."""
    try:
        yield
    except Exception as problem:
        raise _Cut from problem


def work_on(run: Run, url: str, folder: str) -> None:
    """Work on a run to its end: the task that Dask runs. url: of the store. folder: of the run, for checkpoints and its journal."""
    from distributed import Queue, Variable, get_worker, secede

    secede()
    if run.backend != "cuda":
        # torch's threads spin while they wait for each other: several runs on few cores made a batch 13 times slower.
        torch.set_num_threads(1)  # a training says its own number
    progress, orders = Variable(f"run-{run.id}"), Queue(f"orders-{run.id}")  # from here on no order is lost
    database, state, early = _wait_for_store(run, url, Path(folder), progress, orders)
    if state is None or state.status is Status.STOPPED:  # deleted or stopped before it began
        with contextlib.suppress(_Cut), _reaching_dask():
            progress.set(b"")
            orders.close()
        return
    _Task(state, database, Path(folder), progress, orders, Turns(run, get_worker()), early).work()


def _wait_for_store(run: Run, url: str, folder: Path, progress: Any, orders: Any) -> tuple[store.Store, RunState | None, list[str]]:
    """The store, the run's state there, and the orders that came meanwhile. While the database is away the run waits for it. An
    order to stop is written into the run's folder, from where it goes into the database as soon as that is back.

    Raises:
        StoreError: the database cannot be used, and waiting would not help.
    """
    note, early = "", []
    while True:
        try:
            database = store.at(url)
            database.take(run.id, Journal(folder))
            state = database.open(run.id)
            if state is not None and note and note not in state.notes:
                state = dataclasses.replace(state, notes=(*state.notes, note))
            return database, state, early
        except store.StoreAway as problem:
            with contextlib.suppress(_Cut), _reaching_dask():
                if not note:
                    note = f"{problem} The run begins when the database is back."
                    _report_again(run, progress, note, Status.WAITING)
                while orders.qsize():
                    early.append(orders.get())
                    if early[-1] == "stop":
                        notes = _report_again(run, progress, "", Status.STOPPED)
                        Journal(folder).keep(Unsaved(columns=rows.of_status(Status.STOPPED, notes)))
        time.sleep(RETRY)


def _report_again(run: Run, progress: Any, note: str, status: Status) -> tuple[str, ...]:
    """Report the last report again, with another status and, if not "", one more note. Returns its notes."""
    data = progress.get()
    last = pickle.loads(data) if data else RunState.waiting(run)
    notes = (*last.notes, note) if note else last.notes
    progress.set(pickle.dumps(dataclasses.replace(last, status=status, notes=notes), protocol=5))
    return notes


class _Task:
    """One run on its worker."""

    def __init__(
        self, before: RunState, database: store.Store, folder: Path, progress: Any, orders: Any, turns: Turns, early: list[str]
    ):
        self.run, self.store, self.folder = before.run, database, folder
        self.progress, self.orders, self.turns = progress, orders, turns
        self.early = early  # orders that came before the task began
        self.journal = Journal(folder)
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
        self.away, self.again = "", 0.0  # why the store is away, and when to ask it again, by the monotonic clock
        self.deleted = False

    def work(self) -> None:
        records: Iterator[Any] = iter(())
        alone = False
        try:
            self._mark()
            self._report()
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / STORE).write_text(self.store.name, encoding="utf-8")
            records = self.growing.records(self.folder)
            alone = self._wait_to_be_alone()
            more = True
            while more:
                self._permission()
                with _reaching_dask():
                    self.turns.take()
                try:
                    more = self._turn(records)
                finally:
                    with contextlib.suppress(_Cut), _reaching_dask():
                        self.turns.give()
            self.status = self.growing.finish()
        except _Stopped:
            self.status = Status.STOPPED
        except _Cut:
            _LOG.warning("run %s is cut off from its scheduler", self.run.id, exc_info=True)
            self.status = Status.INTERRUPTED
            done = self.growing.done
            self.notes.append(
                f"Interrupted after {done}: the scheduler went away; it can go on from there."
                if done
                else "Interrupted: the scheduler went away; it can be started again."
            )
        except Exception as problem:  # whatever it is: the visitor reads it, and what is done is saved
            _LOG.warning("run %s ended early", self.run.id, exc_info=True)
            self.notes.append(f"The run ended early: {one_sentence(problem)}.")
            self.status = Status.FAILED
        finally:
            if isinstance(records, Generator):
                records.close()
            if alone:
                with contextlib.suppress(_Cut), _reaching_dask():
                    self.turns.not_alone()
        self._end()

    def _turn(self, records: Iterator[Any]) -> bool:
        """Work until the turn is over or the run is paused. False: nothing is left to do."""
        end = time.perf_counter() + TURN
        for record in records:
            memory.settle()  # by now the data are read and every library is imported
            if self.growing.add(record):
                self._save()
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
        """Wait until no other run of this kind works on this machine, where two would disturb each other. Always True."""
        while not self._alone():
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

    def _alone(self) -> bool:
        with _reaching_dask():
            return self.turns.alone(seconds=LOOK)

    def _permission(self) -> None:
        """Return when a record may be computed. A paused run waits here for orders; it holds no turn meanwhile."""
        self._look(force=True)
        while self.status is Status.PAUSED and not self.steps:
            order = None
            with _reaching_dask(), contextlib.suppress(TimeoutError):
                order = self.orders.get(timeout=SIGN)
            if order is None:
                self._sign()
            else:
                self._obey(order)

    def _look(self, force: bool = False) -> None:
        """Obey the orders that have come. To ask for them takes as long as a batch, so not every batch asks."""
        now = time.perf_counter()
        if force or now - self.looked > LOOK:
            self.looked = now
            for order in self._waiting_orders():
                self._obey(order)

    def _waiting_orders(self) -> Iterator[str]:
        while self.early:
            yield self.early.pop(0)
        with _reaching_dask():
            waiting = self.orders.qsize()
        while waiting:
            with _reaching_dask():
                order = self.orders.get()
            yield order
            with _reaching_dask():
                waiting = self.orders.qsize()

    def _obey(self, order: str) -> None:
        if order == "stop":
            raise _Stopped
        if not self.run.work.can_pause:
            return
        if order == "step":
            if not self.steps:  # the step begins here: a turn may end within it
                self.growing.begin_step()
            self.steps += 1
        pauses = order in ("pause", "step")
        if not pauses:
            self.steps = 0
        status = Status.PAUSED if pauses else Status.RUNNING
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
        state = RunState(self.run, self.status, notes=tuple(self.notes), alive_at=time.time())
        report = pickle.dumps(dataclasses.replace(state, **self.growing.parts()), protocol=5)
        with _reaching_dask():
            self.progress.set(report)

    def _sign(self) -> None:
        if time.perf_counter() - self.signed > SIGN:
            self._save()
            self._mark()

    def _mark(self) -> None:
        """Write the run's status into the store. A run that was deleted meanwhile stops."""
        self.signed = time.perf_counter()
        if not self._stored(lambda: self.store.mark(self.run.id, self.status, self.notes, here())):
            self.deleted = True
            raise _Stopped

    def _save(self) -> None:
        """Save what is not saved yet: in the store, or in the run's folder until the store answers."""
        if not self.growing.unsaved:
            return
        self._stored(lambda: self.growing.save(self.store))
        if self.growing.unsaved:
            self._keep()
        else:
            self.journal.forget()

    def _keep(self) -> None:
        unsaved = self.growing.keep()
        columns = {**unsaved.columns, **rows.of_status(self.status, self.notes)}
        self.journal.keep(dataclasses.replace(unsaved, columns=columns))

    def _stored(self, write: Callable[[], Any]) -> Any:
        """Call `write` and return its result; True if the store is away, which is then not asked again for a while."""
        if time.monotonic() < self.again:
            return True
        start = time.monotonic()
        try:
            result = write()
        except StoreError as problem:
            if not self.away:
                self.notes.append(f"{problem} What is done meanwhile lies in the run's folder until the database is back.")
            self.away = str(problem)
            self.again = time.monotonic() + max(RETRY, 4 * (time.monotonic() - start))
            return True
        self.away, self.again = "", 0.0
        return result

    def _end(self) -> None:
        if not self.deleted:
            self._hand_in()
        with contextlib.suppress(_Cut), _reaching_dask():
            self.progress.set(b"")  # from here on the store has everything
        if self.deleted or self.status is Status.FINISHED:
            shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(_Cut), _reaching_dask():
            self.orders.close()

    def _hand_in(self) -> None:
        """Save how the run ended and everything that is not saved; if the store is away, wait for it. Meanwhile all of that lies in
        the run's folder. It outlives this process there, and whoever opens the run next saves it."""
        away = not self._saved_all()
        if away:
            self._keep()
        with contextlib.suppress(_Cut):
            self._report()
        if not away:
            return
        while self.journal and not self._saved_all():  # another process may have saved it, or deleted the run
            time.sleep(RETRY)
        self.journal.forget()

    def _saved_all(self) -> bool:
        self.again = 0.0
        self._stored(lambda: self.growing.save_all(self.store))
        if not self.away:
            self.deleted = not self._stored(lambda: self.store.mark(self.run.id, self.status, self.notes, here()))
        if self.away:
            return False
        self.journal.forget()
        return True
