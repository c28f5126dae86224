"""Saved runs written by version 0.1.0: later versions open that database and show what 0.1.0 showed.

`tests/recorded/store_0_1_0.sqlite` is a database of saved runs with three runs: one that finished, with two methods and two
seeds; one that was stopped after its first of five epochs; one with notes, a training that ended early, and losses that are
not finite. `tests/recorded/store_0_1_0.json` says what they hold. The test opens a copy.

`python -m tests.test_recorded_store --record` makes both files anew with the code as it is now. That is no longer a database
of version 0.1.0: record under another name when the database changes, and keep this file.
"""

import argparse
import dataclasses
import hashlib
import json
import math
import pathlib
import shutil
import sqlite3
import unittest.mock
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.methods import BPTT, LocalZO, Slayer, SurrogateModules
from snnviz.neurons import ALIF, LIF, Reset
from snnviz.optimisers import SGD, Adam, Cosine
from snnviz.runs.migrations.versions import r0001_trainings
from snnviz.runs.store import Store
from snnviz.runs.values import Access, Curve, Line, Run, Status
from snnviz.runs.work import Train
from snnviz.studies.growth import GrowthPoint, GrowthRecord
from snnviz.training import BatchRecord, EpochRecord, Seconds, Training, train

FOLDER = pathlib.Path(__file__).parent / "recorded"
DATABASE, SHOWN = FOLDER / "store_0_1_0.sqlite", FOLDER / "store_0_1_0.json"
SEEN = 1_750_000_000.0  # seconds since 1970
OWNER = "0123456789abcdef"

DATA = YinYang(samples=60, steps=90)
FINISHED = tuple(
    Training(DATA, FeedForward(layers=2, width=8, first_gain=4.0), method=method, epochs=2, batch=16, seed=seed)
    for method in (BPTT(), LocalZO(delta=0.3, draws=2))
    for seed in (0, 1)
)
STOPPED = Training(
    DATA, FeedForward(layers=1, width=6, first_gain=4.0), ALIF(reset_mode=Reset.ZERO), Slayer(scale=0.5), epochs=5, batch=24,
    optimiser=SGD(0.02, momentum=0.5), schedule=Cosine(0.1, 0.05), clip=2.0,
)  # fmt: skip
NOTED = tuple(
    Training(
        DATA, FeedForward(layers=2, width=6, first_gain=4.0), LIF(v_min=-1.0), method, epochs=1, batch=48, optimiser=Adam(1e-3)
    )
    for method in (BPTT(), SurrogateModules(after=(1,), width=4))
)
NOTES = ("A worker was lost; the run went on from the beginning.", "The database was away; what was done is saved now.")
PROBLEM = "Surrogate modules ended early: the membrane left the range of numbers."


def trained(training: Training, epochs: int) -> Line:
    """A training as far as so many epochs, with seconds that do not depend on the machine."""
    records, seconds, points, spikes, clock = [], Seconds(0.001, 0.004, 0.005, 0.002), [], {}, 0.0
    for record in train(training, "native", record_sample=0):
        if isinstance(record, BatchRecord):
            clock += seconds.total
            active = record.active or (float("nan"),) * len(record.rates)
            at = record.epoch - 1 + record.batch / record.batches
            points.append([at, record.loss, record.accuracy, clock, *record.rates, *active, *record.norms])
        if isinstance(record, EpochRecord):
            spikes = {layer.name: layer.spikes[:, 0] > 0 for layer in record.sample if layer.spikes is not None}
            spent = Seconds(0.003, 0.012, 0.015, 0.006, 0.002)
            records.append(dataclasses.replace(record, sample=None, seconds=spent))
            if record.epoch == epochs:
                break
    a, hidden = np.array(points, np.float32), training.architecture.layers
    curve = Curve(*a[:, :4].T, a[:, 4 : 4 + hidden], a[:, 4 + hidden : 4 + 2 * hidden], a[:, 4 + 2 * hidden :])
    return Line(training, tuple(records), curve, spikes, ended=epochs == training.epochs)


