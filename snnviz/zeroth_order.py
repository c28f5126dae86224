"""Zeroth-order estimates of ds/du: the spike's step stays as it is, and its derivative is a random difference quotient.

    G = |z| / (2 delta) where |m| < |z| delta, else exactly 0,      z from an even law, fresh for every neuron and step

(Mukhoty et al. 2023, LocalZO.) Its mean is a surrogate, g(m) = E[|z|; |z| > |m|/delta] / (2 delta). Conversely a
surrogate that is even and falls on both sides has a law, `SurrogateLaw`, for an estimate with it as the mean:

    G = c |z|^alpha / (2 delta) where |m| < |z| delta, else exactly 0.

m is the margin u - theta and delta a width, in the membrane's unit; z has none. A law's numbers are float64, its draws
float32.
"""

import dataclasses
from collections.abc import Iterable

import torch

from snnviz.draws import Draw, uniforms
from snnviz.laws import AbstractLaw, NormalLaw, SurrogateLaw, quantile_table
from snnviz.params import param
from snnviz.surrogates import AbstractSpikeDerivative, AbstractSurrogate


def estimate(margin: torch.Tensor, z: Iterable[torch.Tensor], delta: float, scale: float, alpha: int = 1) -> torch.Tensor:
    """scale times the sum over the given |z| of |z|^alpha where |m| < |z| delta, else 0; the comparison is strict.

    margin: u - theta [T, M]; every |z| has its shape and dtype; scale = c / (2 delta draws). Twin of ZerothOrder::row in
    kernels/spike_derivative.cuh, in its order of operations. Mukhoty et al. 2023.
    """
    total = torch.zeros_like(margin)
    for z_k in z:
        value = torch.ones_like(z_k) if alpha == 0 else z_k if alpha > 0 else 1 / z_k
        total = total + torch.where(margin.abs() < z_k * delta, value, 0)
    return total * scale


@dataclasses.dataclass(frozen=True)
class ZerothOrder(AbstractSpikeDerivative):
    """The mean of `draws` draws G = c |z|^alpha / (2 delta) where |m| < |z| delta, else exactly 0; z from the law.

    margins [T, M] in the membrane's unit, like delta; draws come from (seed, layer, step, column) alone, so every
    backend gets the same ones. Mukhoty et al. 2023.
    """

    law: AbstractLaw = dataclasses.field(default_factory=NormalLaw)
    delta: float = param(
        0.5,
        "Width",
        r"\delta",
        low=0.0,
        open_low=True,
        slider=(0.01, 2.0, 0.01),
        help="How far from the threshold neurons still get a gradient: the law's |z| times this.",
    )
    draws: int = param(
        1, "Draws", "m", low=1, high=1024, slider=(1, 20, 1), help="More draws: less noise, but more active neurons."
    )

    title = "Zeroth order"
    equation = r"\frac{c}{2\delta m}\sum_{k=1}^{m} |z_k|^{\alpha}\,[\,|u-\theta| < |z_k|\,\delta\,]"
    cite = "mukhoty2023localzo"
    random = True

    @property
    def kernel(self):
        """The name of its functor in kernels/spike_derivative.cuh, which is its law's."""
        return self.law.kernel

    def coefficients(self):
        return (self.delta, self.draws, self._scale, self.law.alpha)

    @property
    def _scale(self) -> float:
        return self.law.constant / (2 * self.delta * self.draws)

    @property
    def reach(self):
        return self.law.largest * self.delta

    def table(self):
        return quantile_table(self.law) if self.kernel == "zo_tabled" else None

    def sizes(self, steps: int, columns: int, draw: Draw, like: torch.Tensor) -> Iterable[torch.Tensor]:
        """The drawn |z|, one [steps, columns] for each of `draws`, in dtype and on the device of `like`."""
        for index in range(self.draws):
            yield self.law.quantile(uniforms(draw, steps, columns, index).to(like.device), like)

    def ds_du(self, margin, draw):
        return estimate(margin, self.sizes(len(margin), margin.shape[1], draw, margin), self.delta, self._scale, self.law.alpha)

    def mean(self, margin: torch.Tensor | float) -> torch.Tensor:
        """The expected surrogate g at these margins."""
        return self.law.expected_surrogate(margin, self.delta)

    def variance(self, margin: torch.Tensor | float) -> torch.Tensor:
        """The variance at these margins, inf where it diverges."""
        return self.law.variance(margin, self.delta, self.draws)

    def activity(self, margin: torch.Tensor | float) -> torch.Tensor:
        """The probability that the value at these margins is not 0."""
        return self.law.activity(margin, self.delta, self.draws)


def sampler(surrogate: AbstractSurrogate, alpha: int = 0, draws: int = 1) -> ZerothOrder:
    """The zeroth-order estimate whose mean is this surrogate, as it is (delta = 1).

    Raises:
        ValueError: there is none for this alpha; see `SurrogateLaw`.
    """
    return ZerothOrder(SurrogateLaw(surrogate, alpha), delta=1.0, draws=draws)


def matching_band(estimate: ZerothOrder) -> float:
    """B_th = delta E[max over the draws of |z|]: the fixed band |u - theta| < B_th that is as active as this estimate
    where the membrane's density is flat, as in the published comparisons. In the membrane's unit; inf: |z| has no mean.
    """
    return estimate.delta * estimate.law.mean_max(estimate.draws)
