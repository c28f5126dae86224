"""SLTT: spatial learning through time, which carries nothing along time."""

import dataclasses

from snnviz.methods.base import ResetPath
from snnviz.methods.online import AbstractOnline


@dataclasses.dataclass(frozen=True)
class SLTT(AbstractOnline):
    """delta[t] = grad_s[t] ds_du[t]: the membrane is carried forward as a constant, so no gradient runs along time anywhere.

    The eligibility is the input spike itself: nothing has to be remembered. Nearly BPTT's direction where a loss reads rates, no
    use where it reads times: what an earlier spike leaves in a membrane never counts. A leaky readout is cut in the same way. With
    one step it is BPTT. The published variant that goes back through K steps of T, drawn at random, is not here. Meng et al. 2023.
    """

    title = "SLTT"
    trace = "nothing"
    equation = r"\delta_t = g_t\,s'_t"
    cite = "meng2023sltt"

    @property
    def reset_path(self):
        return ResetPath.NONE
