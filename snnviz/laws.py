"""The distributions that LocalZO draws its perturbations from, each with the surrogate it averages to."""

import abc
import dataclasses
import functools
import math
from collections.abc import Callable
from typing import ClassVar

import torch

from snnviz.draws import SMALLEST, half_normal, log_positive
from snnviz.falling import Falling, float64
from snnviz.params import Declared, param
from snnviz.surrogates import AbstractSurrogate, Gaussian, Sigmoid

__all__ = [
    "LAWS",
    "ArctanLaw",
    "LaplaceLaw",
    "NormalLaw",
    "RademacherLaw",
    "SigmoidLaw",
    "SurrogateLaw",
    "UniformLaw",
]

CELLS = 2946  # numbers in each half of a quantile table: 23 octaves of 128 cells, and both ends of the last


class AbstractLaw(Declared, abc.ABC):
    """An even law of z, with the exponent alpha and the constant c of its estimate. Kernel twin: the functor `kernel`.

    Arguments t (in units of delta) and u (margins) are tensors or numbers of any shape; results are float64, of that
    shape. Mukhoty et al. 2023.
    """

    title: ClassVar[str]
    equation: ClassVar[str]
    cite: ClassVar[str] = "mukhoty2023localzo"
    kernel: ClassVar[str] = "zo_tabled"
    alpha: int = 1

    @property
    def constant(self) -> float:
        """c; 1 for a law of unit variance with alpha = 1."""
        return 1.0

    @abc.abstractmethod
    def tail_moment(self, k: int, t: torch.Tensor | float) -> torch.Tensor:
        """E[|z|^k; |z| > t] for k = 0, 1, 2 (and -1, -2 where alpha = -1), t >= 0; inf where it diverges."""

    def quantile(self, p: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """|z| of draws p = P(|z| > value), float32 in (0, 1) of any shape: in the dtype of `like`, the bits of the kernel's."""
        return tabled(p, quantile_table(self).to(like))

    def survival(self, t: torch.Tensor | float) -> torch.Tensor:
        """P(|z| > t), float64 of the shape of t."""
        return self.tail_moment(0, t)

    def density(self, t: torch.Tensor | float) -> torch.Tensor:
        """The density of z at t and at -t, float64 of the shape of t, without atoms (Rademacher's is 0 everywhere)."""
        with torch.enable_grad():
            t = float64(t).abs().detach().requires_grad_()
            return -torch.autograd.grad(self.survival(t).sum(), t)[0] / 2

    def expected_surrogate(self, u: torch.Tensor | float, delta: float = 1.0) -> torch.Tensor:
        """g(u) = E[G] = c/(2 delta) E[|z|^alpha; |z| > |u|/delta], of the shape of u. Its area is c E|z|^(1 + alpha)."""
        return self.tail_moment(self.alpha, float64(u).abs() / delta) * (self.constant / (2 * delta))

    def second_moment(self, u: torch.Tensor | float, delta: float = 1.0) -> torch.Tensor:
        """E[G^2] of one draw, of the shape of the margins u; inf where it diverges."""
        return self.tail_moment(2 * self.alpha, float64(u).abs() / delta) * (self.constant / (2 * delta)) ** 2

    def variance(self, u: torch.Tensor | float, delta: float = 1.0, draws: int = 1) -> torch.Tensor:
        """Var G for the mean of `draws` draws, (E[G^2] - g(u)^2) / draws, of the shape of the margins u."""
        return (self.second_moment(u, delta) - self.expected_surrogate(u, delta) ** 2) / draws

    def activity(self, u: torch.Tensor | float, delta: float = 1.0, draws: int = 1) -> torch.Tensor:
        """P(G is not 0) = 1 - (1 - P(|z| > |u|/delta))^draws, of the shape of the margins u."""
        return -torch.expm1(draws * torch.log1p(-self.survival(float64(u).abs() / delta).clamp(0, 1)))

    @property
    def mean_abs(self) -> float:
        """E|z|; for alpha = 1 this is 2 delta g(0)."""
        return self.tail_moment(1, 0.0).item()

    @property
    def mean_square(self) -> float:
        """E z^2; for alpha = 1 and c = 1 this is the area of the expected surrogate."""
        return self.tail_moment(2, 0.0).item()

    @property
    def largest(self) -> float:
        """The largest |z| that is ever drawn, the quantile of the smallest draw: beyond it P(|z| > value) < 2^-24."""
        return _largest(self)

    def mean_max(self, draws: int = 1) -> float:
        """E of the largest of `draws` values |z|; inf where it diverges."""
        return _mean_max(self, draws)


@functools.cache
def _mean_max(law: AbstractLaw, draws: int) -> float:
    return Falling(lambda t: law.activity(t, 1.0, draws)).integral(1, float64(0.0)).item()


@functools.cache
def _largest(law: AbstractLaw) -> float:
    return law.quantile(torch.tensor([SMALLEST]), torch.zeros(1, dtype=torch.float64)).item()


@functools.cache
def quantile_table(law: AbstractLaw) -> torch.Tensor:
    """The law's quantiles |z| for the kernel, float64 [2 CELLS]: first where p = P(|z| > value) is the float32 with the
    bits 0x3F000000 - 65536 i, then where 1 - p is, i = 0 ... CELLS - 1. By bisection of the survival function."""
    bits = 0x3F000000 - 65536 * torch.arange(CELLS, dtype=torch.int32)
    half = bits.view(torch.float32).double()
    p = torch.cat((half, 1 - half))
    low, high = torch.full_like(p, -70.0), torch.full_like(p, 70.0)  # of ln |z|
    for _ in range(62):
        middle = (low + high) / 2
        above = law.survival(middle.exp()) > p
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    return ((low + high) / 2).exp()


def tabled(p: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Quantiles by straight lines in `quantile_table`, in the table's dtype; p float32 in (0, 1), of any shape. Twin of the
    kernel's Tabled."""
    q = 1 - p
    tail = p < q
    below = 0x3F000000 - torch.where(tail, p, q).view(torch.int32)
    i = (below >> 16) + torch.where(tail, 0, CELLS)
    share = (below & 0xFFFF).to(table.dtype) * 2.0**-16
    a = table[i]
    return a + share * (table[i + 1] - a)


def _known(k: int, *moments: Callable[[], torch.Tensor]) -> torch.Tensor:
    """The k-th of the closed forms."""
    if not 0 <= k < len(moments):
        raise ValueError(f"tail_moment: k = {k}; this law has closed forms for k = 0 ... {len(moments) - 1}.")
    return moments[k]()


@dataclasses.dataclass(frozen=True)
class NormalLaw(AbstractLaw):
    """z ~ N(0, 1): the expected surrogate is the Gaussian with sigma = delta. The published first choice."""

    title = "Normal"
    equation = r"\lambda(z) = e^{-z^2/2}/\sqrt{2\pi}"
    kernel = "zo_normal"

    def tail_moment(self, k, t):
        t = float64(t)
        tail, bell = torch.special.erfc(t / math.sqrt(2)), math.sqrt(2 / math.pi) * torch.exp(-t * t / 2)
        return _known(k, lambda: tail, lambda: bell, lambda: t * bell + tail)

    def quantile(self, p, like):
        return half_normal(p).to(like.dtype)


@dataclasses.dataclass(frozen=True)
class UniformLaw(AbstractLaw):
    """z uniform in [-sqrt 3, sqrt 3]: the expected surrogate is a parabola, 0 beyond sqrt(3) delta."""

    title = "Uniform"
    equation = r"\lambda(z) = \frac{1}{2\sqrt3}\,[|z| \le \sqrt3]"
    kernel = "zo_uniform"

    def tail_moment(self, k, t):
        start, a = float64(t), math.sqrt(3)
        return _known(k, *(lambda n=n: (a ** (n + 1) - start ** (n + 1)).clamp(min=0) / ((n + 1) * a) for n in range(3)))

    def quantile(self, p, like):
        return (1.7320508 * (1 - p)).to(like.dtype)


@dataclasses.dataclass(frozen=True)
class LaplaceLaw(AbstractLaw):
    """z ~ Laplace with scale 1/sqrt 2: g = (t + 1/sqrt 2) exp(-sqrt(2) t) / (2 delta), t = |u|/delta."""

    title = "Laplace"
    equation = r"\lambda(z) = e^{-\sqrt2|z|}/\sqrt2"
    kernel = "zo_laplace"

    def tail_moment(self, k, t):
        t, root = float64(t), math.sqrt(2)
        tail = torch.exp(-root * t)
        return _known(k, lambda: tail, lambda: (t + 1 / root) * tail, lambda: (t * t + root * t + 1) * tail)

    def quantile(self, p, like):
        return (log_positive(p) * -0.70710678).to(like.dtype)


@dataclasses.dataclass(frozen=True)
class RademacherLaw(AbstractLaw):
    """z = +1 or -1: nothing is random, G is the boxcar 1/(2 delta) on |u| < delta, its variance 0."""

    title = "Plus or minus one"
    equation = r"z = \pm 1"
    kernel = "zo_rademacher"

    def tail_moment(self, k, t):
        return (float64(t) < 1).double()

    def density(self, t):
        return torch.zeros_like(float64(t))

    def quantile(self, p, like):
        return torch.ones_like(p, dtype=like.dtype)


@functools.cache
def _falling(surrogate: AbstractSurrogate) -> Falling:
    """A surrogate as a falling function of |m|.

    Raises:
        ValueError: it is not even, or rises somewhere on m > 0, or is not a finite positive number at 0.
    """
    name = type(surrogate).__name__
    falling = Falling(surrogate.derivative)
    peak = falling.peak.item()
    if not 0 < peak < math.inf:
        raise ValueError(f"{name} has no sampling law: at the threshold it is {peak:g}, not positive and finite.")
    if (surrogate.derivative(-falling.s) - falling.values).abs().max() > 1e-9 * peak:
        raise ValueError(f"{name} has no sampling law: it is not even.")
    rises = (falling.values[1:] - falling.values[:-1] > 1e-12 * peak).nonzero()
    if len(rises):
        raise ValueError(
            f"{name} has no sampling law: it rises with the distance from the threshold, near "
            f"{falling.s[int(rises[0])]:.3g}, where a probability would have to be negative."
        )
    if (falling.values < 0).any():
        raise ValueError(f"{name} has no sampling law: it is negative somewhere.")
    return falling


@functools.cache
def _constant(surrogate: AbstractSurrogate, alpha: int) -> float:
    """c of a surrogate's law for delta = 1: -2 times the integral of g'(s) s^-alpha over s > 0.

    Raises:
        ValueError: the surrogate has no law, or c diverges; the message says why.
    """
    falling, name = _falling(surrogate), type(surrogate).__name__
    if alpha == 1 and falling.has_corner:
        raise ValueError(
            f"{name} has no sampling law with alpha = 1: it has a corner at the threshold (g'(0+) < 0), "
            "so the constant c, an integral of -g'(s)/s, diverges. Use alpha = 0: its c is always finite."
        )
    if alpha == -1 and falling.outlasts(1):
        raise ValueError(
            f"{name} has no sampling law with alpha = -1: its area, which is the constant c, is infinite. "
            "Use alpha = 0: its c is always finite."
        )
    if alpha == -1:
        return 2 * surrogate.primitive(float64(0.0)).item()
    return 2 * (falling.peak.item() if alpha == 0 else falling.integral(-1, float64(0.0)).item())


@dataclasses.dataclass(frozen=True)
class SurrogateLaw(AbstractLaw):
    """The law whose estimate has a given surrogate g as its mean (with delta = 1; else g(u/delta)/delta):

        lambda(t) = -g'(t) / (c t^alpha) for t > 0, extended evenly,     c = -2 integral of g'(s) s^-alpha over s > 0

    alpha = 0 works for every surrogate that falls on both sides: |z| = g^-1(p g(0)), and every hit has the value g(0).
    alpha = 1 is LocalZO's own estimate; alpha = -1 is what its authors take for the fast sigmoid, whose variance is
    infinite at the threshold. Mukhoty et al. 2023.

    Raises:
        ValueError: the surrogate is not even, or rises, or its c diverges (alpha = 1 with a corner at the threshold:
            fast sigmoid, triangle, exponential; alpha = -1 with an infinite area).
    """

    surrogate: AbstractSurrogate = dataclasses.field(default_factory=Gaussian)
    alpha: int = param(
        0,
        "Exponent",
        r"\alpha",
        low=-1,
        high=1,
        slider=(-1, 1, 1),
        help="A hit counts |z| to this power; 0: every hit counts the same.",
    )

    title = "From a surrogate"
    equation = r"\lambda(z) = -g'(|z|)\,/\,(c\,|z|^{\alpha})"

    def __post_init__(self):
        super().__post_init__()
        _constant(self.surrogate, self.alpha)

    @property
    def constant(self):
        return _constant(self.surrogate, self.alpha)

    def tail_moment(self, k, t):
        t, falling, power = float64(t), _falling(self.surrogate), k - self.alpha
        if power == 0:
            moment = self.surrogate.derivative(t)
        elif power == 1 and not falling.outlasts(1):  # by parts; area beyond t = area before -t
            moment = t * self.surrogate.derivative(t) + self.surrogate.primitive(-t)
        else:
            moment = falling.integral(power, t)
        return moment * (2 / self.constant)

    def density(self, t):
        with torch.enable_grad():
            t = float64(t).abs().detach().requires_grad_()
            g = self.surrogate.derivative(t)
            slope = torch.autograd.grad(g.sum(), t)[0] if g.requires_grad else torch.zeros_like(t)  # a boxcar: steps only
        return -slope / (self.constant * t.detach() ** self.alpha)


# kappa = k delta for which the sigmoid k sigma'(k u) has the constant c = 1: I = 7 zeta(3) / (2 pi^2), kappa = 1/sqrt I
_ZETA_3 = 1.2020569031595942
_KAPPA = math.pi * math.sqrt(2 / (7 * _ZETA_3))


@dataclasses.dataclass(frozen=True)
class SigmoidLaw(AbstractLaw):
    """The law of unit variance whose expected surrogate is k sigma'(k u), the sigmoid's, with k = 1.531628/delta."""

    title = "Sigmoid"
    equation = r"\lambda(z) = -\kappa^2\,\sigma''(\kappa|z|)\,/\,|z|,\quad \kappa = \pi\sqrt{2/(7\,\zeta(3))}"

    def tail_moment(self, k, t):
        return SurrogateLaw(Sigmoid(_KAPPA), 1).tail_moment(k, t)

    def density(self, t):
        return SurrogateLaw(Sigmoid(_KAPPA), 1).density(t)


@dataclasses.dataclass(frozen=True)
class ArctanLaw(AbstractLaw):
    """Student's t with 3 degrees of freedom over sqrt 3: the expected surrogate is arctan's, 1 / (pi delta (1 + t^2)),
    t = |u|/delta. Heavy tails: far neurons get rare, large values."""

    title = "Student's t (arctan)"
    equation = r"\lambda(z) = \frac{2}{\pi}\,(1 + z^2)^{-2}"

    def tail_moment(self, k, t):
        t = float64(t)
        bell, rest = 1 / (1 + t * t), torch.atan(1 / t)
        return _known(k, lambda: rest - t * bell, lambda: bell, lambda: rest + t * bell) * (2 / math.pi)


LAWS: dict[str, type[AbstractLaw]] = {
    cls.__name__: cls for cls in (NormalLaw, UniformLaw, LaplaceLaw, RademacherLaw, SigmoidLaw, ArctanLaw, SurrogateLaw)
}
