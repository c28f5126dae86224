r"""Is a surrogate gradient the gradient of anything? Its sum round a closed loop in the plane of two weights.

    input -> w1 -> LIF -> w2 -> LIF -> loss L = sum_t (f_t - f*_t)^2 / T

f and f* are the spikes of the second neuron and the wanted ones, each through an exponential filter. Round a closed loop the slopes
of any loss add up to 0. The share is |I| / P,

    I = \oint G \cdot dw,        P = \oint |G| ds,

with G the gradient that a method gives: 0 where G is a gradient, at most 1. Gygax and Zenke (2025).
"""

import dataclasses

import numpy as np
import torch

from snnviz.params import Declared, param
from snnviz.surrogates import AbstractSurrogate, FastSigmoid, Sigmoid

STEPS = 100
BETA = 0.9  # what membranes and filters keep in a step
_GOLDEN, _ROOT = 0.6180339887498949, 2**0.5
_STEP = np.arange(STEPS)
INPUT = ((_STEP * _GOLDEN) % 1 < 0.3) * 1.0  # [T], spikes
WANTED = ((_STEP * _ROOT) % 1 < 0.1) * 1.0  # [T], spikes
SMOOTH = Sigmoid(10.0)  # the control: its primitive in place of the step, with its own derivative
LOW, HIGH, SIDE = 0.6, 1.2, 31  # the map of signs: its weights, and points to a side
GRID, SIGMA = 0.004, 0.05  # of the map: distance of the points that the loss is smoothed over, and the noise's width


@dataclasses.dataclass(frozen=True)
class Loop(Declared):
    """A circle in the plane of the two weights, walked anticlockwise. points: of the sum, at equal angles."""

    w1: float = param(1.0, "Centre, first weight", "w_1", low=0.1, high=3.0, slider=(0.3, 1.5, 0.05))
    w2: float = param(1.0, "Centre, second weight", "w_2", low=0.1, high=3.0, slider=(0.3, 1.5, 0.05))
    radius: float = param(0.2, "Radius", "r", low=0.001, high=1.0, slider=(0.05, 0.5, 0.05))
    points: int = param(4000, "Points on the loop", low=10, high=100_000, advanced=True)

    def places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The angles of the points [n], and their weights w1 and w2 [n]."""
        angle = (np.arange(self.points) + 0.5) * 2 * np.pi / self.points
        return angle, self.w1 + self.radius * np.cos(angle), self.w2 + self.radius * np.sin(angle)


@dataclasses.dataclass(frozen=True)
class Way:
    """How the network is differentiated: a surrogate, and whether the gradient follows the reset; smooth: the control, which has
    the surrogate's primitive in place of the step."""

    surrogate: AbstractSurrogate = dataclasses.field(default_factory=FastSigmoid)
    keep_reset: bool = True
    smooth: bool = False


