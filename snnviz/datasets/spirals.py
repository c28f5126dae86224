"""Two spirals, wound into each other."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz.datasets.points import AbstractPoints, turned


@dataclasses.dataclass(frozen=True)
class Spirals(AbstractPoints):
    """Two arms of 1.15 turns out to radius 0.9, half a turn apart."""

    title: ClassVar[str] = "Spirals"
    description: ClassVar[str] = (
        "Two spiral arms wound into each other: the hardest of the sets in the plane, for wide or deep networks."
    )
    classes: ClassVar[tuple[str, ...]] = ("first arm", "second arm")

    def place(self, u, c):
        s = np.sqrt(0.02 + 0.98 * u[0])
        sine, cosine = turned(1.15 * s + 0.5 * c)
        return 0.9 * s * sine, 0.9 * s * cosine, np.ones(len(c), bool)
