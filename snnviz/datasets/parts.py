"""A part of the samples to choose by: held out of the training part, so that nothing is chosen on the test part."""

import dataclasses

import numpy as np
import torch

from snnviz.datasets.base import Samples, Split, halves
from snnviz.datasets.storage import AbstractStorage
from snnviz.events import Events


@dataclasses.dataclass(frozen=True, eq=False)
class Picked(AbstractStorage):
    """Some samples of a storage, by their numbers, int64 `[S]`; nothing is copied."""

    storage: AbstractStorage
    index: np.ndarray

    def __len__(self) -> int:
        return len(self.index)

    @property
    def steps(self) -> int:
        return self.storage.steps

    def take(self, index: np.ndarray) -> torch.Tensor:
        return self.storage.take(self.index[np.asarray(index, np.int64)])

    def take_events(self, index: np.ndarray) -> Events | None:
        return self.storage.take_events(self.index[np.asarray(index, np.int64)])

    def all(self) -> torch.Tensor:
        return self.storage.all()[:, torch.from_numpy(self.index)]

    def events(self, sample: int) -> np.ndarray | None:
        return self.storage.events(int(self.index[sample]))


def parted(samples: Samples, share: float, seed: int) -> tuple[Samples, Samples]:
    """Samples to train on, and a share of each class held out for validation, drawn by the seed alone.

    Raises:
        ValueError: a class has one sample, which cannot be in both.
    """
    counts = np.bincount(samples.y.numpy(), minlength=len(samples.classes))
    if lonely := [samples.classes[n] for n in np.flatnonzero(counts == 1)]:
        raise ValueError(f"There is one sample of {lonely[0]} to train on, so none can be held out: take more samples.")
    index = halves(samples.y.numpy(), 1 - share, seed)
    rest, held = (
        dataclasses.replace(samples, storage=Picked(samples.storage, index[split]), y=samples.y[torch.from_numpy(index[split])])
        for split in Split
    )
    return rest, held
