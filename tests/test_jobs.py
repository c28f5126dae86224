"""Runs in the background: progress, pause, step, resume, stop; a lost worker; a lost server; two visitors."""

import dataclasses
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import distributed
import numpy as np
import pytest

from snnviz import memory
from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.methods import BPTT, Exodus, LocalZO
from snnviz.runs import client, scheduler, store, worker
from snnviz.runs.values import Line, Run, Status
from snnviz.runs.work import Train
from snnviz.training import EpochRecord, Training, train

SMALL = Training(YinYang(samples=120), FeedForward(layers=2, width=8), epochs=3, batch=32)
METHODS = (BPTT(), Exodus(), LocalZO())


def request(epochs: int = 3, owner: str = "me", methods=METHODS, **changed) -> Run:
    return Run(Train(tuple(dataclasses.replace(SMALL, method=m, epochs=epochs, **changed) for m in methods)), "native", owner)


def ended(run: str):
    assert client.wait(run, lambda s: not s.status.live, 60)
    assert client.wait(run, lambda _: run not in client._tasks, 20)  # from here on the store is what is read
    return client.follow(run)


def points(state) -> int:
    return sum(len(line.curve.at) for line in state.lines)


def test_a_run_gives_what_train_gives_and_is_saved(home):
    run = request()
    client.submit(run)
    assert client.wait(run.id, lambda s: not s.status.live, 60)
    state = client.follow(run.id)
    assert state.status is Status.FINISHED, [line.problem for line in state.lines]
    assert not state.notes and state.share == 1.0
    assert client.wait(run.id, lambda _: run.id not in client._tasks, 10)  # saved first, let go of a moment later
    for line, training in zip(state.lines, run.trainings, strict=True):
        alone = [r for r in train(training, "native", record_sample=0) if isinstance(r, EpochRecord)]
        assert [e.test_loss for e in line.epochs] == [e.test_loss for e in alone]
        assert np.array_equal(line.spikes["layer 1"], alone[-1].sample[0].spikes[:, 0] > 0)
        assert len(line.curve.at) == 9 and line.curve.at[-1] == 3 and line.curve.norms.shape == (9, 3)
        assert 0 < line.curve.seconds[-1] <= line.seconds.total
    assert not client.checkpoints(run.id).exists()
    client.delete([run.id])
    assert client.follow(run.id) is None


def test_pause_step_resume_stop_and_go_on(home):
    run = request(epochs=100_000)
    client.submit(run)
    assert client.wait(run.id, lambda s: points(s) > 20, 60)
    assert client.latest("me") == run.id and client.latest("other") is None
    client.pause(run.id)
    assert client.wait(run.id, lambda s: s.status is Status.PAUSED, 10)
    before = client.follow(run.id)
    client.step(run.id)

    def batches(state):
        return [round(float(line.curve.at[-1]) * 3) for line in state.lines]

    assert client.wait(run.id, lambda s: batches(s) == [b + 1 for b in batches(before)], 10), "a step is one batch of each"
    assert client.follow(run.id).status is Status.PAUSED
    client.resume(run.id)
    assert client.wait(run.id, lambda s: batches(s)[0] > batches(before)[0] + 5, 20)
    start = time.perf_counter()
    client.cancel(run.id)
    assert client.wait(run.id, lambda s: s.status is Status.STOPPED, 10)
    assert time.perf_counter() - start < 5  # a tenth of that where nothing else runs; the bound is for busy machines
    state = client.follow(run.id)
    done = min(len(line.epochs) for line in state.lines)
    assert done and client.latest("me") is None

    client.go_on(run.id)
    assert client.wait(run.id, lambda s: s.status is Status.RUNNING and len(s.lines[0].epochs) > done + 1, 30)
    state = client.follow(run.id)
    assert any("Went on from epoch" in note for note in state.notes)
    numbers = [e.epoch for e in state.lines[0].epochs]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (np.diff(state.lines[0].curve.at) > 0).all()


def test_one_method_that_fails_does_not_end_the_others(home):
    run = Run(Train((SMALL, dataclasses.replace(SMALL, dataset=YinYang(samples=120, steps=10)))), "native", "me")
    client.submit(run)
    assert client.wait(run.id, lambda s: not s.status.live, 60)
    state = client.follow(run.id)
    assert state.status is Status.FINISHED and len(state.lines[0].epochs) == 3
    assert "ended early" in state.lines[1].problem and "raise steps" in state.lines[1].problem
    with pytest.raises(ValueError, match="nothing to train"):
        client.submit(Run(Train()))


