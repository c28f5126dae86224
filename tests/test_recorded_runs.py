"""Runs recorded by version 0.1.0: later versions give the same spikes and the same gradients.

`tests/recorded/runs_0_1_0.json` holds, for each entry of `RUNS` and each of its arrays, the SHA-256 of the array's raw
little-endian bytes (C order), its shape, dtype and norm, and two sums of its entries with fixed weights. An entry is
recognised by its name in `RUNS`, an array by the number of its layer and what it holds (`0.spikes`): no label that a page
shows is part of it.

What is compared, and how:

* Arrays that an entry calls exact are equal bit by bit. These are what the native kernels compute (spikes, membranes, ds_du,
  delta), and spikes and membranes of the reference backend. Their input comes from numpy, without a matrix product. The
  kernels call exp, tanh and the like of the machine's C library; a machine with another C library may differ in the last bit.
* In networks a matrix product stands before every layer, and its order of summation depends on the CPU. The weights of the
  networks here are therefore rounded to multiples of 1/256 and the inputs are whole numbers: every sum is exact in float32,
  in any order. So spikes and membranes of networks are exact too, except with normalisation.
* Everything behind a product of real numbers (gradients in networks, losses, gradients of parameters, tables of a law, whole
  trainings) is accepted where its hash is the recorded one, and else where norm and both weighted sums agree to the entry's
  tolerance, relative to the norm: 1e-5, and 1e-3 for trainings, where differences grow from step to step.

`python -m tests.test_recorded_runs --record NAME ...` writes entries anew. That is right only on purpose: for a change of results
that is wanted and explained. Written anew so far (BUGS.md says why): ALIF where the reset is cut.
"""

import argparse
import dataclasses
import hashlib
import json
import math
import pathlib
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from snnviz import (
    ALIF,
    BPTT,
    IF,
    LIF,
    Convolutional,
    CrossEntropy,
    CubaLIF,
    Exodus,
    Experiment,
    FeedForward,
    GatedZO,
    Izhikevich,
    LeakyReadout,
    LocalZO,
    Noise,
    OverTime,
    Poisson,
    Probe,
    Pulses,
    Ramp,
    Reset,
    Route,
    Shaped,
    Sine,
    Slayer,
    SparseGD,
    SpikeAt,
    SpikeTrain,
    SpikingLayer,
    Step,
    SurrogateModules,
    WeightedSpikes,
    differentiate,
    simulate,
)
from snnviz.datasets import Digits, Saccades, SpikePatterns, YinYang
from snnviz.experiments import network_loss
from snnviz.laws import ArctanLaw, LaplaceLaw, NormalLaw, RademacherLaw, SigmoidLaw, SurrogateLaw, UniformLaw
from snnviz.losses import Activity, VanRossum
from snnviz.methods import METHODS
from snnviz.neurons import NEURONS
from snnviz.optimisers import SGD, Adam, AdamW, Cosine
from snnviz.stimuli import encode_drawn
from snnviz.surrogates import (
    SURROGATES,
    Arctan,
    Boxcar,
    Dspike,
    FastSigmoid,
    Gaussian,
    Given,
    MultiGaussian,
    Sigmoid,
    SingleExponential,
    Triangle,
)
from snnviz.training import BatchRecord, Training, load_network, train

FILE = pathlib.Path(__file__).parent / "recorded" / "runs_0_1_0.json"
OF_A_LAYER = ("spikes", "u", "v", "theta", "trace", "ds_du", "multiplier", "delta")
FORWARD = ("spikes", "u", "v", "theta", "trace")
Arrays = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One run. make: computes its arrays. exact: what the arrays that are equal bit by bit hold. tolerance: of the others.
    uses: the values it is made of, by which the test sees what is covered."""

    make: Callable[[], Arrays]
    exact: tuple[str, ...]
    tolerance: float = 1e-5
    uses: tuple[Any, ...] = ()


def arrays_of(layers: tuple[Any, ...]) -> Arrays:
    """The recorded arrays of a run's layers, by number and content."""
    named = {f"{number}.{name}": getattr(layer, name) for number, layer in enumerate(layers) for name in OF_A_LAYER}
    return {name: array for name, array in named.items() if array is not None}


