"""Convolutions that add up the entries of their input which are not 0: spikes, or their averages after pooling.

    map[o] += x[c, at] W[o, c]        for each entry x[c, at] that is not 0, at the side^2 places around it
    dL/dW[o, c] += x[c, at] dL/dmap[o]  at the same places
    dL/dx  = torch's dense one; none is computed for a network's input

The sums have another order than torch's; they do not depend on the number of threads. Kernels: kernels/event_conv.cuh.
"""

import ctypes
import functools

import torch
from torch import nn
from torch.nn.grad import conv2d_input

from snnviz.backends.kernel import SCANS
from snnviz.events.calls import by_parts, by_threads, padded, part, run


@functools.cache
def _struct(dtype: torch.dtype) -> type[ctypes.Structure]:
    numbers = ("inputs", "outputs", "height", "width", "side")
    return type("Map", (ctypes.Structure,), {"_fields_": [("k", SCANS[dtype]), *((n, ctypes.c_longlong) for n in numbers)]})


def _map(x: torch.Tensor, weight: torch.Tensor) -> tuple[ctypes.Structure, int]:
    """The struct `Map` of the kernel, and how many numbers the map of an image takes while it is worked on."""
    p = _struct(x.dtype)()
    (_, p.inputs, p.height, p.width), (p.outputs, p.side) = x.shape, (weight.shape[0], weight.shape[2])
    return p, (p.height + p.side - 1) * (p.width + p.side - 1) * padded(p.outputs)


def adds_entries(convolution: nn.Conv2d, x: torch.Tensor, most: float) -> bool:
    """Whether `convolve` can do what this convolution does, and is to: at most a share `most` of x [n, C, H, W] is not 0."""
    side = convolution.kernel_size[0]
    plain = convolution.kernel_size == (side, side) and side % 2 == 1 and convolution.padding == (side // 2, side // 2)
    plain = plain and convolution.stride == convolution.dilation == (1, 1) and convolution.groups == 1
    if not plain or convolution.padding_mode != "zeros" or x.device.type != "cpu" or x.dtype not in SCANS or most <= 0:
        return False
    return most >= 1 or int(torch.count_nonzero(x)) <= most * x.numel()


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        x = x.contiguous()
        p, room = _map(x, weight)
        rows = weight.new_zeros((p.inputs, p.side, p.side, padded(p.outputs)))
        rows[..., : p.outputs] = weight.flip(2, 3).permute(1, 2, 3, 0)
        out = x.new_empty((len(x), *weight.shape[:1], *x.shape[2:]))
        start = None if bias is None else bias.contiguous()
        run("conv", p, x.dtype, by_threads(len(x)), (x, rows, start, out, ...), lambda number: [x.new_empty(room)])
        ctx.save_for_backward(x, weight)
        return out

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        x_too, weight_too, bias_too = ctx.needs_input_grad
        grad = grad.contiguous()
        by_x = conv2d_input(x.shape, weight, grad, padding=weight.shape[2] // 2) if x_too else None
        by_weight = _by_weight(x, weight, grad) if weight_too else None
        return by_x, by_weight, grad.sum((0, 2, 3)) if bias_too else None


def _by_weight(x: torch.Tensor, weight: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    """dL/dW, summed in parts of the images that their number alone decides, and the parts in order."""
    p, room = _map(x, weight)
    ranges = by_parts(len(x), x.shape[2] * x.shape[3])
    parts = x.new_zeros((len(ranges), p.inputs, p.side, p.side, padded(p.outputs)))
    run("conv_back", p, x.dtype, ranges, (x, grad, ..., ...), lambda number: (part(parts, number), x.new_empty(room)))
    total = parts[0]
    for other in parts[1:]:
        total += other
    return total[..., : p.outputs].permute(3, 0, 1, 2).flip(2, 3)


def convolve(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """The convolution of x [n, C, H, W] with weight [O, C, side, side], side odd: [n, O, H, W], differentiable. bias: [O] or None.

    Raises:
        ValueError: shapes that do not fit.
    """
    fits = x.ndim == weight.ndim == 4 and x.shape[1] == weight.shape[1] and weight.shape[2] == weight.shape[3]
    if not fits or weight.shape[2] % 2 == 0:
        raise ValueError(
            f"x [n, C, H, W] and weight [O, C, side, side] with an odd side do not fit: {list(x.shape)}, {list(weight.shape)}."
        )
    return _Convolution.apply(x, weight, bias)
