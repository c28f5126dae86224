"""A current is a drive per millisecond: a smaller step is the same neuron under the same current, and what 0.1.0 wrote stays."""

import dataclasses
import math

import numpy as np
import pytest

from snnviz import Experiment, simulate
from snnviz.datasets import YinYang
from snnviz.neurons import ALIF, EIF, IF, LIF, QIF, CubaLIF, Izhikevich
from snnviz.params import params
from snnviz.stimuli import (
    BINS,
    Noise,
    Poisson,
    Pulses,
    Ramp,
    Shaped,
    Sine,
    SpikeTrain,
    Step,
    drawn_levels,
    encode_drawn,
    scaled_drawn,
)  # fmt: skip
from snnviz.studies.rate_curve import rate_curve
from snnviz.training import Training
from snnviz.ui import links

FIRING = [LIF(), IF(), CubaLIF(), CubaLIF(early_decay=True), ALIF(), QIF(), EIF(), Izhikevich()]


def name(neuron):
    return type(neuron).__name__ + "_early" * getattr(neuron, "early_decay", False)


def driven(neuron, stimulus, dt, time=300.0, neurons=1):
    return Experiment(dataclasses.replace(neuron, dt=dt), stimulus, steps=round(time / dt), neurons=neurons)


def first_spikes(experiment):
    """When each neuron fires first, in ms; the end where it does not."""
    spikes = simulate(experiment).layers[0].spikes[:, 0] > 0
    return np.where(spikes.any(0), spikes.argmax(0), len(spikes)) * experiment.neuron.dt


def strong(neuron):
    """Currents that make it fire, each some times as strong as the constant one that does."""
    unit = max(4 * (neuron.rheobase() or 0), 0.04) if neuron.unit == "" else 12.0
    return [
        Step(unit, start=3.0),
        Ramp(8 * unit, start=2.0),
        Sine(unit, unit, 40.0),
        Pulses(3 * unit, 30.0, 20.0),
        Shaped(Step(unit), 1.2, encode_drawn(int(np.floor(np.log2(unit))) - 7, np.full(BINS, 60))),
        SpikeTrain(tuple(np.arange(4.0, 60.0, 4.0)), 10 * unit),
    ]


@pytest.mark.parametrize("which", range(6), ids=["Step", "Ramp", "Sine", "Pulses", "Shaped", "SpikeTrain"])
@pytest.mark.parametrize("neuron", FIRING, ids=name)
def test_the_first_spike_converges(neuron, which):
    """At steps from 1/2 to 1/32 ms, against 1/256: the error is at most some steps, and so ends at none."""
    stimulus = strong(neuron)[which]
    limit = first_spikes(driven(neuron, stimulus, 2.0**-8))[0]
    assert 1 < limit < 250
    for dt in 2.0 ** -np.arange(1, 6):
        assert abs(first_spikes(driven(neuron, stimulus, dt))[0] - limit) <= 4 * dt


@pytest.mark.parametrize("which", ["Poisson", "Noise"])
@pytest.mark.parametrize("neuron", FIRING, ids=name)
def test_the_first_spike_of_a_random_current_converges_on_the_mean(neuron, which):
    unit = strong(neuron)[0].amplitude
    stimulus = Poisson(400.0, 2 * unit) if which == "Poisson" else Noise(unit, unit)
    means = {dt: first_spikes(driven(neuron, stimulus, dt, neurons=1000)).mean() for dt in (0.5, 0.125, 2.0**-5)}
    assert 1 < means[2.0**-5] < 200
    assert means[0.125] == pytest.approx(means[2.0**-5], rel=0.1)
    assert means[0.5] == pytest.approx(means[2.0**-5], rel=0.25)


@pytest.mark.parametrize("neuron", FIRING, ids=name)
def test_the_steady_rate_converges(neuron):
    """ALIF's too: what a spike adds to its threshold does not shrink with the step."""
    at = [share * (neuron.rheobase() or neuron.amplitude) for share in (2.0, 4.0)]
    rates = {dt: rate_curve(dataclasses.replace(neuron, dt=dt), at)[1] for dt in (1.0, 0.5, 0.1, 0.02) if dt < 1 or not neuron.unit}
    assert (rates[0.02] > 5).all()
    for dt, rate in rates.items():
        assert rate == pytest.approx(rates[0.02], rel=0.01 + 0.25 * dt)