def population(
    neuron: Any,
    method: Any,
    stimulus: Any = None,
    *,
    backend: str = "native",
    dtype: torch.dtype = torch.float64,
    exact: tuple[str, ...] = OF_A_LAYER,
    steps: int = 120,
    neurons: int = 7,
    batch: int = 2,
    spread: float = 0.5,
    seed: int = 3,
    loss: Any = None,
) -> Entry:
    """A population forward and backward; without a method, forward only. Its values are those of 0.1.0, as it meant them."""
    experiment = Experiment(
        neuron,
        stimulus or Noise(0.2, 0.5),
        steps=steps,
        neurons=neurons,
        batch=batch,
        spread=spread,
        seed=seed,
        loss=loss or WeightedSpikes(),
    ).of_0_1_0()

    def make() -> Arrays:
        run = simulate(experiment, backend) if method is None else differentiate(experiment, method, backend, dtype)
        return arrays_of(run.layers)

    return Entry(make, exact, uses=(neuron, method))


def network(
    architecture: Any,
    neuron: Any,
    method: Any,
    *,
    backend: str = "native",
    exact: tuple[str, ...] = FORWARD,
    steps: int = 50,
    batch: int = 3,
    seed: int = 5,
    loss: Any = None,
) -> Entry:
    """A network with rounded weights forward and backward. A list of methods: one for each spiking layer."""
    methods = method if isinstance(method, list) else [method]
    experiment = Experiment(
        neuron,
        Poisson(rate=300.0, weight=1.0),
        steps=steps,
        seed=seed,
        batch=batch,
        architecture=architecture,
        loss=loss or CrossEntropy(),
    )

    def make() -> Arrays:
        model = architecture.build(neuron, methods[0], backend, seed)
        if len(methods) > 1:
            model.differentiate(methods)
        with torch.no_grad():
            for weights in model.parameters():
                weights.copy_(torch.round(weights * 256) / 256)
        with Probe(model) as probe:
            loss = network_loss(experiment, model, experiment.input(), methods[0])
            loss.backward()
        return arrays_of(probe.layers) | gradients(model, loss)

    return Entry(make, exact, uses=(neuron, *methods))


def active_entries(neuron: Any, method: Any, *, width: int = 40, seed: int = 7) -> Entry:
    """A network whose backward pass touches its active entries only: ds_du of each hidden layer, and the gradients."""
    architecture = FeedForward(layers=2, width=width, inputs=60, outputs=5, gain=4.0, first_gain=3.0)
    experiment = Experiment(
        neuron,
        Poisson(rate=300.0, weight=1.0),
        steps=60,
        seed=seed,
        batch=3,
        architecture=architecture,
        loss=CrossEntropy(OverTime.MEAN),
    )

    def make() -> Arrays:
        model = architecture.build(neuron, method, "native", seed)
        model.touch_active = True
        with torch.no_grad():
            for weights in model.parameters():
                weights.copy_(torch.round(weights * 256) / 256)
        assert model.dense_because() is None
        loss = network_loss(experiment, model, experiment.input(), method)
        loss.backward()
        rates = {"rates": np.array(model.rates)}
        return {f"{n}.ds_du": active.dense().numpy() for n, active in enumerate(model.active)} | rates | gradients(model, loss)

    return Entry(make, ("ds_du", "rates"), uses=(neuron, method))


def gradients(model: torch.nn.Module, loss: torch.Tensor) -> Arrays:
    """The loss, and the gradient of every parameter in the order of the module's parameters."""
    by_number = {f"{number}.gradient": p.grad.numpy() for number, p in enumerate(model.parameters()) if p.grad is not None}
    return by_number | {"loss": loss.detach().numpy().reshape(1)}


def learned_and_continued() -> Arrays:
    """Two halves of one run, the second from the first one's last state, with parameters of the neuron that are learned."""
    layer = SpikingLayer(CubaLIF(tau_mem=12.0), BPTT(Triangle()), "native", learn=("tau_mem", "tau_syn", "theta"))
    x = Experiment(CubaLIF(), Noise(0.1, 0.3), steps=80, neurons=6, batch=2, seed=11).input(torch.float64).requires_grad_()
    first = layer.run(x[:40])
    second = layer.run(x[40:], first.last)
    weights = torch.arange(second.spikes.numel(), dtype=torch.float64).reshape(second.spikes.shape) % 7 - 3
    ((second.spikes + 0.25 * second.membrane) * weights).sum().backward()
    learned = {f"{number}.gradient": p.grad.numpy() for number, p in enumerate(layer.learned.values())}
    return {
        "0.spikes": first.spikes.detach().numpy(),
        "1.spikes": second.spikes.detach().numpy(),
        "1.u": second.membrane.detach().numpy(),
        "0.delta": x.grad.numpy(),
    } | learned


