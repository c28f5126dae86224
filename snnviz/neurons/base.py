"""What every neuron is: parameters, and a pure step in three verbs, charge, fire and reset."""

import abc
import dataclasses
import enum
import itertools
import math
from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar, Self, TypeGuard

import numpy as np
import torch

from snnviz import formulas, labels
from snnviz.params import Declared, params

State = tuple[torch.Tensor, ...]


class Reset(enum.Enum):
    """What a spike does to the membrane: v = u - theta s, v = u (1 - s), or nothing."""

    SUBTRACT = "subtract"
    ZERO = "zero"
    NONE = "none"


@dataclasses.dataclass(frozen=True)
class Trace:
    """A neuron's second state as pages and files name it: its symbol, a title, a unit; current: whether it is a current."""

    symbol: str
    title: str
    unit: str = ""
    current: bool = False


class AbstractNeuron(Declared, abc.ABC):
    """A neuron as parameters + pure step in torch: the reference, and the lesson. Its kernel twin: kernels/<kernel>.cu.

    One step, for state (v, ...) after the last reset and input current x (all [M]):

        u, state = charge(c, state, x)          the membrane before reset, compared with the threshold
        theta    = threshold(c, state)          arithmetic on c and state alone; a plain number where it is constant
        s        = [u >= theta]                 (with max_spikes > 1: how many thresholds fit into u, at most that many)
        state    = reset(c, state, u, theta, s)

    `c` holds the coefficients by name. The rest is what a neuron says of itself, so that nobody has to ask which it is:

    kernel: the file kernels/<kernel>.cu. states: what a run can be continued from. trace: the second state, which is recorded
    beside u (None: there is none). learnable: the parameters that have a gradient; kernel_gradients: the coefficients in the
    order in which the kernel sums theirs. differentiable, fires: whether it has a backward pass, and spikes.
    multiplier: what dv[t]/dv[t-1] is, in symbols; its values are recorded by the backward pass.
    linear: whether u is a linear function of v; where not, the multiplier depends on where the membrane was.
    adaptive: whether spikes move its threshold. memory: the field that says how long the membrane remembers, for sweeps.
    unit: of the membrane ("": thresholds). Currents are drives per ms, in that unit.
    peak: where pictures cut a membrane that runs away within a step.
    amplitude: a constant current, per ms, under which it fires now and then, with default parameters.
    reset_field: the field that moves `reset_level`. phase_range: from where to where its phase plane shows v, if it has one.
    symbols: what pages write for a coefficient that is no field with a symbol and no Greek letter by its name.
    """

    dt: float
    reset_mode: Reset  # of every neuron that the pass over active entries takes; those with a reset of their own have none

    title: ClassVar[str]
    equation: ClassVar[str]
    cite: ClassVar[str]
    kernel: ClassVar[str]
    states: ClassVar[tuple[str, ...]] = ("v",)
    trace: ClassVar[Trace | None] = None
    learnable: ClassVar[tuple[str, ...]] = ()
    kernel_gradients: ClassVar[tuple[str, ...]] = ()
    differentiable: ClassVar[bool] = True
    fires: ClassVar[bool] = True
    multiplier: ClassVar[str] = "β dv/du"
    linear: ClassVar[bool] = True
    adaptive: ClassVar[bool] = False
    memory: ClassVar[str | None] = None
    unit: ClassVar[str] = ""
    peak: ClassVar[float] = math.inf
    amplitude: ClassVar[float] = 0.08
    reset_field: ClassVar[str | None] = None
    phase_range: ClassVar[tuple[float, float] | None] = None
    symbols: ClassVar[Mapping[str, str]] = MappingProxyType({})

    dt: float  # of one step, in ms

    @abc.abstractmethod
    def coefficients(self, **learned: torch.Tensor) -> dict[str, float | torch.Tensor]:
        """What the kernel gets, at most 8 numbers, in its order; a learned parameter replaces the field of its name.

        Arithmetic and `decay` alone on the numbers, any Python on choices and switches: pages get it written down as formulas.
        """

    @abc.abstractmethod
    def charge(self, c: SimpleNamespace, state: State, x: torch.Tensor) -> tuple[torch.Tensor, State]:
        """One step's input: the membrane before reset [M], which is compared with the threshold, and the state after it."""

    @abc.abstractmethod
    def threshold(self, c: SimpleNamespace, state: State) -> torch.Tensor | float:
        """The threshold [M], or one number where it is constant; from the coefficients and the state alone."""

    @abc.abstractmethod
    def reset(self, c: SimpleNamespace, state: State, u: torch.Tensor, theta: torch.Tensor | float, s: torch.Tensor) -> State:
        """The state after the spikes: u lowered or set back where s, the number of spikes of each neuron [M], is not 0."""

    def rest(self) -> tuple[float, ...]:
        """The state that a run starts from when none is given."""
        return (0.0,) * len(self.states)

    @property
    def forgets(self) -> bool:
        """Whether its state may recover from a number that is not finite: at a lower bound, or at a reset to a fixed value."""
        return not self.linear or getattr(self, "v_min", -math.inf) > -math.inf

    @property
    def spike_limit(self) -> int:
        """How many spikes one step can hold."""
        return 1

    def drive_scale(self) -> float:
        """What a current of 1 per ms adds to x in one step: dt, where x goes into the membrane as it is."""
        return self.dt

    def charge_scale(self) -> float:
        """What a charge of 1, as an input spike brings it, adds to x: it is a current of 1 / dt for one step."""
        return self.drive_scale() / self.dt

    def of_0_1_0(self, dt: float) -> Self:
        """What version 0.1.0 meant by this value, run in steps of dt ms."""
        return self

    def bias_input(self) -> Any:
        """The constant input that a bias of 1 stands for: 1 - beta, under which a membrane without spikes settles at 1. So a bias
        is a level of the membrane. A membrane without a leak has none; its bias is that of a leak of 20 ms."""
        return 1 - decay(self.dt, getattr(self, self.memory) if self.memory else 20.0)

    def rheobase(self) -> float | None:
        """The constant current, per ms, above which it fires, where a closed form says it; else None."""
        return None

    def settling(self) -> float:
        """After how many ms under a constant current its spikes repeat themselves, but for what a step rounds: five times the
        slowest of its time constants."""
        return 5 * getattr(self, self.memory) if self.memory else 0.0

    def current_range(self) -> float:
        """The end of a range of constant currents, per ms, in which it begins to fire: some twice the least that makes it."""
        return 2 * self.amplitude

    def reset_level(self) -> float | None:
        """Where a membrane that fires exactly at its threshold lands, where one field (`reset_field`) moves that; else None."""
        return None

    def nullclines(self, v: np.ndarray, current: float) -> tuple[np.ndarray, np.ndarray]:
        """The second state at which dv/dt = 0, and at which its own derivative is 0, for each v, at a constant current, of
        the shape of v.

        Raises:
            NotImplementedError: a neuron without a `phase_range` has no phase plane.
        """
        raise NotImplementedError(f"{self.title} has no phase plane.")

    def symbol(self, name: str) -> str:
        """What pages write for a coefficient, or for a state."""
        spec = params(self).get(name)
        return self.symbols.get(name) or labels.symbol(spec.symbol if spec else "") or labels.GREEK.get(name, name)

    def one_way_because(self) -> str | None:
        """Why nothing goes back from a spike through its step, in a sentence; None: something does."""
        if not self.fires:
            return f"{self.title} never fires: what goes back through it comes from a loss on its membrane."
        return None if self.differentiable else f"{self.title} is for simulation only: nothing goes back through its step."

    def untimed_because(self) -> str | None:
        """Why its spikes have no times that a weight moves, in a sentence; None: they have, so EventProp can go back."""
        return f"Those of {self.title} do not move with a weight, because its membrane jumps at an input: choose CUBA-LIF."

    def dense_because(self) -> str | None:
        """Why the pass over active entries alone cannot take it, in a sentence; None: it can."""
        if not (self.fires and self.differentiable):
            return f"{self.title} has no spikes to go back through."
        if not self.linear:
            return f"{self.title}: its gradient depends on the membrane at every step, so no entry can be left out."
        return None

    @classmethod
    def variants(cls) -> tuple[Self, ...]:
        """One neuron for every path through its kernel: its choices and switches in every combination, and each value that
        a parameter declares under `branches`. Tests walk them."""
        plain = cls()
        fields = {name: getattr(plain, name) for name in params(plain)}
        choices = {n: list(type(v)) if isinstance(v, enum.Enum) else [False, True] for n, v in fields.items() if is_choice(v)}
        made = [cls(**dict(zip(choices, values, strict=True))) for values in itertools.product(*choices.values())]
        made += [cls(**{name: value}) for name, spec in params(plain).items() for value in spec.branches]
        return tuple(made)


