"""How a grey value becomes a signal in time: as the time of one spike, as a rate, or as a constant current."""

import enum

import numpy as np

from snnviz.datasets.base import bernoulli


class Coding(enum.Enum):
    """How a grey value becomes a signal in time."""

    LATENCY = "latency"
    RATE = "rate"
    DIRECT = "direct"


def coded(grey: np.ndarray, white: int, coding: Coding, steps: int, dt: float, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Grey values as spikes, uint8, or as a current, float32, `[T, *shape]`.

    latency: one spike of each value that is not 0, the brighter the earlier, at step round((1 - grey/white) (T - 1)); rounded in
    whole numbers, so that it is the same everywhere. rate: a spike in each step with probability (grey/white) rate dt. direct:
    the constant current grey/white.

    Args:
        grey: from 0 to `white`, any unsigned integers of any shape.
        rate: of a white value, in Hz; dt: of a step, in ms. rng: draws the spikes of the rate.

    Raises:
        ValueError: a rate is above one spike per step.
    """
    size = (steps, *grey.shape)
    if coding is Coding.DIRECT:
        return np.broadcast_to(grey.astype(np.float32) / white, size).copy()
    if coding is Coding.RATE:
        return bernoulli(rng, rate * grey / white, dt, size)
    when = (2 * (white - grey.astype(np.int64)) * (steps - 1) + white) // (2 * white)
    return ((when == np.arange(steps).reshape(-1, *[1] * grey.ndim)) & (grey > 0)).astype(np.uint8)
