"""The Heidelberg spiking sets: spoken digits and commands, as spikes of a model of the inner ear."""

import dataclasses
import functools
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from snnviz.datasets.base import Split
from snnviz.datasets.events import Columns, Found, Recording, have, plain
from snnviz.datasets.tonic_sets import AbstractTonic
from snnviz.params import param

CHANNELS = 700


@dataclasses.dataclass(frozen=True)
class AbstractHeidelberg(AbstractTonic):
    """HDF5 files with spikes/times (s), spikes/units, labels and extra/keys; inputs `[T, S, 700]`, or downsampled.

    A file that is cut or damaged is named and left out; with only one part left, that one is split by seed.
    Cramer et al. 2022.

    Raises:
        ValueError: from `load` and `find`, no file can be read.
    """

    cite: ClassVar[str] = "cramer2022shd"
    parts: ClassVar[dict[str, Split]]
    totals: ClassVar[tuple[int, int]]

    steps: int = param(100, "Time steps", "T", low=1, high=100_000, slider=(20, 500, 10))
    dt: float = param(10.0, "Step", r"\Delta t", "ms", low=0, open_low=True, high=1000, slider=(1.0, 50.0, 1.0))

    def look(self, root: Path) -> Found | None:
        import h5py

        opened = functools.cache(lambda path: h5py.File(path, "r"))  # closed when the recordings are let go
        recordings, files, problems, classes = [], [], [], ()
        count = dict.fromkeys(Split, 0)
        for name, half in self.parts.items():
            path = next((p for pattern in ("", "*/") for p in sorted(root.glob(pattern + name))), None)
            if path is None:
                continue
            files.append(path)
            try:
                with h5py.File(path, "r") as file:
                    labels = np.asarray(_array(file, "labels"), np.int64).reshape(-1)
                    if {len(_array(file, "spikes/times")), len(_array(file, "spikes/units"))} != {len(labels)}:
                        raise ValueError("holds different numbers of labels, times and units")
                    keys = [key.decode() if isinstance(key, bytes) else str(key) for key in _array(file, "extra/keys")[()]]
            except Exception as error:  # h5py says of a damaged file what its C library says, by many types
                problems.append(f"{name}: is cut short, damaged or of another kind; fetch it again ({plain(error)[:-1]}).")
                continue
            if len(labels) and not 0 <= labels.min() <= labels.max() < len(keys):
                problems.append(
                    f"{name}: its labels run from {labels.min()} to {labels.max()}, but {len(keys)} classes are "
                    "named; fetch it again."
                )
                continue
            classes = tuple(keys)
            recordings += [
                Recording(
                    f"{name}, recording {number}",
                    int(label),
                    half,
                    lambda path=path, number=number: read_hdf5(opened(path), number),
                )
                for number, label in enumerate(labels)
            ]
            count[half] += len(labels)
        if not files:
            return None
        if not recordings:
            raise ValueError(f"{self.title}: no file in {root} can be read: {' '.join(problems)}")
        message = have(self.title, count[Split.TRAIN], count[Split.TEST], *self.totals)
        return Found(tuple(recordings), classes, (CHANNELS,), tuple(files), message, tuple(problems), sum(self.totals))


def _array(file: Any, name: str) -> Any:
    """The array of this name in an open HDF5 file; h5py types it as a folder, too."""
    return file[name]


def read_hdf5(file: Any, number: int) -> Columns:
    """The spikes of one recording of an open file: times in s become microseconds, units stay."""
    return {
        "t": np.asarray(file["spikes/times"][number], np.float64) * 1e6,
        "x": np.asarray(file["spikes/units"][number]),
    }


@dataclasses.dataclass(frozen=True)
class Shd(AbstractHeidelberg):
    """10,420 spoken digits, zero to nine in English and German, as spikes of 700 channels within about a second.

    Cramer, Stradmann, Schemmel and Zenke (2022), CC BY 4.0.
    """

    title: ClassVar[str] = "Spiking Heidelberg Digits"
    description: ClassVar[str] = (
        "Spoken digits in English and German as spikes of 700 channels of a model of the inner ear. Twenty classes; timing matters."
    )
    tonic: ClassVar[str] = "SHD"
    size: ClassVar[str] = "about 0.2 GB"
    parts: ClassVar[dict[str, Split]] = {"shd_train.h5": Split.TRAIN, "shd_test.h5": Split.TEST}
    totals: ClassVar[tuple[int, int]] = (8_156, 2_264)


@dataclasses.dataclass(frozen=True)
class Ssc(AbstractHeidelberg):
    """105,829 spoken words, 35 classes, as spikes of 700 channels within a second; validation counts as training.

    Cramer, Stradmann, Schemmel and Zenke (2022), CC BY 4.0.
    """

    title: ClassVar[str] = "Spiking Speech Commands"
    description: ClassVar[str] = (
        "Thirty-five spoken words by many speakers as spikes of 700 channels of a model of the inner ear. Large and hard."
    )
    tonic: ClassVar[str] = "SSC"
    calls: ClassVar[tuple[dict[str, Any], ...]] = ({"split": "train"}, {"split": "valid"}, {"split": "test"})
    size: ClassVar[str] = "about 2 GB"
    parts: ClassVar[dict[str, Split]] = {
        "ssc_train.h5": Split.TRAIN,
        "ssc_valid.h5": Split.TRAIN,
        "ssc_test.h5": Split.TEST,
    }
    totals: ClassVar[tuple[int, int]] = (75_466 + 9_981, 20_382)