def is_choice(value: Any) -> TypeGuard[bool | enum.Enum]:
    """Whether a field is one of few values, not a number: a switch or a member of an enumeration."""
    return isinstance(value, (bool, enum.Enum))


def decay(dt: float, tau: float | torch.Tensor) -> float | torch.Tensor:
    """beta = exp(-dt / tau), of the shape of tau, exact for a current that is constant over the step; tau and dt in ms.

    A learned tau gives the bits of a fixed one: torch's exp is rounded otherwise where the processor has longer vectors.
    """
    exponent = -dt / tau
    if not isinstance(exponent, torch.Tensor):
        return formulas.exp(exponent)
    beta = torch.exp(exponent)
    exact = beta.new_tensor([formulas.exp(e) for e in exponent.detach().flatten().tolist()]).view_as(beta)
    return beta + (exact - beta).detach()  # neighbours: the difference has no rounding, and so has the sum


def clip(u: torch.Tensor, v_min: torch.Tensor | float) -> torch.Tensor:
    """u, of any shape, but at least v_min; the gradient passes where u > v_min only, and NaN stays NaN."""
    return torch.where(u <= v_min, v_min, u)


def fire(u: torch.Tensor, theta: torch.Tensor | float, limit: int) -> torch.Tensor:
    """s = [u >= theta], of the shape of u, or with limit > 1 how many thresholds fit into u, at most limit."""
    s = (u >= theta).to(u.dtype)
    return s if limit == 1 else s * torch.clamp(torch.floor(u / theta), max=limit)
