"""Two interleaved half circles."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz.datasets.points import AbstractPoints, direction


@dataclasses.dataclass(frozen=True)
class TwoMoons(AbstractPoints):
    """Half circles of radius 0.62, one open below and one open above, each reaching into the other."""

    title: ClassVar[str] = "Two moons"
    description: ClassVar[str] = (
        "Two interleaved half circles in the plane: one bent border parts them, which a few hidden neurons find."
    )
    classes: ClassVar[tuple[str, ...]] = ("upper", "lower")

    def place(self, u, c):
        x, y, inside = direction(u[0], u[1])
        side = np.where(c == 1, -1.0, 1.0)
        return side * (0.62 * x - 0.31), side * (0.62 * np.abs(y) - 0.22), inside
