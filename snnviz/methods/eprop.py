"""e-prop: eligibility propagation, with an error that reaches every layer straight from the readout."""

import dataclasses
import enum

from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.params import param
from snnviz.surrogates import AbstractSpikeDerivative, SingleExponential


class Feedback(enum.Enum):
    """The matrix B by which the readout's error reaches the last hidden layer.

    SYMMETRIC: the readout's own weights. RANDOM: a fixed one. ADAPTIVE: one that starts at random and gets every update that the
    readout's weights get, while both decay: so that they become alike. Layers that the readout does not read have a fixed one.
    """

    SYMMETRIC = "symmetric"
    RANDOM = "random"
    ADAPTIVE = "adaptive"


@dataclasses.dataclass(frozen=True)
class EProp(AbstractGradientMethod):
    """dE/dW_ji = sum_t L_j[t] F(e_ji)[t] with the learning signal L_j = sum_k B_jk dE/dy_k and the eligibility of the neuron's own
    past, filtered as the readout filters (F; without a memory in the readout it filters nothing):

        e_ji[t] = ds_du_j[t] eps_ji[t],    eps_ji[t] = beta (dv/du) eps_ji[t-1] + s_below_i[t], and the adaptation's share

    What leaves a neuron as a spike and comes back through other neurons is cut; of a layer that is not recurrent and that the
    readout reads, symmetric e-prop with the reset kept is BPTT. Computed backwards, as here, it is the same sum. scale: the factor
    gamma on ds/du, published 0.3. decay: of B and the readout's weights, a step, with adaptive feedback. Where the answer is made
    by loops between neurons it is lost. Published regularisers are not here. Bellec et al. 2020.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=SingleExponential)
    feedback_by: Feedback = param(Feedback.SYMMETRIC, "Feedback", help="The matrix that takes the error to the hidden layers.")
    scale: float = param(
        0.3, "Dampening", r"\gamma", low=0.0, open_low=True, slider=(0.05, 2.0, 0.05), help="A factor on the spike derivative."
    )
    keep_reset: bool = param(
        False, "Keep the reset path", help="Whether the gradient runs through the reset. Published: it does not."
    )
    decay: float = param(
        0.01, "Decay of adaptive feedback", "c", low=0.0, high=1.0, slider=(0.0, 0.1, 0.001), advanced=True,
        help="What B and the readout's weights lose in one step of the optimiser.",
    )  # fmt: skip

    title = "e-prop"
    trace = "a trace a weight, two with adaptation"
    equation = (
        r"\tfrac{\partial E}{\partial W_{ji}} = \sum_t L_{j,t}\,\bar e_{ji,t},\quad e_{ji,t} = s'_{j,t}\,\epsilon_{ji,t},\quad "
        r"L_{j,t} = \sum_k B_{jk}\,\tfrac{\partial E}{\partial y_{k,t}}"
    )
    cite = "bellec2020eprop"

    @property
    def at_spike(self):
        return AtSpike(self.surrogate, gain=self.scale)

    @property
    def reset_path(self):
        return ResetPath.KEPT if self.keep_reset else ResetPath.CUT

    @property
    def down_path(self):
        return None

    @property
    def through_recurrence(self):
        return False

    @property
    def feedback(self):
        return self
