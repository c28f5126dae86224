"""Saved runs: in an SQLite file by default, in any database SQLAlchemy speaks to by its URL (`SNNVIZ_STORE`).

A run is one comparison: several trainings side by side, a `Line` each. What a running job knows and what the database
keeps are the same values, so a page draws both alike. Every finished epoch is a row of its own, written as it ends.
"""

import dataclasses
import functools
import io
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from snnviz.places import home
from snnviz.runs.values import Curve, Line, Run, RunState, Status, Summary
from snnviz.training import EpochRecord, Seconds, Training

SCHEMA = 1


class StoreError(ValueError):
    """The database cannot be used, said in one sentence."""


def default_url() -> str:
    """SNNVIZ_STORE if set, else an SQLite file in `home()`."""
    return os.environ.get("SNNVIZ_STORE") or f"sqlite:///{(home() / 'runs.sqlite').as_posix()}"


@functools.lru_cache(maxsize=8)
def at(url: str) -> "Store":
    """The store at an address, opened once for this process. A store that could not be opened is tried again."""
    return Store(url)


def default() -> "Store":
    """The store this machine is set up to use."""
    return at(default_url())


class Store:
    """The database of saved runs.

    Raises:
        StoreError: from every method, where the database is away, no database of ours, or written by a newer version.
    """

    def __init__(self, url: str):
        import sqlalchemy as sa

        self._sa = sa
        try:
            address = sa.make_url(url)
        except (sa.exc.ArgumentError, ValueError):
            raise StoreError(
                f"SNNVIZ_STORE = {url!r} is no database address; write one like sqlite:////home/me/runs.sqlite "
                "or postgresql+psycopg://user@host/name."
            ) from None
        self.name = address.render_as_string(hide_password=True)
        if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
            try:
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as problem:
                raise StoreError(f"The folder of saved runs {Path(address.database).parent} cannot be made: {problem}.") from None
        try:
            self._engine = sa.create_engine(address, pool_pre_ping=True)
        except (ImportError, sa.exc.NoSuchModuleError) as problem:
            raise StoreError(f"No driver for {self.name} is installed here: {problem}.") from None
        if address.get_backend_name() == "sqlite":
            sa.event.listen(self._engine, "connect", _quick)
        self._tables()
        with self._transaction() as database:
            self._prepare(database)

    def _tables(self) -> None:
        sa = self._sa
        known = sa.MetaData()
        text, number, whole = sa.Text, sa.Double, sa.Integer
        of_run = [sa.Column("run", sa.String(32), primary_key=True), sa.Column("line", whole, primary_key=True)]
        self._meta = sa.Table("snnviz", known, sa.Column("name", sa.String(32), primary_key=True), sa.Column("value", text))
        self._runs = sa.Table(
            "runs",
            known,
            sa.Column("id", sa.String(32), primary_key=True),
            sa.Column("title", text),
            sa.Column("owner", text),
            sa.Column("status", sa.String(16)),
            sa.Column("created", number, index=True),
            sa.Column("seen", number),
            sa.Column("place", text),
            sa.Column("backend", text),
            sa.Column("sample", whole),
            sa.Column("notes", text),
        )
        self._lines = sa.Table(
            "lines",
            known,
            *of_run,
            sa.Column("settings", text),
            sa.Column("dataset", text),
            sa.Column("method", text),
            sa.Column("seed", whole),
            sa.Column("asked", whole),
            sa.Column("ended", sa.Boolean),
            sa.Column("problem", text),
            sa.Column("curve", sa.LargeBinary),
            sa.Column("spikes", sa.LargeBinary),
        )
        self._epochs = sa.Table(
            "epochs",
            known,
            *map(_again, of_run),
            sa.Column("epoch", whole, primary_key=True),
            *(sa.Column(name, number) for name in _NUMBERS),
            sa.Column("rest", text),
        )
        self._known = known

    def _prepare(self, database: Any) -> None:
        """Make the tables where there are none; refuse what a newer version wrote."""
        sa = self._sa
        if not sa.inspect(database).has_table("snnviz"):
            self._known.create_all(database)
            database.execute(self._meta.insert(), {"name": "schema", "value": str(SCHEMA)})
            return
        found = database.scalar(sa.select(self._meta.c.value).where(self._meta.c.name == "schema"))
        if int(found or 0) > SCHEMA:
            raise StoreError(
                f"{self.name} was written by a newer snnviz (schema {found}; this one knows {SCHEMA}); "
                "update snnviz, or name another database in SNNVIZ_STORE."
            )

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        try:
            with self._engine.begin() as database:
                yield database
        except self._sa.exc.DatabaseError as problem:
            told = str(problem.orig or problem).strip().splitlines()[0].rstrip(".")
            raise StoreError(f"The database of saved runs, {self.name}, cannot be used: {told}.") from problem

    def begin(self, run: Run, place: str = "") -> None:
        """Note that a run was asked for."""
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
                    "sample": run.sample,
                    "notes": "[]",
                },
            )
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

    def keep(self, run: str, number: int, line: Line) -> None:
        """Keep one training as far as it has come: the epochs not yet here, its curve and its sample."""
        t = self._epochs.c
        with self._transaction() as database:
            there = database.scalar(self._sa.select(self._sa.func.max(t.epoch)).where(t.run == run, t.line == number))
            fresh = [_row(run, number, e) for e in line.epochs if there is None or e.epoch > there]
            if fresh:
                database.execute(self._epochs.insert(), fresh)
            c = self._lines.c
            database.execute(
                self._lines.update().where(c.run == run, c.line == number),
                {
                    "ended": line.ended,
                    "problem": line.problem,
                    "curve": _packed(dataclasses.asdict(line.curve)),
                    "spikes": _packed(
                        {k: np.packbits(v.astype(bool), axis=0) for k, v in line.spikes.items()}
                        | {f"{k}|steps": np.array(len(v)) for k, v in line.spikes.items()}
                    ),
                },
            )

    def mark(self, run: str, status: Status, notes: Sequence[str] = (), place: str | None = None) -> None:
        """Note where a run stands, and that it is alive."""
        values = {"status": status.value, "seen": time.time(), "notes": json.dumps(list(notes))}
        with self._transaction() as database:
            values |= {} if place is None else {"place": place}
            database.execute(self._runs.update().where(self._runs.c.id == run), values)

    def place(self, run: str) -> str:
        """Where a run was last worked on."""
        with self._transaction() as database:
            return database.scalar(self._sa.select(self._runs.c.place).where(self._runs.c.id == run)) or ""

    def open(self, run: str) -> RunState | None:
        """A saved run with all that is known of it; None where there is no such run."""
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
        made = []
        for line in lines:
            training = Training.from_toml(line["settings"], f"the saved run {run}")
            steps = _unpacked(line["spikes"])
            spikes = {
                k: np.unpackbits(v, axis=0, count=int(steps[f"{k}|steps"])).astype(bool)
                for k, v in steps.items()
                if not k.endswith("|steps")
            }
            curve = _unpacked(line["curve"])
            made.append(
                Line(
                    training,
                    tuple(_epoch(e) for e in epochs if e["line"] == line["line"]),
                    Curve(**curve) if curve else Curve.empty(),
                    spikes,
                    (),
                    bool(line["ended"]),
                    line["problem"],
                )
            )
        asked = Run(
            tuple(m.training for m in made), row["backend"], row["sample"], row["owner"], row["title"], row["id"], row["created"]
        )
        return RunState(asked, Status(row["status"]), tuple(made), tuple(json.loads(row["notes"])), row["seen"])

    def list(self, owner: str | None = None, live: bool = False) -> list[Summary]:
        """Every training of every saved run, the latest run first; `owner`: of one visitor; `live`: not ended only."""
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
        wanted = (
            sa.select(
                r.id,
                r.title,
                r.owner,
                r.status,
                r.created,
                r.backend,
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
            .join(self._lines, n.run == r.id)
            .outerjoin(last, (last.c.run == r.id) & (last.c.line == n.line))
            .outerjoin(self._epochs, (t.run == r.id) & (t.line == n.line) & (t.epoch == last.c.epoch))
            .order_by(r.created.desc(), n.line)
        )
        if owner is not None:
            wanted = wanted.where(r.owner == owner)
        if live:
            wanted = wanted.where(r.status.in_([s.value for s in Status if s.live]))
        with self._transaction() as database:
            rows = database.execute(wanted).mappings().all()
        nan = float("nan")
        return [
            Summary(
                row["id"],
                row["line"],
                row["title"],
                Status(row["status"]),
                row["created"],
                row["dataset"],
                row["method"],
                row["seed"],
                row["backend"],
                row["epochs"] or 0,
                row["asked"],
                nan if row["train_loss"] is None else row["train_loss"],
                nan if row["test_accuracy"] is None else row["test_accuracy"],
                row["seconds"] or 0.0,
                row["owner"],
            )
            for row in rows
        ]

    def delete(self, runs: Sequence[str]) -> None:
        """Forget runs for good."""
        with self._transaction() as database:
            self._remove(database, runs)

    def close(self) -> None:
        self._engine.dispose()

    def _remove(self, database: Any, runs: Sequence[str]) -> None:
        for column in (self._epochs.c.run, self._lines.c.run, self._runs.c.id):
            database.execute(column.table.delete().where(column.in_(list(runs))))


_NUMBERS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds")
_LAYERS = ("rates", "active", "norms")


def _again(column: Any) -> Any:
    """A column of the same kind for another table."""
    import sqlalchemy as sa

    return sa.Column(column.name, column.type, primary_key=column.primary_key)


def _quick(connection: Any, _: Any) -> None:
    """SQLite for one writer and many readers: nobody waits for a reader, and a commit does not wait for the disk's platter."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 10000")


def _row(run: str, number: int, epoch: EpochRecord) -> dict[str, Any]:
    rest = {name: _listed(getattr(epoch, name)) for name in (*_LAYERS, "confusion", "classes", "problems", "epochs")}
    rest["seconds"] = list(dataclasses.astuple(epoch.seconds))
    # A loss that is not finite has no place in some databases' numbers; it stands in the text instead.
    numbers = {name: float(getattr(epoch, name)) for name in _NUMBERS[:-1]} | {"seconds": epoch.seconds.total}
    rest |= {name: repr(value) for name, value in numbers.items() if not np.isfinite(value)}
    return {"run": run, "line": number, "epoch": epoch.epoch, "rest": json.dumps(rest)} | {
        name: value if np.isfinite(value) else None for name, value in numbers.items()
    }


def _epoch(row: Any) -> EpochRecord:
    rest = json.loads(row["rest"])
    numbers = {name: float(rest[name]) if row[name] is None else row[name] for name in _NUMBERS[:-1]}
    layers = {name: tuple(rest[name]) for name in _LAYERS}
    confusion = None if rest["confusion"] is None else np.array(rest["confusion"], np.int64)
    return EpochRecord(
        epoch=row["epoch"],
        epochs=rest["epochs"],
        **numbers,
        **layers,
        confusion=confusion,
        sample=None,
        seconds=Seconds(*rest["seconds"]),
        problems=tuple(rest["problems"]),
        classes=tuple(rest.get("classes", ())),
    )


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [_listed(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _unpacked(data: bytes) -> dict[str, np.ndarray]:
    if not data:
        return {}
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
