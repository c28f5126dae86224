"""The Yin-Yang sign as points in the plane."""

import dataclasses
from typing import ClassVar

from snnviz.datasets.points import AbstractPoints
from snnviz.datasets.yinyang import region


@dataclasses.dataclass(frozen=True)
class YinYangPoints(AbstractPoints):
    """The sign of `YinYang` with radius 0.95 around the middle of the plane, coded as the other sets in the plane are.

    Kriener, Goeltz and Petrovici (2022).
    """

    title: ClassVar[str] = "Yin-Yang in the plane"
    description: ClassVar[str] = (
        "Points in a yin-yang sign, three classes: yin, yang and the two dots, which lie within the other two."
    )
    cite: ClassVar[str] = "kriener2022yinyang"
    classes: ClassVar[tuple[str, ...]] = ("yin", "yang", "dot")

    def place(self, u, c):
        return 0.95 * (2 * u[0] - 1), 0.95 * (2 * u[1] - 1), region(u[0], u[1], 0.1) == c
