"""DECOLLE: every layer learns by a head of its own, as a network of one layer would."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snnviz import LIF, OTTT, Decolle, Training
from snnviz.architectures import FeedForward
from snnviz.backends import resolve
from snnviz.datasets import YinYang
from snnviz.heads import FixedHead, attach_heads, loss_of
from snnviz.losses import StepwiseCrossEntropy
from snnviz.network import feed_forward
from snnviz.neurons import LeakyReadout
from snnviz.surrogates import FastSigmoid, Triangle
from snnviz.training.step import RunningTraining
from tests.helpers import close

HALF = 1 / np.log(2)


@pytest.mark.parametrize("backend", ["reference", "native"])
def test_vectors(backend):
    """The net 2-2-1, heads (1, -1/2) and (1/2), half squared error."""
    method = Decolle(Triangle(1.0))
    network = attach_heads(feed_forward(2, [2, 1], 1, LIF(HALF), method, backend).double(), method, 1)
    for block, weight in zip(network.blocks, ([[0.5, 0.75], [1, -0.25]], [[0.75, 0.5]]), strict=True):
        block.transform.weight.data = torch.tensor(weight, dtype=torch.float64)
    for head, weights in zip(network.heads.values(), ([[1, -0.5, 0]], [[0.5, 0]]), strict=True):
        assert isinstance(head, FixedHead)
        head.weights = torch.tensor(weights)
    x = torch.tensor([[1, 0], [1, 1], [0, 1], [1, 1], [1, 0]], dtype=torch.float64)[:, None]
    target = torch.tensor([0, 1, 0, 0.5, 1], dtype=torch.float64)[:, None, None]
    errors = [h - target for h in network(x).heads]
    assert [e.flatten().tolist() for e in errors] == [[-0.5, 0, 1, 0.5, -1.5], [0, -0.5, 0, 0, -1]]
    torch.stack([e.square().sum() / 2 for e in errors]).sum().backward()
    for block, expected in zip(
        network.blocks, ([-0.56640625, 1.3359375, 0.67529296875, -0.0595703125], [-0.49609375, -0.423828125]), strict=True
    ):
        gradient = block.transform.weight.grad
        assert gradient is not None and gradient.flatten().tolist() == expected


@pytest.mark.parametrize("readout", [None, LeakyReadout(5.0)], ids=["plain", "leaky"])
def test_a_layer_is_ottt_of_one_layer_with_its_head_as_readout(readout):
    g = torch.Generator().manual_seed(0)
    x, y = torch.randint(0, 2, (20, 6, 5), generator=g).double(), torch.randint(0, 3, (6,), generator=g)
    method = Decolle(FastSigmoid(4.0))
    network = feed_forward(5, [8, 7], 3, LIF(6.0), method, readout=readout, gain=4.0)
    attach_heads(network.double(), method, 3, seed=2)
    output = network(x)
    loss_of(output, y, method).backward()
    below = x
    for block, head, logits in zip(network.blocks, network.heads.values(), output.heads, strict=True):
        assert isinstance(head, FixedHead) and head.weights is not None and not list(head.parameters())
        units = block.transform.weight.shape[0]
        assert head.weights.abs().max() <= 0.5 / units**0.5 and logits.shape == (20, 6, 3)
        alone = feed_forward(below.shape[2], [units], 3, LIF(6.0), OTTT(FastSigmoid(4.0))).double()
        alone.blocks[0].transform.weight.data = block.transform.weight.detach()
        alone.readout.weight.data = head.weights[:, :units].double()
        F.cross_entropy((alone(below).logits + head.weights[:, units]).flatten(0, 1), y.repeat(20)).backward()
        close(block.transform.weight.grad, alone.blocks[0].transform.weight.grad, 1e-12)
        below = block(below, network.draw(0)).detach()
    own = torch.autograd.grad(F.cross_entropy(network(x).logits.mean(0), y), network.readout.weight)[0]
    close(network.readout.weight.grad, own, 1e-12)
    assert network.eval()(x).heads == ()


def test_heads_are_the_same_for_the_same_seed_and_stay_while_layers_learn():
    training = Training(
        YinYang(samples=120),
        FeedForward(layers=2, width=16, first_gain=8.0),
        method=Decolle(),
        loss=StepwiseCrossEntropy(),
        batch=20,
    )
    runs = [RunningTraining(training, resolve("native")) for _ in range(2)]
    for number, (x, y) in enumerate(runs[0].train.batches(20, 0, 1), 1):
        records = [run.step(1, number, x, y, 0.0) for run in runs]
        assert records[0].loss == records[1].loss and all(norm > 0 for norm in records[0].norms)
    heads = [list(run.network.heads.values()) for run in runs]
    for a, b, other in zip(*heads, heads[0][::-1], strict=True):
        assert isinstance(a, FixedHead) and isinstance(b, FixedHead) and isinstance(other, FixedHead)
        assert a.weights is not None and b.weights is not None and torch.equal(a.weights, b.weights)
        assert other.weights is not None and not torch.equal(a.weights, other.weights)
