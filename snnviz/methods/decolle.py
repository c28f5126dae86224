"""DECOLLE: deep continuous local learning, with a fixed random readout of every layer at every step."""

import dataclasses

from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.surrogates import AbstractSpikeDerivative, FastSigmoid


@dataclasses.dataclass(frozen=True)
class Decolle(AbstractGradientMethod):
    """E = the network's own loss, which trains the readout alone, + sum_l mean_t CE(G_l s_l[t], y), with a fixed random linear head
    G_l on every hidden layer at every step, and nothing that goes from layer to layer:

        dE/dW_l = sum_t ((G_l^T dE/dlogit)[t] ds_du[t]) a[t]^T,    a[t] = beta a[t-1] + s_below[t]

    Each layer is OTTT of a network of one layer whose readout is G_l. Early layers learn what a random readout of them can use, so
    depth adds little. This is DECOLLE's rule on the neuron that is chosen: the published one filters its input twice, has a
    refractory trace in place of the reset, and learns by a smooth L1 loss at every step. Kaiser, Mostafa & Neftci 2020.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=FastSigmoid)

    title = "DECOLLE"
    trace = "a trace an input"
    equation = (
        r"\tfrac{\partial E}{\partial W_l} = \sum_t \big(G_l^{\top} \tfrac{\partial E}{\partial z_l}\big)_t\, s'_t\, a_t^{\top}"
    )
    cite = "kaiser2020decolle"

    @property
    def at_spike(self):
        return AtSpike(self.surrogate)

    @property
    def reset_path(self):
        return ResetPath.IGNORED

    @property
    def down_path(self):
        return None

    @property
    def through_recurrence(self):
        return False

    @property
    def local(self):
        return True
