"""EventProp on the grid: its own recursion to the digit, and spike times of the exact network as the steps become small."""

import math

import numpy as np
import pytest
import torch

from snnviz import BPTT, LIF, CubaLIF, EventProp, Experiment, Noise, SpikingLayer, compare_gradients
from snnviz.methods import ResetPath
from snnviz.network import feed_forward, recurrent
from snnviz.neurons import LeakyReadout, Reset

HALF = 1 / np.log(2)
X = [0.75, 0.5, 0, 0.75, 0.25, 0, 1, 0]
G = [0.5, 1, -0.5, 0.25, 2, -1, 0.5, 1]
DELTA = [0.697142857143, -0.317714285714, -4.059428571429, -4.196571428571, -0.548571428571, -0.731428571429, -0.731428571429, 0]


@pytest.mark.parametrize("backend", ["reference", "native"])
def test_vector(backend):
    x = torch.tensor(X, dtype=torch.float64)[:, None].requires_grad_()
    out = SpikingLayer(CubaLIF(HALF, HALF), EventProp(), backend).run(x)
    assert out.fired.flatten().tolist() == [0, 1, 0, 1, 0, 0, 1, 0]
    (out.fired.flatten() * torch.tensor(G)).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.flatten(), DELTA, atol=1e-12)


def recursion(layer, g: np.ndarray) -> np.ndarray:
    """dL/dx of one recorded layer [T, B, N] from dL/ds, step by step backwards."""
    c = {name: float(value) for name, value in layer.neuron.coefficients().items()}
    climb = (1 - c["beta"]) * c["theta"]
    du, di, later, delta = (np.zeros_like(g[0]) for _ in range(4))
    out = np.empty_like(g)
    for t in reversed(range(len(g))):
        rise = np.where((layer.spikes[t] > 0) & (layer.trace[t] > climb), layer.trace[t] - climb, np.inf)
        du = (1 + climb / rise) * c["beta"] * du + (g[t] - later) / rise
        delta = du + c["alpha"] * di
        di, later = delta, g[t]
        out[t] = c["alpha"] * delta if c["early"] else delta
    return out


@pytest.mark.parametrize("backend", ["reference", "native"])
@pytest.mark.parametrize(
    "neuron", [CubaLIF(), CubaLIF(reset_mode=Reset.ZERO), CubaLIF(5.0, 8.0, theta=0.7, early_decay=True)], ids=str
)
def test_the_sweep_is_the_recursion(neuron, backend):
    experiment = Experiment(neuron, Noise(0.05, 0.03), steps=120, neurons=10)
    run = compare_gradients(experiment, [EventProp()], backend).runs[EventProp()].layers[0]
    assert run.spikes.mean() > 0.02 and (run.ds_du[run.spikes == 0] == 0).all() and (run.ds_du[run.spikes > 0] > 0).any()
    expected = recursion(run, run.grad_spikes)
    assert np.abs(run.delta - expected).max() <= 1e-11 * np.abs(expected).max()


TAU_M, TAU_S = 20.0, 10.0


def exact_times(weights, inputs, until: float = 40.0) -> list[float]:
    """The spikes of one neuron in continuous time: inputs add their weights to I; between them V = (V0 - c) a + c b."""
    v = i = now = 0.0
    times = []

    def flow(v, i, h):
        c = i * TAU_S / (TAU_S - TAU_M)
        a, b = math.exp(-h / TAU_M), math.exp(-h / TAU_S)
        return (v - c) * a + c * b, i * b

    for end, weight in [*zip(inputs, weights, strict=True), (until, 0.0)]:
        while True:
            grid = np.linspace(0, end - now, 400)
            above = [h for h in grid if flow(v, i, h)[0] >= 1 - 1e-15][:1]
            if not above:
                break
            low, high = max(0.0, above[0] - grid[1]), above[0]
            for _ in range(60):
                middle = (low + high) / 2
                low, high = (middle, high) if flow(v, i, middle)[0] < 1 else (low, middle)
            v, i, now = 0.0, flow(v, i, high)[1], now + high
            times.append(now)
        v, i = flow(v, i, end - now)
        now, i = end, i + weight
    return times