def test_the_counts_of_a_step_current():
    """117, 53, 21 and 0 spikes in version 0.1.0."""
    counts = [simulate(driven(LIF(), Step(0.08, start=0.0), dt, 400.0)).layers[0].spikes.sum() for dt in (0.25, 0.5, 1.0, 2.0)]
    assert counts == [20, 20, 21, 21] or max(counts) - min(counts) <= 1


def test_a_rate_is_that_of_the_steady_state():
    """Of an adaptive neuron after its adaptation: the intervals at the end of ten seconds, for any step."""
    for neuron in (ALIF(dt=0.1), ALIF(tau_adapt=400.0)):
        currents = np.array([0.1, 0.5, 2.0])
        _, rates = rate_curve(neuron, currents)
        for current, rate in zip(currents, rates, strict=True):
            spikes = simulate(driven(neuron, Step(current, start=0.0), neuron.dt, 10_000.0)).layers[0].spikes[:, 0, 0]
            at = np.flatnonzero(spikes)[-40:]
            assert rate == pytest.approx(1000 * (len(at) - 1) / ((at[-1] - at[0]) * neuron.dt), rel=0.01)


@pytest.mark.parametrize("dt", [1.0, 0.2])
@pytest.mark.parametrize("neuron", FIRING[:-1], ids=name)
def test_the_closed_form_of_the_threshold(neuron, dt):
    neuron = dataclasses.replace(neuron, dt=dt)
    rheobase = neuron.rheobase()
    below, above = rate_curve(neuron, [0.999 * rheobase, 1.01 * rheobase or 1e-3], time=20_000.0)[1]
    assert below == 0 < above
    assert neuron.current_range() >= 2 * rheobase


def test_the_curve_reaches_as_far_as_the_run():
    currents, rates = rate_curve(LIF(), here=0.7)
    assert currents[-1] > 0.7 and rates[-1] > 300
    assert rate_curve(LIF(), here=-0.2)[0][0] < -0.2


def test_the_current_that_flows_on_the_mean():
    drawn = encode_drawn(-6, np.full(BINS, 3))
    for stimulus, level in (
        (Step(0.1), 0.1),
        (Sine(0.3, 0.05, 50.0), 0.05),
        (Pulses(0.3, 25.0, 5.0), 0.06),
        (Poisson(100.0, 0.5), 0.05),
        (Noise(0.06, 0.1), 0.06),
        (Shaped(Step(0.1), 0.5, drawn), 0.05 + 3 / 64),
    ):
        experiment = Experiment(LIF(dt=0.5), stimulus, steps=20_000, neurons=11, spread=0.5)
        flowing = experiment.input()[200:, 0].mean(0) / 0.5
        for neuron in (0, 10):
            assert experiment.level(neuron) == pytest.approx(level * (0.5 if neuron == 0 else 1.5))
            assert flowing[neuron].item() == pytest.approx(experiment.level(neuron), abs=5e-3)
    assert Experiment(stimulus=Ramp()).level() is None and Experiment(stimulus=Shaped(SpikeTrain())).level() is None


# ---- what version 0.1.0 wrote --------------------------------------------------------------------------------------------


OLD = """
is = "Experiment"
steps = 1600
[neuron]
is = "LIF"
dt = 0.25
[stimulus]
is = "Step"
amplitude = 0.08
start = 0.0
"""


def test_a_file_of_0_1_0_means_what_it_meant():
    old = Experiment.from_toml(OLD)
    assert old.stimulus == Step(0.32, 0.0) and simulate(old).layers[0].spikes.sum() == 117
    assert Experiment.from_toml(old.to_toml()) == old
    adaptive = Training.from_toml(Training(YinYang(dt=0.5), neuron=ALIF(kappa=5.0)).to_toml())
    assert adaptive.neuron.kappa == 5.0
    before = adaptive.to_toml().replace('currents = "per ms"\n', "")
    assert Training.from_toml(before).neuron.kappa == 2.5


def test_what_means_the_same_is_written_as_0_1_0_wrote_it():
    for value in (Experiment(), Experiment(Izhikevich()), Experiment(ALIF()), Training(), Training(YinYang())):
        assert "currents" not in value.to_toml() and type(value).from_toml(value.to_toml()) == value


