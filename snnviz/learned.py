"""Parameters of a neuron that are learned: what an optimiser makes of them, held in the range that the neuron declares."""

import torch

from snnviz.neurons.base import AbstractNeuron
from snnviz.params import params


class Bounded(torch.autograd.Function):
    """A learned number, held between `low` and `high`. Its gradient is that of the number that is held; beyond a bound, none
    that would drive it farther out (descent goes against the gradient)."""

    @staticmethod
    def forward(ctx, value, low, high):
        ctx.save_for_backward((value < low), (value > high))
        return value.clamp(low, high)

    @staticmethod
    def backward(ctx, grad):
        below, above = ctx.saved_tensors
        outward = (below & (grad > 0)) | (above & (grad < 0))
        return torch.where(outward, torch.zeros_like(grad), grad), None, None


def bounded(neuron: AbstractNeuron, name: str, value: torch.Tensor) -> torch.Tensor:
    """A learned parameter as the neuron may use it, float64, within its declared range; the value it began with is in it.

    Raises:
        ValueError: it is not finite.
    """
    value, first, spec = value.double(), float(getattr(neuron, name)), params(neuron)[name]
    if not torch.isfinite(value):
        raise ValueError(f"The learned {name} is {value.item()}: the last step of the optimiser was too long; lower its rate.")
    return Bounded.apply(value, min(spec.floor, first), max(spec.high, first))
