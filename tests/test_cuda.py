"""What the app and the library do, on the GPU: it runs, and gives what the CPU gives. The kernels alone: tests/test_backends.py."""

import dataclasses

import numpy as np
import pytest
import torch

from bench import kernels, sparsity
from snnviz import LOSSES, OPTIMISERS, experiments, sparse
from snnviz.architectures import Convolutional, FeedForward
from snnviz.backends import BACKENDS, cuda
from snnviz.datasets import Digits, SpikePatterns
from snnviz.experiments import Experiment, compare_gradients, simulate
from snnviz.laws import LAWS
from snnviz.losses import Activity, CrossEntropy, OverTime, SpikeAt, StepwiseCrossEntropy, VanRossum, WeightedSpikes
from snnviz.methods import BPTT, METHODS, Exodus, GatedZO, LocalZO, Slayer, SparseGD, SurrogateModules
from snnviz.network import SpikingLayer
from snnviz.neurons import ALIF, IF, LIF, NEURONS, CubaLIF
from snnviz.stimuli import Noise, Poisson, Step
from snnviz.studies import activity
from snnviz.studies.depth import DepthStudy, measure_depth
from snnviz.studies.growth import depth_experiment, sweep
from snnviz.studies.rate_curve import rate_curve
from snnviz.surrogates import Given
from snnviz.training import EpochRecord, Training, load_network, train
from tests.helpers import name, suited, usable

pytestmark = [pytest.mark.cuda, pytest.mark.filterwarnings("ignore::snnviz.sparse.DeadLayer")]
DIGITS = Digits(steps=6, samples=192)
SMALL = Training(DIGITS, FeedForward(layers=2, width=16, first_gain=4.0), epochs=1, batch=64)
POPULATION = Experiment(LIF(), Noise(0.06, 0.15), steps=40, neurons=3, batch=2)
NETWORKS = (
    FeedForward(layers=2, width=20, inputs=10, outputs=4),
    FeedForward(layers=2, width=12, inputs=10, outputs=4, recurrent=True, normalise=True, readout_tau=5.0),
    Convolutional(layers=2, channels=3, side=8, outputs=4, normalise=True),
)


@pytest.fixture(autouse=True)
def gpu(request):
    usable("cuda", request.config).prepare()


def both(run):
    """What a function of a backend's name gives on the GPU, and on the CPU."""
    return run("cuda"), run("native")


def agree(a, b, tolerance=1e-4):
    """Two numbers, or arrays on any device, within a share of the larger one's largest."""
    a, b = (np.asarray(x.detach().cpu() if isinstance(x, torch.Tensor) else x, dtype=float) for x in (a, b))
    assert np.abs(a - b).max() <= tolerance * max(np.abs(b).max(), 1e-30)


def device_of(backend: str) -> str:
    return "cuda" if backend == "cuda" else "cpu"


def currents(backend: str, *shape: int) -> torch.Tensor:
    return (torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.1).to(device_of(backend))


# A layer ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left_on_the_cpu", [False, True], ids=["moved", "left"])
@pytest.mark.parametrize("neuron", [LIF(), ALIF()], ids=name)
def test_learned_parameters(neuron, left_on_the_cpu):
    """Parameters of a layer that was taken to the GPU, and of one that was not."""

    def gradients(backend):
        layer = SpikingLayer(neuron, Exodus(), backend, learn=["tau_mem", "theta"])
        layer = layer if left_on_the_cpu else layer.to(device_of(backend))
        layer(currents(backend, 30, 2, 5)).sum().backward()
        return [float(p.grad) for p in layer.learned.values()]

    agree(*both(gradients))


def test_a_loss_on_everything_a_layer_gives():
    def gradient(backend):
        x = currents(backend, 20, 2, 6).requires_grad_()
        out = SpikingLayer(ALIF(), Exodus(), backend).run(x)
        (out.spikes.sum() + out.membrane.sum() + out.last.sum()).backward()
        return x.grad

    agree(*both(gradient))


def test_a_derivative_written_in_python():
    def gradient(backend):
        x = currents(backend, 20, 2, 6).requires_grad_()
        SpikingLayer(LIF(), BPTT(Given(lambda m: torch.exp(-m * m))), backend)(x).sum().backward()
        return x.grad

    agree(*both(gradient))


@pytest.mark.parametrize("array", ["current", "initial"])
def test_an_array_on_the_cpu_is_refused(array):
    x, initial = currents("native", 5, 4), torch.zeros(1, 4)
    arrays = {"current": x.cuda(), "initial": initial.cuda()} | {array: {"current": x, "initial": initial}[array]}
    coefficients = SpikingLayer(LIF(), backend="cuda").coefficients()
    with pytest.raises(ValueError, match=f"{array} is on cpu, but the backend 'cuda' works on cuda"):
        BACKENDS["cuda"].forward(LIF(), coefficients, arrays["current"], arrays["initial"])


