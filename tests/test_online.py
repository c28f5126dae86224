"""Methods that learn online: forwards in time with eligibilities, in numpy, against the library's sweep backwards."""

import numpy as np
import pytest
import torch

from snnviz import BPTT, OSTL, OTTT, SLTT, Slayer
from snnviz.methods import ResetPath
from snnviz.network import Network, Normalise, convolutional, feed_forward, recurrent
from snnviz.neurons import LIF, CubaLIF, LeakyReadout, Reset
from snnviz.roads import TwoRoads
from snnviz.surrogates import FastSigmoid, Triangle
from tests.helpers import close

HALF = 1 / np.log(2)  # the time constant, in steps, with which a membrane loses half in a step
ONLINE = [SLTT, OTTT, OSTL]
# The net 2-2-1 of five steps, inputs and targets all dyadic numbers: dL/dW1 row by row, then dL/dW2, for L = sum_t g[t] s2[t].
NET_X = [[1, 0], [1, 1], [0, 1], [1, 1], [1, 0]]
NET_W = ([[0.5, 0.75], [1, -0.25]], [[0.75, 0.5]])
NET_G = [1, -1, 0.5, 2, -0.5]
NET = {
    SLTT: ([0.6650390625, 0.890625, 0.50244140625, 0.359375], [1.125, 0.21875]),
    OTTT: ([0.966979980469, 1.654174804688, 0.541717529297, 0.831237792969], [2.37890625, 0.013671875]),
    OSTL: ([0.642700195312, 0.944458007812, 0.535994648933, 0.700538754463], [1.323974609375, -0.03125]),
    BPTT: ([0.589817047119, 1.137588500977, 0.405154824257, 0.705109238625], [1.323974609375, -0.03125]),
}


def with_weights(network: Network, *weights) -> Network:
    for module, weight in zip([*(block.transform for block in network.blocks), network.readout], weights, strict=True):
        module.weight.data = torch.as_tensor(weight, dtype=torch.float64)
    return network.double()


