"""The loss at every step and the normalisation to the threshold: by their formulas, in float64."""

import pytest
import torch

from snnviz.architectures import FeedForward
from snnviz.losses import StepwiseCrossEntropy
from snnviz.methods import BPTT
from snnviz.network import feed_forward
from snnviz.neurons import LIF
from snnviz.normalise import ThresholdNormalise
from tests.helpers import close


def test_the_loss_at_every_step():
    o = torch.tensor([[[1, 0, -1]], [[0.5, 2, 0]]], dtype=torch.float64, requires_grad=True)
    loss = StepwiseCrossEntropy(0.05).of(o, torch.tensor([1]))
    loss.backward()
    assert loss.item() == pytest.approx(0.874548463087, abs=1e-12) and o.grad is not None
    expected = [0.315989453993, -0.375420642916, 0.009431188923, 0.069686189789, -0.108674089285, 0.030654566163]
    assert o.grad.flatten().tolist() == pytest.approx(expected, abs=1e-12)
    pulled = StepwiseCrossEntropy(1.0, towards=0.5).of(o, torch.tensor([1]))
    assert pulled.item() == pytest.approx((o - 0.5).square().mean().item(), rel=1e-14)


def test_a_channel_normalised_to_the_threshold(monkeypatch):
    x = torch.tensor([[1.0], [2], [3], [6]], dtype=torch.float64, requires_grad=True)
    layer = ThresholdNormalise(1).double()
    monkeypatch.setattr(layer, "spread", torch.sqrt)  # the vector is for no 1e-5
    y = layer(x)
    assert y.flatten().tolist() == pytest.approx([-1.06904496765, -0.534522483825, 0, 1.603567451475], abs=1e-12)
    y[0].sum().backward()
    assert x.grad is not None
    expected = [0.248171153204, -0.209990975788, -0.133630620956, 0.09545044354]
    assert x.grad.flatten().tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shape", [(40, 6), (40, 6, 3, 2)], ids=["units", "channels"])
def test_it_is_torchs_batch_norm_with_the_thresholds_size(shape):
    """In training with the batch's statistics; in evaluation with running ones, which the first batch sets."""
    g = torch.Generator().manual_seed(0)
    x, up = (torch.randn(shape, generator=g, dtype=torch.float64) for _ in range(2))
    mine = ThresholdNormalise(6, theta=0.8, a=0.5**0.5).double()
    theirs = (torch.nn.BatchNorm1d if x.ndim == 2 else torch.nn.BatchNorm2d)(6).double()
    with torch.no_grad():
        mine.scale.copy_(torch.rand(6, generator=g) + 0.5)
        mine.shift.copy_(torch.rand(6, generator=g))
        theirs.weight.copy_(mine.factor * mine.scale)
        theirs.bias.copy_(mine.shift)
    inputs = [x.clone().requires_grad_() for _ in range(2)]
    ours, other = mine(inputs[0]), theirs(inputs[1])
    close(ours, other, 1e-13)
    for out in (ours, other):
        (out * up).sum().backward()
    close(inputs[0].grad, inputs[1].grad, 1e-12)
    close(mine.scale.grad, mine.factor * theirs.weight.grad, 1e-12)
    close(mine.shift.grad, theirs.bias.grad, 1e-12)
    assert mine.calibrated
    close(mine.eval()(x), ours, 1e-13)  # of one batch the running statistics are its own
    alone = mine(x[:1] + 5)
    close(mine(torch.cat([x[:1] + 5, x]))[:1], alone, 1e-13)


def test_a_network_normalises_to_its_neurons_threshold():
    network = feed_forward(5, [7], 3, LIF(theta=0.6), BPTT(), normalise=True, by_threshold=True)
    layer = network.blocks[0].normalise
    assert isinstance(layer, ThresholdNormalise) and layer.factor == 0.6 and not layer.shift.any()
    x = torch.rand(30, 16, 5)
    current = network.blocks[0].current(x)
    assert current.mean((0, 1)).abs().max() < 1e-5 and (current.flatten(0, 1).std(0, correction=0) - 0.6).abs().max() < 1e-3
    built = FeedForward(layers=1, width=7, normalise=True, by_threshold=True).build(LIF(), BPTT(), None, 0)
    assert isinstance(built.blocks[0].normalise, ThresholdNormalise)
