"""MNIST and Fashion-MNIST in the IDX format in which they are distributed, packed with gzip or not."""

import dataclasses
import gzip
import zlib
from pathlib import Path
from typing import ClassVar

import numpy as np

from snnviz.datasets.base import Split
from snnviz.datasets.images import AbstractImages

PREFIX = {Split.TRAIN: "train", Split.TEST: "t10k"}
BYTES = 0x08  # the type of an IDX file whose numbers are bytes


def unpacked(path: Path) -> bytes:
    """The bytes of a file, unpacked where it was packed with gzip.

    Raises:
        ValueError: the packed file is cut or damaged; one sentence with its name.
    """
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path.name} is cut short or damaged; fetch it again.") from error


def read_idx(path: Path) -> np.ndarray:
    """The array of an IDX file of bytes, uint8 of the shape that its header says.

    The header is two zeros, the type of the numbers, the number of axes, and each axis' length in 32 bits, high byte first.

    Raises:
        ValueError: the file is cut, too long, or no IDX file of bytes; one sentence with its name.
    """
    data = unpacked(path)
    axes = data[3] if len(data) > 3 else 0
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != BYTES or not 1 <= axes <= 4:
        raise ValueError(f"{path.name} is no IDX file of bytes; fetch it again.")
    begin = 4 + 4 * axes
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, begin, 4))
    expected = int(np.prod([*shape], dtype=object))
    if len(data) < begin or len(data) - begin != expected:
        raise ValueError(
            f"{path.name} says that it holds {expected:,} bytes and has {max(0, len(data) - begin):,}; it is cut short or damaged: "
            "fetch it again."
        )
    return np.frombuffer(data, np.uint8, offset=begin).reshape(shape)


@dataclasses.dataclass(frozen=True)
class AbstractIdx(AbstractImages):
    """Four files, `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same with `t10k`, plain or `.gz`.

    Both sets have files of these names: what tells them apart is the folder's name. names: what a folder's name begins with.
    """

    totals: ClassVar[tuple[int, int]] = (60_000, 10_000)
    names: ClassVar[tuple[str, ...]]
    files: ClassVar[str] = "its four files (train-images-idx3-ubyte.gz and the like), in a folder of the set's name,"

    def look(self, root: Path) -> dict[Split, list[Path]]:
        for folder in self._folders(root):
            listing = {split: self._files(folder, prefix) for split, prefix in PREFIX.items()}
            if all(listing.values()):
                return listing
        return {}

    def _folders(self, root: Path) -> list[Path]:
        """The folders of the set's name, the root or in it, and `raw` in them, where torchvision puts the files."""
        inside = [path for path in sorted(root.iterdir()) if path.is_dir()]
        own = [path for path in (root, *inside) if self._is_named(path)]
        return [folder for path in own for folder in (path, path / "raw")]

    def _is_named(self, folder: Path) -> bool:
        name = folder.resolve().name.lower().replace("-", "").replace("_", "")
        return name.startswith(self.names)

    def _files(self, folder: Path, prefix: str) -> list[Path]:
        """The images and the labels of one part; none where one of the two is missing."""
        paths = []
        for what in ("images-idx3", "labels-idx1"):
            names = (f"{prefix}-{what}-ubyte{end}" for end in ("", ".gz"))
            paths += [folder / name for name in names if (folder / name).is_file()][:1]
        return paths if len(paths) == 2 else []

    def count(self, files: list[Path]) -> int:
        return len(read_idx(files[1]))

    def read(self, files: list[Path]) -> tuple[np.ndarray, np.ndarray]:
        images, labels = (read_idx(path) for path in files)
        if images.ndim != 3 or labels.ndim != 1:
            raise ValueError(f"{files[0].name} holds no images, or {files[1].name} no labels; fetch them again.")
        return images[:, None], labels.astype(np.int64)


@dataclasses.dataclass(frozen=True)
class Mnist(AbstractIdx):
    """70,000 handwritten digits of 28 x 28 pixels; inputs `[T, S, 1, 28, 28]`. LeCun, Bottou, Bengio and Haffner (1998)."""

    title: ClassVar[str] = "MNIST"
    description: ClassVar[str] = (
        "70,000 handwritten digits of 28 x 28 pixels. A pixel's brightness becomes the time of one spike, a firing rate, or a "
        "constant current."
    )
    cite: ClassVar[str] = "lecun1998gradient"
    names: ClassVar[tuple[str, ...]] = ("mnist",)
    home: ClassVar[str] = "yann.lecun.com/exdb/mnist"
    licence: ClassVar[str] = "CC BY-SA 3.0"
    size: ClassVar[str] = "12 MB"

    def classes(self) -> tuple[str, ...]:
        return tuple(str(digit) for digit in range(10))


@dataclasses.dataclass(frozen=True)
class FashionMnist(AbstractIdx):
    """70,000 pictures of clothes of 28 x 28 pixels; inputs `[T, S, 1, 28, 28]`. Xiao, Rasul and Vollgraf (2017), MIT."""

    title: ClassVar[str] = "Fashion-MNIST"
    description: ClassVar[str] = (
        "70,000 pictures of clothes of 28 x 28 pixels, ten kinds; harder than digits. A pixel's brightness becomes the time of one "
        "spike, a firing rate, or a constant current."
    )
    cite: ClassVar[str] = "xiao2017fashion"
    names: ClassVar[tuple[str, ...]] = ("fashion", "fmnist")
    home: ClassVar[str] = "github.com/zalandoresearch/fashion-mnist"
    licence: ClassVar[str] = "MIT"
    size: ClassVar[str] = "31 MB"

    def classes(self) -> tuple[str, ...]:
        return ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
