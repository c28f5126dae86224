"""Saved runs: what goes in comes out, an interrupted run is found, a newer or broken database is refused in one sentence."""

import dataclasses
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sqlalchemy as sa

from snnviz.datasets import YinYang
from snnviz.heads import Closeness
from snnviz.methods import BPTT, LocalZO, Route, SurrogateModules
from snnviz.neurons import ALIF
from snnviz.runs import rows, schema
from snnviz.runs.fetch import Arrived
from snnviz.runs.journal import Journal, Unsaved
from snnviz.runs.store import Store, StoreError, UnreadableError
from snnviz.runs.sweep import Sweep
from snnviz.runs.values import Access, Curve, Line, Run, RunState, Status
from snnviz.runs.work import KINDS, FetchSet, MeasureDepth, MeasureSpeed, MeasureTimes, Progress, SweepGrowth, SweepWidths, Train
from snnviz.studies.backward_times import Plan, Series, Timing
from snnviz.studies.depth import DepthRecord, DepthStudy, Look
from snnviz.studies.grid import GridPoint, GridRecord
from snnviz.studies.growth import GrowthPoint, GrowthRecord
from snnviz.studies.reference_gradients import DepthErrors, GradientError
from snnviz.studies.speed import Grows, LoopTimes, SpeedPlan, SpeedRecord
from snnviz.studies.widths import WidthPoint, WidthRecord
from snnviz.training import EpochRecord, Seconds, Training

TRAININGS = tuple(Training(YinYang(samples=60), method=m, epochs=3, seed=s) for m in (BPTT(), LocalZO()) for s in (0, 1))


def epoch(number: int, loss: float = 0.5) -> EpochRecord:
    return EpochRecord(
        number,
        3,
        loss,
        0.5,
        loss + 1,
        0.25 * number,
        Seconds(0.1, 0.2, 0.3, 0.4, 0.5),
        (0.1, 0.0),
        (0.2, 0.3),
        (1.0, float("inf"), 3.0),
        np.eye(3, dtype=np.int64),
        None,
        ("layer 2: no spike.",),
        ("a", "b", "c"),
    )


def curve(points: int) -> Curve:
    ramp = np.linspace(0, 3, points, dtype=np.float32)
    return Curve(ramp, ramp, ramp, ramp, *(np.stack([ramp] * 3, 1) for _ in range(3)))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """An empty store, in a file and in a database of a server."""
    in_file = request.param == "sqlite"
    opened = Store(f"sqlite:///{tmp_path / 'a folder' / 'runs.sqlite'}" if in_file else request.getfixturevalue("empty_database")())
    yield opened
    opened.close()


def test_what_goes_in_comes_out(store):
    run, other = Run(Train(TRAININGS, 3), "native", "somebody", "Yin-Yang"), Run(Train(TRAININGS[:1]), owner="else")
    store.begin(run, "here/1")
    store.begin(other)
    spikes = {"layer 1": np.random.default_rng(0).random((13, 9)) < 0.3}
    line = Line(TRAININGS[0], (epoch(1), epoch(2, float("nan"))), curve(7), spikes)
    store.save_line(run.id, 0, line)
    store.save_line(run.id, 0, dataclasses.replace(line, epochs=(*line.epochs, epoch(3)), ended=True))  # only the third is written
    store.save_line(run.id, 1, Line(TRAININGS[1], (epoch(1),), ended=True, problem="It exploded."))
    store.mark(run.id, Status.RUNNING, ["A worker was lost."])

    state = store.open(run.id)
    assert state.run == run and state.status is Status.RUNNING and state.notes == ("A worker was lost.",)
    assert store.place(run.id) == "here/1"
    touching = Run(Train(TRAININGS[1:2], None, touch_active=True), "native")
    store.begin(touching)
    assert store.open(touching.id).run == touching
    store.delete([touching.id])
    first, second = state.lines[:2]
    assert [e.epoch for e in first.epochs] == [1, 2, 3] and np.isnan(first.epochs[1].train_loss)
    assert first.ended and not state.lines[2].epochs and second.problem == "It exploded."
    expected, got = epoch(3), first.epochs[2]
    assert np.array_equal(expected.confusion, got.confusion)
    assert dataclasses.replace(expected, confusion=None).__dict__ == dataclasses.replace(got, confusion=None).__dict__
    for field in dataclasses.fields(Curve):
        assert np.array_equal(getattr(first.curve, field.name), getattr(curve(7), field.name))
    assert np.array_equal(first.spikes["layer 1"], spikes["layer 1"]) and first.spikes["layer 1"].dtype == bool

    rows = store.list()
    assert [(r.run, r.number) for r in rows] == [(other.id, 0)] + [(run.id, i) for i in range(4)]
    mine = store.list(owner="somebody", live=True)
    assert (mine[0].epochs, mine[0].test_accuracy, mine[0].method, mine[0].seed) == (3, 0.75, "BPTT, reset kept", 0)
    assert mine[2].epochs == 0 and np.isnan(mine[2].test_accuracy)

    store.delete([run.id])
    assert store.open(run.id) is None and [r.run for r in store.list()] == [other.id]


