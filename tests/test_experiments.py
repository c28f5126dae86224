"""Experiments as values, and the verbs on them."""

import dataclasses
import inspect
import subprocess
import sys

import numpy as np
import pytest
import torch

import snnviz
import snnviz.live.scenes  # the last of those with declared fields
from snnviz import (
    ALIF,
    BPTT,
    LIF,
    Convolutional,
    CrossEntropy,
    Exodus,
    Experiment,
    FeedForward,
    Izhikevich,
    Noise,
    Poisson,
    Slayer,
    SpikeTrain,
    Step,
    Training,
    compare_gradients,
    differentiate,
    simulate,
)
from snnviz.experiments import VALUES
from snnviz.figures.phase_plane import phase_plane
from snnviz.losses import VanRossum
from snnviz.methods import METHODS, EventProp
from snnviz.neurons import IF, LeakyReadout, Reset
from snnviz.params import Declared, declared, fits
from snnviz.runs.work import Train
from snnviz.stimuli import STIMULI
from snnviz.studies.grid import Axis
from snnviz.studies.growth import GrowthSweep, Over, depth_experiment
from snnviz.studies.rate_curve import rate_curve
from snnviz.surrogates import Given
from tests.helpers import TRAINABLE, name, suited

EXPERIMENTS = [
    Experiment(),
    Experiment(ALIF(reset_mode=Reset.ZERO, v_min=-0.5), SpikeTrain((1.0, 2.5)), steps=7, seed=3),
    depth_experiment(4),
    *(Experiment(stimulus=stimulus()) for stimulus in STIMULI.values()),
]


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=repr)
def test_round_trips_through_python_and_toml(experiment):
    assert eval(repr(experiment), vars(snnviz) | VALUES | {"Reset": Reset}) == experiment
    assert Experiment.from_toml(experiment.to_toml()) == experiment


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("steps = ", "not valid TOML"),
        ('is = "Trojan"', "there is no 'Trojan'"),
        ('is = "LIF"', "describes no experiment"),
        ('is = "Experiment"\n[neuron]\nis = "Triangle"', "neuron: there is no Neuron 'Triangle'"),
        ('is = "Experiment"\nspeed = 3', "Experiment has no 'speed'"),
        ('is = "Experiment"\nsteps = -3', "Steps must be at least 1"),
        ('is = "Experiment"\n[neuron]\ntheta = 2.0', 'neuron: a table must say of which class it is: is = "ALIF"'),
        ('is = ["LIF"]', "there is no \\['LIF'\\]"),
        ('is = "Experiment"\nneuron = "LIF"', "neuron: there is no Neuron 'LIF'; there are ALIF"),
        ('is = "Experiment"\nsteps = 1979-05-27', "Experiment.steps = datetime.date"),
        (
            'is = "Experiment"\n[neuron]\nis = "LIF"\nreset_mode = "sideways"',
            "neuron: reset_mode: 'sideways' is not a Reset: subtract, zero, none",
        ),
        ('is = "Experiment"\n[neuron]\nis = "LIF"\nreset_mode = ["zero"]', "neuron: reset_mode: \\['zero'\\] is not a Reset"),
        (f'is = "Experiment"\n[neuron]\nis = "LIF"\ntheta = 1{"0" * 400}', "neuron: theta: 10+… is beyond all numbers"),
        (f'is = "Experiment"\nsteps = 1{"0" * 5000}', "not valid TOML"),
        (f'is = "Experiment"\nsteps = {"[" * 5000}', "nested too deeply"),
        ('is = "Experiment"\n[neuron]\nis = "LIF"\ntau_mem = 0', "tau_mem = 0.0: Membrane time constant must be above 0 ms"),
    ],
)
def test_bad_toml_is_named(toml, message):
    with pytest.raises(ValueError, match=f"settings.toml.*{message}|{message}.*settings.toml"):
        Experiment.from_toml(toml, "settings.toml")


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert Experiment.from_toml("\ufeff" + Experiment(seed=3).to_toml()) == Experiment(seed=3)


def test_none_survives_where_it_is_not_the_default():
    for sample in (None, 0, 3):
        work = Train((Training(),), sample)
        assert Train.from_toml(work.to_toml()) == work


def declared_classes(base: type) -> list[type]:
    """Every class of the package with declared fields of which there are values."""
    below = [cls for derived in base.__subclasses__() for cls in [derived, *declared_classes(derived)]]
    ours = [cls for cls in below if cls.__module__.startswith("snnviz.")]
    return list(dict.fromkeys(cls for cls in ours if dataclasses.is_dataclass(cls) and not inspect.isabstract(cls)))


WRONG = (
    "LIF",
    None,
    True,
    3,
    2.5,
    (),
    (1, "x"),
    object(),
    LIF,
    LIF(),
    BPTT(),
    Reset.ZERO,
    [1],
    {"is": "LIF"},
    10**5000,
    lambda m: m,
)


