"""Smooth random manifolds in the space of spike times."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz import waiting
from snnviz.datasets.base import AbstractGenerated, Generated, balanced
from snnviz.params import param

CUTOFF = 1e-3  # waves with a smaller amplitude than this are left out
MOST_WAVES = 100


@dataclasses.dataclass(frozen=True)
class RandomManifolds(AbstractGenerated):
    r"""Each class is one smooth random manifold of `dimension` D in the space of `neurons` N spike times.

    A point z in [0, 1]^D gives neuron i the time

        t_i(z) = \prod_{d=1}^{D} \sum_{k=1}^{K} k^{-\alpha} a_{idk} \sin(2 \pi (k z_d b_{idk} + c_{idk}))

    with a, b, c uniform in [0, 1] and drawn once per class, brought to [0, 1] by the least and greatest value on the
    manifold and from there to the T steps. K is where k^{-\alpha} falls below 0.001, at most 100. The greater alpha,
    the smoother the manifold and the easier the task. Every neuron fires exactly once, so counting spikes says nothing
    about the class: timing says all.

    Inputs `[T, S, N]`. Zenke and Vogels (2021).
    """

    title: ClassVar[str] = "Random manifolds"
    description: ClassVar[str] = (
        "Each class is a smooth random surface in the space of spike times. Every neuron fires once per sample: only "
        "timing tells the classes apart."
    )
    cite: ClassVar[str] = "zenke2021remarkable"

    samples: int = param(2000, "Samples", "S", low=4, high=200_000, slider=(200, 10_000, 200), help="Both parts together.")
    labels: int = param(10, "Classes", "", low=2, high=100, slider=(2, 20, 1))
    neurons: int = param(20, "Neurons", "N", low=1, high=10_000, slider=(5, 100, 5))
    dimension: int = param(1, "Dimension of the manifold", "D", low=1, high=8, slider=(1, 4, 1))
    alpha: float = param(3.0, "Smoothness", r"\alpha", low=0.5, high=10, slider=(0.5, 4.0, 0.1))

    def channels(self) -> int:
        return self.neurons

    def aside(self) -> float:
        members = max(2000, -(-self.samples // self.labels))
        return 8 * self.neurons * (6 * members + 8 * self.dimension * MOST_WAVES) + 24 * members * MOST_WAVES

    def generate(self, rng: np.random.Generator) -> Generated:
        y = balanced(rng, self.samples, self.labels)
        k = np.arange(1, min(int(CUTOFF ** (-1 / self.alpha) + 1e-9), MOST_WAVES) + 1)
        x = np.zeros((self.steps, self.samples, self.neurons), np.uint8)
        for label in range(self.labels):
            a, b, c = rng.random((3, self.neurons, self.dimension, len(k)))
            waves = (a * k**-self.alpha, k * b, c)
            mesh = heights(rng.random((2000, self.dimension)), *waves)
            low, high = mesh.min(0), mesh.max(0)
            members = np.flatnonzero(y == label)
            points = heights(rng.random((len(members), self.dimension)), *waves)
            share = np.clip((points - low) / (high - low), 0.0, 1.0)
            step = np.minimum((share * self.steps).astype(np.int64), self.steps - 1)
            x[step, members[:, None], np.arange(self.neurons)] = 1
        return Generated(x, y, tuple(f"manifold {label + 1}" for label in range(self.labels)))


def heights(z: np.ndarray, amplitude: np.ndarray, frequency: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """The product over dimensions of sums of waves, `[S, N]`, at points z `[S, D]`; the waves are `[N, D, K]` each."""
    product = np.ones((len(z), len(amplitude)))
    for d in range(z.shape[1]):
        with waiting.part(d, z.shape[1]):
            for n in waiting.steps(range(len(amplitude)), "neuron"):
                angle = 2 * np.pi * (z[:, d, None] * frequency[n, d] + phase[n, d])  # [S, K]
                product[:, n] *= (amplitude[n, d] * np.sin(angle)).sum(-1)
    return product
