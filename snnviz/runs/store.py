"""Saved runs: in an SQLite file by default, in any database SQLAlchemy speaks to by its URL (`SNNVIZ_STORE`).

A run of trainings is a comparison: several side by side, a `Line` each. Every finished epoch is a row, written as soon as it ends.
A run of any other kind has one result, as JSON; a longer one replaces it as the work goes on. What a worker sends while it works
and what the database has are the same values, so a page draws both alike.
"""

import functools
import os
import time
from collections.abc import Sequence
from typing import Any

from snnviz.places import home
from snnviz.runs import rows
from snnviz.runs.database import Database, limited
from snnviz.runs.database import StoreAway as StoreAway
from snnviz.runs.database import StoreError as StoreError
from snnviz.runs.journal import Journal, Unsaved, last_of_each
from snnviz.runs.values import Access, Line, Run, RunState, Status, Summary
from snnviz.runs.work import Progress, Train, Work

ALL_SHARED = "all_shared"  # in the table of the store's settings: everybody may look at every run


class UnreadableError(ValueError):
    """This version cannot read a saved run; the message is one sentence."""


def default_url() -> str:
    """SNNVIZ_STORE if set, else an SQLite file in `home()`."""
    return os.environ.get("SNNVIZ_STORE") or f"sqlite:///{(home() / 'runs.sqlite').as_posix()}"


@functools.lru_cache(maxsize=8)
def at(url: str) -> "Store":
    """The store at an address, opened once for this process. One that could not be opened is tried again at the next call."""
    return Store(url)


def default() -> "Store":
    """The store that the settings of this machine name."""
    return at(default_url())