def test_a_newer_or_broken_database_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "runs.sqlite"
    store = Store(f"sqlite:///{path}")
    with store._transaction() as database:
        database.execute(store._meta.update(), {"value": "99"})
    store.close()
    with pytest.raises(StoreError, match=r"newer snnviz \(schema 99.*update snnviz"):
        Store(f"sqlite:///{path}")
    path.write_bytes(b"no database at all" * 100)
    for wal in tmp_path.glob("runs.sqlite-*"):
        wal.unlink()
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        Store(f"sqlite:///{path}")
    for url, why in (
        ("nonsense", "no database address"),
        ("sqlite:////proc/nowhere/x.sqlite", "cannot be made"),
        ("oracle+missing://a/b", "No driver"),
    ):
        with pytest.raises(StoreError, match=why):
            Store(url)


def test_a_database_that_goes_away_is_one_sentence_and_comes_back(tmp_path):
    path = tmp_path / "runs.sqlite"
    store, run = Store(f"sqlite:///{path}"), Run(Train(TRAININGS[:1]))
    store.begin(run)
    store.close()
    path.rename(tmp_path / "elsewhere")
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be used"):
        store.open(run.id)
    path.rmdir()
    (tmp_path / "elsewhere").rename(path)
    assert store.open(run.id).run == run
    store.close()


