"""How a layer's current is made where its weights and the layer below get different gradients."""

from collections.abc import Callable, Iterable

import torch

from snnviz.methods.base import AbstractGradientMethod

Transform = Callable[[torch.Tensor], torch.Tensor]


class TwoRoads(torch.autograd.Function):
    """y = function(x), twice. The gradient that comes back on the first road reaches the weights, on the second x:

    dL/dW = (dy/dW)^T first        dL/dx = (dy/dx)^T second
    """

    @staticmethod
    def forward(ctx, function, x, *weights):
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            y = function(leaf)
        ctx.graph = leaf, y, weights
        ctx.set_materialize_grads(False)
        return y.detach(), y.detach()

    @staticmethod
    def backward(ctx, first, second):
        leaf, y, weights = ctx.graph
        free = [w for w, needed in zip(weights, ctx.needs_input_grad[2:], strict=True) if needed]
        by_x, by_weights = None, iter([None] * len(free))
        if free and first is not None:
            by_weights = iter(torch.autograd.grad(y, free, first, retain_graph=True, allow_unused=True))
        if ctx.needs_input_grad[1] and second is not None:
            (by_x,) = torch.autograd.grad(y, leaf, second, retain_graph=True)
        return None, by_x, *(next(by_weights) if needed else None for needed in ctx.needs_input_grad[2:])


def current(
    method: AbstractGradientMethod, function: Transform, weights: Iterable[torch.nn.Parameter], x: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """function(x), a layer's current for the spikes x of the layer below; and the same once more, for what goes down to x, where
    the method sends down something else than the weights see."""
    if method.down_path is method.reset_path or not x.requires_grad:
        return function(x), None
    return TwoRoads.apply(function, x, *weights)
