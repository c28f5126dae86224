"""The number of threads: a setting of a run that travels with it, is used between two records alone, and changes no bit."""

import dataclasses

import pytest
import torch

from snnviz import threads
from snnviz.datasets import YinYang
from snnviz.events import Products
from snnviz.runs.recorded_trainings import everything, find
from snnviz.runs.rows import work_column
from snnviz.runs.values import Run, labels
from snnviz.runs.work import Train
from snnviz.training import BatchRecord, Settings, Training, train
from snnviz.ui.code import of_trainings

VALUE = Training(YinYang(samples=120, dt=1.0), epochs=1, batch=96)


def test_the_number_travels_with_the_run():
    work = Train((VALUE,), threads=2)
    assert Train.from_toml(work.to_toml()) == work and work_column(work) is not None and Train().threads == 1
    settings = Settings((VALUE,), "native", threads=2)
    assert Settings.from_toml(settings.to_toml()) == settings and "threads" not in Settings((VALUE,)).to_toml()
    for wrong in ("0", "-1", "true", '"2"', "1.5"):
        with pytest.raises(ValueError, match=r"threads = .*: give a whole number from 1 on"):
            Settings.from_toml(settings.to_toml().replace("threads = 2", f"threads = {wrong}"))
    assert all(f"threads={n}" in of_trainings(Train((VALUE,), threads=n), "native", None)[0] for n in (1, 2))
    one, two = labels([Run(Train((VALUE,), threads=n), "native") for n in (1, 2)])
    assert one.endswith("threads 1") and two.endswith("threads 2")
    recorded = everything()[0]
    assert find(dataclasses.replace(recorded.state.run.work, threads=2)) is recorded  # it shows and says its own number
    with pytest.raises(ValueError, match="threads = 0"):
        dataclasses.replace(work, threads=0).check()


def test_a_training_computes_with_its_own_number_and_the_caller_keeps_his():
    before, losses = torch.get_num_threads(), {}
    for number in (1, 2, 3):
        records = train(VALUE, "native", products=Products.EVENTS, threads=number)
        losses[number] = []
        for record in records:
            assert torch.get_num_threads() == before
            losses[number] += [record.loss] if isinstance(record, BatchRecord) else []
    assert losses[1] and losses[1] == losses[2] == losses[3]
    seen = []

    def noted():
        seen.append(torch.get_num_threads())
        yield 1
        seen.append(torch.get_num_threads())

    assert list(threads.drawn(noted(), 3)) == [1] and seen == [3, 3] and torch.get_num_threads() == before
    with pytest.raises(ValueError, match="threads = 0: give a whole number from 1 on"):
        next(train(VALUE, threads=0))
    assert [threads.in_words(n) for n in (1, 2)] == ["one thread", "2 threads"]