@pytest.mark.parametrize("cls", declared_classes(Declared), ids=lambda c: c.__name__)
def test_every_field_refuses_what_is_of_another_kind_and_names_itself(cls):
    fields: dict[str, object] = {Given: {"function": torch.relu}, Axis: {"values": (1,)}}.get(cls, {})
    plain = cls(**fields)
    for field, (kind, _) in declared(cls).items():
        refused = 0
        for value in WRONG:
            try:
                dataclasses.replace(plain, **{field: value})
            except (TypeError, ValueError) as problem:
                refused += 1
                if not fits(value, kind):
                    assert f"{cls.__name__}.{field}" in str(problem) and "\n" not in str(problem) and len(str(problem)) < 900
            else:
                assert fits(value, kind), (field, value)
        assert refused >= 10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Experiment(neuron="LIF"), "Experiment.neuron = 'LIF': it must be one of .*LIF()"),
        (lambda: Experiment(neuron=LIF), r"Experiment.neuron is the class LIF: give a value of it, LIF\(\)"),
        (lambda: Training(method=None), r"Training.method = None: it must be one of BPTT\(\), Decolle\(\), EProp"),
        (lambda: BPTT(LIF()), r"BPTT.surrogate = LIF\(.*: it must be one of Arctan\(\), Boxcar"),
        (lambda: LIF(reset_mode="zero"), "LIF.reset_mode = 'zero': Reset must be one of Reset.SUBTRACT, Reset.ZERO, Reset.NONE"),
        (lambda: Experiment(steps=2**53), "steps = 9007199254740992: Steps must be"),
        (lambda: FeedForward(layers=2.0), "FeedForward.layers = 2.0: Hidden layers must be a whole number, at least 1"),
        (lambda: SpikeTrain((1.0, "x")), "SpikeTrain.times = .*: it must be a tuple, each entry a number"),
    ],
)
def test_a_value_of_the_wrong_kind_is_one_sentence(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_a_poisson_run_of_one_step_has_the_rate_of_a_long_one():
    """The number of input spikes in a step is set by the step's length, not by how many steps there are."""
    x = Experiment(LIF(dt=0.25), Poisson(rate=2000.0, weight=1.0), 1, neurons=20_000).input()
    assert x.mean().item() == pytest.approx(0.5, abs=0.02)


def test_a_whole_number_in_toml_is_a_number():
    """Where a class declares a number that need not be whole, `tau_mem = 10` is 10.0, in type too; a switch stays a switch."""
    read = Experiment.from_toml('is = "Experiment"\nsteps = 30\nspread = 1\n[neuron]\nis = "LIF"\ntau_mem = 10\nv_min = -1')
    assert read == Experiment(LIF(10.0, v_min=-1.0), steps=30, spread=1.0)
    assert repr(read) == repr(Experiment(LIF(10.0, v_min=-1.0), steps=30, spread=1.0))
    assert (type(read.spread), type(read.steps), type(read.neuron.tau_mem)) == (float, int, float)


def test_a_seed_fixes_everything():
    experiment = Experiment(stimulus=Noise(0.1, 0.3), neurons=4)
    a, b = simulate(experiment).layers[0], simulate(experiment).layers[0]
    np.testing.assert_array_equal(a.u, b.u)
    other = simulate(Experiment(stimulus=Noise(0.1, 0.3), neurons=4, seed=1)).layers[0]
    assert (other.u != a.u).any()


def test_records_have_their_axes():
    layer = simulate(Experiment(ALIF(), Step(0.2), 50, neurons=3)).layers[0]
    for array in (layer.current, layer.u, layer.v, layer.theta, layer.spikes, layer.trace):
        assert array.shape == (50, 1, 3)
    assert layer.trace_name == "b" and layer.times[-1] == 49.0 and layer.delta is None


def test_the_spread_scales_the_population():
    x = Experiment(stimulus=Step(1.0, start=0.0), neurons=3, spread=0.5, steps=4).input()
    np.testing.assert_allclose(x[-1, 0], [0.5, 1.0, 1.5])


def test_one_row_for_each_method_and_layer():
    comparison = compare_gradients(depth_experiment(2, steps=30, batch=2), [BPTT(), Slayer(), Exodus()])
    assert [(r.label, r.layer) for r in comparison.rows][:3] == [
        ("BPTT, reset kept", layer) for layer in ("layer 1", "layer 2", "readout")
    ]
    assert len(comparison.rows) == 9 and comparison.layers == ["layer 1", "layer 2", "readout"]
    assert comparison.table("cosine")[Exodus()] == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulate(Experiment(steps=10**6, neurons=10**6)), "lower the steps"),
        (lambda: compare_gradients(Experiment(Izhikevich()), [BPTT()]), "Izhikevich has no gradient to compare; choose one of LIF"),
        (lambda: compare_gradients(Experiment(), []), "at least one gradient method"),
        (lambda: differentiate(Experiment(steps=5, loss=CrossEntropy()), BPTT()), "Cross entropy is a loss on a network's output"),
        (lambda: differentiate(Experiment(steps=5), (BPTT(), Slayer())), "there are 2 for one layer"),
        (lambda: simulate(Experiment(steps=5)).layers[0].array("delta"), "'LIF' has no delta"),
        (lambda: phase_plane(simulate(Experiment(steps=5)).layers[0]), "LIF has no phase plane"),
        (lambda: rate_curve(LeakyReadout(), [0.1]), "never fires"),
        (lambda: VanRossum().scores(torch.zeros(5, 1, 2)), "compares output spikes with the wanted ones"),
        (lambda: GrowthSweep(Over.DEPTH, Experiment()), "A population has no depth to sweep"),
        (lambda: GrowthSweep(Over.TAU, depth_experiment(2, neuron=IF())), "has no membrane time constant to sweep"),
        (lambda: Experiment(steps=-1), "Steps must be at least 1"),
        (lambda: SpikeTrain((float("nan"),)), "must be a number of milliseconds"),
    ],
)
def test_bad_calls_are_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_spike_trains_from_csv():
    train = SpikeTrain.from_csv("time,remark\n5,\n2.5,ignored\n\n9,\n")
    assert train.times == (2.5, 5.0, 9.0)
    for text, message in (
        ("1\nfive\n", "mine.csv, line 2: 'five' is not a time"),
        ("1\n-3\n", "line 2: -3 is not a time"),
        ("t\n", "holds no spike times"),
        ("1\ninf", "line 2: inf"),
    ):
        with pytest.raises(ValueError, match=message):
            SpikeTrain.from_csv(text, "mine.csv")


