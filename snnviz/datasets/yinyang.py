"""The Yin-Yang task: a point in the plane, told by spike times."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz import clock
from snnviz.datasets.base import AbstractGenerated, Generated, balanced
from snnviz.params import param

RADIUS = 0.5  # of the whole sign, centred at (0.5, 0.5)


@dataclasses.dataclass(frozen=True)
class YinYang(AbstractGenerated):
    """Points (a, b) in a yin-yang sign of radius 0.5; the classes are yin, yang and the two dots.

    Five inputs fire once each: a, b, 1 - a and 1 - b at early + value (late - early), and a bias at a fixed time. The
    mirrored pair makes every sample hold the same number of spikes with the same mean time. Small, quick, and not
    solvable by a linear readout of the spike times, which makes it a fair first test of a hidden layer.

    Inputs `[T, S, 5]`. Kriener, Goeltz and Petrovici (2022).
    """

    title: ClassVar[str] = "Yin-Yang"
    description: ClassVar[str] = (
        "Points in a yin-yang sign, told by the times of five spikes. Three classes that no linear readout can "
        "separate: a quick test for a hidden layer."
    )
    cite: ClassVar[str] = "kriener2022yinyang"

    dt: float = param(0.5, "Step", r"\Delta t", "ms", low=0, open_low=True, high=10, slider=(0.1, 2.0, 0.1))
    samples: int = param(3000, "Samples", "S", low=6, high=200_000, slider=(300, 12_000, 300), help="Both parts together.")
    early: float = param(2.0, "Earliest spike", "", "ms", low=0, slider=(0.0, 20.0, 0.5), advanced=True)
    late: float = param(42.0, "Latest spike", "", "ms", low=0, slider=(10.0, 100.0, 0.5), advanced=True)
    bias: float = param(20.0, "Bias spike", "", "ms", low=0, slider=(0.0, 100.0, 0.5), advanced=True)
    dot: float = param(0.1, "Radius of the dots", "", "", low=0, open_low=True, high=0.24, slider=(0.02, 0.2, 0.01))

    def channels(self) -> int:
        return 5

    def generate(self, rng: np.random.Generator) -> Generated:
        self.demand(
            self.early < self.late,
            f"the earliest spike ({self.early:g} ms) must come before the latest ({self.late:g} ms).",
        )
        end = max(self.late, self.bias)
        self.demand(
            self.step(end) < self.steps,
            f"a spike at {end:g} ms lies outside {self.steps} steps of {self.dt:g} ms; raise steps.",
        )
        y = balanced(rng, self.samples, 3)
        points = np.empty((self.samples, 2))
        missing = np.arange(self.samples)
        while len(missing):  # draw in the square until a point of the class that is due comes up
            drawn = rng.random((len(missing), 2))
            right = region(drawn[:, 0], drawn[:, 1], self.dot) == y[missing]
            points[missing[right]] = drawn[right]
            missing = missing[~right]
        values = np.concatenate([points, 1.0 - points], 1)  # [S, 4]
        when = np.full((self.samples, 5), self.step(self.bias))
        when[:, :4] = clock.step_of(self.early + values * (self.late - self.early), self.dt)
        x = (when == np.arange(self.steps)[:, None, None]).astype(np.uint8)
        return Generated(x, y, ("yin", "yang", "dot"))


def region(a: np.ndarray, b: np.ndarray, dot: float) -> np.ndarray:
    """Where points (a, b) of the unit square lie, of any shape: 0 yin, 1 yang, 2 dot, -1 outside the sign.

    The sign is a disc. Yin is its upper half, with a disc of half the radius added at the left and another taken away
    at the right; a dot sits in the middle of each of the two.
    """
    left = (a - 0.25) ** 2 + (b - 0.5) ** 2
    right = (a - 0.75) ** 2 + (b - 0.5) ** 2
    lobe = (RADIUS / 2) ** 2
    yin = ((b > 0.5) & (right > lobe)) | (left <= lobe)
    where = np.where(yin, 0, 1)
    where = np.where((left < dot**2) | (right < dot**2), 2, where)
    return np.where((a - 0.5) ** 2 + (b - 0.5) ** 2 > RADIUS**2, -1, where)
