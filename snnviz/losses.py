"""Losses, as frozen values: those of a comparison of gradients and those of a training."""

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


class AbstractSpikesLoss(AbstractLoss):
    """A loss on one layer's spikes, linear in them."""

    @abc.abstractmethod
    def upstream(self, s: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """dL/ds, of the shape [T, B, N] and the dtype of s; `generator` draws what a loss has of chance."""


@dataclasses.dataclass(frozen=True)
class WeightedSpikes(AbstractSpikesLoss):
    """L = sum g[t] s[t] with g drawn from N(0, 1) by the run's seed, so every step has a gradient."""

    title = "Every spike, weighted at random"
    equation = r"L = \sum_t g_t s_t,\quad g_t \sim \mathcal{N}(0, 1)"

    def upstream(self, s, generator):
        return torch.randn(s.shape, generator=generator, dtype=torch.float64).to(s)


@dataclasses.dataclass(frozen=True)
class SpikeAt(AbstractSpikesLoss):
    """L = s[t] at one step: its gradient shows how earlier inputs change the spike at that step."""

    step: int = param(150, "Loss at step", "t", low=0, high=100_000, slider=(0, 400, 1), help="The step whose spike is the loss.")

    title = "One step's spike"
    equation = r"L = s_{t^*}"

    def upstream(self, s, generator):
        g = torch.zeros_like(s)
        g[min(self.step, len(s) - 1)] = 1
        return g


class AbstractTrainingLoss(AbstractLoss):
    """A loss on a network's output, and what class an output means.

    targets: the wanted spikes of each class, [T, classes, outputs], where a data set has them. dt: ms per step.
    """

    reads_spikes: ClassVar[bool] = False  # the output layer fires; else it is the plain or leaky readout

    @abc.abstractmethod
    def of(self, logits: torch.Tensor, y: torch.Tensor, targets: torch.Tensor | None = None, dt: float = 1.0) -> torch.Tensor:
        """logits [T, B, outputs], y [B] -> a number, the batch's mean."""

    @abc.abstractmethod
    def scores(self, logits: torch.Tensor, targets: torch.Tensor | None = None, dt: float = 1.0) -> torch.Tensor:
        """Scores [B, classes]; the predicted class is the one with the largest."""


@dataclasses.dataclass(frozen=True)
class CrossEntropy(AbstractTrainingLoss):
    """Cross entropy of the readout, reduced over time, with the labels; the mean over the batch."""

    over_time: OverTime = param(OverTime.MAX, "Readout over time", help="How the output's steps become one value per class.")

    title = "Cross entropy"
    equation = r"L = -\log \mathrm{softmax}(z)_y"

    def of(self, logits, y, targets=None, dt=1.0):
        return F.cross_entropy(self.over_time.reduce(logits), y)

    def scores(self, logits, targets=None, dt=1.0):
        return self.over_time.reduce(logits)


@dataclasses.dataclass(frozen=True)
class StepwiseCrossEntropy(AbstractTrainingLoss):
    """Cross entropy of every step's readout, the mean over steps and batch: no step may wait for another to be right.

    pull: the share of a squared distance of every output from `towards`, in the paper the threshold, which keeps single steps from
    shouting. The cross entropy of the mean over time is never larger than this mean; but here a step that is right already gets no
    push. Deng, Li, Zhang & Gu 2022 (TET), with pull = 0.05 or 0.001 and towards = 1.
    """

    pull: float = param(
        0.0,
        "Pull of the outputs",
        r"\lambda",
        low=0.0,
        high=1.0,
        slider=(0.0, 0.5, 0.01),
        advanced=True,
        help="Share of the squared distance of every output from where they are pulled.",
    )
    towards: float = param(
        1.0, "Where outputs are pulled", r"\varphi", slider=(0.0, 2.0, 0.1), advanced=True, help="In the paper the threshold."
    )

    title = "Cross entropy at every step"
    equation = r"L = \frac{1}{T}\sum_t \big[-(1-\lambda)\log \mathrm{softmax}(z_t)_y + \lambda\,\overline{(z_t - \varphi)^2}\big]"

    def of(self, logits, y, targets=None, dt=1.0):
        loss = F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits)))
        return (1 - self.pull) * loss + self.pull * (logits - self.towards).square().mean() if self.pull else loss

    def scores(self, logits, targets=None, dt=1.0):
        return logits.mean(0)


