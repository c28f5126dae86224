"""How a gradient grows or fades with depth, time, the time constant, or SLAYER's scale."""

import dataclasses
from collections.abc import Iterator, Sequence

from snnviz.architectures import FeedForward
from snnviz.backends import AbstractBackend
from snnviz.experiments import Experiment, compare_gradients
from snnviz.losses import CrossEntropy
from snnviz.methods import AbstractGradientMethod, Slayer
from snnviz.neurons import LIF, AbstractNeuron
from snnviz.stimuli import Poisson


@dataclasses.dataclass(frozen=True)
class SweepPoint:
    """One setting of a sweep: the value, and by method the first layer's gradient norm over the readout's; rate: spikes per
    neuron and step of the first layer."""

    value: float
    ratio: dict[AbstractGradientMethod, float]
    norm: dict[AbstractGradientMethod, float]
    rate: float


# What a sweep can go over, and the title of its axis.
OVER = {
    "depth": "hidden layers",
    "steps": "steps",
    "tau": "membrane time constant (ms)",
    "scale": "SLAYER's scale k",
}
LOGARITHMIC = ("tau", "scale")
Setting = tuple[float, Experiment, tuple[AbstractGradientMethod, ...]]


def sweep_settings(over: str, experiment: Experiment, methods: Sequence[AbstractGradientMethod]) -> list[Setting]:
    """The points of a sweep over "depth", "steps", "tau" or "scale": (value, the experiment there, the methods there).

    Raises:
        ValueError: there is no such sweep, or the neuron has no membrane time constant.
    """
    same = tuple(methods)
    if over == "depth":
        shape = experiment.architecture
        made = [(v, dataclasses.replace(experiment, architecture=dataclasses.replace(shape, layers=v)), same)
                for v in (1, 2, 3, 4, 6, 8, 10)]  # fmt: skip
    elif over == "steps":
        made = [(v, dataclasses.replace(experiment, steps=v), same) for v in (10, 25, 50, 100, 200, 400)]
    elif over == "tau":
        neuron = experiment.neuron
        if not hasattr(neuron, "tau_mem"):
            raise ValueError(f"{neuron.title} has no membrane time constant to sweep; choose another sweep or neuron.")
        made = [(v, dataclasses.replace(experiment, neuron=dataclasses.replace(neuron, tau_mem=v)), same)
                for v in (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)]  # fmt: skip
    elif over == "scale":
        made = [(v, experiment, tuple(dataclasses.replace(m, scale=v) if isinstance(m, Slayer) else m for m in same))
                for v in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)]  # fmt: skip
    else:
        raise ValueError(f"over = {over!r}: sweep over one of {', '.join(OVER)}.")
    return made


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
