"""exp(x) in torch: the twin of kernels/exponential.cuh, bit for bit, in float32 and float64."""

import math

import torch

from snnviz.workings import opaque

LAYOUT = {torch.float32: (23, 127, torch.int32), torch.float64: (52, 1023, torch.int64)}  # of a power of two's bits


@opaque("exp")
def exponential(x: torch.Tensor) -> torch.Tensor:
    """exp(x), of any shape, for abs(x) <= 80, from + - * alone: x = n ln 2 + r, then Taylor's series in r up to r^13, times 2^n.

    IEEE arithmetic fixes every step, so that the kernels give the same bits on every machine, where library functions differ.
    """
    n = torch.trunc(x.detach() * 1.4426950408889634 + 1024.5) - 1024
    r = (x - n * 0.693359375) - n * -2.1219444005469058e-4
    p = torch.full_like(r, 1 / math.factorial(13))
    for k in range(12, -1, -1):
        p = p * r + 1 / math.factorial(k)
    shift, bias, whole = LAYOUT[x.dtype]
    return p * ((n.to(whole) + bias) << shift).view(x.dtype)
