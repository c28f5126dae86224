"""Layers and networks: gradients of everything, against the reference backend and finite differences."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from snnviz import BPTT, Exodus, FastSigmoid, LocalZO, Probe, Slayer, SparseGD, SpikingLayer
from snnviz.architectures import FeedForward
from snnviz.biased import Biased
from snnviz.draws import Draw
from snnviz.learned import bounded
from snnviz.network import Normalise, convolutional, feed_forward, recurrent
from snnviz.neurons import ALIF, LIF, CubaLIF, LeakyReadout
from snnviz.params import params
from tests.helpers import TRAINABLE, close, name


def builders(method, backend):
    return {
        "feed-forward": feed_forward(12, [9, 7], 3, LIF(), method, backend, readout=LeakyReadout(), gain=3.0),
        "biased": feed_forward(12, [9, 7], 3, LIF(), method, backend, gain=3.0, bias=True, bias_start=1.5),
        "normalised": feed_forward(12, [9, 7], 3, ALIF(), method, backend, normalise=True),
        "recurrent": recurrent(12, [9, 7], 3, CubaLIF(), method, backend, gain=2.0),
        "convolutional": convolutional((2, 8, 8), [4, 5], 3, LIF(), method, backend, gain=4.0),
    }


@pytest.mark.parametrize("kind", builders(BPTT(), "reference"))
@pytest.mark.parametrize("method", [BPTT(FastSigmoid()), Slayer(), Exodus()], ids=name)
def test_kernels_differentiate_whole_networks_as_autograd_does(kind, method):
    g = torch.Generator().manual_seed(3)
    shape = (2, 8, 8) if kind == "convolutional" else (12,)
    x = torch.randint(0, 2, (20, 4, *shape), generator=g).double()
    gradients = {}
    for backend in ("reference", "native"):
        network = builders(method, backend)[kind].double()
        network(x).logits.square().sum().backward()
        gradients[backend] = {n: p.grad for n, p in network.named_parameters()}
    assert gradients["reference"]
    for parameter, theirs in gradients["reference"].items():
        assert theirs.abs().max() > 0, parameter
        close(gradients["native"][parameter], theirs, 1e-11, parameter)


@pytest.mark.parametrize("neuron", [*TRAINABLE, LeakyReadout()], ids=name)
def test_learned_parameters_have_their_gradients(neuron):
    """tau and theta as parameters: the kernel's sums against autograd, through exp(-dt / tau)."""
    x = torch.randn(40, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 0.5 + 0.2
    gradients = {}
    for backend in ("reference", "native"):
        layer = SpikingLayer(neuron, BPTT(FastSigmoid()), backend, learn=neuron.learnable).double()
        out = layer.run(x)
        ((out.spikes if neuron.fires else out.membrane) * torch.arange(40)[:, None, None]).sum().backward()
        gradients[backend] = {n: p.grad.item() for n, p in layer.learned.items()}
    assert gradients["reference"].keys() == set(neuron.learnable)
    for parameter, value in gradients["reference"].items():
        assert value != 0 and gradients["native"][parameter] == pytest.approx(value, rel=1e-11)


def test_the_readouts_time_constant_against_finite_differences():
    """The one parameter with a true gradient: dL/dtau of the leaky readout."""
    x = torch.randn(30, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def loss(tau):
        return SpikingLayer(LeakyReadout(tau))(x).square().sum().item()

    layer = SpikingLayer(LeakyReadout(10.0), learn=["tau_mem"]).double()
    layer(x).square().sum().backward()
    assert layer.learned["tau_mem"].grad.item() == pytest.approx((loss(10 + 1e-5) - loss(10 - 1e-5)) / 2e-5, rel=1e-6)


@pytest.mark.parametrize(("neuron", "parameter"), [(n, p) for n in [*TRAINABLE, LeakyReadout()] for p in n.learnable], ids=str)
def test_what_an_optimiser_does_to_a_learned_parameter_leaves_a_neuron_that_works(neuron, parameter):
    """Driven to -1 and on: the membrane stays finite, no gradient leads farther out, and one that leads back is followed."""
    x = torch.randn(40, 2, 3, generator=torch.Generator().manual_seed(0)) * neuron.amplitude * 5 + neuron.amplitude
    layer = SpikingLayer(neuron, BPTT(), learn=[parameter])
    learned, spec = layer.learned[parameter], params(neuron)[parameter]
    assert torch.equal(layer.coefficients(), SpikingLayer(neuron, BPTT()).coefficients())  # the first value is kept to the bit
    learned.grad = torch.full((), learned.item() + 1)
    torch.optim.SGD([learned], 1.0).step()
    assert learned == -1
    bound = SpikingLayer(dataclasses.replace(neuron, **{parameter: max(spec.floor, 1e-30)}), BPTT())
    torch.testing.assert_close(layer.run(x).membrane, bound.run(x).membrane)
    assert layer.run(x).membrane.abs().max() < 1e4 * (1 + abs(neuron.rest()[0]))
    learned.grad = None
    bounded(neuron, parameter, learned).backward()
    assert learned.grad == 0  # descent would lower it farther
    learned.grad = None
    (-bounded(neuron, parameter, learned)).backward()
    assert learned.grad == -1
    with pytest.raises(ValueError, match=f"The learned {parameter} is nan"):
        learned.data.fill_(float("nan"))
        layer.run(x)


def test_the_gradient_is_that_of_the_constrained_loss():
    """Finite differences of the readout's loss over what the optimiser holds: inside, and at the bound from within; flat beyond
    it, where a gradient that leads farther out is 0 and one that leads back is the bound's."""
    x = torch.randn(30, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    layer = SpikingLayer(LeakyReadout(10.0), learn=["tau_mem"]).double()
    learned, floor = layer.learned["tau_mem"], params(LeakyReadout)["tau_mem"].floor

    def loss(tau, sign=1):
        learned.data.fill_(tau)
        return sign * layer(x).square().sum()

    def gradient(tau, sign=1):
        learned.grad = None
        loss(tau, sign).backward()
        return learned.grad.item()

    for tau, h in ((10.0, 1e-5), (3 * floor, 1e-6)):
        assert gradient(tau) == pytest.approx(((loss(tau + h) - loss(tau - h)) / (2 * h)).item(), rel=1e-5)
    assert gradient(floor) == pytest.approx(((loss(floor + 1e-6) - loss(floor)) / 1e-6).item(), rel=1e-3)
    rising = 1 if gradient(floor) > 0 else -1  # the sign with which descent would lead out
    for beyond in (floor / 2, 0.0, -1.0):
        assert loss(beyond) == loss(floor) and gradient(beyond, rising) == 0
        assert gradient(beyond, -rising) == gradient(floor, -rising) != 0


def test_a_layer_can_be_continued_with_its_gradient():
    layer = SpikingLayer(ALIF(), Exodus())
    x = torch.randn(30, 2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 0.6
    weights = torch.randn_like(x)
    whole, halves = x.clone().requires_grad_(), x.clone().requires_grad_()
    (layer.run(whole).spikes * weights).sum().backward()
    first = layer.run(halves[:13])
    second = layer.run(halves[13:], first.last)
    (torch.cat([first.spikes, second.spikes]) * weights).sum().backward()
    close(halves.grad, whole.grad, 1e-13)


def test_a_loss_on_the_recorded_membrane():
    grads = {}
    for backend in ("reference", "native"):
        x = (torch.arange(24, dtype=torch.float64).reshape(12, 1, 2) % 5 * 0.2).requires_grad_()
        out = SpikingLayer(LIF(), Exodus(), backend).run(x)
        (out.membrane.square().sum() + out.last.sum()).backward()
        grads[backend] = x.grad
    close(grads["native"], grads["reference"], 1e-13)


def test_the_probe_sees_what_the_network_did():
    network = feed_forward(12, [9, 7], 3, LIF(), Exodus(), gain=3.0, readout=LeakyReadout())
    x = torch.randint(0, 2, (20, 4, 12)).float()
    with Probe(network) as probe:
        logits = network(x).logits
        logits.sum().backward()
    first, second, readout = probe.layers
    assert [layer.name for layer in probe.layers] == ["layer 1", "layer 2", "readout"]
    assert first.u.shape == (20, 4, 9) and readout.spikes is None
    np.testing.assert_array_equal(first.spikes, first.u >= first.theta)
    np.testing.assert_allclose(first.v, first.u - first.spikes)
    np.testing.assert_allclose(readout.u, logits.detach().numpy())
    weight = network.blocks[1].transform.weight
    by_hand = np.einsum("tbi,tbo->oi", first.spikes, second.delta)  # dL/dW = sum over time and batch of s delta
    np.testing.assert_allclose(weight.grad.numpy(), by_hand, rtol=1e-4, atol=1e-5)
    assert network.blocks[0].spiking.tap is None


@pytest.mark.parametrize("neuron", [*TRAINABLE, LeakyReadout()], ids=repr)
def test_a_bias_is_the_level_at_which_the_membrane_settles(neuron):
    """Without input and without spikes it comes to the bias itself, for every neuron that leaks."""
    if not neuron.linear or neuron.memory is None:
        assert neuron.bias_input() > 0
        return
    layer = Biased(3, 2, neuron.bias_input())
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([0.7, -0.3]))
        u = SpikingLayer(neuron).run(layer(torch.zeros(1000, 1, 3))).membrane
    np.testing.assert_allclose(u[-1, 0].numpy(), [0.7, max(-0.3, getattr(neuron, "v_min", -math.inf))], rtol=1e-4)


def test_biases_leave_first_weights_as_they_are_and_the_sparse_pass_knows_them():
    plain, biased = (
        feed_forward(12, [9, 7], 3, LIF(), SparseGD(band=0.4), gain=3.0, bias=b, bias_start=1.0) for b in (False, True)
    )
    for a, b in zip(plain.blocks, biased.blocks, strict=True):
        assert torch.equal(a.transform.weight, b.transform.weight) and a.transform.bias is None
        assert 0 <= b.transform.bias.min() < b.transform.bias.max() <= 1
    assert torch.equal(plain.readout.weight, biased.readout.weight) and not biased.readout.bias.any()
    shapes = FeedForward(2, 9, 12, 3), FeedForward(2, 9, 12, 3, bias=True)
    for shape in shapes:
        built = shape.build(LIF(), BPTT(), None, 0)
        assert sum(shape.weights) == sum(p.numel() for p in built.parameters())
    x, gradients = torch.randint(0, 2, (20, 4, 12), generator=torch.Generator().manual_seed(3)).float(), []
    for touch_active in (False, True):
        biased.touch_active = touch_active
        biased.zero_grad()
        biased(x).logits.square().sum().backward()
        gradients.append([p.grad.clone() for p in biased.parameters()])
    assert biased.dense_because() is None and biased.active
    for dense, sparse in zip(*gradients, strict=True):
        assert dense.any()
        close(sparse, dense, 1e-5)


def test_methods_one_for_all_or_one_a_layer():
    network = feed_forward(12, [9, 7], 3, LIF(), BPTT(), gain=3.0)
    network.differentiate([Slayer(), Exodus()])
    assert [layer.method.title for layer in network.spiking_layers] == ["SLAYER", "EXODUS"]
    with pytest.raises(ValueError, match="there are 3 for 2 spiking layers"):
        network.differentiate([BPTT()] * 3)


def test_draws_differ_by_layer_and_by_pass_and_repeat_by_seed():
    network = feed_forward(4, [4], 2, LIF(), BPTT(), seed=5)
    first, other_layer = network.draw(0), network.draw(1)
    network(torch.zeros(2, 1, 4))
    assert first == Draw(5, 0) and other_layer != first and network.draw(0) != first
    assert feed_forward(4, [4], 2, LIF(), BPTT(), seed=5).draw(0) == first


def test_bad_calls_are_refused():
    with pytest.raises(ValueError, match="LIF can learn tau_mem, theta"):
        SpikingLayer(LIF(), learn=["kappa"])
    with pytest.raises(ValueError, match=r"initial must have the shape \[states, B, ...\] = \[2, 3, 4\], not \[1, 3, 4\]"):
        SpikingLayer(ALIF()).run(torch.zeros(5, 3, 4), torch.zeros(1, 3, 4))
    with pytest.raises(ValueError, match=r"\[T, B, ...\]"):
        SpikingLayer(LIF()).run(torch.zeros(5))
    with pytest.raises(ValueError, match="no spiking layer"):
        Probe(torch.nn.Linear(2, 2))


def test_touching_only_active_entries_gives_the_same_gradients():
    method = LocalZO(delta=0.1)
    x = (torch.rand(30, 4, 12, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    gradients = {}
    for touch in (False, True):
        network = feed_forward(12, [9, 7], 3, LIF(), method, gain=3.0, readout=LeakyReadout())
        network.touch_active = touch
        assert network.dense_because() is None
        network(x).logits.square().sum().backward()
        gradients[touch] = {n: p.grad for n, p in network.named_parameters()}
        assert len(network.active) == (2 if touch else 0)
    for parameter, dense in gradients[False].items():
        assert dense.abs().max() > 0
        close(gradients[True][parameter], dense, 1e-5, parameter)
    network.differentiate(BPTT())
    assert network.dense_because().endswith(".")


@pytest.mark.parametrize("kind", ["feed forward", "convolutional"])
def test_a_network_says_the_same_of_a_sample_whatever_else_is_in_its_batch(kind):
    """Evaluation uses running statistics: batch by batch, one by one, and in another order the logits are the same."""
    generator = torch.Generator().manual_seed(0)
    shape = (20,) if kind == "feed forward" else (2, 6, 6)
    x = torch.randint(0, 2, (10, 64, *shape), generator=generator).float()
    made = {"neuron": LIF(), "method": BPTT(), "normalise": True}
    net = feed_forward(20, [32, 32], 4, **made) if kind == "feed forward" else convolutional(shape, [4, 6], 4, **made)
    with torch.no_grad():
        for weights in net.parameters():  # sums of such numbers are exact in any order, so no spike depends on it
            weights.copy_((weights * 256).round() / 256)
    net.eval()
    untrained = net(x).logits
    torch.testing.assert_close(net(x[:, :1]).logits, untrained[:, :1], rtol=1e-6, atol=1e-6)
    net.train()
    for part in x.split(16, dim=1):
        net(part)
    net.eval()
    whole = net(x).logits
    assert not torch.equal(whole, untrained)
    order = torch.randperm(64, generator=generator)
    torch.testing.assert_close(net(x[:, order]).logits, whole[:, order], rtol=1e-6, atol=1e-6)
    for size in (1, 4):
        parts = torch.cat([net(part).logits for part in x.split(size, dim=1)], dim=1)
        torch.testing.assert_close(parts, whole, rtol=1e-6, atol=1e-6)


def test_running_statistics_follow_the_batches():
    """The first batches count alike; then a batch moves the statistics by three tenths."""
    layer = Normalise(3)
    batches = torch.randn(30, 200, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 2.0, 0.5]) + 0.7
    mean, variance = torch.zeros(3), torch.ones(3)
    for number, batch in enumerate(batches, 1):
        layer(batch)
        rate = max(0.3, 1 / number)
        mean, variance = mean + rate * (batch.mean(0) - mean), variance + rate * (batch.var(0) - variance)
    torch.testing.assert_close(layer.mean, mean)
    torch.testing.assert_close(layer.variance, variance)
