"""What the sets share that were filmed with the event camera of 128 x 128 pixels."""

import dataclasses
from typing import ClassVar

from snnviz.datasets.events import RECORDINGS
from snnviz.datasets.tonic_sets import AbstractTonic
from snnviz.params import param

STEP = {"symbol": r"\Delta t", "unit": "ms", "low": 0, "open_low": True, "high": 1000, "slider": (1.0, 100.0, 1.0)}
PART = RECORDINGS | {"help": "Both parts together; 0: all."}


@dataclasses.dataclass(frozen=True)
class AbstractDvs128(AbstractTonic):
    """Recordings of 128 x 128 pixels that last a second and more: the steps are long, and four pixels make an input."""

    sensor: ClassVar[tuple[int, int, int]] = (2, 128, 128)

    steps: int = param(60, "Time steps", "T", low=1, high=100_000, slider=(10, 300, 10))
    dt: float = param(20.0, "Step", **STEP)
    samples: int = param(1000, "Recordings to use", **PART)
    align: bool = param(True, "Start at the first event", advanced=True, help="Instead of at the recording's own zero.")
    downsample: int = param(
        4, "Pixels per input", "", "", low=1, slider=(1, 16, 1), help="Per direction: 2 joins squares of 2 x 2 pixels."
    )
