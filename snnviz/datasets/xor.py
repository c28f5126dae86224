"""Four squares, like in opposite corners."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz.datasets.points import AbstractPoints


@dataclasses.dataclass(frozen=True)
class Xor(AbstractPoints):
    """A square in each quadrant, from 0.08 to 0.9 in both directions; opposite ones are of the same class."""

    title: ClassVar[str] = "XOR"
    description: ClassVar[str] = (
        "Four squares, opposite ones of one class: the smallest task that a network without a hidden layer cannot do."
    )
    classes: ClassVar[tuple[str, ...]] = ("same sign", "other sign")

    def place(self, u, c):
        side = np.where(u[2] < 0.5, -1.0, 1.0)
        x, y = side * (0.08 + 0.82 * u[0]), side * (0.08 + 0.82 * u[1])
        return x, np.where(c == 1, -y, y), np.ones(len(c), bool)