def gradient(w1: np.ndarray, w2: np.ndarray, way: Way) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The loss at weights w1, w2 [n], and its gradient by w1 and by w2 as the way has it, each [n], in float64.

    Forward mode: the derivatives of both membranes by both weights go along with them.
    """
    a, b = torch.as_tensor(w1, dtype=torch.float64), torch.as_tensor(w2, dtype=torch.float64)
    v1, v2, filtered, loss = (torch.zeros_like(a) for _ in range(4))
    v1_1, v2_1, v2_2, filtered_1, filtered_2, g1, g2 = (torch.zeros_like(a) for _ in range(7))
    through = 1.0 if way.keep_reset or way.smooth else 0.0
    target = 0.0

    def fire(u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        spikes = way.surrogate.primitive(u - 1) if way.smooth else (u >= 1).double()
        return spikes, way.surrogate.derivative(u - 1)

    for t in range(STEPS):
        u1 = BETA * v1 + a * INPUT[t]
        s1, d1 = fire(u1)
        u2 = BETA * v2 + b * s1
        s2, d2 = fire(u2)
        u1_1 = BETA * v1_1 + INPUT[t]
        s1_1 = d1 * u1_1
        u2_1, u2_2 = BETA * v2_1 + b * s1_1, BETA * v2_2 + s1
        s2_1, s2_2 = d2 * u2_1, d2 * u2_2
        v1, v2 = u1 - s1, u2 - s2
        v1_1, v2_1, v2_2 = u1_1 - through * s1_1, u2_1 - through * s2_1, u2_2 - through * s2_2
        filtered, target = BETA * filtered + s2, BETA * target + WANTED[t]
        filtered_1, filtered_2 = BETA * filtered_1 + s2_1, BETA * filtered_2 + s2_2
        error = filtered - target
        loss = loss + error**2 / STEPS
        g1, g2 = g1 + 2 * error * filtered_1 / STEPS, g2 + 2 * error * filtered_2 / STEPS
    return loss.numpy(), g1.numpy(), g2.numpy()


@dataclasses.dataclass(frozen=True)
class Walk:
    """A walk round a loop. angle [n]: of its points; rise [n]: what the slopes add up to by then, in units of the loss; length:
    what they would add up to if every step went straight uphill."""

    angle: np.ndarray
    rise: np.ndarray
    length: float

    @property
    def degrees(self) -> np.ndarray:
        """The angles in degrees, every tenth."""
        return np.degrees(self.angle[::10])

    @property
    def so_far(self) -> np.ndarray:
        """The sum at `degrees`, as a share of `length`; its last entry is that of the whole loop."""
        part = np.append(self.rise[::10][:-1], self.rise[-1])
        return part / self.length if self.length else part

    @property
    def share(self) -> float:
        """The sum over the whole loop, as a share of `length`, with its sign."""
        return float(self.rise[-1]) / self.length if self.length else 0.0


def walk(loop: Loop, way: Way) -> Walk:
    """Walk round a loop and add up the slopes that a way gives."""
    angle, w1, w2 = loop.places()
    _, g1, g2 = gradient(w1, w2, way)
    step = 2 * np.pi * loop.radius / loop.points
    return Walk(angle, np.cumsum(g2 * np.cos(angle) - g1 * np.sin(angle)) * step, float(np.hypot(g1, g2).sum() * step))


@dataclasses.dataclass(frozen=True)
class Signs:
    """Where a surrogate gradient points against the loss's own slope. weights [31]: of both axes; angle [31, 31]: degrees between
    it and the gradient of the loss smoothed over noise of width `SIGMA` on both weights, NaN where that is next to 0; [w1, w2]."""

    weights: np.ndarray
    angle: np.ndarray

    @property
    def against(self) -> float:
        """The share of points at which the angle is above 90 degrees."""
        clear = ~np.isnan(self.angle)
        return float((self.angle[clear] > 90).mean())


def signs(way: Way) -> Signs:
    """Compare a way with the smoothed loss on a grid of 31 x 31 points. The loss is smoothed by summing, without draws."""
    axis = np.arange(round((HIGH - LOW + 8 * SIGMA) / GRID) + 1) * GRID + LOW - 4 * SIGMA
    a, b = np.meshgrid(axis, axis, indexing="ij")
    parts = zip(np.array_split(a.ravel(), 20), np.array_split(b.ravel(), 20), strict=True)
    loss = np.concatenate([gradient(p, q, way)[0] for p, q in parts]).reshape(a.shape)
    weights = np.linspace(LOW, HIGH, SIDE)
    x = (weights[:, None] - axis) / SIGMA
    bell = np.where(np.abs(x) <= 4 + 1e-9, np.exp(-0.5 * x**2), 0.0)
    bell /= bell.sum(1, keepdims=True)
    slope = -bell * x / SIGMA
    r1, r2 = slope @ loss @ bell.T, bell @ loss @ slope.T
    p, q = np.meshgrid(weights, weights, indexing="ij")
    _, g1, g2 = (value.reshape(p.shape) for value in gradient(p.ravel(), q.ravel(), way))
    with np.errstate(invalid="ignore"):
        cosine = (g1 * r1 + g2 * r2) / (np.hypot(g1, g2) * np.hypot(r1, r2))
    small = (np.abs(r1) <= 0.05 * np.sqrt((r1**2).mean())) & (np.abs(r2) <= 0.05 * np.sqrt((r2**2).mean()))
    return Signs(weights, np.where(small, np.nan, np.degrees(np.arccos(np.clip(cosine, -1, 1)))))


@dataclasses.dataclass(frozen=True)
class Land:
    """The loss over the plane: weights [n] of both axes, loss [n, n] by w1 and w2."""

    weights: np.ndarray
    loss: np.ndarray


def land(low: float = 0.3, high: float = 1.5, side: int = 61) -> Land:
    """The loss of the spiking network on a grid."""
    weights = np.linspace(low, high, side)
    a, b = np.meshgrid(weights, weights, indexing="ij")
    return Land(weights, gradient(a.ravel(), b.ravel(), Way())[0].reshape(a.shape))
