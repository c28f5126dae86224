"""SLAYER: spike layer error reassignment in time."""

import dataclasses

from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.params import param
from snnviz.surrogates import AbstractSpikeDerivative, SingleExponential


@dataclasses.dataclass(frozen=True)
class Slayer(AbstractGradientMethod):
    """delta[t] = grad_s[t] k ds_du[t] + beta delta[t+1]: the reset is left out of the backward pass.

    With an exponential kernel and reset by subtraction this is BPTT with the reset path cut; with reset to zero it is not.
    scale k is tuned by hand: a weight's gradient grows like k to the power of the spiking layers above it, its direction
    stays. after_reset: the surrogate is read at v instead of u, as the published comparison did. Shrestha & Orchard 2018.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=SingleExponential)
    scale: float = param(
        1.0,
        "Gradient scale",
        "k",
        low=0.0,
        open_low=True,
        slider=(0.01, 10.0, 0.01),
        log=True,
        help="SLAYER's hand-tuned factor on the spike derivative.",
    )
    after_reset: bool = param(
        False, "Read the derivative after the reset", help="As the code of the published comparison does; a small effect."
    )

    title = "SLAYER"
    equation = r"\delta_t = g_t\,k s'_t + \beta\,\delta_{t+1}"
    cite = "shrestha2018slayer"

    @property
    def label(self):
        return "SLAYER" if self.scale == 1 else f"SLAYER, k = {self.scale:g}"

    @property
    def at_spike(self):
        return AtSpike(self.surrogate, gain=self.scale, after_reset=self.after_reset)

    @property
    def reset_path(self):
        return ResetPath.IGNORED
