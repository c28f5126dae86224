"""Integrals against a falling function: what a surrogate's sampling law is made of."""

import functools
import math
from collections.abc import Callable, Sequence

import torch


class Falling:
    """A function f that falls on (0, inf), on a fine grid, for integrals against it:

        J(k, a) = - integral over s > a of s^k df(s),       k = -1, 0, 1, ...

    The grid is even in ln s, from 1e-5 to 1e12 times the point where f has halved, and the sum is by parts the
    trapezoid rule in ln s: exact to rounding for smooth f and a = 0, better than 1e-7 else. Jumps of more than 1 % of
    f(0) are closed in by bisection, so that a step function is as good as a smooth one.
    """

    def __init__(self, f: Callable[[torch.Tensor], torch.Tensor]):
        self.f, self.peak = f, f(torch.zeros(1, dtype=torch.float64))
        octaves = 2.0 ** torch.arange(-60, 61, dtype=torch.float64)
        self.scale = octaves[int((f(octaves) > self.peak / 2).sum().clamp(1, len(octaves))) - 1].item()
        s = self.scale * torch.exp(torch.linspace(math.log(1e-5), math.log(1e12), 65_537, dtype=torch.float64))
        values = f(s)
        jumps = (values[:-1] - values[1:] > 0.01 * self.peak).nonzero()[:, 0]
        low, high = s[jumps], s[jumps + 1]
        for _ in range(45 if len(jumps) else 0):
            middle = (low + high) / 2
            before = f(low) - f(middle) > f(middle) - f(high)
            low, high = torch.where(before, low, middle), torch.where(before, middle, high)
        self.s = torch.cat((s, low, high)).unique()
        self.values = f(self.s)
        self._beyond = functools.cache(self._beyond)

    @functools.cached_property
    def has_corner(self) -> bool:
        """Whether f has a slope at 0+, so that J(-1, 0) is infinite."""
        near, nearer = (((self.peak - self.f(self.scale * float64([a]))) / a).item() for a in (1e-4, 1e-6))
        return nearer > 0.5 * near and nearer > 1e-8 * self.peak.item()

    def outlasts(self, k: int) -> bool:
        """Whether f falls no faster than s^-k, so that J(k, a) is infinite."""
        far = self.f(self.scale * float64([1e4, 2e4]))
        return bool(far[1] > 1e-14 * self.peak) and math.log2(far[0] / far[1]) < k + 0.05

    def _beyond(self, k: int) -> torch.Tensor:
        """J(k, s) at the grid's points."""
        middle, width = (self.s[:-1] * self.s[1:]).sqrt(), (self.s[1:] / self.s[:-1]).log()
        cells = (self.values[:-1] - self.values[1:]) * middle**k * (1 - (k * width) ** 2 / 24)
        return torch.cat((cells.flip(0).cumsum(0).flip(0), torch.zeros(1, dtype=torch.float64)))

    def integral(self, k: int, a: torch.Tensor) -> torch.Tensor:
        """J(k, a) for every a >= 0, of a's shape; inf where it diverges."""
        if k > 0 and self.outlasts(k):
            return torch.full_like(a, math.inf)
        s, beyond = self.s, self._beyond(k)
        i = torch.searchsorted(s, a.contiguous()).clamp(max=len(s) - 1)
        start = torch.minimum(a, s[-1])
        weight = (start * s[i]).sqrt() ** k if k < 0 else (start**k + s[i] ** k) / 2
        out = beyond[i] + (self.f(start) - self.values[i]) * weight
        if k < 0:  # before the grid: f(0) - f ~ s at a corner, else s^2
            near = s[:1] * (1e-3 if self.has_corner else 1)
            slope = (self.peak - self.f(near)) / near
            head = slope * (torch.log(s[0] / a) if self.has_corner else 2 * (1 - a / s[0]))
            out = torch.where(a < s[0], beyond[0] + head, out)
        return out


def float64(t: torch.Tensor | float | Sequence[float]) -> torch.Tensor:
    """Numbers as a tensor in double precision."""
    return torch.as_tensor(t, dtype=torch.float64)
