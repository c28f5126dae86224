"""Experiments as values: what a run depends on, and the verbs `simulate` and `compare_gradients`."""

import abc
import dataclasses
import math
import os
import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from snnviz import losses, network, stimuli, surrogates, text, zeroth_order
from snnviz.backends import AbstractBackend, resolve
from snnviz.draws import Draw
from snnviz.heads import attach_heads, sml_loss
from snnviz.losses import AbstractLoss, CrossEntropy, WeightedSpikes
from snnviz.methods import BPTT, METHODS, AbstractGradientMethod
from snnviz.network import Network, SpikingLayer
from snnviz.neurons import LIF, NEURONS, AbstractNeuron, Izhikevich, LeakyReadout
from snnviz.params import Declared, param
from snnviz.records import Probe, RunRecord
from snnviz.stimuli import AbstractStimulus, Poisson, Step

BUDGET = 4 * 2**30  # bytes that one run may take; SNNVIZ_BUDGET overrides it


class AbstractArchitecture(Declared, abc.ABC):
    """A network's shape, as a value."""

    title: str

    @property
    @abc.abstractmethod
    def input_shape(self) -> tuple[int, ...]:
        """One sample's shape at one step."""

    @property
    @abc.abstractmethod
    def units(self) -> int:
        """Spiking units in all layers, for the budget."""

    @abc.abstractmethod
    def build(
        self, neuron: AbstractNeuron, method: AbstractGradientMethod, backend: AbstractBackend | str | None, seed: int
    ) -> Network:
        """The network, its weights drawn by seed."""


@dataclasses.dataclass(frozen=True)
class FeedForward(AbstractArchitecture):
    """Linear layers of spiking neurons, then a linear readout (leaky where readout_tau > 0 ms)."""

    layers: int = param(3, "Hidden layers", low=1, high=50, slider=(1, 10, 1), help="Spiking layers between input and readout.")
    width: int = param(128, "Width", low=1, high=8192, slider=(8, 256, 8), help="Neurons in each hidden layer.")
    inputs: int = param(100, "Inputs", low=1, high=65536, slider=(1, 256, 1), advanced=True, help="Input channels.")
    outputs: int = param(35, "Classes", low=2, high=1000, slider=(2, 100, 1), advanced=True, help="Outputs of the readout.")
    gain: float = param(
        2.0,
        "Weight gain",
        low=0.0,
        open_low=True,
        slider=(0.5, 5.0, 0.1),
        advanced=True,
        help="Hidden weights are uniform in plus or minus gain over the root of the fan-in.",
    )
    first_gain: float = param(
        1.0,
        "Weight gain of the first layer",
        low=0.0,
        open_low=True,
        slider=(0.5, 5.0, 0.1),
        advanced=True,
        help="The same for the first layer.",
    )
    normalise: bool = param(False, "Normalise", advanced=True, help="Normalise currents over batch and time, per unit.")
    recurrent: bool = param(False, "Recurrent", advanced=True, help="Every hidden layer feeds itself one step later.")
    readout_tau: float = param(
        0.0,
        "Readout time constant",
        r"\tau_r",
        unit="ms",
        low=0.0,
        slider=(0.0, 100.0, 1.0),
        advanced=True,
        help="0: a plain linear readout; else a leaky one.",
    )
    touch_active: bool = param(
        False,
        "Touch only active entries",
        advanced=True,
        help="With a sparse method, run over the active entries alone: the same gradients, sooner.",
    )

    title = "Fully connected"

    @property
    def input_shape(self):
        return (self.inputs,)

    @property
    def units(self):
        return self.layers * self.width

    def build(self, neuron, method, backend, seed):
        readout = LeakyReadout(tau_mem=self.readout_tau, dt=neuron.dt) if self.readout_tau else None
        made = network.feed_forward(
            self.inputs,
            [self.width] * self.layers,
            self.outputs,
            neuron,
            method,
            backend,
            readout=readout,
            gain=self.gain,
            first_gain=self.first_gain,
            normalise=self.normalise,
            recurrent=self.recurrent,
            seed=seed,
        )
        made.touch_active = self.touch_active
        return made


