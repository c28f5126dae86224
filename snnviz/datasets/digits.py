"""The small digits that come with scikit-learn, as spikes or as a current."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from snnviz.datasets.base import AbstractGenerated, Generated
from snnviz.datasets.coding import Coding, coded
from snnviz.params import param

DEPTH = 16  # pixels run from 0 to 16


def pixels() -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 digits: grey values 0..16 as uint8 `[S, 8, 8]`, labels int64 `[S]`."""
    from sklearn.datasets import load_digits

    digits: Any = load_digits()  # a Bunch, which types do not know
    return digits.images.astype(np.uint8), digits.target.astype(np.int64)


@dataclasses.dataclass(frozen=True)
class Digits(AbstractGenerated):
    r"""1,797 handwritten digits of 8 x 8 pixels with grey values g from 0 to 16.

    latency: one spike per pixel that is not black, the brighter the earlier, at step round((1 - g/16) (T - 1)).
    rate: a spike in each step with probability (g/16) rate dt. direct: the constant current g/16.

    Inputs `[T, S, 1, 8, 8]`. Digits: Alpaydin and Kaynak (1998), as shipped with scikit-learn.
    """

    title: ClassVar[str] = "Digits"
    description: ClassVar[str] = (
        "1,797 handwritten digits of 8 x 8 pixels. A pixel's brightness becomes the time of one spike, a firing "
        "rate, or a constant current."
    )
    cite: ClassVar[str] = "alpaydin1998digits"

    steps: int = param(30, "Time steps", "T", low=2, high=2000, slider=(10, 100, 5))
    samples: int = param(1797, "Samples", "S", low=20, high=1797, slider=(100, 1797, 1), help="Both parts together.")
    coding: Coding = param(Coding.LATENCY, "Coding")
    rate: float = param(200.0, "Rate of a white pixel", "", "Hz", low=0, slider=(10.0, 1000.0, 10.0), help="For rate coding.")

    def channels(self) -> int:
        return 64

    def aside(self) -> float:
        more = {Coding.LATENCY: 0, Coding.RATE: 6, Coding.DIRECT: 12}  # uniform numbers; float32 where others have a byte
        return self.steps * self.samples * self.channels() * more[self.coding]

    def generate(self, rng: np.random.Generator) -> Generated:
        images, labels = pixels()
        chosen = np.sort(rng.permutation(len(labels))[: self.samples])
        grey, labels = images[chosen][:, None], labels[chosen]  # [S, 1, 8, 8]
        x = coded(grey, DEPTH, self.coding, self.steps, self.dt, self.rate, rng)
        return Generated(x, labels, tuple(str(digit) for digit in range(10)))
