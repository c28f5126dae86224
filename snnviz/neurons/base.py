"""What every neuron is: parameters, and a pure step in three verbs, charge, fire and reset."""

import abc
import enum
import math
from types import SimpleNamespace
from typing import ClassVar

import torch

from snnviz.params import Declared

State = tuple[torch.Tensor, ...]


class Reset(enum.Enum):
    """What a spike does to the membrane: v = u - theta s, v = u (1 - s), or nothing."""

    SUBTRACT = "subtract"
    ZERO = "zero"
    NONE = "none"


class AbstractNeuron(Declared, abc.ABC):
    """A neuron as parameters + pure step in torch: the reference, and the lesson. Its kernel twin: kernels/<kernel>.cu.

    One step, for state (v, ...) after the last reset and input current x (all [M]):

        u, state = charge(c, state, x)          the membrane before reset, compared with the threshold
        theta    = threshold(c, state)
        s        = [u >= theta]                 (with max_spikes > 1: how many thresholds fit into u, at most that many)
        state    = reset(c, state, u, theta, s)

    `c` holds the coefficients by name. `states` names what a run can be continued from, `trace` the second state that is
    recorded beside u (None: there is none), `learnable` the parameters that have a gradient, `kernel_gradients` the
    coefficients in the order in which the kernel sums theirs.
    """

    title: ClassVar[str]
    equation: ClassVar[str]
    cite: ClassVar[str]
    kernel: ClassVar[str]
    states: ClassVar[tuple[str, ...]] = ("v",)
    trace: ClassVar[str | None] = None
    learnable: ClassVar[tuple[str, ...]] = ()
    kernel_gradients: ClassVar[tuple[str, ...]] = ()
    differentiable: ClassVar[bool] = True
    fires: ClassVar[bool] = True

    @abc.abstractmethod
    def coefficients(self, **learned: torch.Tensor) -> dict[str, float | torch.Tensor]:
        """What the kernel gets, at most 8 numbers, in its order; a learned parameter replaces the field of its name."""

    @abc.abstractmethod
    def charge(self, c: SimpleNamespace, state: State, x: torch.Tensor) -> tuple[torch.Tensor, State]: ...

    @abc.abstractmethod
    def threshold(self, c: SimpleNamespace, state: State) -> torch.Tensor: ...

    @abc.abstractmethod
    def reset(self, c: SimpleNamespace, state: State, u: torch.Tensor, theta: torch.Tensor, s: torch.Tensor) -> State: ...

    def rest(self) -> tuple[float, ...]:
        """The state that a run starts from when none is given."""
        return (0.0,) * len(self.states)

    @property
    def spike_limit(self) -> int:
        """How many spikes one step can hold."""
        return getattr(self, "max_spikes", 1)


def decay(dt: float, tau: float | torch.Tensor) -> float | torch.Tensor:
    """beta = exp(-dt / tau), exact for a current that is constant over the step; tau and dt in ms."""
    return torch.exp(-dt / tau) if isinstance(tau, torch.Tensor) else math.exp(-dt / tau)


def clip(u: torch.Tensor, v_min: torch.Tensor) -> torch.Tensor:
    """u, but at least v_min; the gradient passes where u > v_min only, and NaN stays NaN."""
    return torch.where(u <= v_min, v_min, u)


def fire(u: torch.Tensor, theta: torch.Tensor, limit: int) -> torch.Tensor:
    """s = [u >= theta], or with limit > 1 how many thresholds fit into u, at most limit."""
    s = (u >= theta).to(u.dtype)
    return s if limit == 1 else s * torch.clamp(torch.floor(u / theta), max=limit)
