"""The account of memory: what is there, what is granted, estimates against measured peaks; who waits, and whose turn it is."""

import dataclasses
import gc
import itertools
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from snnviz import account, waiting
from snnviz.architectures import Convolutional, FeedForward
from snnviz.datasets import (
    Coding,
    DelayedXor,
    Digits,
    RandomManifolds,
    Saccades,
    SoundLocalisation,
    SpikePatterns,
    Split,
    TemporalOrder,
    YinYang,
)
from snnviz.experiments import Experiment, compare_gradients, simulate
from snnviz.methods import BPTT, Exodus, Slayer
from snnviz.neurons import ALIF, LIF
from snnviz.spiking_layer import SpikingLayer
from snnviz.stimuli import Noise, Poisson, Step
from snnviz.studies.backward_times import Plan, measure
from snnviz.studies.depth import DepthStudy, measure_depth

GB = 2**30


# What is there.


def _machine(root: Path, meminfo: int, groups: dict[str, str], cgroup: str) -> Path:
    """A machine's files: free bytes, the control groups' files by path, and which groups this process is in."""
    for path, text in {"proc/meminfo": f"MemTotal: 1 kB\nMemAvailable: {meminfo // 1024} kB\n", "proc/self/cgroup": cgroup}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for path, text in groups.items():
        (root / "sys/fs/cgroup" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "sys/fs/cgroup" / path).write_text(text)
    return root


def test_the_least_of_system_and_groups_counts(tmp_path):
    two = {
        "memory.max": "max\n", "memory.current": f"{9 * GB}",
        "pod/memory.max": f"{6 * GB}\n", "pod/memory.current": f"{5 * GB}\n",
        "pod/memory.stat": f"anon 1\ninactive_file {2 * GB}\n",
        "pod/own/memory.max": "max\n", "pod/own/memory.current": "1\n",
    }  # fmt: skip
    assert account.available(_machine(tmp_path / "a", 8 * GB, two, "0::/pod/own\n")) == 3 * GB
    one = {
        "memory/x/memory.limit_in_bytes": f"{4 * GB}", "memory/x/memory.usage_in_bytes": f"{GB}",
        "memory/x/memory.stat": f"total_inactive_file {GB // 2}\n",
    }  # fmt: skip
    assert account.available(_machine(tmp_path / "b", 8 * GB, one, "5:cpu:/x\n4:memory:/x\n")) == 3.5 * GB
    unlimited = {"memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.usage_in_bytes": "1"}
    assert account.available(_machine(tmp_path / "c", 2 * GB, unlimited, "4:memory:/\n")) == 2 * GB
    over = {"memory.max": "100", "memory.current": "200"}
    assert account.available(_machine(tmp_path / "d", 2 * GB, over, "0::/\n")) == 0


def test_this_machine_has_something_free():
    assert 0 < account.available() < 2**50


# What is granted.


def test_two_visitors_together_cannot_take_what_there_is_once():
    free = 10 * GB
    ledger = account.Ledger(lambda: free)

    def check(need):
        if need > ledger.room():
            raise ValueError

    def another(need):
        outcome = []

        def ask():
            try:
                with ledger.entry(need, lambda: check(need)):
                    outcome.append(True)
            except ValueError:
                outcome.append(False)

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        return outcome[0]

    with ledger.entry(6 * GB, lambda: check(6 * GB)):
        assert not another(5 * GB) and another(4 * GB)
        free = 4 * GB  # what was granted is in use by now: it counts once
        assert another(4 * GB) and not another(4.1 * GB)
        free = 3 * GB  # another process took some
        assert not another(4 * GB)
        with ledger.entry(5 * GB, lambda: check(99 * GB)):  # within its own grant a thread asks for nothing more
            pass
        with ledger.entry(7 * GB, lambda: None):
            assert ledger.others == 0
    free = 10 * GB
    assert ledger.room() == 10 * GB and another(9 * GB)


