"""Points that somebody has placed by hand."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz.datasets.base import Generated, Split
from snnviz.datasets.points import AbstractPoints
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class OwnPoints(AbstractPoints):
    """The points of `placed`, as "x,y,class" with semicolons between them; both parts hold all of them. No noise moves them.

    Raises:
        ValueError: a point that cannot be read, lies outside the plane, or has another class than 0, 1 or 2.
    """

    title: ClassVar[str] = "Own points"
    description: ClassVar[str] = (
        "Points that you place yourself, in two or three classes: what is learned is measured on the same points."
    )

    placed: str = param("-0.5,-0.5,0;0.5,0.5,0;-0.5,0.5,1;0.5,-0.5,1", "Points", help="x,y,class; x,y,class; ...")
    samples: int = param(0, "Samples", low=0, high=0, advanced=True, help="As many as are placed.")

    classes: ClassVar[tuple[str, ...]] = ("first", "second", "third")

    def __post_init__(self):
        super().__post_init__()
        self.points()

    def place(self, u, c):
        """Raises NotImplementedError: placed points are not drawn."""
        raise NotImplementedError("Placed points are not drawn.")

    def points(self):
        rows = []
        for text in filter(None, self.placed.split(";")):
            try:
                x, y, c = (float(part) for part in text.split(","))
            except ValueError:
                raise ValueError(f"OwnPoints.placed: {text[:40]!r} is no point; write x,y,class, such as 0.5,-0.2,1.") from None
            if not (abs(x) <= 1 and abs(y) <= 1 and c in (0, 1, 2)):
                raise ValueError(f"OwnPoints.placed: {text[:40]!r}: x and y lie between -1 and 1, the class is 0, 1 or 2.")
            rows.append((x, y, c))
        values = np.array(rows, np.float64).reshape(-1, 3)
        return values[:, 0].astype(np.float32), values[:, 1].astype(np.float32), values[:, 2].astype(np.int64)

    def generate(self, rng):
        x, y, c = self.points()
        self.demand(len(c) > 0, "there is no point; place some.")
        return Generated(self.encode(x, y), c, self.classes[: max(2, int(c.max()) + 1)])

    def halves(self, y):
        return dict.fromkeys(Split, np.arange(len(y)))
