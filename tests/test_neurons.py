"""The neurons against closed forms."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from snnviz import Experiment, SpikingLayer, rate_curve, simulate
from snnviz.neurons import ALIF, IF, LIF, NEURONS, CubaLIF, Izhikevich, LeakyReadout, Reset
from snnviz.params import params
from snnviz.stimuli import Noise, Step
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
    top = 20.0 if isinstance(neuron, Izhikevich) else 0.6
    _, curve = rate_curve(neuron, np.linspace(0, top, 40), steps=600)
    slack = 2 * 1000 / neuron.dt / 480  # one spike more or less at either end of the counted window
    assert (np.diff(curve) >= -slack).all() and curve[-1] > curve[0]


@pytest.mark.parametrize("neuron", [n for n in ALL_NEURONS if not isinstance(n, Izhikevich)], ids=name)
def test_silence_stays_silent(neuron):
    layer = simulate(Experiment(neuron, Noise(0.0, 0.0), 100)).layers[0]
    assert not layer.u.any() and (layer.spikes is None or not layer.spikes.any())


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
    for field, known in params(cls).items():
        assert known.label and known.help, field
        if known.low == 0 and known.open_low:
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
