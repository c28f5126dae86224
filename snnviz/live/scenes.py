"""What the scopes show, as values, and how such a value goes to the page and comes back."""

import dataclasses
import enum
import math
from collections.abc import Mapping
from typing import Any

from snnviz import text
from snnviz.methods import BPTT, AbstractGradientMethod, AtSpike, Exodus, Slayer
from snnviz.neurons import LIF, NEURONS, AbstractNeuron
from snnviz.params import Declared, param
from snnviz.stimuli import drawn_levels
from snnviz.surrogates import SURROGATES, AbstractSurrogate, SingleExponential
from snnviz.zeroth_order import ZerothOrder


class Named(enum.Enum):
    """A choice: its value, which is its name in lower case, is written in addresses; its title is what a visitor reads."""

    title: str

    def __new__(cls, value: str, title: str) -> "Named":
        member = object.__new__(cls)
        member._value_ = value
        member.title = title
        return member


class Loss(Named):
    """What the backward pass starts from, at one step of one neuron."""

    SPIKE = "spike", "the spike s"
    TARGET = "target", "half the squared distance of u to a target"


@dataclasses.dataclass(frozen=True)
class Scene(Declared):
    """All that the neuron scope shows, besides the current from outside, which flows into the neuron times `gain`, plus `drawn`.

    drawn: a current drawn by hand, `encode_drawn` writes it and `drawn_current` reads it; "" is none. The rest belongs to
    the backward pass of the neuron `column`: loss at the share `loss_at` of the run; `scale` multiplies the surrogate.
    """

    neuron: AbstractNeuron = dataclasses.field(default_factory=LIF)
    gain: float = param(1.0, "Input gain", finite=True, slider=(0.0, 4.0, 0.02), help="The current from outside, times this.")
    drawn: str = ""
    column: int = param(0, "Neuron shown", low=0, slider=(0, 0, 1), help="Which neuron of the population the traces show.")
    backward: bool = param(False, "Look back: the gradient", help="Runs the backward pass of a loss on the neuron shown.")
    surrogate: AbstractSurrogate = dataclasses.field(default_factory=SingleExponential)
    scale: float = param(
        1.0,
        "Scale of the surrogate",
        "k",
        low=0.0,
        open_low=True,
        slider=(0.05, 4.0, 0.05),
        help="Multiplies the surrogate, for every method. Far above 1 the exact gradient can explode.",
    )
    loss: Loss = param(Loss.SPIKE, "Loss", help="What is differentiated, at the loss time.")
    loss_at: float = param(
        0.9,
        "Loss time",
        low=0.0,
        high=1.0,
        slider=(0.0, 1.0, 0.005),
        help="As a share of the run. Or drag the diamond on the membrane.",
    )
    target: float = param(0.5, "Target", slider=(-1.0, 3.0, 0.05), help="Where the membrane should be at the loss time.")

    def __post_init__(self) -> None:
        super().__post_init__()
        drawn_levels(self.drawn)

    @property
    def methods(self) -> tuple[AbstractGradientMethod, ...]:
        """The methods by which it looks back, none where it does not."""
        cut = BPTT(self.surrogate, keep_reset=False)
        ways = (BPTT(self.surrogate), Exodus(self.surrogate), cut, Slayer(self.surrogate))
        return ways if self.backward and self.neuron.one_way_because() is None else ()

    @property
    def at_spike(self) -> AtSpike:
        """What stands at the spike, for every method."""
        return AtSpike(self.surrogate, gain=self.scale)

    def loss_step(self, steps: int) -> int:
        """The step of the loss in a run of so many steps."""
        return math.floor(self.loss_at * (steps - 1) + 0.5)  # rounded as the page rounds


@dataclasses.dataclass(frozen=True)
class DrawScene(Declared):
    """All that the spike-derivative scope shows: an estimate, the margin whose mean is followed, a surrogate to compare."""

    estimate: ZerothOrder = dataclasses.field(default_factory=ZerothOrder)
    u: float = param(
        0.05,
        "Margin followed",
        "u",
        slider=(-1.5, 1.5, 0.01),
        help="Membrane less threshold, of the one neuron whose mean is followed below. Or drag the line.",
    )
    compare: AbstractSurrogate | None = None
    seed: int = param(0, "Seed", low=0, high=4294967295, slider=(0, 99, 1), help="Other draws, the same law.")


PLAIN, OWN = ZerothOrder(), ZerothOrder(delta=1.0)  # a law made from a surrogate has it as its mean at delta = 1


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dataclasses as {"is": class, field: ...}, an infinite number as None."""
    return _finite(text.plain(value))


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _finite(item) for name, item in data.items()}
    if isinstance(data, list):
        return [_finite(item) for item in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def read(sent: Mapping[str, Any], shown: Any, kind: type | None = None) -> Any:
    """The value that `plain` wrote and a page sent back, checked by its own class; a field that it leaves out is as `shown`.

    Args:
        kind: what it must be, where `shown` can be None.

    Raises:
        ValueError, TypeError: it is no such value.
    """
    return text.made(_whole(sent, shown), CLASSES, kind or type(shown))


def _whole(sent: Mapping[str, Any], shown: Any) -> dict[str, Any]:
    """What was sent, with the fields that it leaves out; None, an infinite number, is left out: it is the class's default."""
    if not isinstance(sent, Mapping):
        raise TypeError(f"{sent!r} is no value with fields.")
    same = type(shown).__name__ == sent.get("is")
    whole = text.plain(shown) if same else {}
    for name, item in sent.items():
        whole[name] = _whole(item, getattr(shown, name, None) if same else None) if isinstance(item, Mapping) else item
    return {name: item for name, item in whole.items() if item is not None}


CLASSES: dict[str, type] = {"Scene": Scene, "DrawScene": DrawScene, **NEURONS, **SURROGATES}  # what a page can send
