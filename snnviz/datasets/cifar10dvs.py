"""CIFAR10-DVS: photographs moved before an event camera."""

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any, ClassVar

from snnviz.datasets.dvs128 import AbstractDvs128
from snnviz.datasets.events import Columns, Found, Recording, subfolder

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclasses.dataclass(frozen=True)
class Cifar10Dvs(AbstractDvs128):
    """10,000 photographs of CIFAR-10, moved on a screen before an event camera of 128 x 128 pixels.

    There are 1,000 of each class and no official parts.

    Files: <class>/*.aedat4, read by the package aedat.

    Inputs `[T, S, 2, 32, 32]` with four pixels per input and direction. Li et al. (2017), CC BY 4.0.
    """

    title: ClassVar[str] = "CIFAR10-DVS"
    description: ClassVar[str] = "Ten kinds of photographs, moved on a screen before an event camera. Noisy and hard."
    cite: ClassVar[str] = "li2017cifar10dvs"
    tonic: ClassVar[str] = "CIFAR10DVS"
    calls: ClassVar[tuple[dict[str, Any], ...]] = ({},)
    size: ClassVar[str] = "about 8 GB"

    def look(self, root: Path) -> Found | None:
        recordings, files = [], []
        for label, name in enumerate(CLASSES):
            folder = subfolder(root, f"CIFAR10DVS/{name}", name)
            for path in sorted(folder.glob("*.aedat4")) if folder else ():
                recordings.append(Recording(f"{name}/{path.name}", label, None, lambda path=path: read_aedat4(path)))
                files.append(path)
        if not recordings:
            return None
        if importlib.util.find_spec("aedat") is None:
            raise ValueError(
                f"{self.title}: its recordings are AEDAT 4 files, which tonic reads with the package aedat; install "
                "it with: pip install aedat"
            )
        message = f"{self.title}: {len(recordings):,} of 10,000 recordings found;"
        return Found(tuple(recordings), CLASSES, self.sensor, tuple(files), message, total=10_000)


def read_aedat4(path: Path) -> Columns:
    """The events of one AEDAT 4 file, by tonic's reader."""
    import tonic.io

    events = tonic.io.read_aedat4(str(path))
    t, x, y, p = events.dtype.names
    return {"t": events[t], "x": events[x], "y": events[y], "p": events[p]}
