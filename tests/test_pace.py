"""What counted work takes, and what a page that would wait too long says. Against the clock: `python -m bench.pace`."""

import dataclasses

import pytest

from snnviz import account, pace, waiting
from snnviz.architectures import FeedForward
from snnviz.experiments import Experiment, compare_gradients, simulate
from snnviz.methods import Exodus, Slayer

NETWORK = Experiment(steps=200, batch=16, architecture=FeedForward(3, 512))


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
