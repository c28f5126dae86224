"""The neurons against closed forms."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import snnviz
from snnviz import Experiment, SpikingLayer, rate_curve, simulate
from snnviz.methods import BPTT
from snnviz.neurons import ALIF, EIF, IF, LIF, NEURONS, QIF, CubaLIF, Izhikevich, LeakyReadout, Reset
from snnviz.neurons.exponential import exponential
from snnviz.params import params
from snnviz.stimuli import Noise, Step
from snnviz.studies.smooth_spike import smooth_spike_gradients
from snnviz.surrogates import Sigmoid
from tests.helpers import ALL_NEURONS, name


@pytest.mark.parametrize("current", [0.06, 0.08, 0.2, 0.7])
def test_the_first_spike_comes_at_the_closed_forms_step(current):
    """u[n] = I (1 - beta^(n+1)) / (1 - beta) reaches theta first at n = ceil(log(1 - theta (1 - beta) / I) / log beta) - 1."""
    beta = math.exp(-1 / 20)
    expected = math.ceil(math.log(1 - (1 - beta) / current) / math.log(beta)) - 1
    layer = simulate(Experiment(LIF(20.0), Step(current, start=0.0), 400)).layers[0]
    assert int(np.argmax(layer.spikes[:, 0, 0])) == expected


def test_below_rheobase_it_never_fires():
    beta = math.exp(-1 / 20)
    _, curve = rate_curve(LIF(20.0), np.array([0.999, 1.001]) * (1 - beta))
    assert curve[0] == 0 and curve[1] > 0


def test_if_counts_its_input():
    """Without a leak the number of spikes is the whole part of the charge (dyadic numbers: exact)."""
    layer = simulate(Experiment(IF(), Step(0.375, start=0.0), 400)).layers[0]
    assert layer.spikes.sum() == math.floor(400 * 0.375)


@pytest.mark.parametrize("neuron", [n for n in ALL_NEURONS if n.fires], ids=name)
def test_more_current_never_means_fewer_spikes(neuron):
    """From none, over its own range and up to a current that makes a LIF fire every second step."""
    top = max(neuron.current_range(), 0.6)
    _, curve = rate_curve(neuron, np.linspace(0, top, 40))
    slack = 0.2 * (curve * neuron.dt / 1000) ** 2 * 1000 / neuron.dt  # a step more or less at either end of ten intervals
    assert (np.diff(curve) >= -slack[1:]).all() and curve[-1] > curve[0]


@pytest.mark.parametrize("neuron", ALL_NEURONS, ids=name)
def test_silence_stays_silent(neuron):
    layer = simulate(Experiment(neuron, Noise(0.0, 0.0), 100)).layers[0]
    assert layer.spikes is None or not layer.spikes.any()
    assert neuron.rest()[0] != 0 or not layer.u.any()


@pytest.mark.parametrize("neuron", [cls() for cls in NEURONS.values() if cls.fires], ids=name)
def test_its_own_current_suits_it(neuron):
    """`amplitude` makes it fire, and not in every second step; within three quarters of `current_range` it begins to fire."""
    spikes = simulate(Experiment(neuron, Step(neuron.amplitude), 400)).layers[0].spikes
    assert 4 <= spikes.sum() < 200
    _, rates = rate_curve(neuron, np.linspace(0, neuron.current_range(), 60))
    assert 0 < np.argmax(rates > 0) < 45 and rates[-1] > 0


def test_every_neuron_can_be_had_from_the_package():
    assert {n: getattr(snnviz, n, None) for n in NEURONS} == NEURONS


def test_variants_are_every_choice_and_every_branch():
    assert set(CubaLIF.variants()) == {
        *(CubaLIF(reset_mode=mode, early_decay=early) for mode in Reset for early in (False, True)),
        CubaLIF(v_min=-0.3),
        CubaLIF(max_spikes=3),
    }
    assert {type(n) for n in ALL_NEURONS} == set(NEURONS.values()) and all(cls() in ALL_NEURONS for cls in NEURONS.values())


SLOW = dict(time=40_000.0, backend="native")


@pytest.mark.parametrize("neuron", [QIF(), QIF(8.0, v_crit=0.8), EIF(), EIF(10.0, v_soft=0.5, sharpness=0.2)], ids=name)
def test_the_rheobase_of_a_membrane_that_runs_away(neuron):
    """The largest v - F(v), in closed form. From just below it the membrane comes to rest; just above it fires, slowly."""
    _, (below, above) = rate_curve(neuron, np.array([0.9999, 1.0001]) * neuron.rheobase(), **SLOW)
    assert below == 0 < above < 3
    v = torch.linspace(-1, float(neuron.theta), 200001, dtype=torch.float64)
    c = SimpleNamespace(**{k: torch.tensor(x, dtype=torch.float64) for k, x in neuron.coefficients().items()})
    assert (v - neuron.flow(c, v)).max().item() == pytest.approx(neuron.rheobase() * neuron.dt, rel=1e-8)


@pytest.mark.parametrize("ratio", [1.2, 2.0, 10.0])
@pytest.mark.parametrize("neuron", [QIF(dt=0.01), QIF(10.0, 1.5, 0.7, -1.0, dt=0.01)], ids=name)
def test_the_interval_of_a_qif_is_the_arctangents(neuron, ratio):
    """With D^2 = I v_c - v_c^2 / 4 an interval is tau v_c / D (arctan((theta - v_c / 2) / D) - arctan((v_r - v_c / 2) / D))."""
    half, tau, v_c = neuron.v_crit / 2, neuron.tau_mem, neuron.v_crit
    current = ratio * v_c / 4
    d = math.sqrt(current * v_c - half**2)
    interval = tau * v_c / d * (math.atan((neuron.theta - half) / d) - math.atan((neuron.v_reset - half) / d))
    steps = round(5 * interval / neuron.dt)
    x = torch.full((steps, 1, 1), current * -math.expm1(-neuron.dt / tau), dtype=torch.float64)
    at = SpikingLayer(neuron)(x)[:, 0, 0].nonzero()[:, 0]
    assert (at[-1] - at[0]).item() * neuron.dt / (len(at) - 1) == pytest.approx(interval, rel=2e-3)


def test_a_qif_between_far_bounds_has_the_square_root_law():
    """For theta and -v_r far away: 1 / (pi tau v_c) sqrt(I v_c - v_c^2 / 4) spikes per ms."""
    neuron = QIF(20.0, theta=1e3, v_reset=-1e3, dt=0.001)
    rate = [math.sqrt(i * 0.5 - 0.0625) / (math.pi * 20 * 0.5) for i in (0.5, 1.0)]
    for current, expected in zip((0.5, 1.0), rate, strict=True):
        x = torch.full((200_000, 1, 1), current * -math.expm1(-neuron.dt / 20), dtype=torch.float64)
        at = SpikingLayer(neuron)(x)[:, 0, 0].nonzero()[:, 0]
        assert (len(at) - 1) / ((at[-1] - at[0]).item() * neuron.dt) == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("theta", [1.0, 50.0])
@pytest.mark.parametrize("neuron", [QIF, EIF], ids=lambda c: c.__name__)
def test_strong_inhibition_holds_it_down_and_strong_excitation_stays_finite(neuron, theta):
    for sign in (-1, 1):
        layer = SpikingLayer(neuron(tau_mem=2.0, theta=theta))
        u = layer.run(sign * 1e4 * torch.rand(200, 1, 50)).membrane
        assert torch.isfinite(u).all() and ((u < 0) if sign < 0 else (u > 0)).all()


@pytest.mark.parametrize("dtype, ulp", [(torch.float32, 2.0**-23), (torch.float64, 2.0**-52)])
def test_our_exponential_is_one(dtype, ulp):
    x = torch.cat([torch.linspace(-80, 10, 100_001, dtype=dtype), torch.zeros(1, dtype=dtype)])
    exact = torch.exp(x.double())
    assert ((exponential(x).double() / exact - 1).abs() <= 2 * ulp).all() and exponential(x)[-1] == 1
    leaf = x.clone().requires_grad_()
    slope = torch.autograd.grad(exponential(leaf).sum(), leaf)[0]
    assert ((slope.double() / exact - 1).abs() <= 4 * ulp).all()


@pytest.mark.parametrize("neuron", [QIF(), EIF(), QIF(5.0, v_reset=-0.5), EIF(5.0, v_soft=0.4)], ids=name)
def test_the_gradient_of_a_smooth_spike_is_the_finite_differences(neuron):
    """With a smooth spike function and its true derivative BPTT is exact, through F'(v) and through the reset."""
    random = np.random.default_rng(3)
    surrogate = Sigmoid(6.0)
    full, cut = BPTT(surrogate), BPTT(surrogate, keep_reset=False)
    x, g = neuron.amplitude * (1.5 + random.standard_normal(60)), random.standard_normal(60)
    gradients = smooth_spike_gradients(neuron, surrogate, x, g, [full, cut])
    assert gradients.error(full) < 1e-7 < 1e-3 < gradients.error(cut)


