"""Saved runs: what goes in comes out, an interrupted run is found, a newer or broken database is refused in one sentence."""

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest

from snnviz.datasets import YinYang
from snnviz.methods import BPTT, LocalZO
from snnviz.runs.store import Store, StoreError
from snnviz.runs.values import Curve, Line, Run, Status
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


@contextlib.contextmanager
def postgres(folder):
    """A server of our own on a free port; skips where PostgreSQL or its driver is not installed."""
    pytest.importorskip("psycopg")
    if not (found := shutil.which("postgres")):
        pytest.skip("PostgreSQL is not installed.")
    programs = os.path.dirname(os.path.realpath(found))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = ["env"]
    if os.getuid() == 0:  # the server refuses to run as root
        if not shutil.which("runuser") or subprocess.run(["id", "postgres"], capture_output=True).returncode:
            pytest.skip("There is no user to run PostgreSQL as.")
        command = ["runuser", "-u", "postgres", "--"]
        parent = folder
        while parent != parent.parent and parent.name.startswith(("pytest", "test_", "postgres")):
            parent.chmod(0o755)
            parent = parent.parent
    folder.chmod(0o777)
    data = folder / "data"
    subprocess.run([*command, f"{programs}/initdb", "-D", data, "-A", "trust", "-U", "us", "-N"], check=True, capture_output=True)
    control = [*command, f"{programs}/pg_ctl", "-D", data, "-w", "-t", "60"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, capture_output=True)
    try:
        yield f"postgresql+psycopg://us@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    with contextlib.ExitStack() as stack:
        file = f"sqlite:///{tmp_path / 'a folder' / 'runs.sqlite'}"
        opened = Store(file if request.param == "sqlite" else stack.enter_context(postgres(tmp_path)))
        stack.callback(opened.close)
        yield opened


def test_what_goes_in_comes_out(store):
    run, other = Run(TRAININGS, "native", 3, "somebody", "Yin-Yang"), Run(TRAININGS[:1], owner="else")
    store.begin(run, "here/1")
    store.begin(other)
    spikes = {"layer 1": np.random.default_rng(0).random((13, 9)) < 0.3}
    line = Line(TRAININGS[0], (epoch(1), epoch(2, float("nan"))), curve(7), spikes)
    store.keep(run.id, 0, line)
    store.keep(run.id, 0, dataclasses.replace(line, epochs=(*line.epochs, epoch(3)), ended=True))  # only the third is written
    store.keep(run.id, 1, Line(TRAININGS[1], (epoch(1),), ended=True, problem="It exploded."))
    store.mark(run.id, Status.RUNNING, ["A worker was lost."])

    state = store.open(run.id)
    assert state.run == run and state.status is Status.RUNNING and state.notes == ("A worker was lost.",)
    assert store.place(run.id) == "here/1"
    first, second = state.lines[:2]
    assert [e.epoch for e in first.epochs] == [1, 2, 3] and np.isnan(first.epochs[1].train_loss)
    assert first.ended and not state.lines[2].epochs and second.problem == "It exploded."
    wanted, got = epoch(3), first.epochs[2]
    assert np.array_equal(wanted.confusion, got.confusion)
    assert dataclasses.replace(wanted, confusion=None).__dict__ == dataclasses.replace(got, confusion=None).__dict__
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
    store, run = Store(f"sqlite:///{path}"), Run(TRAININGS[:1])
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
