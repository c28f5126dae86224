"""e-prop: forwards in time with eligibilities and a learning signal, in numpy, against the library's sweep backwards."""

import math

import numpy as np
import pytest
import torch

from snnviz import BPTT, EProp, Training
from snnviz.architectures import FeedForward
from snnviz.backends import resolve
from snnviz.datasets import SpikePatterns, YinYang
from snnviz.heads import attach_heads
from snnviz.losses import VanRossum
from snnviz.methods import Feedback
from snnviz.network import Network, feed_forward, recurrent
from snnviz.neurons import ALIF, LIF, LeakyReadout
from snnviz.optimisers import SGD, Adam
from snnviz.surrogates import FastSigmoid, Triangle
from snnviz.training.step import RunningTraining
from tests.helpers import close

HALF = 1 / np.log(2)
NET_X = torch.tensor([[1, 0], [1, 1], [0, 1], [1, 1], [1, 0]], dtype=torch.float64)[:, None]
TARGET = torch.tensor([0, 1, 0, 0.5, 1], dtype=torch.float64)[:, None, None]
W_IN, W_LOOP, W_OUT = [[1, 0.5], [0.5, 1]], [[0, 0.5], [-0.5, 0.25]], [[1, -0.5]]
VECTORS = {
    Feedback.SYMMETRIC: (
        [4.15771484375, 3.5927734375, -2.272827148438, -2.364990234375],
        [3.7099609375, 1.869140625, -2.511474609375, -1.22119140625],
    ),
    Feedback.RANDOM: (
        [4.15771484375, 3.5927734375, 4.545654296875, 4.72998046875],
        [3.7099609375, 1.869140625, 5.02294921875, 2.4423828125],
    ),
}


def net(neuron, method, weights, kappa: float, backend=None) -> Network:
    """A recurrent layer and a leaky readout with these weights (from the input, of the loop, of the readout)."""
    came, loop, out = (torch.as_tensor(w, dtype=torch.float64) for w in weights)
    network = recurrent(came.shape[1], [len(came)], len(out), neuron, method, backend, readout=LeakyReadout(-1 / math.log(kappa)))
    block = network.blocks[0]
    assert block.recurrent is not None
    block.transform.weight.data, block.recurrent.weight.data, network.readout.weight.data = came, loop, out
    return attach_heads(network.double(), method, len(out))


def by_weights(network: Network, loss: torch.Tensor) -> list[torch.Tensor]:
    block = network.blocks[0]
    assert block.recurrent is not None
    return list(torch.autograd.grad(loss, [block.transform.weight, block.recurrent.weight, network.readout.weight]))


@pytest.mark.parametrize("backend", ["reference", "native"])
@pytest.mark.parametrize("feedback", VECTORS)
def test_vectors(feedback, backend):
    network = net(LIF(HALF), EProp(Triangle(1.0), feedback, scale=1.0), (W_IN, W_LOOP, W_OUT), 0.5, backend)
    assert network.direct is not None
    network.direct.fixed[0] = torch.ones(1, 2)
    loss = (network(NET_X).logits - TARGET).square().sum() / 2
    for got, expected in zip(by_weights(network, loss), VECTORS[feedback], strict=False):
        np.testing.assert_allclose(got.flatten(), expected, rtol=1e-11)


def signal_times_eligibility(neuron, weights, kappa, x, errors, matrix, keep_reset, surrogate):
    """sum_t L[t] ebar[t] for the weights from the input and of the loop, and sum_t error[t] zbar[t]: nothing is looked up later
    than its step. errors [T, B, k]: dE/dy by the readout's own equation, y[t] = kappa y[t-1] + W_out s[t]."""
    came, loop, _ = weights
    c = {name: float(value) for name, value in neuron.coefficients().items()}
    strength, rho = c.get("kappa", 0.0), c.get("rho", 0.0)
    steps, batch, _ = x.shape
    n, both = len(came), len(came) + x.shape[2]
    v, b, s = (np.zeros((batch, n)) for _ in range(3))
    theta = np.full((batch, n), c["theta"])
    eu, eb, e, ebar = (np.zeros((batch, n, both)) for _ in range(4))
    total, zbar, readout = np.zeros((n, both)), np.zeros((batch, n)), 0.0
    for t in range(steps):
        before = np.concatenate([x[t], s], 1)
        through = strength * s[..., None] * eb + keep_reset * theta[..., None] * e  # how v follows the weights by B s
        eu = c["beta"] * (eu - through) + before[:, None]
        eb = rho * eb + (1 - rho) * e
        theta = c["theta"] + strength * b
        u = c["beta"] * v + x[t] @ came.T + s @ loop.T
        s = (u >= theta).astype(float)
        v, b = u - theta * s, rho * b + (1 - rho) * s
        e = surrogate.derivative(torch.from_numpy(u - theta)).numpy()[..., None] * (eu - strength * eb)
        ebar = kappa * ebar + e
        zbar = kappa * zbar + s
        total += np.einsum("bj,bji->ji", errors[t] @ matrix, ebar)
        readout = readout + errors[t].T @ zbar
    return total[:, : x.shape[2]], total[:, x.shape[2] :], readout