@dataclasses.dataclass(frozen=True)
class VanRossum(AbstractTrainingLoss):
    """The distance of output spikes from wanted ones, both filtered by an exponential: f[t] = exp(-dt/tau) f[t-1] + s[t],

        D^2 = dt / tau sum_t (f[t] - g[t])^2

    the mean over outputs and batch; one spike too many or too few, far from others, costs 1/2. The class is that of the
    nearest pattern. tau in ms. van Rossum 2001.
    """

    tau: float = param(
        10.0,
        "Time constant",
        r"\tau",
        unit="ms",
        low=0.0,
        open_low=True,
        slider=(1.0, 50.0, 1.0),
        help="Spikes closer than this count as nearly at the same time.",
    )

    title = "Spike pattern (van Rossum)"
    equation = r"D^2 = \frac{1}{\tau}\int \big(f(t) - g(t)\big)^2\,dt,\quad f = s * e^{-t/\tau}"
    reads_spikes = True

    def filtered(self, spikes: torch.Tensor, dt: float) -> torch.Tensor:
        """f [T, ...] of spikes [T, ...], as a product with the [T, T] matrix of the exponential."""
        lag = torch.arange(len(spikes), dtype=torch.float64)
        lag = lag[:, None] - lag
        kernel = torch.where(lag >= 0, torch.exp(-lag.clamp(min=0) * dt / self.tau), 0.0).to(spikes)
        return (kernel @ spikes.flatten(1)).view(spikes.shape)

    def of(self, logits, y, targets=None, dt=1.0):
        difference = self.filtered(logits - _wanted(targets)[:, y], dt)
        return dt / self.tau * difference.square().sum(0).mean()

    def scores(self, logits, targets=None, dt=1.0):
        f, g = self.filtered(logits, dt), self.filtered(_wanted(targets).to(logits), dt)
        return -torch.stack([(f - g[:, None, c]).square().sum((0, 2)) for c in range(g.shape[1])], 1)


def _wanted(targets: torch.Tensor | None) -> torch.Tensor:
    if targets is None:
        raise ValueError("targets: this loss compares output spikes with the wanted ones of each class, and there are none.")
    return targets


LOSSES: dict[str, type[AbstractLoss]] = {
    cls.__name__: cls for cls in (WeightedSpikes, SpikeAt, CrossEntropy, StepwiseCrossEntropy, VanRossum)
}


class AbstractRegulariser(Declared, abc.ABC):
    """A term of the loss that depends on the spikes of the hidden layers."""

    title: ClassVar[str]
    equation: ClassVar[str]

    @abc.abstractmethod
    def of(self, spikes: torch.Tensor) -> torch.Tensor:
        """One hidden layer's spikes [T, B, ...] -> a number, the batch's mean."""


@dataclasses.dataclass(frozen=True)
class Activity(AbstractRegulariser):
    """Neither too many spikes in a layer nor none in a neuron: with n_j the spikes of neuron j in one sample,

        upper_weight max(0, mean_j n_j - upper)  +  lower_weight mean_j max(0, lower - n_j)^2

    Perez-Nieves & Goodman 2021, with their values.
    """

    upper: float = param(
        1.0,
        "Spikes per neuron, at most",
        r"f_u",
        low=0.0,
        slider=(0.0, 50.0, 0.5),
        help="A layer's mean count in one sample above which it costs.",
    )
    upper_weight: float = param(0.06, "Weight of the upper bound", r"\lambda_u", low=0.0, slider=(0.0, 1.0, 0.01))
    lower: float = param(
        1e-3,
        "Spikes per neuron, at least",
        r"f_l",
        low=0.0,
        slider=(0.0, 5.0, 0.1),
        help="A neuron's count in one sample below which it costs.",
    )
    lower_weight: float = param(100.0, "Weight of the lower bound", r"\lambda_l", low=0.0, slider=(0.0, 200.0, 1.0))

    title = "Activity"
    equation = r"\lambda_u\,[\bar n - f_u]_+ + \tfrac{\lambda_l}{N}\sum_j [f_l - n_j]_+^2"

    def of(self, spikes):
        counts = spikes.sum(0).flatten(1)
        most = (counts.mean(1) - self.upper).clamp(min=0)
        least = (self.lower - counts).clamp(min=0).square().mean(1)
        return (self.upper_weight * most + self.lower_weight * least).mean()


REGULARISERS: dict[str, type[AbstractRegulariser]] = {cls.__name__: cls for cls in (Activity,)}
