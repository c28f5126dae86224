"""CIFAR10-DVS: photographs moved before an event camera."""

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any, ClassVar

from snnviz import tables
from snnviz.datasets.dvs128 import AbstractDvs128
from snnviz.datasets.events import Columns, Found, Recording, subfolder

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclasses.dataclass(frozen=True)
class Cifar10Dvs(AbstractDvs128):
    """10,000 photographs of CIFAR-10, moved on a screen before an event camera of 128 x 128 pixels.

    There are 1,000 of each class and no official parts.

    Files: <class>/*.aedat as the authors publish them, or <class>/*.aedat4 as tonic fetches them. The camera lay on its side:
    rows and columns of the authors' files are exchanged, so that pictures stand upright.

    Inputs `[T, S, 2, 32, 32]` with four pixels per input and direction. Li et al. (2017), CC BY 4.0.
    """

    title: ClassVar[str] = "CIFAR10-DVS"
    description: ClassVar[str] = "Ten kinds of photographs, moved on a screen before an event camera. Noisy and hard."
    cite: ClassVar[str] = "li2017cifar10dvs"
    tonic: ClassVar[str] = "CIFAR10DVS"
    calls: ClassVar[tuple[dict[str, Any], ...]] = ({},)
    size: ClassVar[str] = "about 8 GB"

    def look(self, root: Path) -> Found | None:
        for ending, reader in ((".aedat4", read_aedat4), (".aedat", read_lying)):
            recordings, files = [], []
            for label, name in enumerate(CLASSES):
                folder = subfolder(root, f"CIFAR10DVS/{name}", name)
                for path in sorted(folder.glob(f"*{ending}")) if folder else ():
                    recordings.append(Recording(f"{name}/{path.name}", label, None, lambda path=path, read=reader: read(path)))
                    files.append(path)
            if recordings:
                if ending == ".aedat4" and importlib.util.find_spec("aedat") is None:
                    raise ValueError(
                        f"{self.title}: its recordings are AEDAT 4 files, which tonic reads with the package aedat; install "
                        "it with: pip install aedat"
                    )
                message = f"{self.title}: {len(recordings):,} of 10,000 recordings found;"
                return Found(tuple(recordings), CLASSES, self.sensor, tuple(files), message, total=10_000)
        return None


def read_aedat4(path: Path) -> Columns:
    """The events of one file that tonic fetched, by tonic's reader: quicker than as a program of its own."""
    import tonic.io

    events = tonic.io.read_aedat4(str(path))
    t, x, y, p = events.dtype.names
    return {"t": events[t], "x": events[x], "y": events[y], "p": events[p]}


def read_lying(path: Path) -> Columns:
    """The events of one file of the authors', rows and columns exchanged. Raises ValueError where it is cut or damaged."""
    events = tables.read(path.read_bytes(), path.name).columns
    return {**events, "x": events["y"], "y": events["x"]}
