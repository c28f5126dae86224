"""Backpropagation through time with a surrogate derivative."""

import dataclasses

from snnviz.methods.base import AbstractGradientMethod, AtSpike, Choice, ResetPath
from snnviz.params import param
from snnviz.surrogates import AbstractSpikeDerivative, SingleExponential


@dataclasses.dataclass(frozen=True)
class BPTT(AbstractGradientMethod):
    """delta[t] = grad_s[t] ds_du[t] + beta (dv/du)[t] delta[t+1], the chain rule through every step.

    keep_reset: the gradient also runs through the spike in the reset (dv/du = 1 - theta ds_du); cut, the spike there is
    treated as a constant (dv/du = 1, or 1 - s for reset to zero). Neftci et al. 2019.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=SingleExponential)
    keep_reset: bool = param(True, "Keep the reset path", help="Whether the gradient runs through the reset too.")

    title = "BPTT"
    choices = (  # it stands twice: the switch is worth teaching
        Choice("kept", "BPTT, reset kept", "bptt", (("keep_reset", True),)),
        Choice("cut", "BPTT, reset cut", "bptt_cut", (("keep_reset", False),)),
    )
    equation = r"\delta_t = g_t\,s'_t + \beta\,(1 - \theta s'_t)\,\delta_{t+1}"
    cite = "neftci2019surrogate"

    @property
    def label(self):
        return f"BPTT, reset {'kept' if self.keep_reset else 'cut'}"

    @property
    def at_spike(self):
        return AtSpike(self.surrogate)

    @property
    def reset_path(self):
        return ResetPath.KEPT if self.keep_reset else ResetPath.CUT