@dataclasses.dataclass(frozen=True)
class Convolutional(AbstractArchitecture):
    """3 x 3 convolutions of spiking neurons, each with 2 x 2 average pooling while there is room, then a linear readout."""

    layers: int = param(2, "Convolutions", low=1, high=20, slider=(1, 6, 1), help="Spiking layers between input and readout.")
    channels: int = param(8, "Channels", low=1, high=512, slider=(2, 64, 2), help="Feature maps of each layer.")
    inputs: int = param(2, "Input channels", low=1, high=64, slider=(1, 8, 1), advanced=True, help="Two for ON and OFF events.")
    side: int = param(16, "Image side", low=2, high=256, slider=(4, 64, 2), advanced=True, help="Height and width in pixels.")
    outputs: int = param(10, "Classes", low=2, high=1000, slider=(2, 100, 1), advanced=True, help="Outputs of the readout.")
    gain: float = param(
        2.0,
        "Weight gain",
        low=0.0,
        open_low=True,
        slider=(0.5, 5.0, 0.1),
        advanced=True,
        help="Weights are uniform in plus or minus gain over the root of the fan-in.",
    )
    normalise: bool = param(False, "Normalise", advanced=True, help="Normalise currents over batch and time, per channel.")
    readout_tau: float = param(
        0.0,
        "Readout time constant",
        r"\tau_r",
        unit="ms",
        low=0.0,
        slider=(0.0, 100.0, 1.0),
        advanced=True,
        help="0: a plain linear readout; else a leaky one.",
    )

    title = "Convolutional"

    @property
    def input_shape(self):
        return (self.inputs, self.side, self.side)

    @property
    def units(self):
        side, total = self.side, 0
        for _ in range(self.layers):
            total += self.channels * side * side
            side = side // 2 if side >= 4 else side
        return total

    def build(self, neuron, method, backend, seed):
        readout = LeakyReadout(tau_mem=self.readout_tau, dt=neuron.dt) if self.readout_tau else None
        return network.convolutional(
            self.input_shape,
            [self.channels] * self.layers,
            self.outputs,
            neuron,
            method,
            backend,
            readout=readout,
            gain=self.gain,
            normalise=self.normalise,
            seed=seed,
        )


ARCHITECTURES: dict[str, type[AbstractArchitecture]] = {cls.__name__: cls for cls in (FeedForward, Convolutional)}


