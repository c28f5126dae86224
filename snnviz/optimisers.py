"""How weights move along their gradient, and how the step changes over a run: frozen values."""

import abc
import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import torch

from snnviz.params import Declared, param

LR = {
    "symbol": r"\eta",
    "low": 0.0,
    "open_low": True,
    "high": 100.0,
    "slider": (1e-4, 1.0, 1e-4),
    "log": True,
    "help": "How far one step goes.",
}
DECAY = {
    "symbol": r"\lambda_w",
    "low": 0.0,
    "high": 1.0,
    "slider": (0.0, 0.1, 0.001),
    "advanced": True,
    "help": "Pulls weights towards zero.",
}


class AbstractOptimiser(Declared, abc.ABC):
    """A rule that moves weights w along their gradient g."""

    title: ClassVar[str]
    equation: ClassVar[str]
    cite: ClassVar[str]
    lr: float

    @abc.abstractmethod
    def make(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Torch's optimiser for these parameters."""


def _moment(default: float, name: str, symbol: str) -> float:
    return param(
        default,
        name,
        symbol,
        low=0.0,
        high=0.9999,
        slider=(0.0, 0.999, 0.001),
        advanced=True,
        help="How slowly the running mean forgets.",
    )


@dataclasses.dataclass(frozen=True)
class Adam(AbstractOptimiser):
    """w -= lr m / (sqrt(v) + 1e-8), m and v the running means of g and g^2. Every weight moves at its own scale, so that
    the size of a gradient hardly matters, only its direction. Kingma & Ba 2015."""

    lr: float = param(1e-3, "Learning rate", **LR)
    decay: float = param(0.0, "Weight decay", **DECAY)
    beta1: float = _moment(0.9, "Memory of the gradient", r"\beta_1")
    beta2: float = _moment(0.999, "Memory of its square", r"\beta_2")

    title = "Adam"
    equation = r"w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)"
    cite = "kingma2015adam"

    def make(self, parameters):
        return torch.optim.Adam(parameters, self.lr, (self.beta1, self.beta2), weight_decay=self.decay)


@dataclasses.dataclass(frozen=True)
class AdamW(AbstractOptimiser):
    """Adam, and w -= lr decay w beside it: the decay is not divided by sqrt(v). Loshchilov & Hutter 2019."""

    lr: float = param(1e-3, "Learning rate", **LR)
    decay: float = param(0.01, "Weight decay", **DECAY)
    beta1: float = _moment(0.9, "Memory of the gradient", r"\beta_1")
    beta2: float = _moment(0.999, "Memory of its square", r"\beta_2")

    title = "AdamW"
    equation = r"w \leftarrow (1 - \eta\lambda_w)\,w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)"
    cite = "loshchilov2019adamw"

    def make(self, parameters):
        return torch.optim.AdamW(parameters, self.lr, (self.beta1, self.beta2), weight_decay=self.decay)


@dataclasses.dataclass(frozen=True)
class SGD(AbstractOptimiser):
    """m = momentum m + g, w -= lr m: steps as large as the gradient, whatever its scale. Robbins & Monro 1951."""

    lr: float = param(0.1, "Learning rate", **LR)
    momentum: float = param(
        0.9, "Momentum", r"\mu", low=0.0, high=0.9999, slider=(0.0, 0.99, 0.01), help="How much of the last step is kept."
    )
    decay: float = param(0.0, "Weight decay", **DECAY)

    title = "SGD"
    equation = r"m \leftarrow \mu m + g,\quad w \leftarrow w - \eta\,m"
    cite = "robbins1951stochastic"

    def make(self, parameters):
        return torch.optim.SGD(parameters, self.lr, self.momentum, weight_decay=self.decay)


OPTIMISERS: dict[str, type[AbstractOptimiser]] = {cls.__name__: cls for cls in (Adam, AdamW, SGD)}


class AbstractSchedule(Declared, abc.ABC):
    """How the learning rate changes over a run."""

    title: ClassVar[str]

    @abc.abstractmethod
    def factor(self, done: float) -> float:
        """What the learning rate is multiplied by, when this share of the run is done (0 at its start)."""


@dataclasses.dataclass(frozen=True)
class Constant(AbstractSchedule):
    """The learning rate stays as it is."""

    title = "Constant"

    def factor(self, done):
        return 1.0


@dataclasses.dataclass(frozen=True)
class Cosine(AbstractSchedule):
    """Up from zero over the share `warmup`, then down along half a cosine to the share `floor`. Loshchilov & Hutter 2017."""

    warmup: float = param(0.0, "Warm-up", low=0.0, high=0.5, slider=(0.0, 0.5, 0.01), help="Share of the run.")
    floor: float = param(
        0.0, "Floor", low=0.0, high=1.0, slider=(0.0, 0.5, 0.01), help="What is left of the learning rate at the end, as a share."
    )

    title = "Cosine"

    def factor(self, done):
        if done < self.warmup:
            return done / self.warmup
        rest = (done - self.warmup) / (1 - self.warmup)
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * min(rest, 1.0)))


SCHEDULES: dict[str, type[AbstractSchedule]] = {cls.__name__: cls for cls in (Constant, Cosine)}