@pytest.mark.parametrize("neuron", [LIF(8.0), ALIF(8.0, 40.0, kappa=4.0)], ids=["LIF", "ALIF"])
@pytest.mark.parametrize("keep_reset", [False, True])
@pytest.mark.parametrize("feedback", Feedback)
def test_backwards_is_the_signal_times_the_eligibility(neuron, keep_reset, feedback):
    rng, surrogate, kappa = np.random.default_rng(0), FastSigmoid(4.0), 0.8
    weights = [rng.normal(0.3, 1, size) / np.sqrt(size[1]) for size in ((7, 5), (7, 7), (3, 7))]
    x = (rng.random((30, 4, 5)) < 0.4).astype(float)
    network = net(neuron, EProp(surrogate, feedback, 1.0, keep_reset), weights, kappa)
    direct = network.direct
    assert direct is not None
    logits = network(torch.from_numpy(x)).logits
    logits.retain_grad()
    y = torch.tensor([0, 2, 1, 1])
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.repeat(30), reduction="sum")
    got = by_weights(network, loss)
    errors = (torch.softmax(logits, -1) - torch.nn.functional.one_hot(y, 3)).detach().numpy()
    matrix = weights[2] if feedback is Feedback.SYMMETRIC else direct.matrix(0, network.readout.weight).detach().numpy()
    expected = signal_times_eligibility(neuron, weights, kappa, x, errors, matrix, keep_reset, surrogate)
    for mine, theirs in zip(got, expected, strict=True):
        close(mine, torch.from_numpy(theirs), 1e-12)
    assert (feedback is Feedback.SYMMETRIC) == bool(np.array_equal(matrix, weights[2]))


@pytest.mark.parametrize("neuron", [LIF(8.0), ALIF(8.0, 40.0, kappa=4.0)], ids=["LIF", "ALIF"])
def test_one_layer_without_loops_is_bptt(neuron):
    """Whatever the readout remembers: its memory seen from the other side is the filter of the eligibility."""
    x = torch.randint(0, 2, (30, 4, 5), generator=torch.Generator().manual_seed(0)).double()
    gradients = []
    for method in (BPTT(FastSigmoid()), EProp(FastSigmoid(), scale=1.0, keep_reset=True)):
        network = feed_forward(5, [7], 3, neuron, method, readout=LeakyReadout(5.0), gain=3.0, bias=True)
        attach_heads(network.double(), method, 3)
        network(x).logits.square().sum().backward()
        gradients.append([p.grad for p in network.parameters()])
    for one, other in zip(*gradients, strict=True):
        close(one, other, 1e-12)


def test_a_layer_that_the_readout_does_not_read_hears_of_the_error_by_a_matrix_of_its_own():
    method = EProp(FastSigmoid())
    network = attach_heads(feed_forward(5, [7, 6], 3, LIF(), method, gain=4.0).double(), method, 3, seed=4)
    first, second = network.blocks
    direct, x = network.direct, torch.rand(20, 4, 5, generator=torch.Generator().manual_seed(0)).double()
    assert direct is not None
    logits = network(x).logits
    logits.square().sum().backward()
    error = 2 * logits.detach()
    below = first(x, network.draw(0))
    for s, matrix, block in (
        (below, direct.matrix(0, network.readout.weight.new_empty(3, 7)), first),
        (second(below.detach(), network.draw(1)), network.readout.weight.detach(), second),
    ):
        (expected,) = torch.autograd.grad(s, block.transform.weight, error @ matrix)
        assert s.mean() > 0.02
        close(block.transform.weight.grad, expected, 1e-12)
    again = attach_heads(feed_forward(5, [7, 6], 3, LIF(), method).double(), method, 3, seed=4)
    assert again.direct is not None and again.direct.fixed == {}  # drawn when they are needed, the same for the same seed
    assert torch.equal(again.direct.matrix(0, torch.empty(3, 7)), direct.matrix(0, torch.empty(3, 7)))


@pytest.mark.parametrize("optimiser", [SGD(0.1), Adam(0.01)], ids=["SGD", "Adam"])
def test_adaptive_feedback_becomes_the_readouts_weights(optimiser):
    """Both get the same updates, so W_out - B shrinks by 1 - c a step, whatever the updates are."""
    method = EProp(Triangle(), Feedback.ADAPTIVE, decay=0.05)
    training = Training(
        YinYang(samples=120), FeedForward(layers=1, width=20, first_gain=8.0), method=method, optimiser=optimiser, batch=20
    )
    run = RunningTraining(training, resolve("native"))
    direct, readout = run.network.direct, run.network.readout
    assert direct is not None and direct.adaptive is not None
    before, start = (readout.weight - direct.adaptive).detach(), readout.weight.detach().clone()
    for number, (x, y) in enumerate(run.train.batches(20, 0, 1), 1):
        run.step(1, number, x, y, 0.0)
        torch.testing.assert_close((readout.weight - direct.adaptive).detach(), before * 0.95**number, rtol=1e-4, atol=1e-7)
    assert (readout.weight - start * 0.95**number).norm() > 0.05 * start.norm()


def test_what_it_needs_is_said():
    method = EProp()
    with pytest.raises(ValueError, match="call attach_heads"):
        feed_forward(4, [3], 2, LIF(), method)(torch.ones(5, 1, 4))
    training = Training(SpikePatterns(), FeedForward(layers=1, width=8), method=method, loss=VanRossum())
    with pytest.raises(ValueError, match="e-prop needs a readout that does not fire; choose another loss"):
        RunningTraining(training, resolve("native"))