def training(value: Training, touch_active: bool = False) -> Entry:
    """A short training: the loss of every batch, and the weights it ends with."""

    def make() -> Arrays:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "network.safetensors"
            records = train(value, "native", checkpoint=file, touch_active=touch_active)
            losses = [r.loss for r in records if isinstance(r, BatchRecord)]
            _, model = load_network(file, "native")
        weights = {f"{number}.weights": p.detach().numpy() for number, p in enumerate(model.parameters())}
        return weights | {"loss": np.array(losses)}

    return Entry(make, (), 1e-3, (value.neuron, value.method))


def rational(margin: torch.Tensor) -> torch.Tensor:
    return 1 / (1 + 4 * margin * margin)


WAVE = encode_drawn(-6, np.arange(128) % 33 - 16)  # a current drawn by hand: a saw tooth
BAND = SparseGD.matching(LocalZO(UniformLaw(), 0.4, 3), Boxcar(0.3))
SMALL = {"inputs": 30, "outputs": 5, "width": 24, "layers": 2, "gain": 3.0, "first_gain": 3.0}
THETA = 0.987  # no sum of multiples of 1/256 is equal to it
F32 = torch.float32

RUNS: dict[str, Entry] = {
    # Populations: every neuron with every reset, and every surrogate.
    "lif_subtract_bptt_kept": population(LIF(), BPTT()),
    "lif_zero_bptt_cut": population(LIF(tau_mem=10.0, reset_mode=Reset.ZERO), BPTT(FastSigmoid(), keep_reset=False)),
    "lif_none_slayer_scaled_f32": population(LIF(reset_mode=Reset.NONE), Slayer(scale=2.5), dtype=F32),
    "lif_v_min_exodus_sigmoid": population(LIF(v_min=-0.3), Exodus(Sigmoid(4.0)), Noise(0.0, 0.6)),
    "lif_max_spikes_bptt_arctan": population(LIF(max_spikes=4, reset_amount=0.8), BPTT(Arctan(3.0)), Noise(0.8, 1.0)),
    "lif_subtract_slayer_after_reset": population(LIF(tau_mem=15.0), Slayer(Triangle(0.8), after_reset=True)),
    "if_subtract_exodus_boxcar_f32": population(IF(theta=1.3), Exodus(Boxcar(0.6)), Step(0.1, start=5.0), dtype=F32),
    "if_zero_v_min_bptt_gaussian": population(IF(reset_mode=Reset.ZERO, v_min=-0.5), BPTT(Gaussian()), Noise(0.1, 0.5)),
    "if_none_max_spikes_slayer_multi_gaussian_f32": population(
        IF(reset_mode=Reset.NONE, max_spikes=3), Slayer(MultiGaussian(share=0.2)), Noise(0.0, 0.3), dtype=F32
    ),
    "cuba_subtract_bptt_dspike": population(CubaLIF(), BPTT(Dspike(3.0)), Pulses(0.4, period=20.0, width=4.0)),
    "cuba_zero_early_decay_exodus_f32": population(
        CubaLIF(tau_syn=8.0, reset_mode=Reset.ZERO, early_decay=True), Exodus(FastSigmoid(5.0)), dtype=F32
    ),
    "cuba_none_v_min_slayer": population(CubaLIF(reset_mode=Reset.NONE, v_min=-0.3), Slayer(SingleExponential(0.5))),
    "cuba_max_spikes_bptt_cut": population(
        CubaLIF(max_spikes=3), BPTT(Triangle(), keep_reset=False), Poisson(rate=200.0, weight=0.6)
    ),
    "alif_subtract_bptt_kept": population(ALIF(), BPTT(Gaussian(0.3)), Ramp(0.5, start=5.0)),
    "alif_zero_exodus_f32": population(ALIF(tau_adapt=40.0, kappa=4.0, reset_mode=Reset.ZERO), Exodus(Triangle()), dtype=F32),
    "alif_none_v_min_bptt_cut": population(ALIF(reset_mode=Reset.NONE, v_min=-0.4), BPTT(Arctan(), keep_reset=False)),
    "leaky_readout_bptt": population(LeakyReadout(tau_mem=30.0), BPTT()),
    "izhikevich_forward": population(Izhikevich(), None, Step(10.0), steps=400, neurons=4),
    "izhikevich_other_cell_forward": population(Izhikevich(a=0.1, b=0.25, c=-50.0, d=2.0, dt=0.25), None, Step(8.0), steps=400),
    "lif_spike_train_one_step_loss_given": population(
        LIF(theta=0.7),
        BPTT(Given(rational)),
        SpikeTrain((3.0, 5.5, 9.0, 14.0, 15.0, 21.0, 40.0, 41.0, 42.0), 0.6),
        loss=SpikeAt(43),
        seed=0,
    ),
    "lif_drawn_current_f32": population(
        LIF(dt=0.5), Exodus(Gaussian()), Shaped(Step(0.05), 1.5, WAVE), dtype=F32, spread=0.0, neurons=3
    ),
    "lif_sine_wide": population(LIF(), Slayer(), Sine(0.1, 0.06, 40.0), exact=("spikes",), neurons=130, batch=1, steps=90),
    # Methods that draw, and methods with a band.
    "localzo_normal_five_draws": population(LIF(), LocalZO(NormalLaw(), 0.5, 5)),
    "localzo_uniform_reset_kept": population(LIF(reset_mode=Reset.ZERO), LocalZO(UniformLaw(), 0.8, 2, keep_reset=True)),
    "localzo_laplace_f32": population(CubaLIF(), LocalZO(LaplaceLaw(), 0.3), dtype=F32),
    "localzo_rademacher_three_draws": population(ALIF(), LocalZO(RademacherLaw(), 0.6, 3)),
    "localzo_tabled_laws": population(LIF(), LocalZO(SigmoidLaw(), 0.7, 2), exact=FORWARD),
    "localzo_law_of_a_surrogate": population(LIF(), LocalZO(SurrogateLaw(FastSigmoid(), -1), 1.0), exact=FORWARD),
    "gated_triangle_reset_kept": population(LIF(), GatedZO(Triangle(0.7), peak=0.6, keep_reset=True)),
    "sparse_band": population(LIF(reset_mode=Reset.ZERO), SparseGD(FastSigmoid(20.0), 0.35)),
    "sparse_matching_band_f32": population(CubaLIF(), BAND, dtype=F32),
    # The reference backend: torch autograd through the neuron's own step.
    "reference_lif_zero": population(LIF(reset_mode=Reset.ZERO, v_min=-0.4), BPTT(Sigmoid()), backend="reference", exact=FORWARD),
    "reference_alif_f32": population(ALIF(), Exodus(Triangle()), backend="reference", exact=FORWARD, dtype=F32),
    # Networks.
    "network_reference_cuba": network(
        FeedForward(**SMALL), CubaLIF(tau_syn=3.0, theta=THETA, max_spikes=2), BPTT(Triangle()), backend="reference", steps=30
    ),
    "network_one_method_a_layer_leaky_readout": network(
        FeedForward(**SMALL, readout_tau=15.0), LIF(theta=THETA), [Exodus(), Slayer(scale=0.5), BPTT()]
    ),
    "network_convolutional_slayer": network(
        Convolutional(layers=2, channels=3, side=8, outputs=4), LIF(theta=THETA), Slayer(Arctan()), steps=30
    ),
    "network_recurrent_localzo_arctan_law": network(
        FeedForward(**SMALL, recurrent=True), LIF(theta=THETA), LocalZO(ArctanLaw(), 0.8, 4), steps=30
    ),
    "network_normalise_modules_detached": network(
        FeedForward(**SMALL, normalise=True), IF(theta=THETA), SurrogateModules(after=(1,), route=Route.DETACH, width=8), exact=()
    ),
    "network_active_entries_localzo": active_entries(LIF(theta=THETA), LocalZO(delta=0.2, draws=2)),
    "network_active_entries_sparse_alif_zero": active_entries(
        ALIF(theta=THETA, kappa=1.0, reset_mode=Reset.ZERO), SparseGD(FastSigmoid(), 0.2)
    ),
}

