"""Curves that grow with a run: every point is the mean of the batches it stands for, and a run that goes on repeats none."""

import dataclasses
import math

import numpy as np

from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.runs.curves import GrowingLine
from snnviz.runs.growing import growing
from snnviz.runs.store import Store
from snnviz.runs.values import POINTS, Line, Run, Status
from snnviz.runs.work import Train
from snnviz.training import BatchRecord, EpochRecord, Seconds, Training

BATCHES = 50
TRAINING = Training(YinYang(samples=60), epochs=40)


def batch(epoch: int, number: int) -> BatchRecord:
    """Two hidden layers; the active share is known in every twentieth batch. Every number says which batch it is of."""
    k = (epoch - 1) * BATCHES + number
    active = (k / 1000, k / 2000) if number % 20 == 1 else None
    seconds = Seconds(0.0, 1.0, 1.0, 0.5)
    return BatchRecord(epoch, 40, number, BATCHES, math.sin(k), math.cos(k), seconds, (k, 2.0 * k), active, (k, k, 3.0 * k), 0.1)


def epoch(number: int) -> EpochRecord:
    return EpochRecord(
        number, 40, 0.5, 0.5, 0.5, 0.5, Seconds(test=7.0), (0.1, 0.1), (0.2, 0.2), (1.0, 1.0, 1.0), np.eye(3, dtype=np.int64)
    )  # fmt: skip


def fed(line: GrowingLine, first: int, last: int) -> list[BatchRecord]:
    records = []
    for number in range(first, last + 1):
        records += [batch(number, i) for i in range(1, BATCHES + 1)]
        for record in records[-BATCHES:]:
            line.add(record)
        line.add(epoch(number))
    return records


def check(curve, records):
    """Each point against the batches behind the point before it."""
    at = np.array([r.epoch - 1 + r.batch / r.batches for r in records])
    ends = [int(np.argmin(np.abs(at - a))) + 1 for a in curve.at]
    assert (np.diff(ends) > 0).all() and ends[-1] == len(records)
    for i, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        part = records[begin:end]
        assert np.isclose(curve.loss[i], np.mean([r.loss for r in part]), atol=1e-5)
        assert np.isclose(curve.accuracy[i], np.mean([r.accuracy for r in part]), atol=1e-5)
        np.testing.assert_allclose(curve.rates[i], np.mean([r.rates for r in part], 0), rtol=1e-5)
        np.testing.assert_allclose(curve.norms[i], np.mean([r.norms for r in part], 0), rtol=1e-5)
        assert np.isnan(curve.active[i]).all() == all(r.active is None for r in part)
        passed = sum(r.seconds.total for r in records[:end]) + 7.0 * (part[-1].epoch - 1)
        assert np.isclose(curve.seconds[i], passed, rtol=1e-5)


def test_a_point_is_the_mean_of_the_batches_it_stands_for():
    for epochs, more, every in ((1, 0, 1), (5, 0, 1), (12, 3, 4)):  # the last point may stand for fewer
        line = GrowingLine(Line(TRAINING))
        records = fed(line, 1, epochs) + [batch(epochs + 1, i) for i in range(1, more + 1)]
        for record in records[len(records) - more :]:
            line.add(record)
        curve = line.line().curve
        assert len(curve.at) <= POINTS and len(curve.at) == -(-len(records) // every)
        check(curve, records)
        shares = [r.active for r in records if r.active is not None]
        if every == 1:
            np.testing.assert_allclose(curve.active[~np.isnan(curve.active[:, 0])], shares, rtol=1e-5)


def test_a_run_that_goes_on_forgets_what_it_repeats():
    """Killed when the fourth epoch's record was there and its checkpoint was not yet: the fourth epoch comes once more."""
    before = GrowingLine(Line(TRAINING))
    records = fed(before, 1, 4)[: 3 * BATCHES]
    again = GrowingLine(before.line(whole=True))
    records += fed(again, 4, 5)
    line = again.line(whole=True)
    assert [e.epoch for e in line.epochs] == [1, 2, 3, 4, 5]
    assert (np.diff(line.curve.at) > 0).all() and len(line.curve.at) == len(records)
    np.testing.assert_allclose(line.curve.loss, [r.loss for r in records], atol=1e-6)
    np.testing.assert_allclose(np.diff(line.curve.at), 1 / BATCHES, rtol=1e-3)


def test_trainings_side_by_side_are_saved_epoch_by_epoch(tmp_path):
    """A step is one batch of each that still goes on; an epoch is saved when it ends; one that fails ends alone."""
    good = Training(YinYang(samples=60), FeedForward(layers=1, width=8), epochs=2, batch=16)
    bad = dataclasses.replace(good, dataset=YinYang(samples=60, steps=10))  # too few steps for its spikes
    store, run = (
        Store(f"sqlite:///{tmp_path / 'runs.sqlite'}"),
        Run(Train((good, dataclasses.replace(good, epochs=1), bad)), "native"),
    )
    store.begin(run)
    grown, batches = growing(store.open(run.id)), 0
    grown.begin_step()
    for record in grown.records(tmp_path / "checkpoints"):
        before = [len(line.epochs) for line in grown.lines]
        if grown.add(record):
            assert grown.unsaved
            grown.save(store)
        assert not grown.unsaved
        assert [len(line.epochs) for line in store.open(run.id).lines] == [len(line.epochs) for line in grown.lines]
        assert grown.lines[2].ended == (batches > 0 or not isinstance(record[1], BatchRecord))
        if grown.stepped:
            grown.begin_step()
            batches += 1
            assert not grown.stepped or grown.lines[0].ended
    assert before == [1, 1, 0] and batches == 2 * 3 + 1
    assert grown.finish() is Status.FINISHED and grown.done == ""
    grown.save_all(store)
    lines = store.open(run.id).lines
    assert [(line.ended, len(line.epochs)) for line in lines] == [(True, 2), (True, 1), (True, 0)]
    assert [bool(line.problem) for line in lines] == [False, False, True] and "raise steps" in lines[2].problem
    assert all(e.confusion.sum() > 0 for line in lines for e in line.epochs)
    again = growing(store.open(run.id))  # who asks once more wants the one that failed to be tried again
    assert [number for number, _ in again.records(tmp_path / "checkpoints")] == [2]
    other = Run(Train((good,)), "native")
    store.begin(other)
    grown = growing(store.open(other.id))
    for record in grown.records(tmp_path / "others"):
        grown.add(record)  # and the database is away until the end
    grown.save_all(store)
    assert [e.confusion.sum() > 0 for e in store.open(other.id).lines[0].epochs] == [True, True]
    store.close()