def test_no_pointer_of_the_cpu_reaches_a_launch():
    a = torch.zeros(4, device="cuda")
    with pytest.raises(ValueError, match=r"an array is on cpu, the others are on cuda:0: move it with .to\('cuda:0'\)"):
        cuda.run(None, 1, 1, None, [a, torch.zeros(4)], a.device)


# Simulating and comparing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("neuron", [cls() for cls in NEURONS.values()], ids=name)
def test_simulate(neuron):
    experiment = Experiment(neuron, Step(1.3 * neuron.amplitude), steps=60, neurons=5, spread=0.5)
    ours, theirs = both(lambda backend: simulate(experiment, backend).layers[0])
    agree(ours.u, theirs.u, 1e-6)
    if neuron.fires:
        assert np.array_equal(ours.spikes, theirs.spikes)


@pytest.mark.parametrize("neuron", [LIF(), CubaLIF(), ALIF(), IF()], ids=name)
def test_compare_methods_on_a_population(neuron):
    methods = [BPTT(), Slayer(), Exodus(), LocalZO(), SparseGD(), GatedZO()]
    experiment = dataclasses.replace(POPULATION, neuron=neuron)
    ours, theirs = both(lambda backend: compare_gradients(experiment, methods, backend).rows)
    agree([row.norm for row in ours], [row.norm for row in theirs])


@pytest.mark.parametrize("architecture", NETWORKS, ids=["linear", "recurrent", "convolutional"])
def test_compare_methods_in_a_network(architecture):
    methods = [BPTT(), Slayer(), Exodus(), LocalZO(), SparseGD(), SurrogateModules(after=(1,))]
    experiment = Experiment(LIF(), Poisson(rate=200.0, weight=1.0), 15, batch=3, architecture=architecture, loss=CrossEntropy())
    ours, theirs = both(lambda backend: compare_gradients(experiment, methods, backend).rows)
    agree([row.norm for row in ours], [row.norm for row in theirs], 1e-3)


@pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.__name__)
def test_every_law_of_a_zeroth_order_derivative(law):
    method = LocalZO(law=law(), delta=0.3, draws=3)
    ours, theirs = both(lambda backend: experiments.differentiate(POPULATION, method, backend).layers[0].delta)
    agree(ours, theirs)


def test_rate_curve_and_growth():
    ours, theirs = both(lambda backend: rate_curve(LIF(), np.linspace(0, 0.2, 5), backend, time=200.0)[1])
    agree(ours, theirs)
    settings = [(float(n), depth_experiment(n, 10, 2, width=8), [BPTT(), Slayer()]) for n in (1, 2)]
    ours, theirs = both(lambda backend: list(sweep(settings, backend))[-1].norm)
    agree(list(ours.values()), list(theirs.values()), 1e-3)


# The active entries ---------------------------------------------------------------------------------------------------


def test_the_sparsity_page():
    def shares(backend):
        run = simulate(dataclasses.replace(activity.example(), steps=40), backend)
        look = activity.look(run, LocalZO(delta=0.1))
        activity.histogram(look.layers[0], LocalZO(delta=0.1))
        return look.share

    agree(*both(shares), 0.01)


def test_sparse_layers_that_stay_on_the_gpu():
    """Two layers and a readout. Weights are multiples of 2^-8, so that every sum of a forward pass is exact."""

    def results(backend):
        g, device = torch.Generator().manual_seed(0), device_of(backend)
        x = (torch.rand(20, 3, 150, generator=g) < 0.2).float().to(device)
        shapes = ((150, 140), (140, 130), (130, 10))
        w = [(torch.randn(s, generator=g) * 0.2).mul(256).round().div(256).to(device).requires_grad_() for s in shapes]
        h = sparse.spiking(sparse.pack(x), w[0], None, LIF(tau_mem=10.0), LocalZO(delta=0.3)).spikes
        out = sparse.spiking(h, w[1], None, ALIF(tau_mem=10.0), SparseGD(band=0.5)).spikes
        y = sparse.product(out, w[2])
        y.square().sum().backward()
        assert y.device.type == h.dense().device.type == device
        return h, [a.grad for a in w]

    (ours, our_gradients), (theirs, their_gradients) = both(results)
    assert ours.rate == theirs.rate and ours.active.share == theirs.active.share
    assert torch.equal(ours.bits.cpu(), theirs.bits) and torch.equal(ours.active.per_step().cpu(), theirs.active.per_step())
    agree(ours.active.dense(), theirs.active.dense(), 1e-6)
    for a, b in zip(our_gradients, their_gradients, strict=True):
        agree(a, b, 1e-5)


