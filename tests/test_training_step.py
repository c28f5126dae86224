"""The arithmetic of a training: what an optimiser's step, a learning rate, a batch, an epoch and the test part amount to."""

import dataclasses

import numpy as np
import pytest
import torch

from snnviz import FeedForward
from snnviz.backends import resolve
from snnviz.datasets import Digits, Split
from snnviz.losses import OverTime
from snnviz.optimisers import OPTIMISERS, SCHEDULES, SGD, Adam, AdamW, Constant, Cosine
from snnviz.training import BatchRecord, EpochRecord, Training, load, load_network, train
from snnviz.training.step import RunningTraining

SMALL = Training(Digits(steps=8, samples=150), FeedForward(layers=2, width=16, first_gain=4.0), epochs=2, batch=50)


def adam(w, g, state, o, t, coupled):
    g = g + o.decay * w if coupled else g
    w = w if coupled else w - o.lr * o.decay * w
    m, v = state
    m, v = o.beta1 * m + (1 - o.beta1) * g, o.beta2 * v + (1 - o.beta2) * g * g
    return w - o.lr * m / (1 - o.beta1**t) / (np.sqrt(v / (1 - o.beta2**t)) + 1e-8), (m, v)


def sgd(w, g, state, o, t):
    m = o.momentum * state[0] + g + o.decay * w
    return w - o.lr * m, (m, state[1])


FORMULAS = {
    "Adam": (Adam(0.01, decay=0.05, beta1=0.7, beta2=0.9), lambda *a: adam(*a, coupled=True)),
    "AdamW": (AdamW(0.01, decay=0.05, beta1=0.7, beta2=0.9), lambda *a: adam(*a, coupled=False)),
    "SGD": (SGD(0.1, momentum=0.6, decay=0.05), sgd),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimisers_steps_are_its_formula(name):
    optimiser, formula = FORMULAS[name]
    rng = np.random.default_rng(0)
    w, state = rng.normal(size=5), (np.zeros(5), np.zeros(5))
    p = torch.nn.Parameter(torch.from_numpy(w.copy()))
    torchs = optimiser.make([p])
    for t in range(1, 5):
        g = rng.normal(size=5)
        p.grad = torch.from_numpy(g)
        torchs.step()
        w, state = formula(w, g, state, optimiser, t)
        np.testing.assert_allclose(p.detach().numpy(), w, rtol=1e-9)


def test_the_readout_over_time():
    z = torch.arange(24.0).reshape(4, 2, 3).sin()
    for how, expected in {
        OverTime.SUM: z[0] + z[1] + z[2] + z[3],
        OverTime.MEAN: (z[0] + z[1] + z[2] + z[3]) / 4,
        OverTime.MAX: torch.maximum(torch.maximum(z[0], z[1]), torch.maximum(z[2], z[3])),
        OverTime.LAST: z[3],
    }.items():
        torch.testing.assert_close(how.reduce(z), expected)


def stepped(t: Training, steps: int):
    """Each step's record, and how far it moved the weights."""
    run, steps_taken = RunningTraining(t, resolve(None)), []
    x, y = next(run.train.batches(t.batch, t.seed, 1))
    for batch in range(1, steps + 1):
        before = [p.detach().clone() for p in run.network.parameters()]
        record = run.step(1, batch, x, y, 0.0)
        moved = torch.cat([(a - b).flatten() for a, b in zip(run.network.parameters(), before, strict=True)]).norm().item()
        steps_taken.append((record, moved))
    return steps_taken


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_learning_rate_follows_its_schedule(schedule):
    """The k-th of n steps is taken at schedule(k / n): SGD without momentum moves that far times the gradient."""
    value = Cosine(warmup=0.5, floor=0.1) if schedule == "Cosine" else SCHEDULES[schedule]()
    t = dataclasses.replace(SMALL, optimiser=SGD(1e-2, momentum=0.0), schedule=value, batch=40)  # 3 batches an epoch
    for k, (record, moved) in enumerate(stepped(t, 3)):
        expected = 1e-2 * value.factor(k / 6)
        assert record.lr == pytest.approx(expected)
        assert moved == pytest.approx(expected * np.linalg.norm(record.norms), rel=1e-2)
    assert [Constant().factor(x) for x in (0.0, 0.5, 1.0)] == [1, 1, 1]


def test_a_step_is_of_its_own_batch():
    """With next to no learning rate the same batch has the same gradient again: nothing is left over from the step before."""
    (first, _), (second, _) = stepped(dataclasses.replace(SMALL, optimiser=SGD(1e-9, momentum=0.0)), 2)
    assert first.norms == pytest.approx(second.norms, rel=1e-3)


def test_an_epochs_means_weigh_batches_by_their_size():
    records = list(train(dataclasses.replace(SMALL, epochs=1)))  # 120 samples: two batches of 50 and one of 20
    batches = [r for r in records if isinstance(r, BatchRecord)]
    (end,) = (r for r in records if isinstance(r, EpochRecord))
    sizes = [50, 50, len(load(SMALL.dataset, Split.TRAIN)) - 100]
    for of_epoch, of_batch in (("train_loss", "loss"), ("train_accuracy", "accuracy"), ("rates", "rates"), ("norms", "norms")):
        values = np.array([getattr(r, of_batch) for r in batches])
        assert len({*map(str, values)}) > 1
        np.testing.assert_allclose(getattr(end, of_epoch), np.average(values, 0, sizes), rtol=1e-9)


def test_the_test_half_is_measured_as_a_whole(tmp_path):
    """Loss and confusion of the test part in batches are those of all its samples at once."""
    path = tmp_path / "run.safetensors"
    (end, *_) = (r for r in train(dataclasses.replace(SMALL, epochs=1, batch=16), checkpoint=path) if isinstance(r, EpochRecord))
    test = load(SMALL.dataset, Split.TEST)
    x, y = test.take(range(len(test)))
    _, network = load_network(path)
    logits = network(x.flatten(2)).logits.detach().sum(0)
    assert end.test_loss == pytest.approx(torch.nn.functional.cross_entropy(logits, y).item(), rel=1e-5)
    expected = np.zeros_like(end.confusion)
    for label, taken in zip(y.tolist(), logits.argmax(1).tolist(), strict=True):
        expected[label, taken] += 1
    assert np.array_equal(end.confusion, expected) and not np.array_equal(expected, expected.T)
    assert end.test_accuracy == pytest.approx(expected.trace() / len(test))
