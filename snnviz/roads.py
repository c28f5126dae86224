"""The roads of gradients between layers where they are not those of the chain rule: a layer's current for a method of which the
weights and the layer below get different gradients, and the error's way straight from the readout."""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import nn

from snnviz.draws import Draw, uniforms
from snnviz.methods import EProp, Feedback
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
    if method.down_path is None:
        return function(x.detach()), None
    if method.down_path is method.reset_path or not x.requires_grad:
        return function(x), None
    return TwoRoads.apply(function, x, *weights)


class _Beside(torch.autograd.Function):
    """Zeros [..., classes] for spikes [..., units], whose gradient reaches the spikes as if the zeros were spikes @ matrix.T."""

    @staticmethod
    def forward(ctx, spikes, matrix):
        ctx.save_for_backward(spikes, matrix)
        return spikes.new_zeros((*spikes.shape[:-1], len(matrix)))

    @staticmethod
    def backward(ctx, grad):
        spikes, matrix = ctx.saved_tensors
        by_matrix = grad.flatten(0, -2).T @ spikes.flatten(0, -2) if ctx.needs_input_grad[1] else None
        return grad @ matrix, by_matrix


def fixed_matrix(seed: int, layer: int, outputs: int, units: int, bound: float) -> torch.Tensor:
    """Numbers uniform in +-bound, float32 [outputs, units], a function of seed, layer and place."""
    return (2 * uniforms(Draw(seed, layer), outputs, units, 0) - 1) * bound


class Direct(nn.Module):
    """The way of a readout's error to every hidden layer at once, as `EProp` sends it: dL/ds_l[t] = dL/dy[t] B_l.

    B_l [classes, units of layer l] is drawn as the readout's weights are, uniform in +-1 / sqrt(what the readout reads), and stays;
    that of the last layer is as `method.feedback_by` says. Draws are a function of seed, layer and place.
    """

    STREAM = 0xB0000000  # the layers' numbers in these draws, apart from those of a network's own draws

    def __init__(self, readout: nn.Linear, layers: int, method: EProp, seed: int):
        super().__init__()
        self.method, self.layers, self.seed = method, layers, seed
        self.bound = 1 / math.sqrt(readout.in_features)
        self.fixed: dict[int, torch.Tensor] = {}
        self.adaptive: nn.Parameter | None = None
        if method.feedback_by is Feedback.ADAPTIVE:
            self.adaptive = nn.Parameter(self.matrix(layers - 1, readout.weight.detach()).clone())

    def matrix(self, layer: int, like: torch.Tensor) -> torch.Tensor:
        """The fixed B of a hidden layer, counted from 0, of the shape of `like`."""
        if layer not in self.fixed:
            self.fixed[layer] = fixed_matrix(self.seed, self.STREAM + layer, like.shape[0], like.shape[1], self.bound)
        return self.fixed[layer].to(like)

    def forward(self, product: Transform, weight: torch.Tensor, spikes: Sequence[torch.Tensor]) -> torch.Tensor:
        logits = product(spikes[-1].detach())
        for layer, s in enumerate(spikes):
            if layer < len(spikes) - 1 or self.method.feedback_by is Feedback.RANDOM:
                matrix = self.matrix(layer, s.new_empty((len(weight), s.shape[-1])))
            else:
                matrix = weight.detach() if self.adaptive is None else self.adaptive
            logits = logits + _Beside.apply(s, matrix)
        return logits

    @torch.no_grad()
    def decay(self, readout: nn.Linear) -> None:
        """To be called after every step of an optimiser: adaptive feedback and the readout's weights lose their share."""
        if self.adaptive is not None:
            self.adaptive.mul_(1 - self.method.decay)
            readout.weight.mul_(1 - self.method.decay)
