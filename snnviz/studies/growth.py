"""How a gradient grows or fades with depth, time, the time constant, or SLAYER's scale."""

import dataclasses
from collections.abc import Iterator, Sequence

from snnviz.architectures import FeedForward
from snnviz.backends import AbstractBackend
from snnviz.experiments import Experiment, compare_gradients
from snnviz.losses import CrossEntropy
from snnviz.methods import AbstractGradientMethod
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
