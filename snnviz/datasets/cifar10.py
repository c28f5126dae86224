"""CIFAR-10 in its binary version: one byte for the label, then three planes of 32 x 32 bytes, red, green and blue."""

import dataclasses
from pathlib import Path
from typing import ClassVar

import numpy as np

from snnviz.datasets.base import Split
from snnviz.datasets.images import AbstractImages
from snnviz.datasets.mnist import unpacked
from snnviz.params import param

RECORD = 1 + 3 * 32 * 32


@dataclasses.dataclass(frozen=True)
class Cifar10(AbstractImages):
    """60,000 colour pictures of 32 x 32 pixels; inputs `[T, S, 3, 32, 32]`. Krizhevsky (2009).

    The Python version of the set is a pickle. Reading one runs what is written in it, so it is refused.

    Raises:
        ValueError: from `load` and `find`, only the Python version is there, or a file is no whole number of records.
    """

    title: ClassVar[str] = "CIFAR-10"
    description: ClassVar[str] = (
        "60,000 colour pictures of 32 x 32 pixels, ten kinds of animals and vehicles. Each colour of a pixel becomes the time of "
        "one spike, a firing rate, or a constant current."
    )
    cite: ClassVar[str] = "krizhevsky2009learning"
    totals: ClassVar[tuple[int, int]] = (50_000, 10_000)
    home: ClassVar[str] = "www.cs.toronto.edu/~kriz/cifar.html"
    files: ClassVar[str] = "the binary version"
    licence: ClassVar[str] = "for research"
    size: ClassVar[str] = "162 MB"

    steps: int = param(10, "Time steps", "T", low=2, high=2000, slider=(2, 100, 2))

    def look(self, root: Path) -> dict[Split, list[Path]]:
        patterns = {Split.TRAIN: "data_batch_[1-5].bin", Split.TEST: "test_batch.bin"}
        listing = {
            split: sorted({path for end in ("", ".gz") for level in ("", "*/") for path in root.glob(level + pattern + end)})
            for split, pattern in patterns.items()
        }
        if not any(listing.values()) and any(root.glob("cifar-10-batches-py/data_batch_1")):
            raise ValueError(
                f"{root / 'cifar-10-batches-py'} is the Python version of CIFAR-10, a pickle, which is never opened here because "
                f"opening one runs what is in it; take the binary version from {self.home}."
            )
        return listing

    def count(self, files: list[Path]) -> int:
        return sum(len(unpacked(path)) // RECORD for path in files)

    def read(self, files: list[Path]) -> tuple[np.ndarray, np.ndarray]:
        parts = []
        for path in files:
            data = np.frombuffer(unpacked(path), np.uint8)
            if not len(data) or len(data) % RECORD:
                raise ValueError(
                    f"{path.name} has {len(data):,} bytes, no whole number of records of {RECORD:,}; it is cut "
                    "short: fetch it again."
                )
            parts.append(data.reshape(-1, RECORD))
        rows = np.concatenate(parts)
        return np.ascontiguousarray(rows[:, 1:]).reshape(-1, 3, 32, 32), rows[:, 0].astype(np.int64)

    def classes(self) -> tuple[str, ...]:
        return ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