MORE: dict[str, Entry] = {
    "layer_learned_and_continued": Entry(learned_and_continued, ("spikes", "u", "delta"), uses=(CubaLIF(),)),
    "network_modules_both": network(
        FeedForward(**(SMALL | {"layers": 3})),
        LIF(theta=THETA),
        SurrogateModules(Dspike(2.0), keep_reset=False, after=(1, 2), alpha=0.8, weight=0.5, temperature=2.0, width=8),
    ),
    # Trainings of two epochs.
    "training_yin_yang_exodus_adam": training(
        Training(
            YinYang(samples=90),
            FeedForward(layers=2, width=16, first_gain=4.0),
            method=Exodus(),
            regulariser=Activity(),
            epochs=2,
            batch=24,
            seed=1,
        )
    ),
    "training_saccades_convolutional_slayer_sgd": training(
        Training(
            Saccades(steps=20, samples=40, side=14, amplitude=3.0),
            Convolutional(layers=1, channels=2),
            method=Slayer(scale=0.5),
            optimiser=SGD(0.02),
            schedule=Cosine(0.1, 0.1),
            epochs=2,
            batch=16,
            clip=1.0,
        )
    ),
    "training_digits_active_entries_localzo_adamw": training(
        Training(
            Digits(steps=12, samples=100),
            FeedForward(layers=2, width=24, first_gain=4.0),
            method=LocalZO(delta=0.3),
            optimiser=AdamW(5e-3),
            epochs=2,
            batch=25,
        ),
        touch_active=True,
    ),
    "training_patterns_van_rossum": training(
        Training(
            SpikePatterns(steps=50, samples=24),
            FeedForward(layers=1, width=20, first_gain=4.0, recurrent=True),
            CubaLIF(),
            BPTT(Triangle()),
            loss=VanRossum(),
            optimiser=Adam(2e-3),
            epochs=2,
            batch=12,
        )
    ),
}
ENTRIES = RUNS | MORE


