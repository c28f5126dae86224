"""DVS Gesture: hand and arm movements before an event camera."""

import dataclasses
from pathlib import Path
from typing import ClassVar

import numpy as np

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


@dataclasses.dataclass(frozen=True)
class DvsGesture(AbstractDvs128):
    """1,341 recordings of eleven gestures by 29 people, 128 x 128 pixels, about six seconds each.

    Files, as tonic unpacks them: ibmGestureTrain/<person_light>/<class>.npy and ibmGestureTest/...; rows are x, y, p
    and t in ms.

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
        recordings, files = [], []
        count = dict.fromkeys(Split, 0)
        for half, name in ((Split.TRAIN, "ibmGestureTrain"), (Split.TEST, "ibmGestureTest")):
            folder = subfolder(root, f"DVSGesture/{name}", name)
            for path in sorted(folder.glob("*/*.npy")) if folder else ():
                if path.stem.isdigit() and int(path.stem) < len(GESTURES):
                    shown = f"{name}/{path.parent.name}/{path.name}"
                    recordings.append(Recording(shown, int(path.stem), half, lambda path=path: read_npy(path)))
                    files.append(path)
                    count[half] += 1
        if not recordings:
            return None
        message = have(self.title, count[Split.TRAIN], count[Split.TEST], 1_077, 264)
        return Found(tuple(recordings), GESTURES, self.sensor, tuple(files), message, total=1_077 + 264)


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