def test_two_visitors_share_the_machine_whatever_one_asks_for(home, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)  # one turn at a time
    many = [request(100_000, "greedy", [BPTT()]) for _ in range(3)]
    one = request(100_000, "modest", [BPTT()])
    for run in (*many, one):
        client.submit(run)
    assert client.wait(one.id, lambda s: points(s) > 0, 60)

    def batches():
        return [(lambda s: float(s.lines[0].curve.at[-1]) * 3 if points(s) else 0.0)(client.follow(r.id)) for r in (*many, one)]

    before = batches()
    time.sleep(6)  # a stretch of several turns is what is measured
    *greedy, modest = (b - a for a, b in zip(before, batches(), strict=True))
    assert modest > 0.5 * sum(greedy), (greedy, modest)
    assert sum(greedy) > 0.2 * modest


def test_a_lost_worker_costs_at_most_one_epoch_and_is_told(home, monkeypatch):
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster:
        monkeypatch.setenv("SNNVIZ_SCHEDULER", cluster.scheduler_address)
        run = request(epochs=100_000, methods=[Exodus()])
        client.submit(run)
        assert client.wait(run.id, lambda s: len(s.lines[0].epochs) >= 3, 120)
        done = len(client.follow(run.id).lines[0].epochs)
        os.kill(int(store.default().place(run.id).split("/")[1]), signal.SIGKILL)
        assert client.wait(run.id, lambda s: any("lost" in n for n in s.notes) and len(s.lines[0].epochs) > done + 2, 120)
        state = client.follow(run.id)
        note = next(n for n in state.notes if "worker was lost" in n)
        assert int(note.split("epoch ")[1].split()[0].rstrip(".")) >= done - 1, note
        numbers = [e.epoch for e in state.lines[0].epochs]
        assert numbers == list(range(1, len(numbers) + 1))
        client.cancel(run.id)
        assert client.wait(run.id, lambda s: s.status is Status.STOPPED, 60)
        client.close()