def fill(store: Store) -> None:
    """The three runs, as a job writes them: begun, kept epoch by epoch, marked."""
    runs = [
        Run(Train(FINISHED, 0), "native", OWNER, "Yin-Yang", "00000000000000a1", SEEN - 3000.0),
        Run(Train((STOPPED,), 2), "native", OWNER, "Yin-Yang", "00000000000000b2", SEEN - 2000.0),
        Run(Train(NOTED, None), "reference", "fedcba9876543210", "Two losses and a failure", "00000000000000c3", SEEN - 1000.0),
    ]
    for run in runs:
        store.begin(run, "somewhere/1")
    for number, training in enumerate(FINISHED):
        line = trained(training, 2)
        store.save_line(runs[0].id, number, dataclasses.replace(line, epochs=line.epochs[:1], ended=False))
        store.save_line(runs[0].id, number, line)
    store.mark(runs[0].id, Status.FINISHED)
    store.save_line(runs[1].id, 0, trained(STOPPED, 1))
    store.mark(runs[1].id, Status.STOPPED)
    line = trained(NOTED[0], 1)
    last = dataclasses.replace(line.epochs[-1], train_loss=math.inf, test_loss=math.nan, problems=("layer 1: no spike.",))
    store.save_line(runs[2].id, 0, dataclasses.replace(line, epochs=(last,)))
    store.save_line(runs[2].id, 1, Line(NOTED[1], ended=True, problem=PROBLEM))
    store.mark(runs[2].id, Status.FINISHED, NOTES)


def plain(value: Any) -> Any:
    """A value as JSON holds it and as it can be compared: arrays as lists, numbers that are not finite as words."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def shown(store: Store) -> dict[str, Any]:
    """What the database holds: the rows of the list of runs, and each run with its lines."""
    rows = [
        [s.run, s.number, s.title, s.status.value, s.created, s.dataset, s.method, s.seed, s.backend, s.epochs, s.planned,
         plain(s.train_loss), plain(s.test_accuracy), s.seconds, s.owner]
        for s in store.list()
    ]  # fmt: skip
    return {"rows": rows, "runs": {run: of_run(store.open(run)) for run in dict.fromkeys(row[0] for row in rows)}}


def of_run(state: Any) -> dict[str, Any]:
    run = state.run
    return {
        "title": run.title, "status": state.status.value, "backend": run.backend, "sample": run.work.sample, "owner": run.owner,
        "created": run.created, "seen": state.alive_at, "notes": list(state.notes), "labels": list(run.labels),
        "share": state.share,
        "lines": [of_line(line) for line in state.lines],
    }  # fmt: skip


def of_line(line: Any) -> dict[str, Any]:
    curve = {name: getattr(line.curve, name) for name in ("at", "loss", "accuracy", "seconds", "rates", "active", "norms")}
    return {
        "settings": repr(line.training),
        "dataset": line.training.dataset.title,
        "method": line.training.method.label,
        "ended": line.ended,
        "problem": line.problem,
        "problems": list(line.problems),
        "accuracy": plain(line.accuracy),
        "seconds": line.seconds.total,
        "epochs": [of_epoch(e) for e in line.epochs],
        "curve": {name: {"shape": list(a.shape), "dtype": str(a.dtype), "values": plain(a)} for name, a in curve.items()},
        "spikes": {
            name: {"shape": list(a.shape), "number": int(a.sum()), "sha256": hashlib.sha256(a.tobytes()).hexdigest()}
            for name, a in line.spikes.items()
        },
    }


def of_epoch(epoch: Any) -> dict[str, Any]:
    numbers = ("epoch", "epochs", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "rates", "active", "norms",
               "confusion", "problems", "classes")  # fmt: skip
    return {name: plain(getattr(epoch, name)) for name in numbers} | {"seconds": list(dataclasses.astuple(epoch.seconds))}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """The database of version 0.1.0, opened by this one: the file, and its rows in PostgreSQL's tables of that version."""
    copy = tmp_path / "runs.sqlite"
    shutil.copyfile(DATABASE, copy)
    url = f"sqlite:///{copy}"
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_database")()
        move(f"sqlite:///{copy}", url)
    opened = Store(url)
    yield opened
    opened.close()