def test_a_budget_of_ones_own_replaces_the_measure(monkeypatch):
    monkeypatch.setenv("SNNVIZ_BUDGET", str(100 * 2**40))
    account.check(99 * 2**40, "This", "lower it")
    monkeypatch.setenv("SNNVIZ_BUDGET", "1000")
    with pytest.raises(ValueError, match=r"^This would take about 0\.0019 MB, and 0\.00095 MB are allowed: lower it\.$"):
        account.check(2000, "This", "lower it")
    monkeypatch.setenv("SNNVIZ_BUDGET", "4 GB")
    with pytest.raises(ValueError, match="SNNVIZ_BUDGET = '4 GB' is no number of bytes"):
        account.check(2000, "This", "lower it")


# What killed a server: refused in a sentence, before anything is made.

WIDE = Experiment(steps=1, batch=1, architecture=FeedForward(layers=50, width=8192))
LONG = Saccades(samples=20, steps=100_000, dt=0.003, side=64)

DEADLY = {
    "patterns": lambda: SpikePatterns(steps=2000, inputs=1000, samples=4000).load(Split.TRAIN),
    "manifolds": lambda: RandomManifolds(neurons=1000, samples=20000, steps=1000).load(Split.TRAIN),
    "order": lambda: TemporalOrder(steps=1000, samples=10_000, width=50, symbol=50, delay=500, spread=100).load(Split.TRAIN),
    "xor": lambda: DelayedXor(steps=20_000, samples=100_000).load(Split.TRAIN),
    "yinyang": lambda: YinYang(steps=100_000, samples=200_000).load(Split.TRAIN),
    "wide": lambda: compare_gradients(WIDE, [BPTT(), Exodus()], samples=1),
    "wide, forward": lambda: simulate(WIDE),
    "convolution": lambda: simulate(Experiment(steps=100, batch=64, architecture=Convolutional(1, 1, inputs=64, side=256))),
    "population": lambda: simulate(Experiment(steps=1_000_000, neurons=1_000_000)),
    "input": lambda: Experiment(steps=1_000_000, neurons=1_000_000).input(),
    "long, by autograd": lambda: compare_gradients(Experiment(steps=1_000_000), [BPTT()], autograd=True),
    "some samples": lambda: LONG.load(Split.TRAIN).take(list(range(10))),
    "all samples": lambda: LONG.load(Split.TRAIN).x,
}


@pytest.mark.parametrize("call", DEADLY.values(), ids=list(DEADLY))
def test_what_killed_a_server_is_a_sentence(call, monkeypatch):
    monkeypatch.setattr(account.LEDGER, "_measure", lambda: 5 * GB)
    with pytest.raises(ValueError, match=r"would take about [\d.]+ GB, and 2\.5 GB are allowed: (lower|go through)"):
        call()


@pytest.mark.parametrize("begin", [lambda: next(measure(Plan(steps=1000, batch=64, hidden=50))),
                                   lambda: next(measure_depth(DepthStudy(width=128, time_steps=50, samples=356, draws=4)))],
                         ids=["backward times", "depth"])  # fmt: skip