def test_a_killed_server_loses_nothing_finished(home):
    code = (
        "from tests.test_jobs import *\nrun = request(100_000)\nprint(client.submit(run), flush=True)\n"
        "client.wait(run.id, lambda s: min(len(l.epochs) for l in s.lines) >= 3, 60)\nprint('there', flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        run = server.stdout.readline().strip()
        assert server.stdout.readline().strip() == "there"
        server.kill()
    state = client.follow(run)
    assert state.status is Status.INTERRUPTED and "can go on from there" in state.notes[-1]
    done = min(len(line.epochs) for line in state.lines)
    assert done >= 3 and store.default().open(run).status is Status.INTERRUPTED
    client.go_on(run)
    assert client.wait(run, lambda s: min(len(line.epochs) for line in s.lines) > done + 1, 60)


class Away:
    """A database that goes away when it has two epochs of a training: every transaction of this process fails from then on,
    until `now` is False."""

    def __init__(self, monkeypatch):
        self.now, begin, save_line = False, store.Store._transaction, store.Store.save_line

        def save(of, run, number, line):
            save_line(of, run, number, line)
            self.now = len(line.epochs) == 2

        def transaction(of):
            if self.now:
                raise store.StoreAway("The database of saved runs, somewhere, cannot be used: it is away.")
            return begin(of)

        monkeypatch.setattr(store.Store, "_transaction", transaction)
        monkeypatch.setattr(store.Store, "save_line", save)


@pytest.mark.parametrize("when", ["meanwhile", "at the end"])
def test_what_is_done_while_the_database_is_away_is_handed_in(home, monkeypatch, when):
    away, run = Away(monkeypatch), request(8, methods=[Exodus(), LocalZO()])
    client.submit(run)
    assert client.wait(run.id, lambda s: away.now and len(s.lines[0].epochs) >= 4, 60)
    if when == "at the end":
        assert client.wait(run.id, lambda s: s.status is Status.FINISHED, 60), "its worker reports it, and waits for the store"
    away.now = False
    state = ended(run.id)
    assert state.status is Status.FINISHED and len([n for n in state.notes if "away" in n]) == 1
    alone = [[r for r in train(t, "native") if isinstance(r, EpochRecord)] for t in run.trainings]
    for line, records in zip(state.lines, alone, strict=True):
        assert [e.epoch for e in line.epochs] == list(range(1, 9))
        assert [(e.test_loss, e.train_loss) for e in line.epochs] == [(e.test_loss, e.train_loss) for e in records]
    assert not client.checkpoints(run.id).exists()


def goes_before_it_starts(away, monkeypatch):
    """Let the database go when a run was asked for and no worker has taken it."""
    start = client._start

    def without_database(*arguments):
        away.now = True
        start(*arguments)

    monkeypatch.setattr(client, "_start", without_database)


def test_a_run_that_starts_while_the_database_is_away_waits_for_it(home, monkeypatch):
    away, run = Away(monkeypatch), request(1, methods=[Exodus()])
    goes_before_it_starts(away, monkeypatch)
    client.submit(run)
    assert client.wait(run.id, lambda s: any("begins when the database is back" in note for note in s.notes), 30)
    time.sleep(2.5 * worker.RETRY)
    assert client.follow(run.id).status is Status.WAITING
    away.now = False
    state = ended(run.id)
    assert state.status is Status.FINISHED and len(state.lines[0].epochs) == 1
    assert len([note for note in state.notes if "away" in note]) == 1


def test_a_run_that_waits_for_the_database_can_be_stopped(home, monkeypatch):
    away, run = Away(monkeypatch), request(100_000, methods=[Exodus()])
    goes_before_it_starts(away, monkeypatch)
    client.submit(run)
    assert client.wait(run.id, lambda s: s.notes, 30)
    client.cancel(run.id)
    assert client.wait(run.id, lambda s: s.status is Status.STOPPED, 10)
    away.now = False
    state = ended(run.id)
    assert state.status is Status.STOPPED and not state.lines[0].epochs and "away" in state.notes[0]


@pytest.mark.parametrize("when", ["before the order", "after the order"])
def test_a_stop_is_heard_whenever_a_worker_takes_the_run(home, monkeypatch, when):
    """A worker that begins at either moment of `cancel` has stopped, however far apart the two are."""
    begin, read = threading.Event(), threading.Event()
    secede, opened, order = distributed.secede, store.Store.open, client._order

    def held():
        secede()
        assert begin.wait(30)

    def reading(of, run):
        state = opened(of, run)
        if begin.is_set() and threading.current_thread() is not threading.main_thread():
            read.set()
        return state

    def ordering(run, what):
        if when == "after the order":
            order(run, what)
        begin.set()
        assert read.wait(30)
        if when == "before the order":
            order(run, what)

    run = request(100_000, methods=[Exodus()])
    with monkeypatch.context() as patch:
        patch.setattr(distributed, "secede", held)
        patch.setattr(store.Store, "open", reading)
        patch.setattr(client, "_order", ordering)
        client.submit(run)
        client.cancel(run.id)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        state = client.follow(run.id)
        time.sleep(0.05)
    assert state.status is Status.STOPPED and not state.lines[0].epochs


@pytest.mark.parametrize("at", [4, 8])
def test_a_server_killed_while_the_database_is_away_loses_nothing(home, at):
    """At epoch 4 it can go on; at epoch 8 of 8 it is finished, though no database was there when it ended."""
    code = (
        "from tests.test_jobs import *\nwith pytest.MonkeyPatch.context() as patch:\n away = Away(patch)\n"
        " run = request(8 if AT == 8 else 400, methods=[Exodus()])\n print(client.submit(run), flush=True)\n"
        " client.wait(run.id, lambda s: len(s.lines[0].epochs) >= AT and (AT < 8 or s.status is Status.FINISHED), 60)\n"
        " print('there', flush=True); time.sleep(600)"
    ).replace("AT", str(at))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        run = server.stdout.readline().strip()
        assert server.stdout.readline().strip() == "there"
        server.kill()
    assert len(store.default().open(run).lines[0].epochs) == 2, "the database has what it had when it went"
    state = client.follow(run)
    epochs = [e.epoch for e in state.lines[0].epochs]
    assert epochs == list(range(1, len(epochs) + 1)) and len(epochs) >= at
    assert state.status is (Status.FINISHED if at == 8 else Status.INTERRUPTED)
    assert len(store.default().open(run).lines[0].epochs) == len(epochs)
    if at == 8:
        alone = [r for r in train(state.run.trainings[0], "native") if isinstance(r, EpochRecord)]
        assert [e.test_loss for e in state.lines[0].epochs] == [e.test_loss for e in alone]


def test_a_checkpoint_never_counts_for_more_than_what_is_recorded(home):
    """A checkpoint of epoch 3 where one epoch is recorded: the training begins anew, and is finished with all its epochs."""
    run = request(3, methods=[Exodus()])
    alone = [r for r in train(run.trainings[0], "native", checkpoint=Train.checkpoint(client.checkpoints(run.id), 0))]
    epochs = [r for r in alone if isinstance(r, EpochRecord)]
    saved = store.default()
    saved.begin(run)
    saved.save_line(run.id, 0, Line(run.trainings[0], tuple(epochs[:1])))
    saved.mark(run.id, Status.INTERRUPTED)
    client.go_on(run.id)
    state = ended(run.id)
    assert state.status is Status.FINISHED
    assert [e.test_loss for e in state.lines[0].epochs] == [e.test_loss for e in epochs]


def test_a_scheduler_that_is_not_there_is_one_sentence(home, monkeypatch):
    monkeypatch.setenv("SNNVIZ_SCHEDULER", "tcp://127.0.0.1:9")
    monkeypatch.setattr(scheduler, "PATIENCE", 0.5)
    with pytest.raises(client.JobError, match=r"at tcp://127\.0\.0\.1:9 does not answer"):
        client.submit(request())
    assert store.default().list() == []


def test_the_collector_leaves_what_libraries_made_alone(monkeypatch):
    monkeypatch.setattr(memory, "_modules", 0)
    memory.settle()
    aside = gc.get_freeze_count()
    assert aside > 10 * len(sys.modules)
    more = [[] for _ in range(1000)]
    memory.settle()  # no module has come since: what pages made stays with the collector
    assert gc.get_freeze_count() <= aside and more


@pytest.fixture
def silent():
    """The port of a peer that accepts connections and never says a word."""
    with socket.socket() as peer:
        peer.bind(("127.0.0.1", 0))
        peer.listen(64)
        yield peer.getsockname()[1]


def test_a_scheduler_that_accepts_and_never_answers_holds_up_nobody(home, monkeypatch, silent):
    monkeypatch.setenv("SNNVIZ_SCHEDULER", f"tcp://127.0.0.1:{silent}")
    monkeypatch.setattr(scheduler, "PATIENCE", 2.0)
    run, start = request(), time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(client.submit, run) for _ in range(4)]
        assert client.follow("no such run") is None
        for one in tries:
            with pytest.raises(client.JobError, match=rf"127\.0\.0\.1:{silent} does not answer"):
                one.result(10)
    assert time.perf_counter() - start < 8 and store.default().list() == []
    start = time.perf_counter()
    with pytest.raises(client.JobError, match="does not answer"):
        client.submit(run)
    assert time.perf_counter() - start < 1, "nobody waits for one that is known to be silent"


