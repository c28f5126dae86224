"""Experiments as values: what a run depends on, and the verbs `simulate` and `compare_gradients`."""

import dataclasses
import math
import time
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch

from snnviz import account, laws, losses, pace, stimuli, surrogates, text, waiting
from snnviz.architectures import ARCHITECTURES, AbstractArchitecture
from snnviz.backends import AbstractBackend, resolve
from snnviz.comparison import Comparison as Comparison
from snnviz.comparison import GradientRow as GradientRow
from snnviz.draws import Draw
from snnviz.heads import attach_heads, local_loss, sml_loss
from snnviz.labels import distinct
from snnviz.losses import AbstractLoss, AbstractSpikesLoss, AbstractTrainingLoss, CrossEntropy, WeightedSpikes
from snnviz.methods import BPTT, METHODS, AbstractGradientMethod
from snnviz.network import Network
from snnviz.neurons import LIF, NEURONS, AbstractNeuron
from snnviz.params import Declared, param
from snnviz.probe import Probe
from snnviz.records import RunRecord
from snnviz.spiking_layer import SpikingLayer
from snnviz.stimuli import AbstractStimulus, Step


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

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of one sample's input at one step."""
        return (self.neurons,) if self.architecture is None else self.architecture.input_shape

    def footprint(
        self, methods: int = 0, *, samples: int | None = None, double: bool = False, reference: bool = False
    ) -> tuple[float, float]:
        """Bytes that a run takes at its peak: for its activity over time, and for its weights.

        methods: how many it is differentiated by, one after the other (0: forward only); samples: how many of the batch are
        kept; double: float64; reference: whether the reference backend keeps autograd's graph of every step.
        """
        # arrays, aside: how many arrays [T, columns] stay to the end, and how many are temporary.
        real, arrays, aside = (
            (8 if double else 4),
            5 + (self.neuron.trace is not None),
            3,
        )
        copies, shape = 1.0, self.architecture
        if methods:
            arrays, aside = arrays + 4, 8
            copies = methods if samples is None else 1 + methods * min(1.0, samples / self.batch)
        if shape is not None:
            aside += 4 * getattr(shape, "normalise", False) + 8 * getattr(shape, "recurrent", False)
        a_step = 0  # bytes of one step; even a small tensor takes some
        if reference:
            aside, a_step = (aside + 25, 16_000) if methods else (aside, 2_500)
        entries = self.steps * self.columns
        activity = real * (arrays * copies + aside) * entries + 28 * self.steps * self.batch * math.prod(self.inputs)
        weights = () if shape is None else shape.weights
        # Each method's gradient is kept, beside the weights and the gradient in work; layers are compared in float64.
        a_weight, a_widest = (4 * methods + 8, 40) if methods else (5, 0)
        return activity + a_step * self.steps, a_weight * sum(weights) + a_widest * max(weights, default=0)

    def check_budget(self, methods: int = 0, **how: Any) -> None:
        """Raise ValueError if the run would take more memory than there is to give, saying what to lower. As in `footprint`."""
        account.check(*self._request(methods, **how))

    def _request(self, methods: int = 0, **how: Any) -> tuple[float, str, str]:
        """The arguments of `account.held`: the bytes, what they are for, and what to lower."""
        activity, weights = self.footprint(methods, **how)
        size = "neurons" if self.architecture is None else "the network's size"
        lower = [f"the steps ({self.steps:,})", size, f"the batch ({self.batch:,})"]
        if weights > activity:
            lower = ["the layers", "the width, inputs or channels of the network"]
        if methods > 1:
            lower.append(f"the number of methods ({methods})")
        return activity + weights, "This run", f"lower {', '.join(lower[:-1])} or {lower[-1]}"

    def _check_time(self, methods: int, *backends: AbstractBackend) -> None:
        """Raise ValueError where a page waits and would wait too long; how long a GPU takes is not estimated."""
        if not any(backend.name == "cuda" for backend in backends):
            reference = sum(backend.name == "reference" for backend in backends)
            _, what, remedy = self._request(methods)
            waiting.check(lambda: pace.of_run(self, methods, reference).seconds(), what, remedy)

    def input(self, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """What the stimulus adds to the neurons' x in each step: [T, B, N] for a population, [T, B, *input_shape] for a
        network, whose inputs are charges like the spikes between its layers."""
        with account.held(*self._request()):
            return torch.from_numpy(np.array(self.current() * self.factors())).to(dtype)

    def current(self) -> np.ndarray:
        """The stimulus itself, a drive per ms or charges, float64 [T, B, *inputs] like the input.

        Raises:
            ValueError: the input would not fit into the memory.
        """
        self.check_budget()
        shape = self.inputs
        columns = self.batch * math.prod(shape)
        times = np.arange(self.steps) * self.neuron.dt
        current = self.stimulus.current(times, self.neuron.dt, columns, np.random.default_rng(self.seed))
        return np.broadcast_to(current, (self.steps, columns)).reshape(self.steps, self.batch, *shape)

    def factors(self) -> np.ndarray:
        """What `current` is multiplied by to be x, for each neuron of a population [N], or for all alike [1]."""
        return self._scale() * self._spreads()

    def level(self, neuron: int = 0) -> float | None:
        """The constant current, per ms, that a neuron of the population gets on the mean; None where the stimulus has none."""
        level, spreads = self.stimulus.level(), self._spreads()
        return None if level is None else level * float(spreads[neuron % len(spreads)])

    def network(self, method: AbstractGradientMethod, backend: AbstractBackend) -> Network:
        """The network, without heads, its weights drawn by the seed.

        Raises:
            ValueError: the experiment is a population.
        """
        if self.architecture is None:
            raise ValueError("A population is no network: give the experiment an architecture.")
        return self.architecture.build(self.neuron, method, backend, self.seed)

    def attach(self, model: Network, method: AbstractGradientMethod) -> Network:
        """The network with the heads, and the direct way of the error, of a method."""
        return attach_heads(model, method, model.readout.out_features, self.seed)

    def labels(self, classes: int) -> torch.Tensor:
        """The class of each sample, int64 [B], drawn by the seed."""
        return torch.randint(classes, (self.batch,), generator=torch.Generator().manual_seed(self.seed))

    def _scale(self) -> float:
        charges = self.stimulus.charges
        if self.architecture is not None:
            return 1.0 if charges else self.neuron.dt
        return self.neuron.charge_scale() if charges else self.neuron.drive_scale()

    def _spreads(self) -> np.ndarray:
        alike = self.architecture is not None or not self.spread
        return np.ones(1) if alike else np.linspace(1 - self.spread, 1 + self.spread, self.neurons)

    def of_0_1_0(self) -> Self:
        """What version 0.1.0 meant by this value: its currents were per step, and so was ALIF's adaptation."""
        neuron, stimulus = self.neuron.of_0_1_0(self.neuron.dt), self.stimulus.of_0_1_0(self._scale(), self.neuron.dt)
        return dataclasses.replace(self, neuron=neuron, stimulus=stimulus)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES


VALUES: dict[str, type] = {
    "Experiment": Experiment,
    **NEURONS,
    **surrogates.SURROGATES,
    **METHODS,
    **laws.LAWS,
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
    experiment._check_time(0, backend)
    with account.held(*experiment._request(reference=backend.name == "reference")), torch.no_grad():
        model, x = _model(experiment, BPTT(), backend, torch.float32)
        with Probe(model) as probe:
            model(x)
    return RunRecord(probe.layers, backend.name, time.perf_counter() - start)


def _model(
    experiment: Experiment, method: AbstractGradientMethod, backend: AbstractBackend, dtype: torch.dtype
) -> tuple[SpikingLayer | Network, torch.Tensor]:
    """The module to run, and its input."""
    x = experiment.input(dtype).to("cuda" if backend.name == "cuda" else "cpu")
    if experiment.architecture is None:
        layer = SpikingLayer(experiment.neuron, method, backend)
        layer.label = experiment.neuron.title
        return layer, x
    return experiment.network(method, backend).to(x), x


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
    backend = resolve(backend)
    dtype = dtype or _dtype(experiment)
    with account.held(*experiment._request(1, samples=samples, **_cost(dtype, backend))):
        return _differentiate(experiment, method, backend, dtype, samples)


def _dtype(experiment: Experiment) -> torch.dtype:
    """The number type of a differentiated run where the caller gives none."""
    return torch.float64 if experiment.architecture is None else torch.float32


def _cost(dtype: torch.dtype, *backends: AbstractBackend) -> dict[str, bool]:
    """The arguments of `Experiment.footprint` that follow from a number type and the backends of a run."""
    return {"double": dtype is torch.float64, "reference": any(b.name == "reference" for b in backends)}


def _differentiate(
    experiment: Experiment,
    method: AbstractGradientMethod | Sequence[AbstractGradientMethod],
    backend: AbstractBackend,
    dtype: torch.dtype,
    samples: int | None,
) -> RunRecord:
    start = time.perf_counter()
    methods = list(method) if isinstance(method, Sequence) else [method]
    label = ", ".join(m.label for m in methods)
    model, x = _model(experiment, methods[0], backend, dtype)
    if isinstance(model, Network) and len(methods) > 1:
        model.differentiate(methods)
    elif len(methods) > 1:
        raise ValueError(f"methods: there are {len(methods)} for one layer; give one.")
    generator = torch.Generator().manual_seed(experiment.seed)
    with Probe(model, samples) as probe:
        with waiting.part(0, 2):
            if isinstance(model, Network):
                loss = network_loss(experiment, model, x, methods[0])
            elif isinstance(experiment.loss, AbstractSpikesLoss):
                x.requires_grad_()
                out = model(x, Draw(experiment.seed))
                loss = (out * experiment.loss.upstream(out.detach(), generator)).sum()
            else:
                raise ValueError(f"{experiment.loss.title} is a loss on a network's output; a population needs one on its spikes.")
        with waiting.part(1, 2):
            loss.backward()
    gradients = {}
    if isinstance(model, Network):
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
    """The loss [] of a network on its batch x [T, B, *inputs], with the experiment's labels. A method with heads brings its
    own."""
    y = experiment.labels(model.readout.out_features).to(x.device)
    output = experiment.attach(model, method)(x)
    if method.heads is not None:
        return sml_loss(output, y, method.heads)
    loss = experiment.loss if isinstance(experiment.loss, AbstractTrainingLoss) else CrossEntropy()
    return loss.of(output.logits, y) + (local_loss(output, y) if method.local else 0)


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
        ValueError: no methods, the same method twice, or as `differentiate` says.
    """
    if not methods:
        raise ValueError("methods: give at least one gradient method.")
    for place, method in enumerate(methods):
        if method in methods[:place]:
            raise ValueError(f"methods: {text.source(method)} is given twice; every method runs once, with the same draws.")
    dtype, backend = dtype or _dtype(experiment), resolve(backend)
    chosen = {m: resolve("reference") if autograd and isinstance(m, BPTT) else backend for m in methods}
    experiment._check_time(len(methods), *chosen.values())
    request = experiment._request(len(methods), samples=samples, **_cost(dtype, *chosen.values()))
    with account.held(*request):
        return _compare(experiment, chosen, dtype, samples)


def _compare(
    experiment: Experiment, chosen: dict[AbstractGradientMethod, AbstractBackend], dtype: torch.dtype, samples: int | None
) -> Comparison:
    start, methods, runs = time.perf_counter(), list(chosen), {}
    for method, backend in waiting.steps(chosen.items(), "method", len(chosen)):
        runs[method] = differentiate(experiment, method, backend, dtype, samples)
    references = _gradients(runs[methods[0]])
    rows = []
    for (method, run), label in zip(runs.items(), distinct(methods), strict=True):
        gradients = _gradients(run)
        rows += [GradientRow(method, label, layer, *_against(gradients[layer], first)) for layer, first in references.items()]
    return Comparison(tuple(rows), runs, time.perf_counter() - start)


def _gradients(run: RunRecord) -> dict[str, np.ndarray]:
    return dict(run.weight_gradients) or {layer.name: layer.array("delta") for layer in run.layers}


def _against(gradient: np.ndarray, reference: np.ndarray) -> tuple[float, float, float]:
    """Norm, cosine and largest difference, as in a `GradientRow`."""
    a, b = gradient.astype(np.float64).ravel(), reference.astype(np.float64).ravel()
    norm, other, largest = np.linalg.norm(a), np.linalg.norm(b), np.abs(b).max()
    cosine = float(a @ b / (norm * other)) if norm and other else float("nan")
    difference = np.abs(a - b).max()
    return float(norm), cosine, float(difference / largest) if largest else float(difference)
