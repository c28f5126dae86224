"""OSTL without its recurrent term: online spatio-temporal learning."""

import dataclasses

from snnviz.methods.base import ResetPath
from snnviz.methods.online import AbstractOnline


@dataclasses.dataclass(frozen=True)
class OSTL(AbstractOnline):
    """dL/dW_ji = sum_t d_j[t] eps_ji[t] with the whole eligibility of the neuron, reset included:

        eps_ji[t] = beta (dv/du)_j[t-1] eps_ji[t-1] + s_below_i[t],    dv/du as in BPTT with the reset kept

    For one layer it is BPTT with the reset kept; d[t] = grad_s[t] ds_du[t] alone goes down, and the spikes that a recurrent layer
    feeds back carry nothing (the paper's variant without the term H, as far as its abstract says). Bohnstingl et al. 2023.
    """

    title = "OSTL"
    trace = "a trace a weight"
    equation = (
        r"\tfrac{\partial L}{\partial W} = \sum_t g_t s'_t\,\epsilon_t,\quad "
        r"\epsilon_t = \beta\,\tfrac{\partial v_{t-1}}{\partial u_{t-1}}\,\epsilon_{t-1} + s^{\text{below}}_t"
    )
    cite = "bohnstingl2023ostl"

    @property
    def reset_path(self):
        return ResetPath.KEPT
