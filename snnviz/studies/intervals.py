"""Means with their intervals: of one setting over seeds, and of the difference of two on the same seeds."""

import dataclasses
import functools
import math
import statistics
from collections.abc import Sequence

import numpy as np

LEVEL = 0.95


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean, and half the width of its interval of `LEVEL`; half is None where there are less than two values. count: values."""

    mean: float
    half: float | None = None
    count: int = 1

    def words(self, factor: float = 100.0, unit: str = " %") -> str:
        """For a table: "95.2 ± 0.8 %"."""
        spread = "" if self.half is None else f" ± {factor * self.half:.1f}"
        return f"{factor * self.mean:.1f}{spread}{unit}"


def interval(values: Sequence[float]) -> Interval | None:
    """Student's interval of the mean of independent values; None where there are none.

    Example:
        >>> interval([0.9, 0.92, 0.94]).words()
        '92.0 ± 5.0 %'
    """
    if not values:
        return None
    mean, count = statistics.fmean(values), len(values)
    if count < 2:
        return Interval(mean)
    return Interval(mean, student(count - 1) * statistics.stdev(values) / math.sqrt(count), count)


def paired(values: dict[int, float], others: dict[int, float]) -> Interval | None:
    """The interval of values - others on the seeds that both have: what the seed does to both drops out. None: no such seed."""
    return interval([values[seed] - others[seed] for seed in values if seed in others])


@functools.cache
def student(freedom: int, level: float = LEVEL) -> float:
    """The t with `level` of Student's distribution of so many degrees of freedom between -t and t: 12.7 for 1, 4.30 for 2.

    With t = sqrt(n) tan(angle) the density is a power of a cosine, which a quadrature of 200 points integrates.
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        inside = scale * angle * float(weights @ np.cos(angle * (nodes + 1) / 2) ** (freedom - 1))
        low, high = (low, angle) if inside > level else (angle, high)
    return math.sqrt(freedom) * math.tan(low)