def test_adaptation_slows_the_neuron_down():
    spikes = simulate(Experiment(ALIF(), Step(0.3, start=0.0), 600)).layers[0].spikes[:, 0, 0]
    intervals = np.diff(np.flatnonzero(spikes))
    assert intervals[-1] > 1.5 * intervals[0]


def test_a_synapse_delays_and_spreads_its_input():
    """One input spike of 1: i decays by alpha; with early decay it is alpha smaller from the first step on."""
    alpha = math.exp(-1 / 5)
    x = torch.zeros(10, 1, 1)
    x[0] = 1
    for early in (False, True):
        layer = SpikingLayer(CubaLIF(tau_syn=5.0, theta=100.0, early_decay=early))
        last = layer.run(x).last[1].item()
        assert last == pytest.approx(alpha ** (10 if early else 9), rel=1e-5)


def test_the_readout_is_a_leaky_sum():
    x = torch.randn(30, 2, 3, dtype=torch.float64)
    beta = math.exp(-1 / 20)
    kernel = beta ** torch.arange(29, -1, -1, dtype=torch.float64)
    torch.testing.assert_close(SpikingLayer(LeakyReadout())(x)[-1], torch.einsum("t,tbn->bn", kernel, x))


def test_izhikevich_fires_regularly_and_resets():
    layer = simulate(Experiment(Izhikevich(), Step(10.0, start=0.0), 2000)).layers[0]
    fired = layer.spikes[:, 0, 0] > 0
    assert 5 < fired.sum() < 60
    assert (layer.v[fired] == -65).all() and (layer.u[fired] >= 30).all()


@pytest.mark.parametrize("cls", NEURONS.values(), ids=lambda c: c.__name__)
def test_every_parameter_says_what_it_is_and_refuses_nonsense(cls):
    for field, spec in params(cls).items():
        assert spec.label and spec.help, field
        if spec.low == 0 and spec.open_low:
            for bad in (0.0, -1.0, float("nan")):
                with pytest.raises(ValueError, match=rf"{cls.__name__}\.{field} = .*must be above 0"):
                    dataclasses.replace(cls(), **{field: bad})
    with pytest.raises(TypeError, match="must be a number"):
        cls(dt="1 ms")


def test_wrong_kinds_are_refused():
    with pytest.raises(TypeError, match="Reset must be one of"):
        LIF(reset_mode="zero")
    with pytest.raises(ValueError, match="Spikes per step must be at least 1"):
        LIF(max_spikes=0)
    assert LIF(reset_mode=Reset.ZERO) != LIF()