def move(source: str, target: str) -> None:
    """All rows of a database of the first schema into an empty one."""
    engines = sa.create_engine(source), sa.create_engine(target)
    with engines[0].connect() as before, engines[1].begin() as after:
        with Operations.context(MigrationContext.configure(after)):
            r0001_trainings.upgrade()
        tables = sa.MetaData()
        tables.reflect(after)
        for name in ("runs", "lines", "epochs"):
            rows = before.execute(sa.select(sa.Table(name, sa.MetaData(), autoload_with=before))).mappings().all()
            assert rows
            after.execute(tables.tables[name].insert(), [dict(row) for row in rows])
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(SHOWN.read_text(encoding="utf-8"))


def test_the_list_of_runs_is_what_it_was(store, recorded):
    assert shown(store)["rows"] == recorded["rows"]
    assert [row[3] for row in recorded["rows"]] == ["finished"] * 2 + ["stopped"] + ["finished"] * 4


def test_every_run_is_what_it_was(store, recorded):
    now = shown(store)["runs"]
    assert list(now) == list(recorded["runs"])
    for run, before in recorded["runs"].items():
        assert {name: now[run][name] for name in before if name != "lines"} == {n: v for n, v in before.items() if n != "lines"}
        for line, was in zip(now[run]["lines"], before["lines"], strict=True):
            for name, value in was.items():
                assert line[name] == value, f"{was['method']}: {name}"


def test_the_settings_are_those_that_were_saved(store):
    """The trainings that come out of the database are the values that went in, as 0.1.0 meant them: of ALIF, at 0.5 ms a step,
    kappa counts half."""
    saved = [
        line.training for run in ("00000000000000a1", "00000000000000b2", "00000000000000c3") for line in store.open(run).lines
    ]
    assert saved == [training.of_0_1_0() for training in (*FINISHED, STOPPED, *NOTED)]
    assert STOPPED.of_0_1_0().neuron.kappa == 5.0


def test_a_database_of_schema_2_opens_and_what_everybody_saw_is_shared(tmp_path):
    """`tests/recorded/store_schema_2.sqlite` was written before runs could be shared: a training and a sweep of nobody's."""
    copy = tmp_path / "runs.sqlite"
    shutil.copyfile(FOLDER / "store_schema_2.sqlite", copy)
    opened = Store(f"sqlite:///{copy}")
    sweep, training = opened.list(seen_by="another visitor")
    assert (sweep.kind, sweep.owner, sweep.shared, sweep.share, sweep.status) == ("growth", "", True, 0.5, Status.FINISHED)
    assert (training.owner, training.shared, training.epochs, training.status) == (OWNER, True, 1, Status.STOPPED)
    state = opened.open(training.run)
    assert state.run.work == Train((STOPPED,), 2, True) and state.lines[0].epochs[0].epoch == 1
    assert opened.open(sweep.run).progress.result == GrowthRecord((GrowthPoint(1, (1.0, math.inf)),))
    new = Run(Train(FINISHED[:1]), "native", OWNER)
    opened.begin(new)
    assert opened.access(new.id) == Access(OWNER, False) and not opened.all_shared()
    opened.close()


def test_an_old_database_can_be_written_to(store):
    """A new run can be saved beside the old ones, and an old one goes on from where it was stopped."""
    new = Run(Train(FINISHED[:1]), "native", title="new")
    store.begin(new)
    line = store.open("00000000000000b2").lines[0]
    more = dataclasses.replace(line, epochs=(*line.epochs, dataclasses.replace(line.epochs[-1], epoch=2)))
    store.save_line("00000000000000b2", 0, more)
    assert store.list()[0].run == new.id and [e.epoch for e in store.open("00000000000000b2").lines[0].epochs] == [1, 2]


def record() -> None:
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob(f"{DATABASE.name}*"):
        file.unlink()
    store = Store(f"sqlite:///{DATABASE}")
    with unittest.mock.patch("time.time", lambda: SEEN):
        fill(store)
    text = json.dumps(shown(store), indent=1)
    store.close()
    database = sqlite3.connect(DATABASE)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute("VACUUM")
    database.close()
    assert [file.name for file in FOLDER.glob(f"{DATABASE.name}*")] == [DATABASE.name]
    SHOWN.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Record a database of saved runs for later versions to open.")
    parser.add_argument("--record", action="store_true", required=True, help=f"make {DATABASE.name} anew")
    parser.parse_args()
    record()
