"""What a network does with one test sample after an epoch: small enough to be kept with every epoch.

look = next(r for r in train(Training(), record_sample=3) if isinstance(r, EpochRecord)).look
print(look.answer == look.label, look.counts)        # whether it is right, and the spikes of each layer
"""

import base64
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from snnviz.records import LayerRecord

STEPS, NEURONS, LAYERS = 100, 48, 4  # a raster keeps at most so much: what a small picture shows
KEPT_LOOKS = 60  # of a training's epochs about so many keep theirs, evenly


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """One test sample in a network.

    rasters: by hidden layer, booleans [steps, neurons]; of a long or wide layer, stretches of steps in which a neuron fired and
    every n-th neuron, of a deep network the first and the last layers. counts: all spikes of each of these layers. scores: float32
    [classes], the largest is what the network says. label: the sample's own class. shown: the sample as a picture or as a raster
    [rows, columns]; None where an earlier look has it. picture: whether it is a picture.
    """

    rasters: Mapping[str, np.ndarray]
    counts: Mapping[str, int]
    scores: np.ndarray
    label: int
    shown: np.ndarray | None = None
    picture: bool = False

    @property
    def answer(self) -> int:
        """The class that the network says."""
        return int(self.scores.argmax())

    @classmethod
    def of(cls, layers: Sequence[LayerRecord], scores: np.ndarray, label: int, x: np.ndarray) -> "Look":
        """A look from the records of a run with one sample, its scores [classes], and the sample x [T, *shape]."""
        fired = {layer.name: layer.spikes[:, 0] for layer in layers if layer.spikes is not None}
        names = list(fired)
        if len(names) > LAYERS:
            names = names[: LAYERS // 2] + names[-(LAYERS // 2) :]
        rasters = {name: thinned(fired[name] > 0) for name in names}
        counts = {name: round(float(fired[name].sum())) for name in names}
        picture = x.ndim == 4
        shown = seen(x) if picture else thinned(x.reshape(len(x), -1))
        return cls(rasters, counts, scores.astype(np.float32), label, shown, picture)

    def to_plain(self) -> dict[str, Any]:
        """As what JSON can hold; an array is its shape and its bytes in base64."""
        rasters = {name: [*raster.shape, _text(np.packbits(raster))] for name, raster in self.rasters.items()}
        plain = {"rasters": rasters, "counts": dict(self.counts), "label": self.label, "picture": self.picture}
        plain["scores"] = [round(float(score), 4) for score in self.scores]
        if self.shown is not None:
            low, high = float(self.shown.min()), float(self.shown.max())
            grey = np.round(255 * (self.shown.astype(float) - low) / ((high - low) or 1.0)).astype(np.uint8)
            plain["shown"] = [*self.shown.shape, low, high, _text(grey)]
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Look":
        """What `to_plain` wrote; the sample in 256 grey values."""
        rasters = {
            name: np.unpackbits(_bytes(text), count=steps * neurons).reshape(steps, neurons).astype(bool)
            for name, (steps, neurons, text) in plain["rasters"].items()
        }
        shown = None
        if "shown" in plain:
            rows, columns, low, high, text = plain["shown"]
            shown = low + (high - low) * _bytes(text).reshape(rows, columns) / 255
        scores = np.array(plain["scores"], np.float32)
        return cls(rasters, dict(plain["counts"]), scores, int(plain["label"]), shown, bool(plain["picture"]))


def keeps_look(epoch: int, epochs: int) -> bool:
    """Whether this epoch, counted from 1, keeps its look: the first, the last, and evenly between."""
    return epoch in (1, epochs) or epoch % -(-epochs // KEPT_LOOKS) == 0


def thinned(x: np.ndarray) -> np.ndarray:
    """A raster [steps, neurons] with at most `STEPS` and `NEURONS`: of a stretch of steps the largest value."""
    every, columns = -(-len(x) // STEPS), np.arange(min(x.shape[1], NEURONS)) * x.shape[1] // min(x.shape[1], NEURONS)
    return np.maximum.reduceat(x[:, columns], np.arange(0, len(x), every), axis=0)


def seen(x: np.ndarray) -> np.ndarray:
    """A sample [T, channels, rows, columns] as one picture: of two polarities brighter minus darker; of one channel the sum, the
    earlier the brighter, so that a code by latency shows its grey values."""
    if x.shape[1] == 2:
        return (x[:, 1] - x[:, 0]).sum(0)
    return np.tensordot(1 - np.arange(len(x)) / len(x), x.sum(1), 1)


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8)
