"""Runs in the background: progress, pause, step, resume, stop; a lost worker; a lost server; two visitors."""

import dataclasses
import gc
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from snnviz import memory
from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.methods import BPTT, Exodus, LocalZO
from snnviz.runs import client, store
from snnviz.runs.values import Run, Status
from snnviz.runs.work import Train
from snnviz.training import EpochRecord, Training, train

SMALL = Training(YinYang(samples=120), FeedForward(layers=2, width=8), epochs=3, batch=32)
METHODS = (BPTT(), Exodus(), LocalZO())


def asked(epochs: int = 3, owner: str = "me", methods=METHODS, **changed) -> Run:
    return Run(Train(tuple(dataclasses.replace(SMALL, method=m, epochs=epochs, **changed) for m in methods)), "native", owner)


def points(state) -> int:
    return sum(len(line.curve.at) for line in state.lines)


def test_a_run_gives_what_train_gives_and_is_saved(home):
    run = asked()
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
    run = asked(epochs=100_000)
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
    many = [asked(100_000, "greedy", [BPTT()]) for _ in range(3)]
    one = asked(100_000, "modest", [BPTT()])
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
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        monkeypatch.setenv("SNNVIZ_SCHEDULER", cluster.scheduler_address)
        run = asked(epochs=100_000, methods=[Exodus()])
        client.submit(run)
        assert client.wait(run.id, lambda s: len(s.lines[0].epochs) >= 3, 120)
        done = len(client.follow(run.id).lines[0].epochs)
        os.kill(int(store.default().place(run.id).split("/")[1]), signal.SIGKILL)
        assert client.wait(run.id, lambda s: any("lost" in n for n in s.notes) and len(s.lines[0].epochs) > done + 2, 120)
        state = client.follow(run.id)
        told = next(n for n in state.notes if "worker was lost" in n)
        assert int(told.split("epoch ")[1].split()[0].rstrip(".")) >= done - 1, told
        numbers = [e.epoch for e in state.lines[0].epochs]
        assert numbers == list(range(1, len(numbers) + 1))
        client.cancel(run.id)
        assert client.wait(run.id, lambda s: s.status is Status.STOPPED, 60)
        client.close()


def test_a_killed_server_loses_nothing_finished(home):
    code = (
        "from tests.test_jobs import *\nrun = asked(100_000)\nprint(client.submit(run), flush=True)\n"
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


def test_a_scheduler_that_is_not_there_is_one_sentence(home, monkeypatch):
    monkeypatch.setenv("SNNVIZ_SCHEDULER", "tcp://127.0.0.1:9")
    monkeypatch.setattr(client, "PATIENCE", 0.5)
    with pytest.raises(client.JobError, match=r"at tcp://127\.0\.0\.1:9 does not answer"):
        client.submit(asked())
    assert store.default().list() == []


def test_the_collector_leaves_what_libraries_made_alone(monkeypatch):
    monkeypatch.setattr(memory, "_modules", 0)
    memory.settle()
    aside = gc.get_freeze_count()
    assert aside > 10 * len(sys.modules)
    more = [[] for _ in range(1000)]
    memory.settle()  # no module has come since: what pages made stays with the collector
    assert gc.get_freeze_count() <= aside and more
