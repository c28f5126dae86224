"""What counted work takes on this machine: estimates against measured CPU time, and what a page that would wait too long says."""

import dataclasses
import time

import pytest

from snnviz import account, pace, waiting
from snnviz.architectures import Convolutional, FeedForward
from snnviz.experiments import Experiment, compare_gradients, simulate
from snnviz.methods import BPTT, Exodus, Slayer

NETWORK = Experiment(steps=200, batch=16, architecture=FeedForward(3, 512))
CASES = {
    "reference": (Experiment(steps=8000), (), "reference"),
    "reference, wide": (Experiment(steps=200, neurons=20_000), (), "reference"),
    "reference, a method": (Experiment(steps=1500), (BPTT(),), "reference"),
    "native, long": (Experiment(steps=1_000_000), (), "native"),
    "native, wide": (Experiment(steps=2000, neurons=1000), (), "native"),
    "native, methods": (Experiment(steps=5000, neurons=100), (Slayer(), Exodus()), "native"),
    "network": (NETWORK, (), "native"),
    "network, methods": (NETWORK, (Slayer(), Exodus()), "native"),
    "convolution": (Experiment(steps=25, batch=16, architecture=Convolutional(2, 16, side=32)), (Slayer(),), "native"),
    "recurrent": (Experiment(steps=100, batch=16, architecture=FeedForward(3, 64, recurrent=True)), (), "native"),
}


@pytest.mark.parametrize("name", CASES)
def test_an_estimate_is_of_the_right_size(name):
    """The pace is taken anew beside the run: whoever else computes meanwhile slows both. Three tries: the load may change."""
    experiment, methods, backend = CASES[name]
    tries = []
    for _ in range(3):
        pace.speeds.cache_clear()
        start = time.process_time()
        compare_gradients(experiment, methods, backend) if methods else simulate(experiment, backend)
        taken = time.process_time() - start
        estimate = pace.of_run(experiment, len(methods), max(1, len(methods)) if backend == "reference" else 0).seconds()
        tries.append(f"estimated {estimate:.2f} s, measured {taken:.2f} s")
        if taken / 8 < estimate < 8 * taken:
            return
    pytest.fail("; ".join(tries))


def test_twice_the_steps_take_twice_as_long():
    for experiment in (Experiment(), NETWORK):
        twice = dataclasses.replace(experiment, steps=2 * experiment.steps)
        assert pace.of_run(twice, 2, 1).seconds() == pytest.approx(2 * pace.of_run(experiment, 2, 1).seconds())


def test_a_page_that_would_wait_for_minutes_says_what_to_lower(monkeypatch):
    monkeypatch.setattr(account.LEDGER, "_measure", lambda: 1 << 50)
    monkeypatch.setattr(account, "CEILING", 1 << 50)
    long = dataclasses.replace(NETWORK, steps=100_000, batch=64)
    with waiting.watched(waiting.Watch(limit=2.0)):
        for begin in (lambda: simulate(long), lambda: compare_gradients(long, (Slayer(), Exodus()))):
            with pytest.raises(
                ValueError, match=r"^This run would take about [\d,]+ (s|minutes|hours), and a page waits 2 s at most: lower"
            ):
                begin()