def weights_of_sum(count: int, factor: int) -> np.ndarray:
    """Numbers from -0.5 to 0.5 without a pattern, the same everywhere."""
    return (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(factor) % np.uint64(2**32)).astype(np.float64) / 2**32 - 0.5


def described(array: np.ndarray) -> dict[str, Any]:
    """What the file says of an array."""
    array = np.ascontiguousarray(array)
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    values = array.astype(np.float64).ravel()
    assert not np.isnan(values).any()
    values = np.where(np.isinf(values), 0.0, values)  # a readout has no threshold
    sums = [float((values * weights_of_sum(values.size, factor)).sum()) for factor in (2654435761, 2246822519)]
    return {
        "sha256": hashlib.sha256(data).hexdigest(),
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "norm": math.sqrt(float((values * values).sum())),
        "sums": sums,
    }


def difference(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> float:
    """How far norm and sums are from the recorded ones, relative to the norm; 0 for equal bytes."""
    if now["sha256"] == recorded["sha256"]:
        return 0.0
    pairs = zip([recorded["norm"], *recorded["sums"]], [now["norm"], *now["sums"]], strict=True)
    return max(abs(a - b) for a, b in pairs) / max(recorded["norm"], 1e-30)


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ENTRIES)
def test_a_run_is_what_it_was(recorded, name):
    entry, before = ENTRIES[name], recorded[name]
    now = {key: described(array) for key, array in entry.make().items()}
    assert set(now) == set(before)
    for key, was in before.items():
        assert (now[key]["dtype"], now[key]["shape"]) == (was["dtype"], was["shape"]), key
        far = difference(was, now[key])
        if key.rpartition(".")[2] in entry.exact:
            assert now[key]["sha256"] == was["sha256"], f"{key} differs from what 0.1.0 gave, by {far:.1e} of its norm or less"
        else:
            assert far <= entry.tolerance, f"{key} differs from what 0.1.0 gave by {far:.1e} of its norm"


LATER = {"QIF", "EIF", "SLTT", "OTTT", "OSTL", "EProp", "Decolle", "EventProp"}  # what 0.1.0 did not have


def test_every_neuron_reset_surrogate_and_method_is_recorded(recorded):
    assert len(RUNS) == 40 and set(ENTRIES) == set(recorded)
    used = [value for entry in ENTRIES.values() for value in entry.uses]
    kinds = {type(value).__name__ for value in used}
    kinds |= {type(getattr(value, "surrogate", None)).__name__ for value in used}
    assert {name for table in (NEURONS, METHODS, SURROGATES) for name in table} - LATER <= kinds
    resets = {(type(n), n.reset_mode) for n in used if hasattr(n, "reset_mode")}
    assert {(kind, mode) for kind in (LIF, IF, CubaLIF, ALIF) for mode in Reset} <= resets


def test_what_is_recorded_is_no_silence(recorded):
    """Spikes are fired and gradients flow in every run; the readout alone has neither threshold nor spikes."""
    zero = {(name, key) for name, arrays in recorded.items() for key, array in arrays.items() if array["norm"] == 0}
    layer = {("leaky_readout_bptt", "0"), ("network_one_method_a_layer_leaky_readout", "2")}
    assert zero == {(name, f"{number}.{what}") for name, number in layer for what in ("theta", "ds_du")}


def record(names: list[str]) -> None:
    torch.set_num_threads(1)
    made = json.loads(FILE.read_text(encoding="utf-8")) if names else {}
    made |= {name: {key: described(array) for key, array in ENTRIES[name].make().items()} for name in names or ENTRIES}
    FILE.parent.mkdir(exist_ok=True)
    rows = [
        f" {json.dumps(name)}: {{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(a)}" for k, a in arrays.items()) + "\n }"
        for name, arrays in made.items()
    ]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Record runs for later versions to be compared with.")
    parser.add_argument("--record", nargs="*", required=True, metavar="NAME", help=f"write {FILE.name} anew, or these entries")
    record(parser.parse_args().record)