@pytest.mark.parametrize(
    "stimulus",
    [
        Step(0.2),
        Ramp(0.3),
        Sine(0.1, 0.2),
        Pulses(),
        Poisson(weight=0.7),
        Noise(0.2, 0.3),
        SpikeTrain(),
        Shaped(Step(0.1), 1.5, ""),
    ],
    ids=lambda s: type(s).__name__,
)
@pytest.mark.parametrize("neuron", [LIF(dt=0.25), CubaLIF(dt=0.5), Izhikevich(), Izhikevich(dt=0.2)], ids=name)
def test_what_flowed_flows(neuron, stimulus):
    """x of an experiment of 0.1.0 was what the stimulus said, step by step, with noise of one size in every step."""
    random = np.random.default_rng(0)
    expected = stimulus.current(np.arange(80) * neuron.dt, neuron.dt, 2, random)
    if isinstance(stimulus, Noise):
        expected = stimulus.mean + (expected - stimulus.mean) * np.sqrt(neuron.dt)
    x = Experiment(neuron, stimulus, steps=80, neurons=2).of_0_1_0().input()[:, 0].numpy()
    assert x == pytest.approx(np.broadcast_to(expected, x.shape).astype(np.float32), rel=2e-7)


@pytest.mark.parametrize("dt", [0.5, 0.1, 3.0, 1 / 3, 16.1])
def test_a_drawn_current_means_what_it_meant_at_every_step(dt):
    levels = np.arange(128) - 64
    drawn = encode_drawn(-5, levels)
    old = Experiment(LIF(dt=dt), Shaped(Step(0.0), 1.0, drawn), steps=128).of_0_1_0()
    assert old.input()[:, 0, 0].numpy() == pytest.approx(levels / 32, rel=1.2e-7)
    step, now = drawn_levels(old.stimulus.drawn)
    assert step == pytest.approx(2**-5 / dt, rel=1e-15) and now.tolist() == levels.tolist()
    assert len(old.stimulus.drawn) == (172 if dt == 0.5 else 183)


def test_a_drawn_current_beyond_the_text_is_the_nearest_that_it_can_say():
    drawn = encode_drawn(38, np.full(128, 100))
    assert drawn_levels(scaled_drawn(drawn, 8.0)) == (2.0**40, pytest.approx(np.full(128, 127)))
    assert drawn_levels(scaled_drawn(encode_drawn(-40, np.full(128, 100)), 0.013))[1].tolist() == [1] * 128
    for text in (drawn + "A" * 11, encode_drawn(3, np.ones(128), 1.5)[:-4] + "AAAA"):
        with pytest.raises(ValueError, match="this is no drawn current"):
            drawn_levels(text)


def test_a_link_of_0_1_0_means_what_it_meant():
    old = {"neuron.LIF.dt": "0.25", "stimulus.Step.start": "0", "run.steps": "1600"}
    now = links.renewed("neuron", old)
    assert now == old | {"stimulus.Step.amplitude": "0.32", "per": "ms"}
    assert links.renewed("neuron", now) == now and not links.is_old("neuron", now)
    assert links.renewed("neuron", {"neuron": "ALIF"}) == {"neuron": "ALIF"}
    assert links.renewed("gradients", {"of": "network", "neuron": "ALIF", "neuron.ALIF.dt": "2"})["neuron.ALIF.kappa"] == "20"
    assert links.renewed("training", {"neuron": "ALIF", "data": "YinYang"})["neuron.ALIF.kappa"] == "5"
    assert links.renewed("sparsity", {"neuron.LIF.dt": "2"}) == {"neuron.LIF.dt": "2", "view": "margins", "per": "ms"}
    assert links.renewed("sparsity", {"neuron.LIF.dt": "2", "view": "raster"}) == {"neuron.LIF.dt": "2", "view": "raster"}
    assert links.renewed("sparsity", {"neuron.LIF.dt": "2", "per": "ms"}) == {"neuron.LIF.dt": "2", "per": "ms"}
    noisy = links.renewed("gradients", {"neuron.LIF.dt": "4"})
    assert (noisy["stimulus.Noise.mean"], noisy["stimulus.Noise.sd"]) == ("0.015", "0.075")
    unreadable = {"neuron.LIF.dt": "0.5", "stimulus.Step.amplitude": "much"}
    assert links.renewed("neuron", unreadable)["stimulus.Step.amplitude"] == "much"


@pytest.mark.parametrize("cls", [Step, Ramp, Sine, Pulses, Poisson, Noise, SpikeTrain, Shaped])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_of_a_current_that_is_not_finite_is_refused_by_name(cls, value):
    for name in params(cls()):
        with pytest.raises(ValueError, match=rf"^{cls.__name__}\.{name} = .*must be (any finite number|finite, |at least|above)"):
            cls(**{name: value})
