"""Surrogates: smooth functions whose derivative stands in for the derivative of the spike's step.

Each is a frozen value with a `primitive` (the smooth spike) and its `derivative` ds/du, both functions of the margin
m = u - theta (the membrane before reset less the threshold, in the membrane's unit). All are even in m. The kernel's twin
is the functor of the same name in kernels/spike_derivative.cuh.
"""

import abc
import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar

import torch

from snnviz.draws import Draw
from snnviz.formulas import tanh
from snnviz.params import Declared, param

__all__ = [
    "SURROGATES",
    "Arctan",
    "Boxcar",
    "Dspike",
    "FastSigmoid",
    "Gaussian",
    "Given",
    "MultiGaussian",
    "Sigmoid",
    "SingleExponential",
    "Triangle",
]


class AbstractSpikeDerivative(Declared, abc.ABC):
    """A replacement of ds/du: a surrogate, a zeroth-order estimate, or given values.

    kernel: the name of its functor in SNN_DERIVATIVES (kernels/spike_derivative.cuh). "given" where there is none: then
    ds_du is evaluated here and handed to the kernel as an array.
    """

    title: ClassVar[str]
    equation: ClassVar[str]
    cite: ClassVar[str]
    kernel: ClassVar[str] = "given"
    random: ClassVar[bool] = False

    @abc.abstractmethod
    def coefficients(self) -> tuple[float, ...]:
        """What the kernel's functor gets, at most four numbers, in its order. They are arithmetic and functions of
        snnviz.formulas: a page evaluates them where its sliders are."""

    @abc.abstractmethod
    def ds_du(self, margin: torch.Tensor, draw: Draw) -> torch.Tensor:
        """The values for margins [T, M]; `draw` places the random draws of an estimate."""

    @property
    def reach(self) -> float:
        """The margin beyond which ds_du is 0 for certain, in the membrane's unit; inf if there is none. The sparse pass
        evaluates no entry that is farther from its threshold."""
        return math.inf

    def table(self) -> torch.Tensor | None:
        """A table that the kernel reads, float64 [n], or None."""
        return None


class AbstractSurrogate(AbstractSpikeDerivative):
    """A deterministic, even spike derivative with a known primitive."""

    @abc.abstractmethod
    def primitive(self, m: torch.Tensor) -> torch.Tensor:
        """The smooth spike at margins m, element by element, with primitive(-inf) = 0 where its area is finite."""

    @abc.abstractmethod
    def derivative(self, m: torch.Tensor) -> torch.Tensor:
        """ds/du at margins m, element by element."""

    def ds_du(self, margin: torch.Tensor, draw: Draw) -> torch.Tensor:
        return self.derivative(margin)


def _width(default: float, label: str, symbol: str, help: str, slider=(0.05, 2.0, 0.05)) -> float:
    return param(default, label, symbol, low=0.0, open_low=True, finite=True, slider=slider, help=help)


def _normal(m: torch.Tensor, sigma: float) -> torch.Tensor:
    return torch.exp(-0.5 * (m / sigma) ** 2) * (1 / (sigma * math.sqrt(2 * math.pi)))


def _normal_cdf(m: torch.Tensor, sigma: float) -> torch.Tensor:
    return 0.5 * (1 + torch.erf(m / (sigma * math.sqrt(2))))


@dataclasses.dataclass(frozen=True)
class FastSigmoid(AbstractSurrogate):
    """ds/du = 1 / (1 + k |m|)^2: peak 1, area 2/k. Zenke & Ganguli 2018 (SuperSpike)."""

    slope: float = _width(10.0, "Slope", "k", "Larger is narrower.", (0.5, 100.0, 0.5))

    title = "Fast sigmoid"
    equation = r"\frac{1}{(1 + k|m|)^2}"
    cite = "zenke2018superspike"
    kernel = "fast_sigmoid"

    def coefficients(self):
        return (self.slope,)

    def primitive(self, m):
        return m / (1 + self.slope * m.abs()) + 1 / self.slope

    def derivative(self, m):
        a = 1 + self.slope * m.abs()
        return 1 / (a * a)