# Training -------------------------------------------------------------------------------------------------------------


def last_epoch(training, backend, **kwargs) -> EpochRecord:
    return [r for r in train(training, backend, **kwargs) if isinstance(r, EpochRecord)][-1]


def trained_alike(training, **kwargs):
    ours, theirs = both(lambda backend: last_epoch(training, backend, **kwargs))
    agree(ours.train_loss, theirs.train_loss, 1e-3)
    agree(ours.test_loss, theirs.test_loss, 1e-3)


@pytest.mark.parametrize("method", [cls() for cls in METHODS.values()], ids=name)
def test_train_with_every_method(method):
    neuron = suited(method, SMALL.neuron)
    trained_alike(dataclasses.replace(SMALL, neuron=neuron, method=method, clip=1.0), record_sample=0)


@pytest.mark.parametrize("method", [cls() for cls in METHODS.values() if cls().sparse], ids=name)
def test_train_on_active_entries(method):
    trained_alike(dataclasses.replace(SMALL, method=method), touch_active=True)


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=lambda o: o.__name__)
def test_train_with_every_optimiser(optimiser):
    trained_alike(dataclasses.replace(SMALL, optimiser=optimiser()))


OF_SPIKES = (WeightedSpikes(), SpikeAt())  # an experiment's; the others are a training's
TRAININGS = {
    "CrossEntropy": dataclasses.replace(SMALL, loss=CrossEntropy(OverTime.LAST), neuron=ALIF()),
    "StepwiseCrossEntropy": dataclasses.replace(SMALL, loss=StepwiseCrossEntropy(0.05)),
    "VanRossum": dataclasses.replace(SMALL, dataset=SpikePatterns(), loss=VanRossum()),
    "regulariser": dataclasses.replace(SMALL, regulariser=Activity()),
    "convolution": dataclasses.replace(SMALL, architecture=Convolutional(layers=1, channels=3)),
    "recurrence": dataclasses.replace(
        SMALL, architecture=FeedForward(layers=1, width=8, recurrent=True, normalise=True, readout_tau=5.0)
    ),
}


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_train_with_every_loss_and_architecture(training):
    trained_alike(training)


@pytest.mark.parametrize("loss", OF_SPIKES, ids=name)
def test_losses_on_the_spikes_of_a_population(loss):
    experiment = dataclasses.replace(POPULATION, loss=loss)
    ours, theirs = both(lambda backend: experiments.differentiate(experiment, Exodus(), backend).layers[0].delta)
    agree(ours, theirs)


def test_no_loss_is_left_out():
    assert set(LOSSES) <= set(TRAININGS) | {type(loss).__name__ for loss in OF_SPIKES}


def test_a_checkpoint_goes_on_where_it_was(tmp_path):
    """Also on the other device."""
    training, path = dataclasses.replace(SMALL, epochs=2), tmp_path / "a.safetensors"
    whole = last_epoch(training, "cuda")
    last_epoch(dataclasses.replace(training, epochs=1), "cuda", checkpoint=path)
    resumed = last_epoch(training, "cuda", checkpoint=path)
    agree(resumed.test_loss, whole.test_loss, 1e-5)
    for backend in ("cuda", "native"):
        _, network = load_network(path, backend)
        assert next(network.parameters()).device.type == device_of(backend)


def test_the_depth_page():
    study = DepthStudy(layers=3, modules=SurrogateModules(after=(1, 2)), training=4, draws=8, samples=8)

    def cosine(backend):
        *_, last = measure_depth(study, backend)
        return last.checkpoints[-1].errors.rows[0].cosine

    agree(*both(cosine), 0.02)


# Benchmarks -----------------------------------------------------------------------------------------------------------


def test_the_kernels_benchmark():
    row = kernels.measure(20, 300, BACKENDS["cuda"], "cuda", 1)
    assert row["backend"] == "cuda" and row["T"] == 20


def test_the_sparsity_benchmark(tmp_path):
    sizes = {"hidden": 40, "steps": 60, "batch": 8, "percent": 10, "repeats": 1, "naive-repeats": 1}
    options = [text for name, value in sizes.items() for text in (f"--{name}", str(value))]
    sparsity.main(["--workloads", "F-MNIST", *options, "--device", "cuda", "--output", str(tmp_path / "a.json")])
    assert (tmp_path / "a.json").is_file()