def test_opening_needs_no_dask():
    code = "import sys, snnviz.runs.store as s; s.Store('sqlite://').list(); sys.exit('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_result_of_every_kind_comes_out_as_it_went_in(store):
    """NaN, infinity, None and values in values survive; the latest result replaces the one before."""
    errors = DepthErrors((GradientError(1, "plain", 1.5, 0.25, None, 0.1, float("-inf")),), 4, 8)
    study = DepthStudy(SurrogateModules(after=(1,), route=Route.DETACH), layers=2)
    looked = DepthRecord(study, "native", "Measuring", 0.5, checkpoints=(Look(3, errors, (Closeness(1, 0.1, 0.5, 0.25, 1.0),)),))
    timing = Timing(10, 2, 8, 0.01, {"naive": 1.0, "sparse": 0.1}, {"naive": 2.0, "sparse": 0.2})
    loop = LoopTimes(10, 2, 8, {"native": 1.0}, {"native": 2.0}, 3e6)
    results = {
        "depth": (MeasureDepth(study), looked),
        "growth": (SweepGrowth(), GrowthRecord((GrowthPoint(1, (1.0, float("inf"))), GrowthPoint(0.5, (2.0, 3.0))))),
        "sweep": (
            Sweep(),
            GridRecord((GridPoint(1, 2, (0.5,), (0.1,), (0.2,), (0.3,), (), float("inf"), 0.0, 1.5, "here", "why"),)),
        ),
        "widths": (SweepWidths(), WidthRecord((WidthPoint(1, 0.1, 2, 0.5),))),
        "times": (MeasureTimes(Plan(over_steps=True)), Series("here", "2026-01-01", "batch 2", (timing, timing))),
        "speed": (MeasureSpeed(SpeedPlan(ALIF(), Grows.STEPS)), SpeedRecord("here", "2026-01-01", "ALIF", (loop,), None, 2)),
        "fetch": (FetchSet("SHD", "/data"), Arrived(512, True)),
    }
    assert {Train.kind, *results} == set(KINDS)
    for kind, (work, result) in results.items():
        run = Run(work, "native", "me", work.title)
        store.begin(run)
        assert store.open(run.id) == RunState(run, Status.WAITING, alive_at=store.open(run.id).alive_at)
        store.save_progress(run, Progress(0.25, "first", None, 1.0))
        store.save_progress(run, Progress(0.5, "second", result, 2.5))
        assert store.open(run.id).run == run and store.open(run.id).progress == Progress(0.5, "second", result, 2.5)
        (row,) = store.list(kind=kind)
        assert (row.run, row.kind, row.title, row.share, row.seconds, row.method) == (run.id, kind, work.title, 0.5, 2.5, "")
        assert store.find(work, "native") == [(run.id, Status.WAITING)] and store.find(work, "cuda") == []
    assert store.find(MeasureTimes(), "native") == [] and store.find(FetchSet("SHD", "/other"), "native") == []
    store.delete([row.run for row in store.list(owner="me")])
    assert store.list() == []


def test_the_migrations_end_at_the_tables_of_this_version(store):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, schema.tables())
    assert [d for d in differences if getattr(d[-1], "name", "") != "alembic_version"] == []


def test_a_database_of_the_first_schema_becomes_one_of_this_or_stays(store, monkeypatch):
    """What version 0.1.0 left is migrated by one of several that open it at once; a failure changes nothing."""
    run = Run(Train(TRAININGS[:1]), "native", "me")
    store.begin(run)
    store.save_line(run.id, 0, Line(TRAININGS[0], (epoch(1),)))
    before = store.open(run.id)
    with store._transaction() as database:
        sql = database.exec_driver_sql
        for table in ("alembic_version", "words", "weights", *schema.CLASS_TABLES):
            sql(f"DROP TABLE {table}")
        sql("DROP INDEX ix_runs_kind")
        for column in ("shared", "kind", "work", "share", "doing", "seconds", "result"):
            sql(f"ALTER TABLE runs DROP COLUMN {column}")
        database.execute(store._meta.update(), {"value": "1"})
    url = store._engine.url.render_as_string(hide_password=False)

    def columns() -> set[str]:
        with store._engine.connect() as connection:
            return {c["name"] for c in sa.inspect(connection).get_columns("runs")}

    with monkeypatch.context() as broken:
        broken.setattr("alembic.operations.Operations.create_index", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Store(url)
    assert "kind" not in columns()
    with ThreadPoolExecutor(3) as pool:
        opened = list(pool.map(Store, [url] * 3))
    for other in opened:
        after = other.open(run.id)
        assert repr(after) == repr(before) and after.run == before.run and {"kind", "shared"} <= columns()
        assert other.access(run.id) == Access("me", True), "everybody saw it before"
        other.close()


def test_a_server_that_accepts_and_never_answers_is_one_sentence():
    """And so is one that falls silent while it is asked; whoever asks next does not wait."""
    pytest.importorskip("psycopg")
    with socket.socket() as peer:
        peer.bind(("127.0.0.1", 0))
        peer.listen(64)
        start = time.perf_counter()
        with pytest.raises(StoreError, match=r"cannot be used|does not answer") as error:
            Store(f"postgresql+psycopg://me:secret@127.0.0.1:{peer.getsockname()[1]}/x")
        assert time.perf_counter() - start < 10 and "secret" not in str(error.value)


def test_a_server_that_falls_silent_is_one_sentence(store, monkeypatch):
    monkeypatch.setattr("snnviz.runs.database.PATIENCE", 0.5)
    store._in_file, begin = False, store._transaction
    with monkeypatch.context() as silence:
        silence.setattr(store, "_transaction", lambda: time.sleep(3))
        for most in (2, 0.4):  # the second one does not wait
            start = time.perf_counter()
            with pytest.raises(StoreError, match=r"does not answer within 0\.5 s"):
                store.list()
            assert time.perf_counter() - start < most
    store._quiet = 0.0
    assert store._transaction == begin and store.list() == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg:/me:s3cret@host/name",
        "me:s3cret@host/name",
        "postgresql://me:pa@s3cret/name@host/name",
        "postgresql://me:s3cret:x@host:port/name",
        "oracle+missing://me:s3cret@host/name",
        "sqlite:////proc/nowhere/x.sqlite?password=s3cret",
        "oracle+missing://me@host/name?sslpassword=s3cret",
    ],
)
def test_no_message_shows_the_password_of_an_address(url):
    with pytest.raises(StoreError) as refused:
        Store(url)
    assert "s3cret" not in str(refused.value)


