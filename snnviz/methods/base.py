"""What a gradient method is: a row of choices in one recursion, and nothing else.

delta[t] = grad_s[t] ds_du[t]  +  beta (dv/du)[t] delta[t+1]
             1. at the spike        2. along time               3. across layers: the chain rule, or another road

What the weights of a layer see, delta, may differ from what goes down to the layer below: then the second choice is made twice.

beta stands for du[t+1]/dv[t]: the decay of a leak; of a membrane that is not linear F'(v[t]), which changes from step to step.
"""

import abc
import dataclasses
import enum
import math
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from snnviz.draws import Draw, uniforms
from snnviz.params import Declared
from snnviz.surrogates import AbstractSpikeDerivative

if TYPE_CHECKING:
    from snnviz.methods.eprop import EProp
    from snnviz.methods.modules import SurrogateModules


class Unsuited(ValueError):
    """A method and another setting are possible each by itself and do not go together; the message says what to choose."""


class ResetPath(enum.Enum):
    """What the backward pass does with the reset, dv/du for subtraction and for reset to zero.

    KEPT:    1 - theta ds_du     and   1 - s - u ds_du     (exact BPTT, EXODUS)
    CUT:     1                   and   1 - s               (the spike in the reset is detached)
    IGNORED: 1                   and   1                   (SLAYER: the reset is left out altogether)
    NONE:    nothing comes back from a later step: the whole state is a constant (SLTT)
    TIMED:   1 + (1 - beta) theta / rise at a spike, else 1: what it does to the spike's time counts (EventProp)

    An adaptive threshold is no reset: what a spike adds to it stays in the gradient when the reset is cut; SLAYER, whose neuron's
    response to its own spikes has no gradient, leaves it out too.
    """

    KEPT = "kept"
    CUT = "cut"
    IGNORED = "left out"
    NONE = "none"
    TIMED = "spike times"


@dataclasses.dataclass(frozen=True)
class AtSpike:
    """The first choice: what stands for ds/du. gain multiplies it; beyond window it is 0; with gate > 0 it is kept with
    probability min(1, gate ds_du) only, and divided by that; after_reset reads it at v instead of u."""

    derivative: AbstractSpikeDerivative
    gain: float = 1.0
    window: float = math.inf
    gate: float = 0.0
    after_reset: bool = False

    @property
    def reach(self) -> float:
        """The distance from the threshold beyond which ds_du is 0 for certain, in the membrane's unit; inf if there is none."""
        return min(self.derivative.reach, self.window)

    def ds_du(self, margin: torch.Tensor, draw: Draw) -> torch.Tensor:
        """The values for margins [T, M], in torch: the twin of a functor's row in kernels/spike_derivative.cuh."""
        values = self.gain * self.derivative.ds_du(margin, draw)
        values = torch.where(margin.abs() < self.window, values, torch.zeros_like(values))
        if self.gate:
            p = self.gate * values
            drawn = uniforms(draw, len(margin), margin.shape[1], 0).to(margin.device) < p
            sampled = torch.where(drawn, torch.full_like(values, 1 / self.gate), torch.zeros_like(values))
            values = torch.where(p < 1, sampled, values)
        return values


@dataclasses.dataclass(frozen=True)
class Choice:
    """One entry of the pages' menus: its name in addresses, its title, and the fields of the method that it fixes.

    hue: the role under which figures know its colour, by default the name.
    """

    name: str
    title: str
    hue: str = ""
    fixed: tuple[tuple[str, Any], ...] = ()


class AbstractGradientMethod(Declared, abc.ABC):
    """A gradient method: a frozen value. It knows no neuron and no backend.

    choices: how the pages' menus offer it; by default once, under its class's name. own_surrogate: it keeps its own surrogate
    where the methods of a page share one. trace: of a method that can learn online, what a layer must remember for it.
    """

    title: ClassVar[str]
    equation: ClassVar[str]
    cite: ClassVar[str]
    trace: ClassVar[str] = ""
    choices: ClassVar[tuple[Choice, ...]] = ()
    own_surrogate: ClassVar[bool] = False

    @classmethod
    def menu(cls) -> tuple[Choice, ...]:
        """The entries of the pages' menus."""
        return cls.choices or (Choice(cls.__name__.lower(), cls.title),)

    @property
    def choice(self) -> Choice:
        """The entry that offers this method, the first where none of several fixes its fields as they are."""
        menu = self.menu()
        return next((c for c in menu if all(getattr(self, name) == value for name, value in c.fixed)), menu[0])

    @property
    def label(self) -> str:
        """What tells it from others of its kind, in a legend or a table."""
        return self.title

    @property
    @abc.abstractmethod
    def at_spike(self) -> AtSpike:
        """1. At the spike."""

    @property
    @abc.abstractmethod
    def reset_path(self) -> ResetPath:
        """2. Along time."""

    @property
    def down_path(self) -> ResetPath | None:
        """2. Along time once more, for what goes down to the layer below; the weights see `reset_path`. None: nothing goes down."""
        return self.reset_path

    @property
    def through_recurrence(self) -> bool:
        """Whether the gradient runs through the spikes that a recurrent layer feeds back to itself."""
        return True

    @property
    def online(self) -> bool:
        """Whether it could be computed while the run goes on, with a memory that does not grow with the number of steps."""
        return self.down_path in (None, ResetPath.NONE) and not self.through_recurrence

    @property
    def heads(self) -> "SurrogateModules | None":
        """3. Across layers: None is the chain rule alone; else the heads that add another road."""
        return None

    @property
    def feedback(self) -> "EProp | None":
        """3. Across layers: None is the chain rule; else the error reaches every hidden layer straight from the readout."""
        return None

    @property
    def local(self) -> bool:
        """3. Across layers: whether every hidden layer has a loss of its own, by a fixed random head at every step."""
        return False

    @property
    def one_sweep(self) -> bool:
        """Whether one sweep through a layer gives all: its weights and the layer below see the same, by the chain rule."""
        path = self.reset_path
        return self.down_path is path and path not in (ResetPath.NONE, ResetPath.TIMED) and self.through_recurrence

    def beyond_a_step(self) -> str | None:
        """What the arithmetic of one step of one neuron does not show of it, in a sentence; None: that is all of it."""
        if self.heads is not None:
            return f"{self.title}: part of g comes from a head, by another road than through the layers above."
        if self.feedback is not None:
            return f"{self.title}: g comes straight from the readout, and nothing goes down to the layer below."
        if self.local:
            return f"{self.title}: g comes from the layer's own random head, and nothing goes down to the layer below."
        if self.reset_path is ResetPath.NONE:
            return f"{self.title} carries nothing along time: what a later step would send back is dropped."
        return f"{self.title} gives the layer below g s′ alone." if self.down_path is ResetPath.NONE else None

    @property
    def needs_layers(self) -> bool:
        """Whether it differs from others only where several layers are."""
        return self.heads is not None or self.feedback is not None or self.local

    @property
    def sparse(self) -> bool:
        """Whether most of ds_du is exactly zero, so that only an active set need be computed."""
        return self.at_spike.derivative.random or self.at_spike.gate > 0 or self.at_spike.window < math.inf
