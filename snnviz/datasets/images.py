"""What sets of images on disk share: files are looked for, a part is drawn by seed, and pixels become spikes batch by batch."""

import abc
import dataclasses
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from snnviz import account, places, waiting
from snnviz.datasets.base import AbstractDataset, Samples, Split
from snnviz.datasets.coding import Coding, coded
from snnviz.datasets.events import have
from snnviz.datasets.storage import LOWER, AbstractStorage, Dense
from snnviz.datasets.tonic_sets import NotHere
from snnviz.events import Events
from snnviz.params import param

WHITE = 255


@dataclasses.dataclass(frozen=True, eq=False)
class Pixels(AbstractStorage):
    """Images that are coded when a batch is asked for: 60,000 of 28 x 28 pixels in 100 steps would take 4.7 GB otherwise.

    images: uint8 `[S, channels, height, width]`. numbers: of each image in its file, int64 `[S]`, so that an image's random spikes
    are the same in every batch and part. seed: of these spikes.
    """

    images: np.ndarray
    numbers: np.ndarray
    coding: Coding
    bins: int
    dt: float
    rate: float
    seed: int

    def __len__(self) -> int:
        return len(self.images)

    @property
    def steps(self) -> int:
        return self.bins

    def take(self, index: np.ndarray) -> torch.Tensor:
        return self._coded(np.asarray(index, np.int64)).to(torch.float32)

    def take_events(self, index: np.ndarray) -> Events | None:
        return Dense(self._coded(np.asarray(index, np.int64))).take_events(np.arange(len(index)))

    def _coded(self, index: np.ndarray) -> torch.Tensor:
        """These images, `[T, B, *shape]`, uint8 or float32."""
        chosen = self.images[index]
        need = 14 * self.bins * chosen.size  # bytes: codes, comparisons, what torch makes of them
        with account.held(need, f"{len(chosen):,} images of {chosen[:1].size:,} pixels in {self.bins:,} steps", LOWER):
            if self.coding is not Coding.RATE:
                return torch.from_numpy(self._code(chosen, np.random.default_rng(self.seed)))
            drawn = (np.random.default_rng([self.seed, number]) for number in self.numbers[index])
            return torch.from_numpy(np.stack([self._code(image, rng) for image, rng in zip(chosen, drawn, strict=True)], 1))

    def _code(self, grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return coded(grey, WHITE, self.coding, self.bins, self.dt, self.rate, rng)

    def all(self) -> torch.Tensor:
        bytes_each = 4 if self.coding is Coding.DIRECT else 1
        way_on = "go through them with batches(), or lower the number of samples"
        with account.held(bytes_each * self.bins * self.images.size, f"{len(self):,} images in {self.bins:,} steps", way_on):
            parts = waiting.steps(range(0, len(self), 64), "batch")
            return torch.cat([self._coded(np.arange(low, min(low + 64, len(self)))) for low in parts], 1)

    def events(self, sample: int) -> None:
        return None


@dataclasses.dataclass(frozen=True)
class AbstractImages(AbstractDataset):
    """Images on disk in their distributor's format, whole or a part; inputs `[T, S, channels, height, width]`.

    The distributor's test images are never trained on. `samples` images are drawn by seed, of each part as many as its share of
    the whole set.

    totals: images to train on and to test with. home: where the distributor has the set; files: what of it to take; licence and
    size: in words.

    Raises:
        NotHere: from `load` and `find`, no file of the set is on disk. ValueError: a file is cut, damaged or of another kind.
    """

    offline: ClassVar[bool] = False
    totals: ClassVar[tuple[int, int]]
    home: ClassVar[str]
    files: ClassVar[str]
    licence: ClassVar[str]
    size: ClassVar[str]

    steps: int = param(100, "Time steps", "T", low=2, high=2000, slider=(10, 200, 10))
    samples: int = param(7000, "Samples", "S", low=20, high=1_000_000, slider=(1000, 70_000, 1000), help="Both parts together.")
    coding: Coding = param(Coding.LATENCY, "Coding")
    rate: float = param(200.0, "Rate of a white pixel", "", "Hz", low=0, slider=(10.0, 1000.0, 10.0), help="For rate coding.")
    folder: str = param("", "Folder", help="Holds the set. Empty: SNNVIZ_DATA, else a folder beside the cache.")

    @abc.abstractmethod
    def look(self, root: Path) -> dict[Split, list[Path]]:
        """The files of each part in a folder, in order; empty lists where there are none. Nothing is read."""

    @abc.abstractmethod
    def read(self, files: list[Path]) -> tuple[np.ndarray, np.ndarray]:
        """The images uint8 `[S, channels, height, width]` and labels int64 `[S]` of a part's files, in their order."""

    @abc.abstractmethod
    def count(self, files: list[Path]) -> int:
        """How many images a part's files hold."""

    @abc.abstractmethod
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, by label."""

    def find(self) -> dict[Split, list[Path]]:
        """The files of each part; raises NotHere with what to do where a part is missing."""
        root = places.data(self.folder)
        listing = self.look(root) if root.is_dir() else {}
        if not all(listing.get(split) for split in Split):
            raise NotHere(
                f"{self.title} is not in {root}; take {self.files} from {self.home} ({self.licence}) into that folder, or name the "
                "folder that holds it."
            )
        return listing

    def have(self) -> str:
        """A sentence on how much of the set is on disk: 10,000 of 50,000 training images and so on. Raises as `find` does."""
        train, test = (self.count(self.find()[split]) for split in Split)
        return have(self.title, train, test, *self.totals, unit="images")

    def by_hand(self) -> str:
        """One sentence: where to take the files from."""
        where = f"from {self.home} ({self.licence}, {self.size})"
        return f"{self.title} is taken by hand {where}: {self.files} into {places.data(self.folder)}."

    def load(self, split: Split) -> Samples:
        images, labels = self._read(split)
        number = list(Split).index(split)
        total = self.totals[number]
        size = round(self.samples * total / sum(self.totals))
        order = np.random.default_rng([self.seed, number]).permutation(len(images))
        chosen = np.sort(order[:size])
        storage = Pixels(images[chosen], chosen, self.coding, self.steps, self.dt, self.rate, self.seed)
        return Samples(
            storage,
            torch.from_numpy(labels[chosen]),
            self.classes(),
            images.shape[1:],
            self.dt,
            self._source(len(chosen), len(images), split),
            notes=self._notes(len(images), total),
        )

    def _read(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        images, labels = self.read(self.find()[split])
        if len(images) != len(labels):
            raise ValueError(f"{self.title}: {len(images):,} images and {len(labels):,} labels; fetch both again.")
        if len(labels) and labels.max() >= len(self.classes()):
            raise ValueError(f"{self.title}: a label is {labels.max()} of {len(self.classes())} classes; fetch it again.")
        return images, labels

    def _source(self, chosen: int, here: int, split: Split) -> str:
        part = "training" if split is Split.TRAIN else "test"
        return f"{self.title}: {chosen:,} of {here:,} {part} images, drawn with seed {self.seed}."

    def _notes(self, here: int, total: int) -> tuple[str, ...]:
        return () if here == total else (f"Not the whole set: {here:,} of its {total:,} images of this part are here.",)