def test_what_a_driver_says_is_shown_without_the_password(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    store._secrets = ["s3cret", "s3cret&more"]
    problem = sqlite3.OperationalError("cannot connect with s3cret&more or s3cret")
    shown = str(store._unusable(sa.exc.OperationalError("SELECT 1", None, problem)))
    assert "s3cret" not in shown and "***" in shown
    store.close()


def test_a_run_that_cannot_be_read_is_listed_as_that_and_hides_no_other(store):
    """Of an unknown status, of an unknown kind, with a field that was renamed: each by itself."""
    good, status, kind, field = (Run(Train(TRAININGS[:1]), "native", "me", title) for title in ("good", "status", "kind", "field"))
    for run in (good, status, kind, field):
        store.begin(run)
    with store._transaction() as database:
        runs, lines = store._runs, store._lines
        database.execute(runs.update().where(runs.c.id == status.id), {"status": "sleeping"})
        database.execute(runs.update().where(runs.c.id == kind.id), {"kind": "dream"})
        renamed = TRAININGS[0].to_toml().replace("epochs", "epoques")
        database.execute(lines.update().where(lines.c.run == field.id), {"settings": renamed})
    listed = {s.title: s for s in store.list()}
    assert listed.keys() == {"good", "status", "kind", "field"} and listed["good"].status is Status.WAITING
    assert listed["status"].status is listed["kind"].status is Status.UNREADABLE
    assert "sleeping" in listed["status"].problem and "dream" in listed["kind"].problem
    for run, why in ((status, "sleeping"), (kind, "dream"), (field, "epoques")):
        with pytest.raises(UnreadableError, match=f"The saved run {run.title} cannot be read: .*{why}"):
            store.open(run.id)
    assert store.open(good.id).run == good
    store.delete([status.id, kind.id, field.id])
    assert [s.run for s in store.list()] == [good.id]


def test_what_is_computed_while_a_journal_is_handed_in_stays_in_it(store, tmp_path, monkeypatch):
    """The second epoch is kept by the worker while another process saves the first one, and before it empties the journal."""
    run, journal = Run(Train(TRAININGS[:1])), Journal(tmp_path / "run")
    store.begin(run)
    first, second = (Unsaved((rows.of_epoch(run.id, 0, epoch(number)),)) for number in (1, 2))
    journal.keep(first)
    late, save = threading.Thread(target=journal.keep, args=(second,)), store._take

    def slow(*arguments) -> None:
        save(*arguments)
        late.start()
        late.join(0.3)

    monkeypatch.setattr(store, "_take", slow)
    assert store.take(run.id, journal)
    late.join(10)
    assert [row["epoch"] for row in journal.read().epochs] == [2]
    monkeypatch.setattr(store, "_take", save)
    assert store.take(run.id, journal) and not journal
    assert [e.epoch for e in store.open(run.id).lines[0].epochs] == [1, 2]