def on_grid(weights, inputs, dt: float, count: int = 100) -> tuple[list[float], np.ndarray]:
    """Spike times on the grid, and the gradient of the sum of the first `count` by the weights of the continuous network."""
    neuron = CubaLIF(TAU_M, TAU_S, dt=dt)
    c = {name: float(value) for name, value in neuron.coefficients().items()}
    gain = (1 - c["beta"]) * (1 - c["alpha"]) * TAU_S / dt  # a continuous weight's size on the grid
    rows = torch.zeros(round(40 / dt), len(weights), dtype=torch.float64)
    for number, time in enumerate(inputs):
        rows[round(time / dt), number] = 1
    w = torch.tensor(weights, dtype=torch.float64, requires_grad=True)
    s = SpikingLayer(neuron, EventProp()).run((gain * rows @ w)[:, None]).fired[:, 0]
    steps = torch.arange(len(s), dtype=torch.float64)
    first = (s * (s.cumsum(0) <= count)).detach()
    (s * -dt * (first.sum() - first.cumsum(0) + first)).sum().backward()  # g[t] - g[t+1] = -dt at each of them
    assert w.grad is not None
    return (steps[s > 0] * dt).tolist(), w.grad.numpy()


def test_a_first_spikes_time_has_its_closed_form():
    """tau_m = 2 tau_s: t = -tau_m ln((1 + sqrt(1 - 4 theta / w)) / 2)."""
    w, root = 8.0, math.sqrt(0.5)
    exact = -2 * TAU_M / (w * w * root * (1 + root))
    errors = []
    for dt in (0.1, 0.01):
        times, gradient = on_grid([w], [0.0], dt, 1)
        assert times[0] == pytest.approx(3.166943676407, abs=dt)
        errors.append(abs(gradient[0] / exact - 1))
    assert exact == pytest.approx(-0.517766952966, rel=1e-11)
    assert errors[1] < 2e-3 and errors[1] < errors[0] / 3


def test_the_gradient_goes_to_that_of_exact_spike_times():
    weights, inputs, h = np.array([7.0, 6.0, 5.0]), [0.0, 6.0, 15.0], 1e-5
    exact = exact_times(weights, inputs)
    assert len(exact) >= 3
    quotients = [
        (sum(exact_times(weights + h * e, inputs)) - sum(exact_times(weights - h * e, inputs))) / (2 * h) for e in np.eye(3)
    ]
    errors = []
    for dt in (0.05, 0.005):
        times, gradient = on_grid(weights, inputs, dt)
        assert len(times) == len(exact) and np.abs(np.array(times) - exact).max() < 2 * dt
        errors.append(np.linalg.norm(gradient - quotients) / np.linalg.norm(quotients))
    assert errors[1] < 0.01 and errors[1] < errors[0] / 3


def test_a_gradient_constant_in_time_moves_the_last_step_alone():
    """A readout without a memory whose mean is the loss; with a memory all layers learn."""
    x = torch.randint(0, 2, (60, 4, 8), generator=torch.Generator().manual_seed(0)).double()
    sizes = {}
    for name, readout in (("plain", None), ("leaky", LeakyReadout(20.0))):
        network = feed_forward(8, [9, 7], 3, CubaLIF(20.0, 5.0), EventProp(), readout=readout, gain=1.0).double()
        for block in network.blocks:
            block.transform.weight.data.abs_()
        s = network(x)
        s.logits.mean(0).square().sum().backward()
        sizes[name] = [block.transform.weight.grad.norm().item() for block in network.blocks]
        assert all(network.blocks[0](x, network.draw(0)).sum((0, 1)) > 0)
    assert all(plain < 0.2 * leaky for plain, leaky in zip(*sizes.values(), strict=True)) and min(sizes["leaky"]) > 0
    silent = SpikingLayer(CubaLIF(), EventProp())
    current = torch.zeros(10, 1, 3, requires_grad=True)
    silent(current).sum().backward()
    assert current.grad is not None and not current.grad.any()


def test_what_it_cannot_go_back_through_is_said():
    x = torch.full((20, 1, 2), 0.1, requires_grad=True)
    with pytest.raises(ValueError, match=r"the times of spikes. Those of LIF do not move .* choose CUBA-LIF"):
        SpikingLayer(LIF(), EventProp())(x)
    for neuron in (CubaLIF(v_min=-1.0), CubaLIF(max_spikes=3)):
        with pytest.raises(ValueError, match="without a lower bound and one spike a step"):
            SpikingLayer(neuron, EventProp())(x)
    with pytest.raises(ValueError, match="not from the membrane, and not from a run that goes on"):
        SpikingLayer(CubaLIF(), EventProp()).run(x).membrane.sum().backward()
    with pytest.raises(ValueError, match="train the weights alone"):
        SpikingLayer(CubaLIF(), EventProp(), learn=["tau_mem"])(x).sum().backward()
    with pytest.raises(ValueError, match="choose a network without loops"):
        recurrent(2, [3], 2, CubaLIF(), EventProp())(x)
    assert EventProp().reset_path is ResetPath.TIMED and not EventProp().one_sweep and BPTT().one_sweep
