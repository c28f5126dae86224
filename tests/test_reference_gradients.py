"""The two references where the true answer is known, and what is held against them."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snnviz.backends import BACKENDS
from snnviz.backends.base import Forward, Upstream
from snnviz.draws import Draw
from snnviz.heads import attach_heads
from snnviz.methods import BPTT, Exodus, Route, Slayer, SurrogateModules
from snnviz.network import convolutional, feed_forward
from snnviz.neurons import ALIF, IF, LIF, CubaLIF, LeakyReadout, Reset
from snnviz.studies.reference_gradients import gradient_error_by_depth, layer_gradients, losses, noise_gradients
from snnviz.studies.smooth_spike import smooth_spike_gradients
from snnviz.surrogates import Arctan, Dspike, Gaussian, Sigmoid

CLASSES = 4


def batch(steps=5, samples=24, inputs=10):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(steps, samples, inputs, generator=generator)
    return x, torch.randint(CLASSES, (samples,), generator=generator)


def last(estimates):
    *_, estimate = estimates
    return estimate


@pytest.mark.parametrize("normalise", [False, True])
def test_a_smooth_network_has_a_true_gradient(normalise):
    """Layers that never fire are differentiated exactly by autograd: the estimate must become that gradient, in
    direction and in size. 1,680 draws are whole sets of orthogonal directions in each layer: 24 of 70, 40 of 42, 70 of
    24. What is left is the noise of their lengths, (2 / size) / sets of the squared norm."""
    x, y = batch()
    leaky = LeakyReadout(tau_mem=4.0)
    net = feed_forward(10, (7, 6), CLASSES, leaky, BPTT(), readout=leaky, normalise=normalise)
    weights = [*(b.transform.weight for b in net.blocks), net.readout.weight]
    true = torch.autograd.grad(F.cross_entropy(net(x).logits.mean(0), y), weights)
    estimates = last(noise_gradients(net, x, y, sigma=0.01, draws=1680, layers=[1, 2, 3]))
    for estimate, gradient in zip(estimates, true, strict=True):
        assert estimate.reliability > 0.995 and estimate.draws == 1680
        assert estimate.corrected(gradient) == pytest.approx(1, abs=0.002)
        assert estimate.gradient.norm() == pytest.approx(gradient.norm().item(), rel=0.02)


def test_the_smoothed_step_of_one_weight():
    """One weight w, one step: d/dw E[L(w + sigma e)] = (L_spike - L_silent) N(theta - w; 0, sigma)."""
    net = feed_forward(1, (1,), CLASSES, LIF(), BPTT())
    x, y = torch.ones(1, 1, 1), torch.tensor([2])
    for w in (0.7, 1.1):
        net.blocks[0].transform.weight.data.fill_(w)
        quiet, spike = (F.cross_entropy(s * net.readout.weight.T, y).item() for s in (0, 1))
        sigma = 0.5 * w
        exact = (spike - quiet) * math.exp(-0.5 * ((1 - w) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
        (estimate,) = last(noise_gradients(net, x, y, sigma=0.5, draws=20_000))
        for half in estimate.halves:
            assert half.item() == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("recurrent", [False, True])
def test_many_weights_at_once_are_one_network_each(normalise, recurrent):
    x, y = batch()
    net = feed_forward(  # in training: each network is normalised by the statistics of its own currents
        10,
        (9, 8, 7),
        CLASSES,
        LIF(tau_mem=3.0),
        BPTT(),
        normalise=normalise,
        recurrent=recurrent,
        gain=3.0,
        readout=LeakyReadout() if recurrent else None,
    ).double()
    x = x.double()
    below = x
    with torch.no_grad():
        for number, block in enumerate(net.blocks, 1):
            original = block.transform.weight.detach().clone()
            some = original + torch.randn(3, *original.shape, dtype=torch.double) * original.std()
            expected = []
            for weight in some:
                block.transform.weight.copy_(weight)
                expected.append(F.cross_entropy(net(x).logits.mean(0), y).item())
            block.transform.weight.copy_(original)
            assert len(set(expected)) == 3
            np.testing.assert_allclose(losses(net, number, some, below, y), expected, rtol=1e-12)
            below = block(below, Draw())


def test_errors_by_depth():
    x, y = batch()
    method = SurrogateModules(after=(1,))
    net = feed_forward(10, (8, 8, 8), CLASSES, LIF(tau_mem=3.0), method, normalise=True)
    attach_heads(net, method, CLASSES).eval()
    variants = {"plain": BPTT(Dspike()), "both": method, "detach": SurrogateModules(after=(1,), route=Route.DETACH)}
    before = {name: a.clone() for name, a in net.state_dict().items()}
    tables = [list(gradient_error_by_depth(net, variants, x, y, draws=100, rounds=4, seed=5)) for _ in range(2)]
    assert tables[0] == tables[1]
    assert tables[0][-1] != last(gradient_error_by_depth(net, variants, x, y, draws=100, rounds=4, seed=6))
    assert [t.draws for t in tables[0]] == [25, 50, 75, 100]
    assert all(torch.equal(a, before[name]) for name, a in net.state_dict().items())
    assert not net.training and net.passes == 0 and not net.detach_heads and net.spiking_layers[0].method == method
    rows = tables[0][-1].rows
    assert [(r.layer, r.variant) for r in rows] == [(n, v) for n in (1, 2, 3) for v in variants]
    for row in rows:
        gradient = layer_gradients(net, variants[row.variant], x, y)[row.layer - 1]
        assert row.norm == pytest.approx(gradient.norm().item())
        # The loss after the step, by a network that has really taken it.
        weight = net.blocks[row.layer - 1].transform.weight
        original, q = weight.detach().clone(), lambda: copy.deepcopy(net).train()(x).logits.mean(0)
        with torch.no_grad():
            start = F.cross_entropy(q(), y).item()
            weight -= 0.05 * weight.norm() * gradient / gradient.norm()
            assert row.fall == pytest.approx(start - F.cross_entropy(q(), y).item(), abs=1e-6)
            weight.copy_(original)
        assert (row.corrected is None) == (row.reliability < 0.2)
        assert (row.error is None) == (row.corrected is None)


def test_noise_is_not_reported_as_an_error():
    """A silent network's loss does not depend on its weights: no figure, and no division by nothing."""
    x, y = batch()
    net = feed_forward(10, (8,), CLASSES, LIF(theta=1000.0), BPTT())
    row = last(gradient_error_by_depth(net, {"plain": BPTT()}, x, y, draws=16)).rows[0]
    assert (row.reliability, row.cosine, row.corrected, row.error, row.fall) == (0, 0, None, None, 0)


