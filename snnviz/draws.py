"""Counter-based random draws in torch: the twin of kernels/philox.cuh, bit for bit.

A draw is a pure function of its place: key = (seed, layer), counter = (column, step, block of four draws, 0). Nothing is
stored, and every backend, numpy and a browser draw the same numbers (Salmon et al. 2011, Philox 4x32-10). What follows
from a draw uses + - * and the square root alone, which IEEE arithmetic fixes, so it is the same everywhere too.
"""

import dataclasses

import torch

WORD = 0xFFFFFFFF
SMALLEST = 2.0**-24  # of all draws


@dataclasses.dataclass(frozen=True)
class Draw:
    """Where a layer's draws start: the run's seed, the layer's number, the step that its arrays begin with."""

    seed: int = 0
    layer: int = 0
    first: int = 0


def _times(factor: int, word: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """High and low word of a 32 x 32 bit product, in int64 without overflow: the factor is taken in two halves."""
    low = (factor & 0xFFFF) * word
    high = (factor >> 16) * word + (low >> 16)
    return high >> 16, ((high & 0xFFFF) << 16) | (low & 0xFFFF)


def philox(key: tuple[int, int], counter: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """Philox 4x32-10: four random words for each counter. Words are int64 tensors of one shape with values below 2^32.

    Salmon, Moraes, Dror & Shaw 2011.
    """
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        a_high, a_low = _times(0xD2511F53, c0)
        b_high, b_low = _times(0xCD9E8D57, c2)
        c0, c1, c2, c3 = b_high ^ c1 ^ k0, b_low, a_high ^ c3 ^ k1, a_low
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return c0, c1, c2, c3


def uniforms(draw: Draw, steps: int, columns: int, index: int) -> torch.Tensor:
    """Draw number `index` of every step and column: float32 in (0, 1), [steps, columns], multiples of 2^-24."""
    column = torch.arange(columns).expand(steps, columns)
    step = (torch.arange(steps)[:, None] + draw.first).expand(steps, columns)
    block = torch.full_like(column, index >> 2)
    words = philox((draw.seed & WORD, draw.layer & WORD), (column & WORD, step & WORD, block, torch.zeros_like(column)))
    return ((words[index & 3] >> 9).to(torch.float32) + 0.5) * 2.0**-23


def log_positive(x: torch.Tensor) -> torch.Tensor:
    """ln x, of any shape, for normal float32 x > 0 by a polynomial (S. Moshier, Cephes, logf): the same bits as the kernel's."""
    f, e = torch.frexp(x)
    small = f < 0.70710678
    f = torch.where(small, f * 2, f) - 1
    n = (e - small.to(e.dtype)).to(torch.float32)
    z = f * f
    p = torch.full_like(f, 7.0376836292e-2)
    for a in (
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    ):
        p = p * f + a
    y = f * z * p
    y = y + n * -2.12194440e-4
    y = y - 0.5 * z
    return (f + y) + n * 0.693359375


def half_normal(p: torch.Tensor) -> torch.Tensor:
    """abs(z) of a standard normal z, given p = P(abs(z) > value), float32 of any shape (M. Giles 2010, "Approximating the erfinv
    function")."""
    w = -log_positive(p * (2 - p))
    root = torch.sqrt(torch.clamp(w, min=5).double()).float()  # torch's float32 root is not always the nearest float
    a, b = w - 2.5, root - 3
    y = torch.full_like(w, 2.81022636e-08)
    for c in (
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
        0.246640727,
        1.50140941,
    ):
        y = y * a + c
    tail = torch.full_like(w, -0.000200214257)
    for c in (0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682):
        tail = tail * b + c
    return torch.where(w < 5, y, tail) * (1 - p) * 1.41421356


def normals(draw: Draw, steps: int, columns: int) -> torch.Tensor:
    """A standard normal number for every step and column: float32 [steps, columns], of draws 0 (its size) and 1 (its sign)."""
    size = half_normal(uniforms(draw, steps, columns, 0))
    return torch.where(uniforms(draw, steps, columns, 1) < 0.5, size, -size)
