"""Points in the plane [-1, 1]^2 and how a point becomes spikes: what the sets of the playground have in common.

Every point is a pure function of its place: of the set's seed, its number, and how often a candidate was refused. The draws are
Philox's (snnviz/draws.py), and from a draw to a point there is only + - * / and the square root, which IEEE arithmetic fixes. So
the playground's JavaScript (assets/playground/data.js) makes the same points, bit for bit.
"""

import abc
import dataclasses
import enum
import itertools
from typing import ClassVar

import numpy as np
import torch

from snnviz import draws, waiting
from snnviz.datasets.base import AbstractGenerated, Generated, Split
from snnviz.params import param

STREAMS = {"points": 0x10000, "noise": 0x10001, "order": 0x10002, "weights": 0x10003}
"""Philox's second key word by what is drawn; a layer's own draws have its number there, which is smaller."""

WINDOW = 0.6  # of the run: a spike time code ends there, so that later layers have time to answer
CURRENT = 0.25  # the constant current of a coordinate of 1, in thresholds per step


class PlaneCoding(enum.Enum):
    """How a coordinate becomes a signal in time: one spike, the larger the earlier; or a constant current."""

    SPIKE_TIME = "spike time"
    CONSTANT = "constant current"


def uniforms(seed: int, stream: str, column: np.ndarray, step: np.ndarray | int, block: int = 0) -> np.ndarray:
    """Four uniform draws in (0, 1) for each column, float64 [4, columns]: Philox's words as `snnviz.draws` makes them numbers."""
    c0 = torch.from_numpy(np.asarray(column, np.int64))
    c1 = torch.from_numpy(np.broadcast_to(np.asarray(step, np.int64), c0.shape).copy())
    words = draws.philox((seed & draws.WORD, STREAMS[stream]), (c0, c1, torch.full_like(c0, block), torch.zeros_like(c0)))
    return (np.stack([word.numpy() for word in words]) // 512 + 0.5) * 2.0**-23


def direction(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The unit vector towards (2 a - 1, 2 b - 1), and where that point lies in the unit disc: only those are evenly spread.

    Element by element, of any shape.
    """
    x, y = 2 * a - 1, 2 * b - 1
    square = x * x + y * y
    inside = (square > 0) & (square <= 1)
    length = np.sqrt(np.where(inside, square, 1.0))
    return x / length, y / length, inside


def turned(turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of angles in turns, of any shape, by polynomials of + - * alone: the same bits in a page."""
    quarters = np.floor(4 * turns + 0.5)
    a = (turns - quarters / 4) * 6.283185307179586  # within +-pi/4
    z = a * a
    sine = a * (1 + z * (-1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * (1 / 362880)))))
    cosine = 1 + z * (-1 / 2 + z * (1 / 24 + z * (-1 / 720 + z * (1 / 40320))))
    k = quarters - 4 * np.floor(quarters / 4)
    return (
        np.where(k == 0, sine, np.where(k == 1, cosine, np.where(k == 2, -sine, -cosine))),
        np.where(k == 0, cosine, np.where(k == 1, -sine, np.where(k == 2, -cosine, sine))),
    )


def spread(seed: int, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers for each point, `[points]` each, with mean 0 and variance 1: sums of twelve uniform draws, less 6. Near enough to
    the normal law for noise (they end at 6 and have a little lighter tails), and made of additions alone."""
    total = np.zeros((2, len(number)))
    for block in range(6):
        for row in uniforms(seed, "noise", number, 0, block):
            total[block // 3] = total[block // 3] + row
    return total[0] - 6, total[1] - 6


@dataclasses.dataclass(frozen=True)
class AbstractPoints(AbstractGenerated):
    """Points of several classes in the plane, each a sample of a few inputs: x, y, with `mirrored` also -x and -y, and a bias.

    spike time: each input fires once, a value v at step 1 + round(0.3 T (1 - v)), the bias as a value of 0. constant current: a
    value v is 0.25 v at every step, the bias as a value of 1. Point number i has class i modulo the number of classes; the first
    `train_share` of the points are those to train on.

    Inputs `[T, S, 3]`, or `[T, S, 5]` where mirrored.
    """

    cite: ClassVar[str] = ""
    classes: ClassVar[tuple[str, ...]]

    steps: int = param(40, "Time steps", "T", low=4, high=10_000, slider=(10, 80, 1))
    samples: int = param(480, "Samples", "S", low=6, high=200_000, slider=(60, 4_800, 60), help="Both parts together.")
    train_share: float = param(0.5, "Share to train on", low=0.1, high=0.95, slider=(0.5, 0.9, 0.05), advanced=True)
    noise: float = param(
        0.05, "Noise", low=0.0, high=1.0, slider=(0.0, 0.5, 0.01), help="How far points are moved at random: a standard deviation."
    )
    coding: PlaneCoding = param(PlaneCoding.SPIKE_TIME, "Coding", help="One spike, the larger the earlier; or a constant current.")
    mirrored: bool = param(True, "Mirrored inputs", help="Also give the network -x and -y, so that every sample has early spikes.")

    @abc.abstractmethod
    def place(self, u: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, y, and which of the candidates stand, from four uniform draws [4, n] and the classes [n]."""

    def channels(self) -> int:
        return 5 if self.mirrored else 3

    def points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x and y of every point, float32, and its class, int64."""
        number = np.arange(self.samples)
        c = number % len(self.classes)
        x, y = np.zeros(self.samples), np.zeros(self.samples)
        missing = number
        for attempt in itertools.count():
            if not len(missing):
                break
            waiting.go_on()
            px, py, stands = self.place(uniforms(self.seed, "points", missing, attempt), c[missing])
            x[missing[stands]], y[missing[stands]] = px[stands], py[stands]
            missing = missing[~stands]
        dx, dy = spread(self.seed, number)
        x, y = (np.clip(a + self.noise * d, -1, 1) for a, d in ((x, dx), (y, dy)))
        return x.astype(np.float32), y.astype(np.float32), c

    def encode(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The inputs of points: uint8 spikes or float32 currents [T, S, channels]."""
        x, y = x.astype(np.float64), y.astype(np.float64)
        values = np.stack([x, y, -x, -y] if self.mirrored else [x, y], 1)
        if self.coding is PlaneCoding.CONSTANT:
            current = np.concatenate([CURRENT * values, np.full((len(x), 1), CURRENT)], 1).astype(np.float32)
            return np.broadcast_to(current, (self.steps, *current.shape)).copy()
        when = step_of(np.concatenate([values, np.zeros((len(x), 1))], 1), self.steps)
        return (when == np.arange(self.steps)[:, None, None]).astype(np.uint8)

    def generate(self, rng: np.random.Generator) -> Generated:
        self.demand(self.samples >= 2 * len(self.classes), f"samples = {self.samples}: each class needs at least two.")
        x, y, c = self.points()
        return Generated(self.encode(x, y), c, self.classes)

    def halves(self, y: np.ndarray) -> dict[Split, np.ndarray]:
        count = min(max(round(self.train_share * len(y)), len(self.classes)), len(y) - len(self.classes))
        return {Split.TRAIN: np.arange(count), Split.TEST: np.arange(count, len(y))}


def step_of(value: np.ndarray, steps: int) -> np.ndarray:
    """The step in which an input of this value fires, int64 of the shape of `value`: 1 and 0.6 T + 1 for 1 and -1."""
    return (1 + np.floor((1 - value) / 2 * WINDOW * steps + 0.5)).astype(np.int64)
