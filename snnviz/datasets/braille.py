"""Braille letters under the fingertip of a robot; they come with snnviz."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz import places
from snnviz.datasets.base import AbstractGenerated, Generated
from snnviz.params import param

READINGS, TAXELS = 77, 12


@dataclasses.dataclass(frozen=True)
class Braille(AbstractGenerated):
    """1,350 readings of 27 Braille letters (space, A to Z) by twelve taxels of a fingertip that slides over them.

    A taxel sends a spike when its pressure has risen by `change` since its last spike, and another input one when it has fallen by
    as much (send on delta); a large jump is several spikes in one step. A step is one reading of the sensor.

    Inputs `[T, S, 24]`: twelve that rise, then twelve that fall. Müller-Cleve et al. (2022), CC BY 4.0.
    """

    title: ClassVar[str] = "Braille letters"
    description: ClassVar[str] = (
        "Braille letters read by the fingertip of a robot: twelve pressure sensors, each with one input that tells of rising and "
        "one of falling pressure. 27 classes, 50 readings of each; the order in which dots pass is what matters."
    )
    cite: ClassVar[str] = "mullercleve2022braille"

    steps: int = param(READINGS, "Time steps", "T", low=10, high=READINGS, slider=(20, READINGS, 1), help="One reading each.")
    samples: int = param(1350, "Samples", "S", low=54, high=1350, slider=(270, 1350, 27), help="Both parts together.")
    change: int = param(4, "Change for a spike", "", low=1, high=64, slider=(1, 16, 1), help="Of 200 levels of pressure.")

    def channels(self) -> int:
        return 2 * TAXELS

    def aside(self) -> float:
        return 1350.0 * READINGS * TAXELS * 10

    def generate(self, rng: np.random.Generator) -> Generated:
        with np.load(places.assets() / "recordings" / "braille.npz", allow_pickle=False) as arrays:
            taxels, labels = arrays["taxels"], arrays["labels"].astype(np.int64)
            valid, classes = arrays["steps"], tuple(str(name) for name in arrays["classes"])
        chosen = evenly(rng, labels, self.samples)
        pressure = 255 - taxels[chosen].astype(np.int64)  # [S, 77, 12]
        late = np.arange(READINGS) >= valid[chosen][:, None]
        pressure = np.where(late[..., None], pressure[:, [-2]], pressure)  # a reading that is missing changes nothing
        return Generated(send_on_delta(pressure.swapaxes(0, 1)[: self.steps], self.change), labels[chosen], classes)


def evenly(rng: np.random.Generator, labels: np.ndarray, count: int) -> np.ndarray:
    """The numbers of `count` of the samples with these labels `[S]`, drawn so that no class has two more than another."""
    order = rng.permutation(len(labels))
    rank = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        rank[members] = np.arange(len(members))
    return np.sort(order[np.argsort(rank[order], kind="stable")][:count])


def send_on_delta(values: np.ndarray, change: int) -> np.ndarray:
    """Spikes, uint8 `[T, S, 2 C]`, of whole numbers `[T, S, C]`: how often a value has moved by `change` since its last spike.

    The first C inputs tell of rises, the others of falls. Nothing is sent at the first step: there is nothing to compare with.
    """
    last = values[0].copy()
    sent = np.zeros((*values.shape[:2], 2 * values.shape[2]), np.uint8)
    for step, now in enumerate(values):
        jumps = np.sign(now - last) * (np.abs(now - last) // change)
        last += jumps * change
        sent[step] = np.concatenate([np.maximum(jumps, 0), np.maximum(-jumps, 0)], -1).clip(max=255)
    return sent
