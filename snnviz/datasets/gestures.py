"""DVS Gesture: hand and arm movements before an event camera."""

import csv
import dataclasses
import functools
import re
from pathlib import Path
from typing import ClassVar

import numpy as np

from snnviz import tables
from snnviz.datasets.base import Split
from snnviz.datasets.dvs128 import PART, STEP, AbstractDvs128
from snnviz.datasets.events import Columns, Found, Recording, have, subfolder
from snnviz.params import param

GESTURES = (
    "hand clapping",
    "right hand wave",
    "left hand wave",
    "right arm clockwise",
    "right arm counterclockwise",
    "left arm clockwise",
    "left arm counterclockwise",
    "arm roll",
    "air drums",
    "air guitar",
    "other gestures",
)
LAST_TO_TRAIN = 23  # of the 29 people; the others are for testing


@dataclasses.dataclass(frozen=True)
class DvsGesture(AbstractDvs128):
    """Recordings of eleven gestures by 29 people, 128 x 128 pixels, about six seconds each.

    Files, as tonic unpacks them: ibmGestureTrain/<person_light>/<class>.npy and ibmGestureTest/...; rows are x, y, p and t in ms
    (1,341 recordings). Or as the authors publish them: user<person>_<light>.aedat, and beside it user<person>_<light>_labels.csv
    (1,464 gestures; people 1 to 23 to train on, 24 to 29 to test with).

    Inputs `[T, S, 2, 32, 32]` with four pixels per input and direction. Amir et al. (2017), CC BY 4.0.
    """

    title: ClassVar[str] = "DVS Gesture"
    description: ClassVar[str] = "Eleven hand and arm gestures by 29 people before an event camera, under three kinds of light."
    cite: ClassVar[str] = "amir2017gesture"
    tonic: ClassVar[str] = "DVSGesture"
    size: ClassVar[str] = "about 3 GB"

    dt: float = param(25.0, "Step", **STEP)
    samples: int = param(300, "Recordings to use", **PART)

    def look(self, root: Path) -> Found | None:
        listed = self._unpacked(root) or self._published(root)
        if listed is None:
            return None
        recordings, files, totals = listed
        count = {half: sum(recording.half is half for recording in recordings) for half in Split}
        message = have(self.title, count[Split.TRAIN], count[Split.TEST], *totals)
        return Found(tuple(recordings), GESTURES, self.sensor, tuple(files), message, total=sum(totals))

    def _unpacked(self, root: Path) -> "_Listed | None":
        """The recordings as tonic lays them out, a file each."""
        recordings, files = [], []
        for half, name in ((Split.TRAIN, "ibmGestureTrain"), (Split.TEST, "ibmGestureTest")):
            folder = subfolder(root, f"DVSGesture/{name}", name)
            for path in sorted(folder.glob("*/*.npy")) if folder else ():
                if path.stem.isdigit() and int(path.stem) < len(GESTURES):
                    shown = f"{name}/{path.parent.name}/{path.name}"
                    recordings.append(Recording(shown, int(path.stem), half, lambda path=path: read_npy(path)))
                    files.append(path)
        return (recordings, files, (1_077, 264)) if recordings else None

    def _published(self, root: Path) -> "_Listed | None":
        """The recordings as the authors publish them: a file for each person and light, beside it when each gesture was made."""
        recordings, files = [], []
        for labels in sorted({*root.glob("user*_labels.csv"), *root.glob("*/user*_labels.csv")}):
            path = labels.with_name(labels.name.replace("_labels.csv", ".aedat"))
            person = re.match(r"user(\d+)_", path.name)
            if person is None or not path.is_file():
                continue
            half = Split.TRAIN if int(person[1]) <= LAST_TO_TRAIN else Split.TEST
            files += [path, labels]
            for label, begin, end in read_gestures(labels):
                shown = f"{path.name}, {GESTURES[label]} at {begin / 1e6:.1f} s"
                recordings.append(
                    Recording(shown, label, half, lambda path=path, begin=begin, end=end: read_stretch(path, begin, end))
                )
        return (recordings, files, (1_176, 288)) if recordings else None


_Listed = tuple[list[Recording], list[Path], tuple[int, int]]


def read_gestures(path: Path) -> list[tuple[int, int, int]]:
    """The gestures of one of the authors' label files: the number of its class from 0, its begin and its end in microseconds.

    Raises:
        ValueError: the file is cut, damaged or of another kind.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(int(row["class"]) - 1, int(row["startTime_usec"]), int(row["endTime_usec"])) for row in csv.DictReader(file)]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is no list of class, startTime_usec and endTime_usec; fetch it again.") from error
    if not all(0 <= label < len(GESTURES) and begin < end for label, begin, end in rows):
        raise ValueError(f"{path.name} names a class that is none of {len(GESTURES)}, or a gesture without length; fetch it again.")
    return rows


def read_stretch(path: Path, begin: int, end: int) -> Columns:
    """The events of a file from `begin` to before `end`, microseconds of its own clock.

    Raises:
        ValueError: the file is cut before that, or damaged.
    """
    events = _events(path, path.stat().st_mtime_ns)
    first, stop = np.searchsorted(events["t"], [begin, end])
    return {name: column[first:stop] for name, column in events.items()}


@functools.lru_cache(maxsize=1)  # a file holds eleven recordings, one after another
def _events(path: Path, changed: int) -> Columns:
    columns = tables.read(path.read_bytes(), path.name).columns
    order = np.argsort(columns["t"], kind="stable")
    return {name: column[order] for name, column in columns.items()}


def read_npy(path: Path) -> Columns:
    """The events of one file of rows x, y, p, t in ms.

    Raises:
        ValueError: the file is damaged, or holds other rows.
    """
    try:
        rows = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError("is cut short, damaged or of another kind; fetch it again.") from error
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise ValueError(f"holds an array of shape {rows.shape}; rows of x, y, p, t were expected.")
    return {"t": rows[:, 3] * 1000.0, "x": rows[:, 0], "y": rows[:, 1], "p": rows[:, 2]}