@pytest.mark.parametrize("freeze", [False, True])
def test_a_scheduler_that_falls_silent_or_dies_is_one_sentence_and_the_run_is_interrupted(home, monkeypatch, freeze):
    scheduler_code = "from distributed.cli.dask_scheduler import main; main()"
    worker_code = "from distributed.cli.dask_worker import main; main()"
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{s.getsockname()[1]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["--host", address, "--no-dashboard", "--no-show"]
    peer = subprocess.Popen([sys.executable, "-c", scheduler_code, *options], **quiet)
    options = [address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(home)]
    worker = subprocess.Popen([sys.executable, "-c", worker_code, *options], **quiet)
    try:
        monkeypatch.setenv("SNNVIZ_SCHEDULER", address)
        monkeypatch.setattr(scheduler, "PATIENCE", 30.0)
        run = request(100_000, methods=[Exodus()])
        client.submit(run)
        assert client.wait(run.id, lambda s: len(s.lines[0].epochs) >= 2, 60)
        monkeypatch.setattr(scheduler, "PATIENCE", 2.0)
        peer.send_signal(signal.SIGSTOP if freeze else signal.SIGKILL)
        start = time.perf_counter()
        assert client.follow(run.id) is not None
        with pytest.raises(client.JobError, match="does not answer"):
            client.pause(run.id)
        assert time.perf_counter() - start < 10
        if not freeze:
            monkeypatch.setattr(client, "LOST", 3.0)
            assert client.wait(run.id, lambda s: s.status is Status.INTERRUPTED, 60), client.follow(run.id).status
            assert "can go on" in client.follow(run.id).notes[-1]
    finally:
        for process in (worker, peer):
            process.kill()
            process.wait()
        client.close()


def test_the_folder_of_a_deleted_run_goes_and_that_of_another_store_stays(home, monkeypatch):
    run = request(100_000, methods=[Exodus()])
    client.submit(run)
    assert client.wait(run.id, lambda s: len(s.lines[0].epochs) >= 1, 60)
    folder = client.checkpoints(run.id)
    store.default().delete([run.id])  # by a process that cannot see the folder
    end = time.monotonic() + 30
    while (folder.exists() or client.follow(run.id) is not None) and time.monotonic() < end:
        time.sleep(0.05)
    assert not folder.exists() and client.follow(run.id) is None, "its worker stops when the run is gone"
    for name, stays in (("another", True), (store.default().name, False)):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "store").write_text(name)
        client.tidy()
        assert folder.exists() is stays


def test_a_visitor_finds_the_run_that_ended_with_the_server(home):
    """After a kill a new session has no memory: it finds the run that was interrupted, and one that ended a moment ago."""
    run, saved = request(methods=[Exodus()]), store.default()
    saved.begin(run, f"{socket.gethostname()}/{2**22 + 1}")
    assert client.latest("me") is None and client.last("me") == run.id and client.last("other") is None
    assert client.follow(run.id).status is Status.INTERRUPTED
    saved.mark(run.id, Status.FINISHED)
    assert client.last("me", "training") == run.id and client.last("me", "depth") is None
    saved.mark(run.id, Status.FINISHED)
    with saved._transaction() as database:
        database.execute(saved._runs.update(), {"seen": time.time() - 2 * client.AN_HOUR})
    assert client.last("me") is None
