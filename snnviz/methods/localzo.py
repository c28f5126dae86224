"""LocalZO: the spike's derivative as a random difference quotient; and a gate with the same mean and less noise."""

import dataclasses

import torch

from snnviz.laws import AbstractLaw, NormalLaw
from snnviz.methods.base import AbstractGradientMethod, AtSpike, Choice, ResetPath
from snnviz.params import param
from snnviz.surrogates import AbstractSurrogate, Gaussian
from snnviz.zeroth_order import ZerothOrder

KEEP_RESET = {"help": "Whether the gradient runs through the reset too. The published code cuts it."}


@dataclasses.dataclass(frozen=True)
class LocalZO(AbstractGradientMethod):
    """delta[t] = grad_s[t] G[t] + beta (dv/du)[t] delta[t+1], with a random G in place of ds/du, the mean of m draws of

        |z| / (2 width) where |u - theta| < |z| width, else exactly 0,       z ~ law

    For the given forward pass the gradient of the whole network is an unbiased estimate of the one with the expected
    surrogate; most neurons and steps have G = 0 and need no backward pass. width in the membrane's unit.
    Mukhoty et al. 2023.
    """

    law: AbstractLaw = dataclasses.field(default_factory=NormalLaw)
    delta: float = param(
        0.5,
        "Width",
        r"\delta",
        low=0.0,
        open_low=True,
        slider=(0.01, 2.0, 0.01),
        help="How far from the threshold neurons still get a gradient. Published: 0.05 and 0.5.",
    )
    draws: int = param(
        1,
        "Draws",
        "m",
        low=1,
        high=1024,
        slider=(1, 20, 1),
        help="More draws: less noise, but more active neurons. Published: 1 and 5.",
    )
    keep_reset: bool = param(False, "Keep the reset path", **KEEP_RESET)

    title = "LocalZO"
    equation = (
        r"\delta_t = g_t\,G_t + \beta\,\tfrac{\partial v}{\partial u}\,\delta_{t+1},\quad "
        r"G = \frac{1}{m}\sum_k \frac{|z_k|}{2\delta}\,[\,|u-\theta| < |z_k|\,\delta\,]"
    )
    cite = "mukhoty2023localzo"

    @property
    def estimate(self) -> ZerothOrder:
        """The spike derivative: it also knows its mean, variance and activity."""
        return ZerothOrder(self.law, self.delta, self.draws)

    @property
    def at_spike(self):
        return AtSpike(self.estimate)

    @property
    def reset_path(self):
        return ResetPath.KEPT if self.keep_reset else ResetPath.CUT


@dataclasses.dataclass(frozen=True)
class GatedZO(AbstractGradientMethod):
    """This project's own extra, in no paper: a surrogate g sampled by a gate instead of a difference quotient,

        G = g / p with probability p = min(1, s g), else exactly 0,      s = peak / g(0)

    No unbiased estimate of g that is non-zero with probability p has less variance than g^2 (1/p - 1), and this one
    attains it: for the normal law's surrogate peak = 0.5 has the noise of LocalZO at 21 % less activity, peak = 1 a
    quarter of the noise at 57 % more. With peak <= 1 every value is 0 or 1/s. One uniform draw for a neuron and step.
    LocalZO is Mukhoty et al. 2023.

    Raises:
        ValueError: the surrogate is negative somewhere, which no probability can stand for.
    """

    surrogate: AbstractSurrogate = dataclasses.field(default_factory=Gaussian)
    peak: float = param(
        1.0,
        "Probability at the threshold",
        r"s\,g(0)",
        low=0.0,
        open_low=True,
        high=100.0,
        slider=(0.1, 3.0, 0.1),
        help="How likely a neuron at the threshold is active; above 1 it always is.",
    )
    keep_reset: bool = param(False, "Keep the reset path", **KEEP_RESET)

    title = "Gated surrogate (our extra)"
    choices = (Choice("gated", "Gated surrogate (our extra)"),)
    own_surrogate = True  # the exponential that the others share is no good gate
    equation = (
        r"\delta_t = g_t\,G_t + \beta\,\tfrac{\partial v}{\partial u}\,\delta_{t+1},\quad "
        r"G = s'/p\ \text{with probability}\ p = \min(1, s\,s'),\ \text{else}\ 0"
    )
    cite = "mukhoty2023localzo"

    def __post_init__(self):
        super().__post_init__()
        m = torch.logspace(-6, 6, 601, dtype=torch.float64)
        if (self.surrogate.derivative(m) < 0).any():
            raise ValueError(
                f"GatedZO.surrogate: {type(self.surrogate).__name__} is negative somewhere, where a gate "
                "would need a negative probability. Choose a surrogate that is nowhere negative."
            )

    @property
    def gate(self) -> float:
        """s = peak / g(0): p = min(1, s g)."""
        return self.peak / self.surrogate.derivative(torch.zeros(1, dtype=torch.float64)).item()

    @property
    def at_spike(self):
        return AtSpike(self.surrogate, gate=self.gate)

    @property
    def reset_path(self):
        return ResetPath.KEPT if self.keep_reset else ResetPath.CUT
