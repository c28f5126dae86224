"""A disc within a ring."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz.datasets.points import AbstractPoints, direction


@dataclasses.dataclass(frozen=True)
class Circles(AbstractPoints):
    """A disc of radius 0.42, and a ring around it between the radii 0.72 and 0.88."""

    title: ClassVar[str] = "Circles"
    description: ClassVar[str] = (
        "A disc within a ring: no straight line parts them, so the network has to close a border around the disc."
    )
    classes: ClassVar[tuple[str, ...]] = ("disc", "ring")

    def place(self, u, c):
        x, y, inside = direction(u[0], u[1])
        ring = 0.72 + 0.16 * u[2]
        return (
            np.where(c == 1, ring * x, 0.42 * (2 * u[0] - 1)),
            np.where(c == 1, ring * y, 0.42 * (2 * u[1] - 1)),
            inside,
        )