def test_studies_in_the_background_ask_the_account_too(begin, monkeypatch):
    monkeypatch.setattr(account.LEDGER, "_measure", lambda: GB // 2)
    with pytest.raises(ValueError, match=r"^Measuring would take about [\d.]+ GB, and 0\.2 GB are allowed: lower the "):
        begin()


# The estimate against what is measured.

NETWORK = Experiment(LIF(), Poisson(), 100, batch=64)
THREE = (BPTT(), Exodus(), Slayer())
FULL, CONVOLUTION = FeedForward(3, 256), Convolutional(2, 16, side=32)
RUNS = {
    "population": (Experiment(LIF(), Step(), 2000, 2500), ()),
    "adaptive": (Experiment(ALIF(), Poisson(), 2000, 2500), ()),
    "network": (dataclasses.replace(NETWORK, architecture=FULL), ()),
    "convolution": (dataclasses.replace(NETWORK, steps=25, architecture=CONVOLUTION), ()),
    "weights": (Experiment(steps=1, architecture=FeedForward(4, 4096)), ()),
    "population, three methods": (Experiment(LIF(), Noise(), 200, 4000), THREE),
    "long, by autograd": (Experiment(LIF(), Noise(), 4000), (BPTT(),)),
    "network, three methods": (dataclasses.replace(NETWORK, architecture=FULL), THREE),
    "normalised": (dataclasses.replace(NETWORK, architecture=FeedForward(3, 256, normalise=True)), THREE[:1]),
    "recurrent": (dataclasses.replace(NETWORK, steps=50, architecture=FeedForward(3, 256, recurrent=True)), THREE[:1]),
    "convolution, a method": (dataclasses.replace(NETWORK, steps=25, architecture=CONVOLUTION), THREE[:1]),
    "weights, three methods": (Experiment(steps=1, architecture=FeedForward(3, 3072)), THREE),
}
SETS = {
    "patterns": SpikePatterns(steps=500, samples=1500, inputs=100),
    "manifolds": RandomManifolds(steps=500, samples=3000, neurons=50),
    "order": TemporalOrder(steps=150, samples=1500, width=5),
    "xor": DelayedXor(steps=150, samples=2000, width=5),
    "ears": SoundLocalisation(steps=300, samples=1400, fibres=30),
    "yinyang": YinYang(steps=2000, samples=5000),
    "rate": Digits(steps=200, samples=600, coding=Coding.RATE),
    "current": Digits(steps=200, samples=600, coding=Coding.DIRECT),
}
STUDIES = {
    "depth": DepthStudy(training=1, layers=4, width=64, time_steps=25, draws=4, samples=356),
    "backward times": Plan(steps=400, batch=16, hidden=256, repeats=1),
}


def _small(experiment: Experiment) -> Experiment:
    shape = experiment.architecture
    if isinstance(shape, FeedForward):
        shape = dataclasses.replace(shape, width=8)
    elif shape is not None:
        shape = dataclasses.replace(shape, channels=2, side=4)
    return dataclasses.replace(experiment, steps=3, neurons=1, batch=1, architecture=shape)


def _compute(experiment: Experiment, methods: tuple) -> None:
    if methods:
        population = experiment.architecture is None
        compare_gradients(experiment, methods, None, None, population, None if population else 1)
    else:
        simulate(experiment)


def _peak(work: Callable[[], object], first: Callable[[], object]) -> int:
    """By how many bytes a process of its own grows while it works, once `first` has loaded what it needs."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            first()
            gc.collect()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            work()
            os.write(write, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return 1024 * int(text)


def measured_peaks() -> dict[str, tuple[float, int]]:
    """(estimate, measured peak) of each case, in bytes. For a process of its own, without threads: it forks."""
    torch.set_num_threads(1)
    peaks = {}
    for name, (experiment, methods) in RUNS.items():
        population = experiment.architecture is None
        how = {"double": population, "reference": population, "samples": None if population else 1} if methods else {}
        estimate = sum(experiment.footprint(len(methods), **how))
        peaks[name] = (
            estimate,
            _peak(lambda e=experiment, m=methods: _compute(e, m), lambda e=experiment, m=methods: _compute(_small(e), m)),
        )
    for name, one in SETS.items():
        smaller = dataclasses.replace(one, samples=100)
        peaks[name] = one.footprint(), _peak(lambda one=one: one.load(Split.TRAIN), lambda one=smaller: one.load(Split.TRAIN))
    small = {
        "depth": DepthStudy(training=3, layers=4, width=8, time_steps=2, draws=4, samples=8),
        "backward times": Plan(steps=10, batch=1, hidden=8, repeats=1),
    }
    for name, study in STUDIES.items():
        peaks[name] = study.footprint(), _peak(lambda s=study: _measured(s), lambda s=small[name]: _measured(s))
    return peaks


def _measured(study: DepthStudy | Plan) -> None:
    """A whole depth study; of the times, whose points are alike, the first."""
    for _ in measure_depth(study) if isinstance(study, DepthStudy) else itertools.islice(measure(study), 1):
        pass


@pytest.fixture(scope="module")
def peaks():
    code = "import json; from tests.test_account import measured_peaks; print(json.dumps(measured_peaks()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere, and fork is not everywhere")
@pytest.mark.parametrize("name", [*RUNS, *SETS, *STUDIES])
def test_an_estimate_is_no_less_than_the_peak_and_no_more_than_three_times_it(name, peaks):
    estimate, peak = peaks[name]
    assert peak <= estimate <= 3 * peak, f"estimated {estimate / 1e6:.0f} MB, measured {peak / 1e6:.0f} MB"


def test_a_record_of_some_samples_keeps_no_others():
    shaped = dataclasses.replace(NETWORK, steps=5, batch=8, architecture=FeedForward(1, 4))
    (run,) = compare_gradients(shaped, [BPTT()], samples=2).runs.values()
    arrays = [a for layer in run.layers for a in vars(layer).values() if isinstance(a, np.ndarray)]
    assert len(arrays) > 5
    for array in arrays:
        assert array.shape[1] == 2 and (array.base is None or array.base.nbytes <= 2 * array.nbytes)
        assert torch.from_numpy(array).untyped_storage().nbytes() == array.nbytes


# Who waits.


def _after(calls: int) -> Callable[[], bool]:
    """Nobody waits any more after the question was asked so many times."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


ENDLESS = {
    "reference": lambda: simulate(Experiment(steps=100_000), "reference"),
    "recurrent": lambda: simulate(Experiment(steps=100_000, architecture=FeedForward(1, 8, recurrent=True))),
    "methods": lambda: [compare_gradients(Experiment(steps=20), [BPTT(), Exodus()]) for _ in range(100_000)],
    "patterns": lambda: SpikePatterns(samples=100_000, steps=50, inputs=5).load(Split.TRAIN),
    "manifolds": lambda: RandomManifolds(samples=20_000, steps=2, neurons=1000, labels=2, alpha=0.5).load(Split.TRAIN),
    "saccades": lambda: Saccades(samples=1797, side=64, threshold=0.02, seed=71).load(Split.TRAIN),
}


@pytest.mark.parametrize("compute", ENDLESS.values(), ids=list(ENDLESS))
def test_a_computation_that_nobody_waits_for_ends_at_once(compute):
    start = time.monotonic()
    with pytest.raises(waiting.Abandoned), waiting.watched(waiting.Watch(_after(20))):
        compute()
    assert time.monotonic() - start < 30
    waiting.go_on()  # outside of a watch nobody is asked


def test_the_way_back_by_autograd_is_abandoned_too():
    x = torch.zeros(3000, 1, 1, requires_grad=True)
    out = SpikingLayer(LIF(), BPTT(), "reference")(x).sum()
    watch = waiting.Watch(_after(3000))  # asked once a step of the replay, then on the way back
    with pytest.raises(waiting.Abandoned), waiting.watched(watch):
        out.backward()


# Whose turn it is.


def test_turns_are_shared_fairly_and_one_visitor_leaves_room():
    turns, order, holds = waiting.Turns(at_once=2, each=1), [], threading.Event()

    def compute(visitor):
        with turns.turn(visitor):
            order.append(visitor)
            holds.wait(10)

    threads = []
    for visitor in ("a", "a", "a", "b", "c"):
        threads.append(threading.Thread(target=compute, args=(visitor,)))
        threads[-1].start()
        time.sleep(0.05)
    deadline = time.monotonic() + 10
    while len(order) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    assert order == ["a", "b"]
    holds.set()
    for thread in threads:
        thread.join(10)
    assert sorted(order) == ["a", "a", "a", "b", "c"] and order.index("c") < len(order) - 1


def test_who_leaves_while_waiting_takes_no_turn():
    turns = waiting.Turns(at_once=1, each=1)
    with turns.turn("a"), pytest.raises(waiting.Abandoned), waiting.watched(waiting.Watch(lambda: True)), turns.turn("b"):
        pytest.fail("the turn is taken")
    with turns.turn("c"):
        pass
