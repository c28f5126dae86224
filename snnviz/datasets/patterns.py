"""Spike-pattern association: answer a frozen noise pattern with a chosen pattern of spikes."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz import waiting
from snnviz.datasets.base import AbstractGenerated, Generated, balanced, bernoulli
from snnviz.params import param

QUIET = 0.1  # of the time at the start holds no target spike: there is nothing yet to compute it from


@dataclasses.dataclass(frozen=True)
class SpikePatterns(AbstractGenerated):
    """One frozen Poisson pattern per class goes in, one precise spike pattern per class is wanted out.

    The input pattern of a class is drawn once, at `rate`; a sample is that pattern with every spike moved by Gaussian
    `jitter`, dropped where it leaves the time window. `Samples.targets` `[T, classes, outputs]` holds the wanted
    output: per class and output neuron, `target_spikes` spikes at random steps at least `gap` ms apart, none in the
    first tenth. What a batch with labels y should produce is `targets[:, y]`, to be compared by a spike-train distance
    such as van Rossum's. The labels allow the same inputs to be used for classification.

    Inputs `[T, S, inputs]`. After Zenke and Ganguli (2018).
    """

    title: ClassVar[str] = "Spike-pattern association"
    description: ClassVar[str] = (
        "Each class is a frozen pattern of random spikes, jittered anew in every sample. The network learns to "
        "answer with a given spike pattern."
    )
    cite: ClassVar[str] = "zenke2018superspike"

    steps: int = param(200, "Time steps", "T", low=10, high=20_000, slider=(50, 1000, 10))
    samples: int = param(500, "Samples", "S", low=4, high=200_000, slider=(50, 5000, 50), help="Both parts together.")
    labels: int = param(5, "Patterns", "", low=1, high=100, slider=(1, 20, 1))
    inputs: int = param(100, "Input neurons", "N", low=1, high=10_000, slider=(10, 500, 10))
    outputs: int = param(10, "Output neurons", "", low=1, high=1000, slider=(1, 50, 1))
    rate: float = param(10.0, "Input rate", "", "Hz", low=0, open_low=True, slider=(1.0, 100.0, 1.0))
    jitter: float = param(2.0, "Jitter", r"\sigma", "ms", low=0, slider=(0.0, 20.0, 0.5))
    target_spikes: int = param(3, "Target spikes per output", "", low=1, high=1000, slider=(1, 20, 1))
    gap: float = param(10.0, "Least gap of target spikes", "", "ms", low=0, slider=(1.0, 50.0, 1.0), advanced=True)

    def channels(self) -> int:
        return self.inputs

    def aside(self) -> float:
        return self.steps * self.labels * (18 * self.inputs + 8 * self.outputs)

    def generate(self, rng: np.random.Generator) -> Generated:
        start, gap = int(QUIET * self.steps), max(1, round(self.gap / self.dt))
        free = self.steps - start - (self.target_spikes - 1) * gap  # steps left once the gaps are taken out
        self.demand(
            free >= self.target_spikes,
            f"{self.target_spikes} target spikes {self.gap:g} ms apart do not fit {self.steps} steps of {self.dt:g} "
            "ms; lower one of them or raise steps.",
        )
        frozen = bernoulli(rng, self.rate, self.dt, (self.labels, self.steps, self.inputs))
        targets = np.zeros((self.steps, self.labels, self.outputs), np.float32)
        for label in range(self.labels):
            for output in range(self.outputs):
                place = np.sort(rng.permutation(free)[: self.target_spikes])
                targets[start + place + gap * np.arange(self.target_spikes), label, output] = 1.0
        y = balanced(rng, self.samples, self.labels)
        x = np.zeros((self.steps, self.samples, self.inputs), np.uint8)
        for sample, label in enumerate(waiting.steps(y, "sample")):
            step, neuron = np.nonzero(frozen[label])
            moved = np.floor(step + 0.5 + rng.standard_normal(len(step)) * self.jitter / self.dt).astype(np.int64)
            inside = (moved >= 0) & (moved < self.steps)
            x[moved[inside], sample, neuron[inside]] = 1
        return Generated(x, y, tuple(f"pattern {label + 1}" for label in range(self.labels)), targets)