@dataclasses.dataclass(frozen=True)
class Sigmoid(AbstractSurrogate):
    """ds/du = k sigma(k m) (1 - sigma(k m)): peak k/4, area 1. Neftci, Mostafa & Zenke 2019."""

    slope: float = _width(5.0, "Slope", "k", "Larger is narrower and higher.", (0.5, 50.0, 0.5))

    title = "Sigmoid"
    equation = r"k\,\sigma(km)\,(1 - \sigma(km))"
    cite = "neftci2019surrogate"
    kernel = "sigmoid"

    def coefficients(self):
        return (self.slope,)

    def primitive(self, m):
        return torch.sigmoid(self.slope * m)

    def derivative(self, m):
        e = torch.exp(-self.slope * m.abs())  # the form that cannot overflow
        return self.slope * e / ((1 + e) * (1 + e))


@dataclasses.dataclass(frozen=True)
class Arctan(AbstractSurrogate):
    """ds/du = (a/2) / (1 + (pi a m / 2)^2): peak a/2, area 1. Fang et al. 2021."""

    alpha: float = _width(2.0, "Steepness", r"\alpha", "Larger is narrower and higher.", (0.5, 20.0, 0.5))

    title = "Arctan"
    equation = r"\frac{\alpha/2}{1 + (\frac{\pi}{2}\alpha m)^2}"
    cite = "fang2021plif"
    kernel = "arctan"

    def coefficients(self):
        return (math.pi * self.alpha / 2, self.alpha / 2)

    def primitive(self, m):
        return torch.atan(math.pi * self.alpha / 2 * m) / math.pi + 0.5

    def derivative(self, m):
        b, peak = self.coefficients()
        return peak / (1 + (b * m) ** 2)


@dataclasses.dataclass(frozen=True)
class Triangle(AbstractSurrogate):
    """ds/du = max(0, 1 - |m|/w) / w: peak 1/w, area 1. Esser et al. 2016."""

    width: float = _width(1.0, "Half width", "w", "Zero outside this distance from the threshold.")

    title = "Triangle"
    equation = r"\frac{1}{w}\max(0,\ 1 - |m|/w)"
    cite = "esser2016convolutional"
    kernel = "triangle"

    @property
    def reach(self):
        return self.width

    def coefficients(self):
        return (self.width,)

    def primitive(self, m):
        a = torch.clamp(m / self.width, -1, 1)
        return 0.5 + a - 0.5 * a * a.abs()

    def derivative(self, m):
        return torch.clamp(1 - m.abs() / self.width, min=0) / self.width


@dataclasses.dataclass(frozen=True)
class Boxcar(AbstractSurrogate):
    """ds/du = 1/(2w) for |m| < w, else 0: area 1. Neftci, Mostafa & Zenke 2019."""

    width: float = _width(0.5, "Half width", "w", "Zero outside this distance from the threshold.")

    title = "Boxcar"
    equation = r"\frac{1}{2w}\,[|m| < w]"
    cite = "neftci2019surrogate"
    kernel = "boxcar"

    @property
    def reach(self):
        return self.width

    def coefficients(self):
        return (self.width, 0.5 / self.width)

    def primitive(self, m):
        return 0.5 + torch.clamp(m / self.width, -1, 1) / 2

    def derivative(self, m):
        return torch.where(m.abs() < self.width, torch.full_like(m, 0.5 / self.width), torch.zeros_like(m))


@dataclasses.dataclass(frozen=True)
class Gaussian(AbstractSurrogate):
    """ds/du = N(m; 0, sigma): peak 0.399/sigma, area 1. What LocalZO with normal draws has as its mean.

    Yin, Corradi & Bohté 2021.
    """

    sigma: float = _width(0.4, "Standard deviation", r"\sigma", "Width of the bell.")

    title = "Gaussian"
    equation = r"\mathcal{N}(m;\ 0, \sigma^2)"
    cite = "yin2021accurate"
    kernel = "gaussian"

    def coefficients(self):
        return (self.sigma, 1 / (self.sigma * math.sqrt(2 * math.pi)))

    def primitive(self, m):
        return _normal_cdf(m, self.sigma)

    def derivative(self, m):
        return _normal(m, self.sigma)