@dataclasses.dataclass(frozen=True, repr=False)
class Experiment(text.Written, Declared):
    """All that a run depends on, as one frozen value; its repr is the Python that makes it.

    Without an architecture: `neurons` neurons driven by the stimulus. With one: a network whose inputs are driven by it, for
    `batch` samples with labels drawn by the seed.
    """

    neuron: AbstractNeuron = dataclasses.field(default_factory=LIF)
    stimulus: AbstractStimulus = dataclasses.field(default_factory=Step)
    steps: int = param(200, "Steps", "T", low=1, high=1_000_000, slider=(10, 2000, 10), help="Steps of the simulation.")
    neurons: int = param(1, "Neurons", "N", low=1, high=1_000_000, slider=(1, 200, 1), help="A population of this size.")
    spread: float = param(
        0.0,
        "Spread of the input",
        low=0.0,
        high=1.0,
        slider=(0.0, 1.0, 0.05),
        help="Across the population the current is scaled from 1 - spread to 1 + spread.",
    )
    seed: int = param(0, "Seed", low=0, high=2**32 - 1, slider=(0, 100, 1), help="Fixes everything random.")
    architecture: AbstractArchitecture | None = None
    batch: int = param(1, "Batch", "B", low=1, high=65536, slider=(1, 64, 1), help="Samples side by side.")
    loss: AbstractLoss = dataclasses.field(default_factory=WeightedSpikes)

    @property
    def columns(self) -> int:
        """Neurons in all: of the population, or in all layers of the network for the whole batch."""
        return self.batch * (self.neurons if self.architecture is None else self.architecture.units)

    def check_budget(self) -> None:
        """Raise ValueError if the run would take more memory than BUDGET, saying what to lower."""
        budget = int(os.environ.get("SNNVIZ_BUDGET", BUDGET))
        need = self.steps * self.columns * 4 * 12  # about a dozen recorded float32 arrays [T, columns]
        if need > budget:
            size = "neurons" if self.architecture is None else "the network's size"
            raise ValueError(
                f"This run would take about {need / 2**30:.1f} GB, and {budget / 2**30:.1f} GB are allowed: "
                f"lower the steps ({self.steps}), {size} or the batch ({self.batch})."
            )

    def input(self, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """The stimulus: [T, B, N] for a population, [T, B, *input_shape] for a network."""
        self.check_budget()
        shape = (self.neurons,) if self.architecture is None else self.architecture.input_shape
        columns = self.batch * math.prod(shape)
        times = np.arange(self.steps) * self.neuron.dt
        current = self.stimulus.current(times, columns, np.random.default_rng(self.seed))
        x = np.broadcast_to(current, (self.steps, columns)).reshape(self.steps, self.batch, *shape)
        if self.architecture is None and self.spread:
            x = x * np.linspace(1 - self.spread, 1 + self.spread, self.neurons)
        return torch.from_numpy(np.array(x)).to(dtype)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES


VALUES: dict[str, type] = {
    "Experiment": Experiment,
    **NEURONS,
    **surrogates.SURROGATES,
    **METHODS,
    **zeroth_order.LAWS,
    **stimuli.STIMULI,
    "Shaped": stimuli.Shaped,
    **losses.LOSSES,
    **ARCHITECTURES,
}


def simulate(experiment: Experiment, backend: AbstractBackend | str | None = None) -> RunRecord:
    """Run the forward pass and record every layer.

    Raises:
        ValueError: the run is over budget. RuntimeError: the backend cannot run here, and why.
    """
    start = time.perf_counter()
    backend = resolve(backend)
    with torch.no_grad():
        model, x = _model(experiment, BPTT(), backend, torch.float32)
        with Probe(model) as probe:
            model(x)
    return RunRecord(probe.layers, backend.name, time.perf_counter() - start)


def _model(experiment: Experiment, method: AbstractGradientMethod, backend: AbstractBackend, dtype: torch.dtype):
    """The module to run, and its input."""
    x = experiment.input(dtype).to("cuda" if backend.name == "cuda" else "cpu")
    if experiment.architecture is None:
        layer = SpikingLayer(experiment.neuron, method, backend)
        layer.label = experiment.neuron.title
        return layer, x
    return experiment.architecture.build(experiment.neuron, method, backend, experiment.seed).to(x), x


@dataclasses.dataclass(frozen=True)
class GradientRow:
    """One method's gradient in one layer, against the first method's.

    norm: its 2-norm; cosine: with the first method's; largest_difference: max abs of the difference, relative to the first
    method's largest entry. For a population the gradient is delta = dL/dx [T, B, N]; for a network dL/dW of the layer.
    """

    method: str
    layer: str
    norm: float
    cosine: float
    largest_difference: float


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Several methods on the same weights and the same input: rows by method and layer, and each method's run."""

    rows: tuple[GradientRow, ...]
    runs: dict[str, RunRecord]
    seconds: float

    def table(self, value: str) -> dict[str, list[float]]:
        """One value ("norm", "cosine", "largest_difference") by method, in the layers' order."""
        return {m: [getattr(r, value) for r in self.rows if r.method == m] for m in self.runs}

    @property
    def layers(self) -> list[str]:
        return list(dict.fromkeys(row.layer for row in self.rows))


def differentiate(
    experiment: Experiment,
    method: AbstractGradientMethod | Sequence[AbstractGradientMethod],
    backend: AbstractBackend | str | None = None,
    dtype: torch.dtype | None = None,
    samples: int | None = None,
) -> RunRecord:
    """Run an experiment forward and backward with one method, or in a network with one for each spiking layer.

    samples: keep the arrays of this many samples of the batch (None: all); rates and active shares are of the whole batch.
    dtype: float64 by default for a population, float32 for a network.

    Raises:
        ValueError: over budget, a neuron without a backward pass, or a gradient that is not finite, with the layer's name.
    """
    if not experiment.neuron.differentiable or not (experiment.neuron.fires or experiment.architecture is None):
        able = ", ".join(n.title for n in NEURONS.values() if n.differentiable and n.fires)
        raise ValueError(f"{experiment.neuron.title} has no gradient to compare; choose one of {able}.")
    start, backend = time.perf_counter(), resolve(backend)
    dtype = dtype or (torch.float64 if experiment.architecture is None else torch.float32)
    methods = list(method) if isinstance(method, Sequence) else [method]
    label = ", ".join(m.label for m in methods)
    model, x = _model(experiment, methods[0], backend, dtype)
    if len(methods) > 1:
        model.differentiate(methods)
    generator = torch.Generator().manual_seed(experiment.seed)
    with Probe(model, samples) as probe:
        if experiment.architecture is None:
            x.requires_grad_()
            out = model(x, Draw(experiment.seed))
            loss = (out * experiment.loss.upstream(out.detach(), generator)).sum()
        else:
            loss = network_loss(experiment, model, x, methods[0])
        loss.backward()
    gradients = {}
    if experiment.architecture is not None:
        for block, layer in zip([*model.blocks, None], [r.name for r in probe.layers if r.neuron.fires] + ["readout"], strict=True):
            weight = (model.readout if block is None else block.transform).weight
            gradients[layer] = np.zeros(weight.shape, np.float32) if weight.grad is None else weight.grad.cpu().numpy()
    run = RunRecord(probe.layers, backend.name, time.perf_counter() - start, float(loss.detach()), gradients)
    for layer in run.layers:
        arrays = [a for a in (layer.delta, gradients.get(layer.name)) if a is not None]
        if not all(np.isfinite(a).all() for a in arrays):
            raise ValueError(
                f"{label}: the gradient of {layer.name} is not finite; it exploded on its way back "
                "through time or layers. Lower the scale, the steps or the depth."
            )
    return run


def network_loss(experiment: Experiment, model: Network, x: torch.Tensor, method: AbstractGradientMethod) -> torch.Tensor:
    """The loss of a network on its batch, with labels drawn by the experiment's seed. A method with heads brings its own."""
    generator = torch.Generator().manual_seed(experiment.seed)
    classes = experiment.architecture.outputs
    y = torch.randint(classes, (experiment.batch,), generator=generator).to(x.device)
    output = attach_heads(model, method, classes, experiment.seed)(x)
    if method.heads is not None:
        return sml_loss(output, y, method.heads)
    loss = experiment.loss if isinstance(experiment.loss, CrossEntropy) else CrossEntropy()
    return loss.of(output.logits, y)


def compare_gradients(
    experiment: Experiment,
    methods: Sequence[AbstractGradientMethod],
    backend: AbstractBackend | str | None = None,
    dtype: torch.dtype | None = None,
    autograd: bool = False,
    samples: int | None = None,
) -> Comparison:
    """Differentiate the same run by several methods; the first is what the others are measured against.

    autograd: BPTT is run by the reference backend, torch autograd through the neuron's own step, so that its agreement with
    a kernel means something. samples: as in `differentiate`.

    Raises:
        ValueError: no methods, or as `differentiate` says.
    """
    if not methods:
        raise ValueError("methods: give at least one gradient method.")
    start, runs = time.perf_counter(), {}
    for method in methods:
        chosen = "reference" if autograd and isinstance(method, BPTT) else backend
        runs[method.label] = differentiate(experiment, method, chosen, dtype, samples)
    first = next(iter(runs.values()))
    rows = []
    for label, run in runs.items():
        for layer, reference in _gradients(first).items():
            rows.append(_row(label, layer, _gradients(run)[layer], reference))
    return Comparison(tuple(rows), runs, time.perf_counter() - start)


def _gradients(run: RunRecord) -> dict[str, np.ndarray]:
    return dict(run.weight_gradients) or {layer.name: layer.delta for layer in run.layers}


def _row(label: str, layer: str, gradient: np.ndarray, reference: np.ndarray) -> GradientRow:
    a, b = gradient.astype(np.float64).ravel(), reference.astype(np.float64).ravel()
    norm, other, largest = np.linalg.norm(a), np.linalg.norm(b), np.abs(b).max()
    cosine = float(a @ b / (norm * other)) if norm and other else float("nan")
    difference = np.abs(a - b).max()
    return GradientRow(label, layer, float(norm), cosine, float(difference / largest) if largest else float(difference))


@dataclasses.dataclass(frozen=True)
class SweepPoint:
    """One setting of a sweep: the value, and by method the first layer's gradient norm over the readout's."""

    value: float
    ratio: dict[str, float]
    norm: dict[str, float]
    rate: float


def sweep(
    experiments: Sequence[tuple[float, Experiment, Sequence[AbstractGradientMethod]]], backend: AbstractBackend | str | None = None
) -> Iterator[SweepPoint]:
    """For each (value, experiment with a network, methods): |dL/dW_1| / |dL/dW_readout| by method; one point at a time."""
    for value, experiment, methods in experiments:
        comparison = compare_gradients(experiment, methods, backend)
        norms = comparison.table("norm")
        first = next(iter(comparison.runs.values()))
        yield SweepPoint(
            value,
            {m: v[0] / v[-1] if v[-1] else float("nan") for m, v in norms.items()},
            {m: v[0] for m, v in norms.items()},
            first.layers[0].rate,
        )


def depth_experiment(
    depth: int, steps: int = 250, batch: int = 16, seed: int = 1, neuron: AbstractNeuron | None = None, width: int = 128
) -> Experiment:
    """The network of the depth table: Poisson input of 0.3 a step, IF-like neurons, cross entropy of the readout's maximum."""
    return Experiment(
        neuron or LIF(tau_mem=1e5),
        Poisson(rate=300.0, weight=1.0),
        steps,
        seed=seed,
        batch=batch,
        architecture=FeedForward(layers=depth, width=width),
        loss=CrossEntropy(),
    )


def current_range(neuron: AbstractNeuron) -> float:
    """The end of a range of constant currents in which this neuron begins to fire: some twice the least that makes it."""
    if isinstance(neuron, Izhikevich):
        return 20.0
    c = neuron.coefficients()
    leak = max(1 - float(c["beta"]), 0.02)
    return 2.0 * neuron.theta * leak * (max(1 - float(c["alpha"]), 0.02) if "alpha" in c else 1.0)


def rate_curve(
    neuron: AbstractNeuron, currents: np.ndarray, steps: int = 1000, backend: AbstractBackend | str | None = None
) -> np.ndarray:
    """Spikes per second of a neuron for each constant current, [currents], counted after the first fifth of the run."""
    layer = SpikingLayer(neuron, BPTT(), backend)
    device = "cuda" if layer.backend.name == "cuda" else "cpu"
    x = torch.from_numpy(np.broadcast_to(np.asarray(currents, np.float32), (steps, 1, len(currents))).copy()).to(device)
    with torch.no_grad():
        spikes = layer(x)[steps // 5 :, 0]
    return (spikes.mean(0) * 1000 / neuron.dt).cpu().numpy()
