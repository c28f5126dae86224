"""How a gradient grows or fades with depth, time, the time constant, or SLAYER's scale."""

import dataclasses
import enum
from collections.abc import Iterator, Sequence

from snnviz import text
from snnviz.architectures import FeedForward
from snnviz.backends import AbstractBackend
from snnviz.experiments import VALUES, Experiment, compare_gradients
from snnviz.labels import distinct
from snnviz.losses import CrossEntropy
from snnviz.methods import BPTT, AbstractGradientMethod, Exodus, Slayer, SurrogateModules
from snnviz.neurons import LIF, AbstractNeuron
from snnviz.params import Declared
from snnviz.stimuli import Poisson


@dataclasses.dataclass(frozen=True)
class SweepPoint:
    """One setting of a sweep: the value, and for each method the ratio |dL/dW_1| / |dL/dW_readout| of gradient norms.

    rate: spikes per neuron and step in the first layer.
    """

    value: float
    ratio: dict[AbstractGradientMethod, float]
    norm: dict[AbstractGradientMethod, float]
    rate: float


def sweep(
    settings: Sequence[tuple[float, Experiment, Sequence[AbstractGradientMethod]]], backend: AbstractBackend | str | None = None
) -> Iterator[SweepPoint]:
    """For each (value, experiment with a network, methods): |dL/dW_1| / |dL/dW_readout| by method; one point at a time."""
    for value, experiment, methods in settings:
        yield sweep_point(value, experiment, methods, backend)


def sweep_point(
    value: float, experiment: Experiment, methods: Sequence[AbstractGradientMethod], backend: AbstractBackend | str | None = None
) -> SweepPoint:
    """One point of a `sweep`."""
    comparison = compare_gradients(experiment, methods, backend)
    norms = comparison.table("norm")
    first = next(iter(comparison.runs.values()))
    return SweepPoint(
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


class Over(enum.Enum):
    """What a growth sweep changes."""

    DEPTH = "depth"
    STEPS = "steps"
    TAU = "tau"
    SCALE = "scale"


LABELS = {
    Over.DEPTH: "hidden layers",
    Over.STEPS: "steps",
    Over.TAU: "membrane time constant (ms)",
    Over.SCALE: "SLAYER's scale k",
}
VALUES_OVER = {
    Over.DEPTH: (1, 2, 3, 4, 6, 8, 10),
    Over.STEPS: (10, 25, 50, 100, 200, 400),
    Over.TAU: (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0),
    Over.SCALE: (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
}


@dataclasses.dataclass(frozen=True, repr=False)
class GrowthSweep(text.Written, Declared):
    """A sweep as one value: an experiment with a network, the methods compared on it, and what changes from point to point.

    Raises:
        ValueError: the neuron has no time constant to sweep over.
    """

    over: Over = Over.DEPTH
    experiment: Experiment = dataclasses.field(default_factory=lambda: depth_experiment(3))
    methods: tuple[AbstractGradientMethod, ...] = (BPTT(), Slayer(), Exodus())

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at(VALUES_OVER[self.over][0])

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES | {"GrowthSweep": cls}

    @property
    def label(self) -> str:
        """The title of the axis."""
        return LABELS[self.over]

    @property
    def title(self) -> str:
        """The sweep in a few words."""
        experiment = self.experiment
        size = f"{experiment.neuron.title}, {experiment.steps} steps, batch {experiment.batch}, seed {experiment.seed}"
        return f"growth over {self.label}: {', '.join(distinct(self.methods))}; {size}"

    @property
    def settings(self) -> list[tuple[float, Experiment, tuple[AbstractGradientMethod, ...]]]:
        """For each point its value, experiment and methods: the argument of `sweep`."""
        return [(value, *self._at(value)) for value in VALUES_OVER[self.over]]

    def _at(self, value: float) -> tuple[Experiment, tuple[AbstractGradientMethod, ...]]:
        experiment, methods = self.experiment, self.methods
        if self.over is Over.DEPTH:
            if experiment.architecture is None:
                raise ValueError("A population has no depth to sweep; choose another sweep, or an architecture.")
            shape = dataclasses.replace(experiment.architecture, layers=value)
            return dataclasses.replace(experiment, architecture=shape), tuple(_up_to(method, int(value)) for method in methods)
        if self.over is Over.STEPS:
            return dataclasses.replace(experiment, steps=value), methods
        if self.over is Over.TAU:
            neuron, memory = experiment.neuron, experiment.neuron.memory
            if memory is None:
                raise ValueError(f"{neuron.title} has no membrane time constant to sweep; choose another sweep or neuron.")
            neuron = dataclasses.replace(neuron, **{memory: value})
            return dataclasses.replace(experiment, neuron=neuron), methods
        scaled = (dataclasses.replace(m, scale=value) if isinstance(m, Slayer) else m for m in methods)
        return experiment, tuple(scaled)


def _up_to(method: AbstractGradientMethod, layers: int) -> AbstractGradientMethod:
    """A method for a network of so many hidden layers: without the heads that stand after layers which it does not have."""
    if not isinstance(method, SurrogateModules):
        return method
    return dataclasses.replace(method, after=tuple(number for number in method.after if number <= layers))


@dataclasses.dataclass(frozen=True)
class GrowthPoint:
    """One point of a sweep: the value, and of each method, in their order, |dL/dW_1| / |dL/dW_readout|."""

    value: float
    ratios: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class GrowthRecord:
    """The points of a sweep so far."""

    points: tuple[GrowthPoint, ...] = ()
