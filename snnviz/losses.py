"""Losses of a comparison: what is differentiated, as frozen values."""

import abc
import dataclasses
import enum
from typing import ClassVar

import torch
import torch.nn.functional as F

from snnviz.params import Declared, param


class OverTime(enum.Enum):
    """How the readout's values at every step become one: their sum, mean, largest, or the last."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    LAST = "last"

    def reduce(self, logits: torch.Tensor) -> torch.Tensor:
        """[T, B, classes] -> [B, classes]."""
        if self is OverTime.SUM:
            return logits.sum(0)
        if self is OverTime.MEAN:
            return logits.mean(0)
        return logits.amax(0) if self is OverTime.MAX else logits[-1]


class AbstractLoss(Declared, abc.ABC):
    """A loss on one layer's spikes, or a network's output."""

    title: ClassVar[str]
    equation: ClassVar[str]


@dataclasses.dataclass(frozen=True)
class WeightedSpikes(AbstractLoss):
    """L = sum g[t] s[t] with g drawn from N(0, 1) by the run's seed: every step pulls, up or down."""

    title = "Every spike, weighted at random"
    equation = r"L = \sum_t g_t s_t,\quad g_t \sim \mathcal{N}(0, 1)"

    def upstream(self, s: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """dL/ds, like s."""
        return torch.randn(s.shape, generator=generator, dtype=torch.float64).to(s)


@dataclasses.dataclass(frozen=True)
class SpikeAt(AbstractLoss):
    """L = s[t] at one step: how the past bears on a spike there."""

    step: int = param(150, "Loss at step", "t", low=0, high=100_000, slider=(0, 400, 1), help="The step whose spike is the loss.")

    title = "One step's spike"
    equation = r"L = s_{t^*}"

    def upstream(self, s, generator):
        g = torch.zeros_like(s)
        g[min(self.step, len(s) - 1)] = 1
        return g


@dataclasses.dataclass(frozen=True)
class CrossEntropy(AbstractLoss):
    """Cross entropy of the readout, reduced over time, with the labels; the mean over the batch."""

    over_time: OverTime = param(OverTime.MAX, "Readout over time", help="How the output's steps become one value per class.")

    title = "Cross entropy"
    equation = r"L = -\log \mathrm{softmax}(z)_y"

    def of(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """logits [T, B, classes], y [B] -> a number."""
        return F.cross_entropy(self.over_time.reduce(logits), y)


LOSSES: dict[str, type[AbstractLoss]] = {cls.__name__: cls for cls in (WeightedSpikes, SpikeAt, CrossEntropy)}
