"""OTTT: online training through time, with one trace of each input."""

import dataclasses

from snnviz.methods.base import ResetPath
from snnviz.methods.online import AbstractOnline


@dataclasses.dataclass(frozen=True)
class OTTT(AbstractOnline):
    """dL/dW = sum_t d[t] a[t]^T with d[t] = grad_s[t] ds_du[t] and the trace a[t] = beta a[t-1] + s_below[t] of each input.

    For the weights this is the sweep with the reset left out (of a one-layer network: SLAYER's gradient); d alone goes down. Every
    layer with a neuron has its trace, the first one and a leaky readout too; a readout without memory has none. In the published
    code the first layer has no trace and such a readout has one. The gradient is that of the whole sample (OTTT_A). It is blind to
    what an earlier layer should have sent some steps ago. Xiao et al. 2022.
    """

    title = "OTTT"
    trace = "a trace an input"
    equation = r"\tfrac{\partial L}{\partial W} = \sum_t g_t s'_t\,a_t^{\top},\quad a_t = \beta a_{t-1} + s^{\text{below}}_t"
    cite = "xiao2022ottt"

    @property
    def reset_path(self):
        return ResetPath.IGNORED