def test_poisson_input_has_its_rate():
    x = Experiment(stimulus=Poisson(rate=300.0, weight=2.0), steps=2000, neurons=50).input()
    assert x.mean().item() == pytest.approx(0.6, rel=0.02)


def test_architectures_count_their_units():
    assert FeedForward(layers=3, width=10).units == 30
    assert Experiment(LIF(), architecture=FeedForward(layers=3, width=10), batch=2).columns == 60


def test_the_core_needs_neither_app_nor_plots_nor_data_libraries():
    """A subprocess in which they cannot be imported at all; and nothing is compiled by importing."""
    code = (
        "import sys\n"
        "for name in ('streamlit', 'plotly', 'tonic', 'dask', 'cupy', 'sqlalchemy', 'sklearn', 'scipy', 'pandas'):\n"
        "    sys.modules[name] = None\n"
        "from snnviz import *\n"
        "from snnviz.backends import source\n"
        "assert source.library.cache_info().currsize == 0\n"
        "compare_gradients(Experiment(), [BPTT(), Slayer(), Exodus()])\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


NETWORKS = {
    "fully connected": FeedForward(layers=2, width=12, inputs=6, outputs=3),
    "recurrent, leaky readout": FeedForward(layers=2, width=6, inputs=6, outputs=3, recurrent=True, readout_tau=10.0),
    "normalised": FeedForward(layers=2, width=12, inputs=6, outputs=3, normalise=True),
    "convolutional": Convolutional(layers=2, channels=3, side=8, outputs=3),
}


@pytest.mark.parametrize("architecture", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("neuron", [*TRAINABLE, LIF(reset_mode=Reset.ZERO)], ids=name)
def test_every_method_on_every_neuron_and_network_on_silence_and_on_fire(neuron, architecture):
    for current in (0.0, 0.5, 50.0):
        experiment = Experiment(neuron, Noise(current, 0.1 * current), 8, batch=3, architecture=architecture, loss=CrossEntropy())
        loops = getattr(architecture, "recurrent", False)
        methods = [cls() for cls in METHODS.values() if suited(cls(), neuron) is neuron and not (cls is EventProp and loops)]
        assert len(methods) >= len(METHODS) - 1
        comparison = compare_gradients(experiment, methods)
        assert list(comparison.runs) == methods
        for method, run in comparison.runs.items():
            assert len(run.weight_gradients) == 3 and np.isfinite(run.loss)
            assert all(np.isfinite(g).all() for g in run.weight_gradients.values()), method


def test_a_method_on_layers_alone_is_named_when_its_gradient_overflows():
    experiment = depth_experiment(10, steps=250, batch=4)
    with pytest.raises(ValueError, match=r"SLAYER, k = 1000: the gradient of layer \d+ is not finite; it exploded"):
        compare_gradients(experiment, [Slayer(scale=1000.0)])


def test_layers_can_have_methods_of_their_own():
    """EXODUS below, SLAYER above: the first layer's gradient is neither method's alone."""
    experiment = depth_experiment(2, steps=40, batch=2)
    alone = {m: differentiate(experiment, m).weight_gradients["layer 1"] for m in (Exodus(), Slayer())}
    mixed = differentiate(experiment, (Exodus(), Slayer())).weight_gradients
    assert all(np.abs(mixed["layer 1"] - g).max() > 1e-6 for g in alone.values())
    np.testing.assert_array_equal(mixed["layer 2"], differentiate(experiment, Slayer()).weight_gradients["layer 2"])