def by_weights(network: Network, loss: torch.Tensor) -> list[np.ndarray]:
    gradients = torch.autograd.grad(loss, [block.transform.weight for block in network.blocks])
    return [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize("backend", ["reference", "native"])
@pytest.mark.parametrize("method", NET)
def test_vectors_of_a_small_net(method, backend):
    network = feed_forward(2, [2, 1], 1, LIF(HALF), method(Triangle(1.0)), backend)
    with_weights(network, *NET_W, [[1.0]])
    s = network(torch.tensor(NET_X, dtype=torch.float64)[:, None]).logits[:, 0, 0]
    assert s.tolist() == [0, 1, 0, 1, 0]
    for got, expected in zip(by_weights(network, s @ torch.tensor(NET_G).double()), NET[method], strict=True):
        np.testing.assert_allclose(got.ravel(), expected, rtol=1e-11, atol=5e-13)


def problem(reset: Reset, method, seed: int = 0, steps: int = 40) -> tuple[Network, torch.Tensor, torch.Tensor]:
    """Three hidden layers; the weight of every output spike in the loss is drawn anew for each step."""
    g = torch.Generator().manual_seed(seed)
    network = feed_forward(9, [8, 7, 6], 6, LIF(6.0, reset_mode=reset), method, gain=3.0, seed=seed)
    network.readout.weight.data = torch.eye(6)
    x = torch.randint(0, 2, (steps, 4, 9), generator=g).double()
    return network.double(), x, torch.randn(steps, 4, 6, generator=g, dtype=torch.float64)


def forwards(network: Network, x: torch.Tensor, g: torch.Tensor, path: ResetPath) -> list[np.ndarray]:
    """dL/dW of every layer by eligibilities that run with time: nothing is remembered of a step that is over but the traces."""
    surrogate, beta = FastSigmoid(4.0), np.exp(-1 / 6)
    weights = [block.transform.weight.detach().numpy() for block in network.blocks]
    sums = [np.zeros_like(w) for w in weights]
    v = [np.zeros((x.shape[1], len(w))) for w in weights]
    traces = [np.zeros((x.shape[1], *w.shape)) for w in weights]
    for now, upstream in zip(x.numpy(), g.numpy(), strict=True):
        slopes, s = [], now
        for n, w in enumerate(weights):
            u = beta * v[n] + s @ w.T
            traces[n] = beta * traces[n] + s[:, None, :]  # what was carried, and what comes in
            s = (u >= 1).astype(float)
            slope = surrogate.derivative(torch.from_numpy(u - 1)).numpy()
            zero = network.spiking_layers[0].neuron.reset_mode is Reset.ZERO
            v[n] = u * (1 - s) if zero else u - s
            multiplier = 1 - s - u * slope if zero else 1 - slope
            slopes.append((slope, traces[n].copy()))
            traces[n] *= {ResetPath.NONE: 0 * multiplier, ResetPath.IGNORED: 1 + 0 * multiplier, ResetPath.KEPT: multiplier}[path][
                :, :, None
            ]
        down = upstream
        for n in reversed(range(len(weights))):
            slope, eligibility = slopes[n]
            d = down * slope
            sums[n] += np.einsum("bj,bji->ji", d, eligibility)
            down = d @ weights[n]
    return sums


@pytest.mark.parametrize("reset", [Reset.SUBTRACT, Reset.ZERO])
@pytest.mark.parametrize("method", ONLINE)
def test_backwards_is_forwards_with_eligibilities(method, reset):
    value = method(FastSigmoid(4.0))
    network, x, g = problem(reset, value)
    spikes = network(x).logits
    assert 0.05 < spikes.mean() < 0.6
    for got, expected in zip(by_weights(network, (spikes * g).sum()), forwards(network, x, g, value.reset_path), strict=True):
        assert np.abs(got - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("reset", [Reset.SUBTRACT, Reset.ZERO])
def test_where_they_are_another_method(reset):
    """With one step SLTT is BPTT; for one layer's weights, so the last one's too, OTTT is SLAYER and OSTL BPTT, reset kept."""

    def gradients(method, steps=40):
        network, x, g = problem(reset, method(FastSigmoid(4.0)), steps=steps)
        return by_weights(network, (network(x).logits * g).sum())

    for one, other in zip(gradients(SLTT, 1), gradients(BPTT, 1), strict=True):
        assert np.array_equal(one, other) and one.any()
    for one, other in ((gradients(OTTT), gradients(Slayer)), (gradients(OSTL), gradients(BPTT))):
        np.testing.assert_allclose(one[-1], other[-1], rtol=1e-12, atol=1e-14)
        assert np.linalg.norm(one[0] - other[0]) > 0.05 * np.linalg.norm(other[0])


def traced(inputs: np.ndarray, *decays: float) -> np.ndarray:
    """Inputs [T, ...] filtered by one exponential after another."""
    for decay in decays:
        out, now = np.empty_like(inputs), np.zeros_like(inputs[0])
        for t, value in enumerate(inputs):
            out[t] = now = decay * now + value
        inputs = out
    return inputs


def test_the_trace_of_a_synapse_and_of_a_convolution():
    """OTTT's trace of CUBA-LIF is a cascade; with a convolution it is the trace of the input maps."""
    g = torch.Generator().manual_seed(1)
    for network, x in (
        (feed_forward(5, [7], 7, CubaLIF(6.0, 3.0), OTTT(Triangle())), torch.rand(30, 3, 5, generator=g)),
        (convolutional((2, 4, 4), [3], 12, CubaLIF(6.0, 3.0), OTTT(Triangle()), gain=2.0), torch.rand(30, 3, 2, 4, 4, generator=g)),
    ):
        network, x = network.double(), x.double()
        units = network.readout.in_features
        network.readout.weight.data = torch.eye(units, dtype=torch.float64)[: network.readout.out_features]
        (layer,), transform = network.spiking_layers, network.blocks[0].transform
        (got,) = by_weights(network, (network(x).logits * torch.arange(1, 31)[:, None, None]).sum())
        layer.method = SLTT(Triangle())  # the same sum over d, here with the trace in place of the input
        trace = torch.from_numpy(traced(x.numpy(), np.exp(-1 / 3), np.exp(-1 / 6)))
        current = network.blocks[0].current(x).detach().requires_grad_()
        spikes = network.blocks[0].spikes(current, None, network.draw(0))
        (network.readout(spikes.flatten(2)) * torch.arange(1, 31)[:, None, None]).sum().backward()
        assert current.grad is not None
        (expected,) = torch.autograd.grad(transform(trace.flatten(0, 1)), transform.weight, current.grad.flatten(0, 1))
        np.testing.assert_allclose(got, expected.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("method", ONLINE)
def test_spikes_that_a_layer_feeds_back_are_one_more_input(method):
    """No gradient returns through them: a recurrent layer is a feed-forward one that reads [x, its own last spikes]."""
    g = torch.Generator().manual_seed(2)
    x = torch.randint(0, 2, (25, 3, 6), generator=g).double()
    upstream = torch.randn(25, 3, 2, generator=g, dtype=torch.float64)
    loops = recurrent(6, [5], 2, LIF(6.0), method(Triangle()), readout=LeakyReadout(), gain=3.0, seed=3).double()
    (block,) = loops.blocks
    assert block.recurrent is not None
    block.recurrent.weight.data *= 4
    (loops(x).logits * upstream).sum().backward()
    spikes = block(x, loops.draw(0)).detach()
    joined = torch.cat([x, torch.cat([torch.zeros_like(spikes[:1]), spikes[:-1]])], 2)
    plain = feed_forward(11, [5], 2, LIF(6.0), method(Triangle()), readout=LeakyReadout())
    with_weights(plain, torch.cat([block.transform.weight, block.recurrent.weight], 1).detach(), loops.readout.weight.detach())
    (plain(joined).logits * upstream).sum().backward()
    expected = plain.blocks[0].transform.weight.grad
    assert spikes.mean() > 0.05 and expected is not None
    close(block.transform.weight.grad, expected[:, :6], 1e-12)
    close(block.recurrent.weight.grad, expected[:, 6:], 1e-12)
    close(loops.readout.weight.grad, plain.readout.weight.grad, 1e-12)


def test_two_roads_part_what_one_backward_pass_joins():
    """Also where statistics of the batch lie between weights and neuron."""
    g = torch.Generator().manual_seed(0)
    linear, normalise = torch.nn.Linear(4, 5, bias=False).double(), Normalise(5).double()
    x = torch.randn(12, 4, generator=g, dtype=torch.float64, requires_grad=True)
    weights = [*linear.parameters(), *normalise.parameters()]
    first, second = torch.randn(2, 12, 5, generator=g, dtype=torch.float64)

    def plain(x):
        return normalise(linear(x))

    one, other = TwoRoads.apply(plain, x, *weights)
    assert torch.equal(one, plain(x)) and torch.equal(one, other)
    got = torch.autograd.grad((one * first + other * second).sum(), [x, *weights])
    assert torch.equal(got[0], torch.autograd.grad((plain(x) * second).sum(), x)[0])
    for mine, theirs in zip(got[1:], torch.autograd.grad((plain(x) * first).sum(), weights), strict=True):
        assert torch.equal(mine, theirs) and mine.any()
