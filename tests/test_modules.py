"""Surrogate module learning: the loss against its formula in numpy, the two roads, and heads that leave no trace."""

import dataclasses

import numpy as np
import pytest
import torch

from snnviz.heads import attach_heads, closeness, loss_of, short_training, sml_loss
from snnviz.methods import BPTT, Route, SurrogateModules
from snnviz.network import NetworkOutput, convolutional, feed_forward
from snnviz.neurons import LIF, LeakyReadout
from snnviz.studies.growth import GrowthSweep, Over, depth_experiment, sweep
from snnviz.surrogates import Dspike

CLASSES = 5


def batch(steps=6, samples=16, shape=(12,), seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = (torch.rand(steps, samples, *shape, generator=generator) < 0.4).float()
    return x, torch.randint(CLASSES, (samples,), generator=generator)


def network(method, hidden=(14, 14, 14, 14), **options):
    net = feed_forward(12, hidden, CLASSES, LIF(tau_mem=5.0), method, normalise=True, **options)
    return attach_heads(net, method, CLASSES, seed=3).train()


def gradients(net, loss):
    """The gradient of every block's weights, zero where there is none."""
    weights = [block.transform.weight for block in net.blocks]
    return torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize(("alpha", "weight", "tau"), [(0.5, 0.9, 3.0), (1.3, 0.2, 0.7)])
def test_the_loss_is_its_formula(heads, alpha, weight, tau):
    rng = np.random.default_rng(0)
    logits, own = rng.normal(size=(4, 7, CLASSES)), rng.normal(size=(heads, 7, CLASSES)) * 2
    y = rng.integers(CLASSES, size=7)
    q = logits.mean(0)
    cross = [-np.log(softmax(z)[np.arange(7), y]).mean() for z in (q, *own)]
    kl = 0.0
    for z in own:
        p, r = softmax(q / tau), softmax(z / tau)
        kl += sum((a * np.log(a / b)).sum() / 7 for a, b in ((p, r), (r, p)))
    expected = (1 - weight) / (1 + heads * alpha) * (cross[0] + alpha * sum(cross[1:])) + weight / (2 * heads) * kl
    method = SurrogateModules(after=tuple(range(1, heads + 1)), alpha=alpha, weight=weight, temperature=tau)
    leaves = [torch.tensor(z, requires_grad=True) for z in (logits, *own)]
    output = NetworkOutput(leaves[0], tuple(leaves[1:]))
    loss = sml_loss(output, torch.tensor(y), method)
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    # Each divergence trains its second argument alone: d KL(p -> r) / d r = (softmax(r / tau) - p) / tau.
    grad_q, *grad_own = torch.autograd.grad(loss, leaves)
    hot = np.eye(CLASSES)[y]
    towards = sum(softmax(q / tau) - softmax(z / tau) for z in own) / tau
    hard = (1 - weight) / (1 + heads * alpha) / 7
    np.testing.assert_allclose(grad_q.sum(0), hard * (softmax(q) - hot) + weight / (2 * heads) * towards / 7, atol=1e-14)
    for z, got in zip(own, grad_own, strict=True):
        soft = weight / (2 * heads) * (softmax(z / tau) - softmax(q / tau)) / tau / 7
        np.testing.assert_allclose(got, hard * alpha * (softmax(z) - hot) + soft, atol=1e-14)


def test_weight_zero_is_plain_bptt():
    x, y = batch()
    plain, heads = BPTT(Dspike()), SurrogateModules(after=(1, 3), alpha=0.0, weight=0.0)
    a, b = network(plain), network(heads)
    one, other = gradients(a, loss_of(a(x), y, plain)), gradients(b, loss_of(b(x), y, heads))
    assert all(torch.equal(g, h) for g, h in zip(one, other, strict=True))
    assert all(g.norm() > 0 for g in one)
    assert not gradients(network(SurrogateModules(after=())), sml_loss(a(x), y, heads))[0].any()


def test_heads_leave_no_trace_outside_training():
    x, y = batch()
    method = SurrogateModules(after=(2, 4))
    torch.manual_seed(7)
    plain, expected = network(BPTT(Dspike())), torch.rand(3)
    torch.manual_seed(7)
    with_heads = network(method)
    assert torch.equal(torch.rand(3), expected)
    shared = {name: p for name, p in with_heads.state_dict().items() if not name.startswith("heads.")}
    assert shared.keys() == plain.state_dict().keys()
    assert all(torch.equal(p, plain.state_dict()[name]) for name, p in shared.items())
    assert len(with_heads(x).heads) == 2 and len(plain(x).heads) == 0  # both see one batch: running statistics follow it
    out = with_heads.eval()(x)
    assert out.heads == () and torch.equal(out.logits, plain.eval()(x).logits)
    passes = with_heads.passes
    assert [c.layer for c in closeness(with_heads, x, y)] == [2, 4]
    assert not with_heads.training and with_heads.passes == passes
    assert not attach_heads(with_heads, BPTT(), CLASSES).heads


def test_detached_layers_are_trained_by_their_head_alone():
    x, y = batch()
    for route in Route:
        method = SurrogateModules(after=(2, 3), route=route)
        net = network(method)
        own = gradients(net, torch.nn.functional.cross_entropy(net(x).logits.mean(0), y))
        reached = [bool(g.any()) for g in own]
        assert reached == ([True] * 4 if route is Route.BOTH else [False, False, False, True])
        # With the first head silenced, what is in front of a detaching one has nothing left to learn from.
        for p in net.heads["2"].parameters():
            p.data.zero_()
        reached = [bool(g.any()) for g in gradients(net, sml_loss(net(x), y, method))]
        assert reached == ([True] * 4 if route is Route.BOTH else [False, False, True, True])


@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 16, 20), (3, 4, 4)])
def test_heads_on_maps(shape):
    method = SurrogateModules(after=(1, 2), route=Route.DETACH)
    net = convolutional(shape, (6, 300), CLASSES, LIF(tau_mem=5.0), method, readout=LeakyReadout(), normalise=True)
    attach_heads(net, method, CLASSES).train()
    x, y = batch(3, 4, shape)
    output = net(x)
    assert [tuple(h.shape) for h in output.heads] == [(4, CLASSES)] * 2
    sml_loss(output, y, method).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())
    assert all(block.transform.weight.grad.any() for block in net.blocks)
    with pytest.raises(ValueError, match="at least two samples"):
        net(x[:, :1])


