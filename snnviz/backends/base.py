"""The interface of a backend: one layer's loop over time, forward and backward, on arrays [T, M] (M = batch x neurons)."""

import abc
import dataclasses
from typing import ClassVar

import torch

from snnviz.draws import Draw
from snnviz.methods.base import AtSpike, ResetPath
from snnviz.neurons.base import AbstractNeuron


@dataclasses.dataclass(frozen=True)
class Forward:
    """u: the membrane before reset; s: spikes (None for a neuron that does not fire); trace: the neuron's second recorded
    state, or None; each [T, M]. last: the state after the last step, [states, M]."""

    u: torch.Tensor
    s: torch.Tensor | None
    trace: torch.Tensor | None
    last: torch.Tensor


@dataclasses.dataclass(frozen=True)
class Upstream:
    """The loss's derivatives by what a forward pass gave: s and u [T, M], the last state [states, M]; None where zero."""

    s: torch.Tensor | None = None
    u: torch.Tensor | None = None
    last: torch.Tensor | None = None


@dataclasses.dataclass(frozen=True)
class Backward:
    """x: delta = dL/dx [T, M]; initial: dL/d(initial state) [states, M]; coefficients: dL/dc [coefficients], or None when
    not asked for; ds_du and multiplier (dv[t]/dv[t-1]): what the sweep used, [T, M], or None when not recorded."""

    x: torch.Tensor
    initial: torch.Tensor
    coefficients: torch.Tensor | None = None
    ds_du: torch.Tensor | None = None
    multiplier: torch.Tensor | None = None


class AbstractBackend(abc.ABC):
    """Runs a neuron's loop over time. It never falls back to another backend: it works, or it raises an error with the reason."""

    name: ClassVar[str]
    title: ClassVar[str]
    keeps_input: ClassVar[bool] = False  # whether backward needs x: then it is kept for it

    @abc.abstractmethod
    def unusable(self) -> str | None:
        """One sentence: why it cannot run on this machine. None: it can."""

    def prepare(self) -> None:  # noqa: B027  most have nothing to set
        """Set what has to be set in this process before the first run. Called whenever this backend is chosen."""

    @abc.abstractmethod
    def forward(self, neuron: AbstractNeuron, coefficients: torch.Tensor, x: torch.Tensor, initial: torch.Tensor) -> Forward:
        """x [T, M] and initial [states, M] of one dtype (float32 or float64), contiguous; coefficients float64 [n]."""

    @abc.abstractmethod
    def backward(
        self,
        neuron: AbstractNeuron,
        coefficients: torch.Tensor,
        at_spike: AtSpike,
        path: ResetPath,
        draw: Draw,
        x: torch.Tensor,
        initial: torch.Tensor,
        forward: Forward,
        upstream: Upstream,
        *,
        parameters: bool = False,
        record: bool = False,
    ) -> Backward:
        """The sweep back through time, from dL/ds, dL/du and dL/d(last state) to dL/dx [T, M] and dL/d(initial) [states, M].

        x [T, M] and initial [states, M] are what `forward` was given. parameters: also dL/d(coefficients); record: also ds_du and
        the multiplier, [T, M] each. With ResetPath.NONE every step is alone: the state that it begins with is a constant, and
        dL/d(last state) reaches nothing.

        Raises:
            ValueError, TypeError, RuntimeError: as `check_run`.
        """


def check_run(backend: AbstractBackend, neuron: AbstractNeuron, x: torch.Tensor, initial: torch.Tensor, device: str) -> None:
    """Raise one clear error unless these arrays, x [T, M] and initial [states, M], can go to a kernel of this backend.

    Raises:
        RuntimeError: the backend cannot run here. TypeError: a dtype other than float32 and float64, or two different ones.
        ValueError: another shape, or another device.
    """
    if reason := backend.unusable():
        raise RuntimeError(f"The backend '{backend.name}' cannot run here: {reason}")
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"current must be float32 or float64, not {str(x.dtype).removeprefix('torch.')}.")
    if x.ndim != 2 or not x.numel():
        raise ValueError(f"current must have the shape [T, M] with at least one step and one neuron, not {tuple(x.shape)}.")
    expected = (len(neuron.states), x.shape[1])
    if tuple(initial.shape) != expected:
        raise ValueError(
            f"initial must have the shape [states, M] = {list(expected)} (states: {', '.join(neuron.states)}), "
            f"not {list(initial.shape)}."
        )
    if initial.dtype != x.dtype:
        raise TypeError(f"initial and current must have one dtype, not {initial.dtype} and {x.dtype}.")
    for name, tensor in (("current", x), ("initial", initial)):
        if tensor.device.type != device:
            raise ValueError(
                f"{name} is on {tensor.device}, but the backend '{backend.name}' works on {device}: move it with .to('{device}')."
            )


def check_finite(neuron: AbstractNeuron, x: torch.Tensor, initial: torch.Tensor, forward: Forward) -> None:
    """Raise one clear error if a number of x [T, M] or initial [states, M] is not finite, or the run made one.

    A neuron that never forgets such a number still has it in its last state: of those the last state alone is looked at, and the
    input is searched only where it is bad.

    Raises:
        ValueError: NaN or infinity, with the first place where it stands; or a membrane that left the range of numbers.
    """
    if torch.isfinite(forward.last).all():
        searched = (x, initial) if neuron.forgets else ()
        if all(torch.isfinite(torch.stack(torch.aminmax(tensor))).all() for tensor in searched):
            return
    for name, tensor in (("current", x), ("initial", initial)):
        bad = (~torch.isfinite(tensor)).nonzero()
        if len(bad):
            row, column = bad[0].tolist()
            place = f"step {row}, column {column}" if name == "current" else f"state {row}, column {column}"
            raise ValueError(f"{name} holds {tensor[row, column].item()} at {place}: it must be finite everywhere.")
    raise ValueError("The membrane left the range of numbers: lower the current, or shorten the run.")