@dataclasses.dataclass(frozen=True)
class MultiGaussian(AbstractSurrogate):
    """ds/du = (1 + h) N(m; 0, sigma) - h N(m; sigma, r sigma) - h N(m; -sigma, r sigma): area 1 - h. Yin et al. 2021."""

    sigma: float = _width(0.5, "Standard deviation", r"\sigma", "Width of the middle bell.")
    share: float = param(
        0.15,
        "Height of the side lobes",
        "h",
        low=0.0,
        high=1.0,
        slider=(0.0, 0.5, 0.05),
        help="The side lobes are negative: they keep gradients of far neurons small.",
    )
    ratio: float = _width(6.0, "Width of the side lobes", "r", "In units of the middle bell's width.", (1.0, 10.0, 0.5))

    title = "Multi-Gaussian"
    equation = r"(1+h)\,\mathcal{N}(m;0,\sigma^2) - h\,\mathcal{N}(m;\sigma,r^2\sigma^2) - h\,\mathcal{N}(m;-\sigma,r^2\sigma^2)"
    cite = "yin2021accurate"
    kernel = "multi_gaussian"

    def coefficients(self):
        root = math.sqrt(2 * math.pi)
        wide = self.ratio * self.sigma
        return (self.sigma, (1 + self.share) / (self.sigma * root), wide, self.share / (wide * root))

    def primitive(self, m):
        wide = self.ratio * self.sigma
        sides = _normal_cdf(m - self.sigma, wide) + _normal_cdf(m + self.sigma, wide)
        return (1 + self.share) * _normal_cdf(m, self.sigma) - self.share * sides

    def derivative(self, m):
        wide = self.ratio * self.sigma
        sides = _normal(m - self.sigma, wide) + _normal(m + self.sigma, wide)
        return (1 + self.share) * _normal(m, self.sigma) - self.share * sides


@dataclasses.dataclass(frozen=True)
class SingleExponential(AbstractSurrogate):
    """ds/du = exp(-|m|/w) / w: peak 1/w, area 2. SLAYER's, Shrestha & Orchard 2018; its scale is the method's."""

    width: float = _width(1.0, "Width", "w", "Distance over which it falls to 37 %.")

    title = "Single exponential"
    equation = r"\frac{1}{w}\,e^{-|m|/w}"
    cite = "shrestha2018slayer"
    kernel = "single_exponential"

    def coefficients(self):
        return (self.width, 1 / self.width)

    def primitive(self, m):
        return torch.where(m < 0, torch.exp(-m.abs() / self.width), 2 - torch.exp(-m.abs() / self.width))

    def derivative(self, m):
        return torch.exp(-m.abs() / self.width) * (1 / self.width)


@dataclasses.dataclass(frozen=True)
class Dspike(AbstractSurrogate):
    """ds/du = k g (1 - tanh(g m)^2) for |m| <= 1, else 0, k = 1 / (2 tanh g): area 1. Li et al. 2021; Deng et al. 2023."""

    gamma: float = _width(2.5, "Sharpness", r"\gamma", "Larger is narrower and higher.", (0.5, 10.0, 0.5))

    title = "Dspike"
    equation = r"\frac{\gamma}{2\tanh\gamma}\,(1 - \tanh^2(\gamma m))\,[|m| \le 1]"
    cite = "li2021dspike"
    kernel = "dspike"

    def coefficients(self):
        return (self.gamma, self.gamma / (2 * tanh(self.gamma)))

    @property
    def reach(self):
        return 1.0

    def primitive(self, m):
        return 0.5 + torch.tanh(self.gamma * torch.clamp(m, -1, 1)) / (2 * math.tanh(self.gamma))

    def derivative(self, m):
        peak = self.coefficients()[1]
        return torch.where(m.abs() <= 1, peak * (1 - torch.tanh(self.gamma * m) ** 2), torch.zeros_like(m))


@dataclasses.dataclass(frozen=True)
class Given(AbstractSpikeDerivative):
    """Any other derivative: a Python function of the margins [T, M], evaluated in torch and handed to the kernel.

    Neftci, Mostafa & Zenke 2019 on why other functions do, too.

    Raises:
        ValueError: the function returned no tensor of the margins' shape.
    """

    function: Callable[[torch.Tensor], torch.Tensor]

    title = "Given"
    equation = r"f(m)"
    cite = "neftci2019surrogate"

    def coefficients(self):
        return ()

    def ds_du(self, margin, draw):
        values = self.function(margin)
        if not isinstance(values, torch.Tensor) or values.shape != margin.shape:
            got = tuple(values.shape) if isinstance(values, torch.Tensor) else type(values).__name__
            raise ValueError(f"Given.function must return a tensor of the margins' shape {tuple(margin.shape)}, not {got}.")
        return values.to(margin.dtype)


SURROGATES: dict[str, type[AbstractSurrogate]] = {
    cls.__name__: cls
    for cls in (FastSigmoid, Sigmoid, Arctan, Triangle, Boxcar, Gaussian, MultiGaussian, SingleExponential, Dspike)
}