def test_a_short_training_learns_and_repeats():
    x, y = batch(samples=60)
    x += torch.nn.functional.one_hot(y, 12)  # each class has a pixel of its own
    method = SurrogateModules(after=(1, 3))
    runs = []
    for _ in range(2):
        net = network(method)
        records = short_training(net, method, x, y, steps=40, batch=40, lr=1e-2, seed=1)
        runs.append([(r.loss, r.accuracy) for r in records])
        assert not net.training
    assert runs[0] == runs[1]
    assert np.mean(runs[0][-10:], 0)[1] > np.mean(runs[0][:10], 0)[1] + 0.2, runs[0]
    assert all(c.accuracy > 0.6 and c.agreement > 0.6 for c in closeness(net, x, y)), closeness(net, x, y)


def test_what_cannot_be_says_so():
    with pytest.raises(ValueError, match="no hidden layer 5"):
        network(SurrogateModules(after=(2, 5)))
    for after, kind in (((0,), ValueError), ((2, 2), ValueError), ([1], TypeError), ((1.0,), TypeError)):
        with pytest.raises(kind, match="after"):
            SurrogateModules(after=after)
    for wrong in ({"weight": 1.1}, {"temperature": 0.0}, {"alpha": -1.0}, {"width": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            dataclasses.replace(SurrogateModules(), **wrong)
    net = network(BPTT())
    with pytest.raises(ValueError, match="attach_heads"):
        next(short_training(net, SurrogateModules(after=(2,)), *batch()))


def test_a_sweep_over_depth_has_the_heads_that_its_networks_have_layers_for():
    """A head after layer 2 of a network with one hidden layer ended the page in an error; there it falls away."""
    base = depth_experiment(3, steps=5, batch=2, width=8)
    study = GrowthSweep(Over.DEPTH, base, (BPTT(Dspike()), SurrogateModules(after=(2,))))
    points = {value: methods[1].after for value, _, methods in study.settings}
    assert points[1] == () and points[2] == (2,) == points[10]
    assert all(0 < ratio < np.inf for ratio in next(sweep(study.settings)).ratio.values())
