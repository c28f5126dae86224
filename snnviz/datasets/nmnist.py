"""N-MNIST: the digits of MNIST, filmed by a moving event camera."""

import dataclasses
from pathlib import Path
from typing import ClassVar

import numpy as np

from snnviz.datasets.base import Split
from snnviz.datasets.events import Columns, Found, Recording, have, subfolder
from snnviz.datasets.tonic_sets import AbstractTonic
from snnviz.params import param

EVENT_BYTES = 5


@dataclasses.dataclass(frozen=True)
class NMnist(AbstractTonic):
    """70,000 digits of MNIST on a screen, filmed with 34 x 34 pixels in three saccades of about 100 ms each.

    Files: Train/<digit>/*.bin and Test/<digit>/*.bin, five bytes an event: x, y, polarity and 23 bits of microseconds.
    With recordings of only one of the two folders, these are split by seed.

    Inputs `[T, S, 2, 34, 34]`. Orchard, Jayawant, Cohen and Thakor (2015), CC BY-SA 4.0.
    """

    title: ClassVar[str] = "N-MNIST"
    description: ClassVar[str] = (
        "Handwritten digits filmed by an event camera during three quick movements: 34 x 34 pixels, ON and OFF events, 300 ms."
    )
    cite: ClassVar[str] = "orchard2015nmnist"
    tonic: ClassVar[str] = "NMNIST"
    size: ClassVar[str] = "about 1.2 GB"

    steps: int = param(60, "Time steps", "T", low=1, high=100_000, slider=(10, 300, 10))
    dt: float = param(5.0, "Step", r"\Delta t", "ms", low=0, open_low=True, high=1000, slider=(0.5, 20.0, 0.5))

    def look(self, root: Path) -> Found | None:
        recordings, files = [], []
        count = dict.fromkeys(Split, 0)
        for half, names in ((Split.TRAIN, ("NMNIST/Train", "Train")), (Split.TEST, ("NMNIST/Test", "Test"))):
            folder = subfolder(root, *names)
            for path in sorted(folder.glob("[0-9]/*.bin")) if folder else ():
                label = path.parent.name
                recordings.append(
                    Recording(f"{half.name.title()}/{label}/{path.name}", int(label), half, lambda path=path: read_bin(path))
                )
                files.append(path)
                count[half] += 1
        if not recordings:
            return None
        message = have(self.title, count[Split.TRAIN], count[Split.TEST], 60_000, 10_000)
        return Found(tuple(recordings), tuple(str(digit) for digit in range(10)), (2, 34, 34), tuple(files), message, total=70_000)


def read_bin(path: Path) -> Columns:
    """The events of one .bin file, by tonic's reader. Raises ValueError where the file ends within an event."""
    from tonic.io import read_mnist_file

    size = path.stat().st_size
    if size % EVENT_BYTES:
        raise ValueError(
            f"{size:,} bytes are no whole number of events of {EVENT_BYTES}; the file is cut short or of another "
            "kind. Fetch it again."
        )
    events = read_mnist_file(str(path), np.dtype([("x", int), ("y", int), ("t", int), ("p", int)]))
    return {name: events[name] for name in ("t", "x", "y", "p")}
