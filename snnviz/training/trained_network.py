"""A trained network as an experiment, so that whatever takes an experiment looks at it: gradients, activity, a run.

experiment = trained("weights.safetensors", samples=8)        # the file that the page Runs offers
compare_gradients(experiment, [BPTT(), Slayer(), Exodus()]).rows
"""

import dataclasses
import functools
import os
from pathlib import Path

import numpy as np
import torch

from snnviz.datasets import Samples, Split
from snnviz.experiments import Experiment
from snnviz.losses import AbstractTrainingLoss
from snnviz.training import checkpoints
from snnviz.training.assembly import build, load, network_input
from snnviz.training.value import VALUES


@dataclasses.dataclass(frozen=True, repr=False)
class TrainedNetwork(Experiment):
    """A trained network and the first samples of its test part, in their order: `trained` makes one from a file of weights.

    Normalisation is as in a test: by the running statistics. Heads that the weights have are taken where a method wants heads of
    that shape; others are drawn by the seed, untrained.
    """

    weights: str = ""

    def in_short(self) -> str:
        return f"trained({self.weights!r}, {self.batch})"

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES | {"TrainedNetwork": cls}

    def network(self, method, backend):
        saved = _saved(self.weights)
        network = build(dataclasses.replace(saved.training, method=method), self._test(saved), backend)
        self._put(network, saved)
        for block in network.blocks:
            if block.normalise is not None:
                block.normalise.eval()
        return network

    def attach(self, model, method):
        super().attach(model, method)
        self._put(model, _saved(self.weights))
        return model

    def _put(self, network, saved) -> None:
        checkpoints.put(network, saved, Path(self.weights))

    def _test(self, saved: checkpoints.Saved) -> Samples:
        return load(saved.training.dataset, Split.TEST)

    def current(self) -> np.ndarray:
        """The first test samples, float64 [T, B, *inputs].

        Raises:
            ValueError: they would not fit into the memory.
        """
        self.check_budget()
        saved = _saved(self.weights)
        x, _ = self._test(saved).take(np.arange(self.batch))
        return network_input(saved.training, x).double().numpy()

    def factors(self) -> np.ndarray:
        """1: the samples are what the network reads."""
        return np.ones(1)

    def labels(self, classes: int) -> torch.Tensor:
        """The samples' own classes, int64 [B]."""
        return self._test(_saved(self.weights)).y[: self.batch]


def _saved(weights: str) -> checkpoints.Saved:
    path = Path(weights)
    return _read(path, path.stat().st_mtime_ns if path.exists() else 0)


@functools.lru_cache(maxsize=1)  # a comparison asks for the weights twice for each method
def _read(path: Path, changed: int) -> checkpoints.Saved:
    """A file of weights as it was changed last."""
    return checkpoints.read(path)


def trained(weights: str | os.PathLike[str], samples: int = 8) -> TrainedNetwork:
    """The network of a file of weights, on the first samples of its test part.

    Raises:
        ValueError: the file holds no weights of a training, or its network's loss reads output spikes.
    """
    training = _saved(str(weights)).training
    loss = training.loss
    if not isinstance(loss, AbstractTrainingLoss) or loss.reads_spikes:
        raise ValueError(f"This network was trained by {loss.title}, which reads output spikes: open one with a cross entropy.")
    test = load(training.dataset, Split.TEST)
    return TrainedNetwork(
        dataclasses.replace(training.neuron, dt=test.dt),
        steps=test.steps,
        seed=training.seed,
        architecture=training.shaped(test),
        batch=min(samples, len(test)),
        loss=loss,
        weights=str(weights),
    )