def test_what_cannot_be_measured_says_so():
    x, y = batch()
    net = convolutional((1, 4, 4), (2,), CLASSES, LIF(), BPTT())
    with pytest.raises(ValueError, match="fully connected"):
        next(noise_gradients(net, x[..., :1, None, None].expand(-1, -1, 1, 4, 4), y))
    with pytest.raises(ValueError, match="no layer 3"):
        next(noise_gradients(feed_forward(10, (8,), CLASSES, LIF(), BPTT()), x, y, layers=[3]))
    net = feed_forward(10, (8,), CLASSES, LIF(), BPTT())
    for wrong in ({"sigma": 0.0}, {"draws": 0}, {"rounds": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} = 0"):
            next(noise_gradients(net, x, y, **wrong))
    net.blocks[0].transform.weight.data.zero_()
    with pytest.raises(ValueError, match="all zero"):
        next(noise_gradients(net, x, y))
    with pytest.raises(ValueError, match="no spike"):
        smooth_spike_gradients(LeakyReadout(), Sigmoid(), [1.0], [1.0], [])
    with pytest.raises(ValueError, match="one length"):
        smooth_spike_gradients(LIF(), Sigmoid(), [1.0, 2.0], [1.0], [])


def signal(steps=40):
    rng = np.random.default_rng(2)
    return rng.gamma(2.0, 0.3, steps), rng.normal(size=steps)


NEURONS = (
    LIF(tau_mem=8.0),
    LIF(tau_mem=8.0, reset_mode=Reset.ZERO),
    LIF(dt=2.0),
    IF(),
    CubaLIF(tau_mem=8.0, tau_syn=1.0),
    ALIF(tau_mem=8.0),
)


@pytest.mark.parametrize("neuron", NEURONS, ids=lambda n: f"{type(n).__name__}-{n.reset_mode.value}-{n.dt:g}")
@pytest.mark.parametrize("surrogate", [Sigmoid(), Gaussian(), Arctan(20.0)], ids=lambda s: type(s).__name__)
def test_the_exact_methods_pass_through_the_finite_differences(neuron, surrogate):
    current, upstream = signal()
    exodus, full, cut, slayer = Exodus(surrogate), BPTT(surrogate), BPTT(surrogate, keep_reset=False), Slayer(surrogate)
    gradients = smooth_spike_gradients(neuron, surrogate, current, upstream, [exodus, full, cut, slayer])
    assert gradients.times[1] == neuron.dt and gradients.spikes.min() > 0 and gradients.spikes.max() < 1
    assert gradients.error(exodus) < 1e-9 and gradients.error(full) < 1e-9
    assert gradients.error(slayer) > 0.1 and gradients.error(cut) > 0.1
    # The kernels' own sweep over the smooth run: with reset by subtraction it does not ask whether a spike was whole.
    if neuron.reset_mode is Reset.SUBTRACT and neuron.trace is None:
        u, x, g = (torch.tensor(a)[:, None] for a in (gradients.u, gradients.current, upstream))
        run = Forward(u, torch.tensor(gradients.spikes)[:, None], None, torch.zeros(1, 1).double())
        coefficients = torch.tensor(list(neuron.coefficients().values()), dtype=torch.float64)
        for method, gradient in gradients.gradients.items():
            swept = (
                BACKENDS["native"]
                .backward(
                    neuron,
                    coefficients,
                    method.at_spike,
                    method.reset_path,
                    Draw(),
                    x,
                    torch.zeros(1, 1).double(),
                    run,
                    Upstream(g),
                )
                .x
            )
            np.testing.assert_allclose(gradient, swept[:, 0], rtol=1e-12, atol=1e-13)