class Store(Database):
    """The database of saved runs.

    Raises:
        StoreError: from every method, if the database is away, is no database of snnviz, or was written by a newer version.
    """

    @limited
    def begin(self, run: Run, place: str = "") -> None:
        """Add a run that waits for a worker; `place` is the process that asked for it."""
        work = run.work
        with self._transaction() as database:
            self._remove(database, [run.id])
            database.execute(
                self._runs.insert(),
                {
                    "id": run.id,
                    "title": run.title,
                    "owner": run.owner,
                    "status": Status.WAITING.value,
                    "created": run.created,
                    "seen": time.time(),
                    "place": place,
                    "backend": run.backend,
                    "sample": work.sample if isinstance(work, Train) else None,
                    "notes": "[]",
                    "kind": run.kind,
                    "work": rows.work_column(work),
                    "share": 0.0,
                    "doing": "",
                    "seconds": 0.0,
                    "result": b"",
                    "shared": False,
                },
            )
            if not run.trainings:
                return
            database.execute(
                self._lines.insert(),
                [
                    {
                        "run": run.id,
                        "line": i,
                        "settings": t.to_toml(),
                        "dataset": t.dataset.title,
                        "method": t.method.label,
                        "seed": t.seed,
                        "asked": t.epochs,
                        "ended": False,
                        "problem": "",
                        "curve": b"",
                        "spikes": b"",
                    }
                    for i, t in enumerate(run.trainings)
                ],
            )

    @limited
    def save_line(self, run: str, number: int, line: Line) -> None:
        """Save what a training has so far: the epochs that the database has not, its curve and its sample."""
        t = self._epochs.c
        with self._transaction() as database:
            last = database.scalar(self._sa.select(self._sa.func.max(t.epoch)).where(t.run == run, t.line == number))
            fresh = [rows.of_epoch(run, number, e) for e in line.epochs if last is None or e.epoch > last]
            if fresh:
                database.execute(self._epochs.insert(), fresh)
            c = self._lines.c
            database.execute(
                self._lines.update().where(c.run == run, c.line == number),
                rows.of_line(line),
            )

    @limited
    def save_progress(self, run: Run, progress: Progress) -> None:
        """Save how far a run of any other kind than training has come; its result replaces the one before."""
        with self._transaction() as database:
            database.execute(self._runs.update().where(self._runs.c.id == run.id), rows.of_progress(run.work, progress))

    @limited
    def mark(self, run: str, status: Status, notes: Sequence[str] = (), place: str | None = None) -> bool:
        """Save a run's status, its notes and that it is alive now. False: there is no such run (any more)."""
        values = rows.of_status(status, notes) | ({} if place is None else {"place": place})
        with self._transaction() as database:
            return database.execute(self._runs.update().where(self._runs.c.id == run), values).rowcount > 0

    @limited
    def stop_waiting(self, run: str) -> bool:
        """Mark a run as stopped that waits and that no worker has begun. False: it does not wait."""
        r = self._runs.c
        waiting = self._runs.update().where(r.id == run, r.status == Status.WAITING.value)
        with self._transaction() as database:
            return database.execute(waiting, {"status": Status.STOPPED.value, "seen": time.time()}).rowcount > 0

    @limited
    def take(self, run: str, journal: Journal) -> bool:
        """Save what a run's journal holds, and empty the journal. Epochs that the database has already stay as they are. False: the
        journal was empty."""
        if not journal:
            return False
        with journal.held():
            self._take(run, journal.read())
            journal.forget()
        return True

    def _take(self, run: str, unsaved: Unsaved) -> None:
        t, c = self._epochs.c, self._lines.c
        with self._transaction() as database:
            if database.scalar(self._sa.select(self._runs.c.id).where(self._runs.c.id == run)) is None:
                return  # deleted meanwhile
            saved = set(map(tuple, database.execute(self._sa.select(t.line, t.epoch).where(t.run == run))))
            fresh = [row for row in last_of_each(unsaved.epochs) if (row["line"], row["epoch"]) not in saved]
            if fresh:
                database.execute(self._epochs.insert(), fresh)
            for number, values in unsaved.lines.items():
                database.execute(self._lines.update().where(c.run == run, c.line == number), values)
            if unsaved.columns:
                database.execute(self._runs.update().where(self._runs.c.id == run), unsaved.columns)

    @limited
    def has(self, run: str) -> bool:
        """Whether there is such a run."""
        with self._transaction() as database:
            return database.scalar(self._sa.select(self._runs.c.id).where(self._runs.c.id == run)) is not None

    @limited
    def access(self, run: str) -> Access | None:
        """Who asked for a run and whether it is shared, even if this version cannot read the run. None: there is no such run."""
        r = self._runs.c
        with self._transaction() as database:
            row = database.execute(self._sa.select(r.owner, r.shared).where(r.id == run)).first()
        return None if row is None else Access(row.owner or "", bool(row.shared))

    @limited
    def share(self, run: str, shared: bool) -> None:
        """Let everybody who opens the app look at a run, or its owner alone."""
        with self._transaction() as database:
            database.execute(self._runs.update().where(self._runs.c.id == run), {"shared": shared})

    @limited
    def all_shared(self) -> bool:
        """Whether everybody may look at every run, shared or not."""
        with self._transaction() as database:
            return self._all_shared(database)

    def _all_shared(self, database: Any) -> bool:
        m = self._meta.c
        return database.scalar(self._sa.select(m.value).where(m.name == ALL_SHARED)) == "yes"

    @limited
    def share_all(self, shared: bool) -> None:
        """Let everybody look at every run, or only at those that are shared."""
        with self._transaction() as database:
            database.execute(self._meta.delete().where(self._meta.c.name == ALL_SHARED))
            if shared:
                database.execute(self._meta.insert(), {"name": ALL_SHARED, "value": "yes"})

    @limited
    def place(self, run: str) -> str:
        """The process that last worked on a run, or asked for it (`process.here`); "" where the store does not know."""
        with self._transaction() as database:
            return database.scalar(self._sa.select(self._runs.c.place).where(self._runs.c.id == run)) or ""

    @limited
    def open(self, run: str) -> RunState | None:
        """A saved run with all that was saved of it. None: there is no such run.

        Raises:
            UnreadableError: this version cannot read it.
        """
        sa = self._sa
        with self._transaction() as database:
            row = database.execute(sa.select(self._runs).where(self._runs.c.id == run)).mappings().first()
            if row is None:
                return None
            n = self._lines.c
            lines = database.execute(sa.select(self._lines).where(n.run == run).order_by(n.line)).mappings().all()
            t = self._epochs.c
            of_run = sa.select(self._epochs).where(t.run == run).order_by(t.line, t.epoch)
            epochs = database.execute(of_run).mappings().all()
        epochs_of = {line["line"]: [e for e in epochs if e["line"] == line["line"]] for line in lines}
        try:
            return rows.state(row, tuple(rows.line(line, epochs_of[line["line"]]) for line in lines))
        except (ValueError, TypeError, KeyError, OSError) as problem:
            raise UnreadableError(f"The saved run {row['title'] or run} cannot be read: {problem}") from None

    @limited
    def find(self, work: Work, backend: str) -> list[tuple[str, Status]]:
        """(id, status) of the runs of the same work on the same backend, whoever asked, the latest first. Not of trainings."""
        r = self._runs.c
        query = self._sa.select(r.id, r.status).where(r.kind == work.kind, r.work == work.to_toml(), r.backend == backend)
        with self._transaction() as database:
            matches = database.execute(query.order_by(r.created.desc())).all()
        statuses = {s.value: s for s in Status}
        return [(row.id, statuses[row.status]) for row in matches if row.status in statuses]

    @limited
    def list(
        self, owner: str | None = None, live: bool = False, kind: str | None = None, seen_by: str | None = None
    ) -> list[Summary]:
        """A summary of every training of every saved run, and of every run of another kind; the latest run first.

        owner: only the runs of this visitor; live: only those that have not ended; kind: only those of this kind of work; seen_by:
        only those that this visitor may look at, their own and shared ones.
        """
        sa, r, n, t = self._sa, self._runs.c, self._lines.c, self._epochs.c
        last = (
            sa.select(
                t.run,
                t.line,
                sa.func.max(t.epoch).label("epoch"),
                sa.func.sum(t.seconds).label("seconds"),
                sa.func.count().label("epochs"),
            )
            .group_by(t.run, t.line)
            .subquery()
        )
        query = (
            sa.select(
                r.id,
                r.title,
                r.owner,
                r.status,
                r.created,
                r.backend,
                r.kind,
                r.share,
                r.seconds.label("run_seconds"),
                r.shared,
                n.line,
                n.dataset,
                n.method,
                n.seed,
                n.asked,
                last.c.epochs,
                last.c.seconds,
                t.train_loss,
                t.test_accuracy,
            )
            .outerjoin(self._lines, n.run == r.id)
            .outerjoin(last, (last.c.run == r.id) & (last.c.line == n.line))
            .outerjoin(self._epochs, (t.run == r.id) & (t.line == n.line) & (t.epoch == last.c.epoch))
            .order_by(r.created.desc(), n.line)
        )
        if owner is not None:
            query = query.where(r.owner == owner)
        if live:
            query = query.where(r.status.in_([s.value for s in Status if s.live]))
        if kind is not None:
            query = query.where(r.kind == kind)
        with self._transaction() as database:
            if seen_by is not None and not self._all_shared(database):
                query = query.where((r.owner == seen_by) | r.shared)
            listed = database.execute(query).mappings().all()
        return [rows.summary(row) for row in listed]

    @limited
    def tested(self, runs: Sequence[str]) -> dict[str, tuple[float, ...]]:
        """The test accuracy after each epoch of the first training of each of these runs, in one query; NaN where there is none."""
        t = self._epochs.c
        query = self._sa.select(t.run, t.test_accuracy).where(t.run.in_(list(runs)), t.line == 0).order_by(t.run, t.epoch)
        accuracies: dict[str, tuple[float, ...]] = {}
        with self._transaction() as database:
            for run, accuracy in database.execute(query):
                accuracies[run] = (*accuracies.get(run, ()), float("nan") if accuracy is None else accuracy)
        return accuracies

    @limited
    def delete(self, runs: Sequence[str]) -> None:
        """Delete runs for good."""
        with self._transaction() as database:
            self._remove(database, runs)

    def _remove(self, database: Any, runs: Sequence[str]) -> None:
        aside = (self.tables[name].c.run for name in ("words", "weights"))
        for column in (*aside, self._epochs.c.run, self._lines.c.run, self._runs.c.id):
            database.execute(column.table.delete().where(column.in_(list(runs))))
