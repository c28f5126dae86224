"""What the methods that learn online share: forward in time they need a trace instead of the whole run."""

import abc
import dataclasses

from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.surrogates import AbstractSpikeDerivative, SingleExponential


@dataclasses.dataclass(frozen=True)
class AbstractOnline(AbstractGradientMethod, abc.ABC):
    """A method that sends down to the layer below what one step alone gives, d[t] = grad_s[t] ds_du[t], and nothing through the
    spikes that a recurrent layer feeds back. So a layer's weights need nothing but what the layer itself remembers:

        dL/dW = sum_t d[t] eps[t]^T,    eps[t] the eligibility: du[t]/dW along the neuron's own past

    Computed forwards, eps is a trace in memory; computed backwards, as here, it is the same sum over delta (the two sums are one
    linear map and its adjoint). Normalisation over time needs
    the whole run, so with it nothing is online. Not implemented: an update of the weights at every step.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=SingleExponential)

    @property
    def at_spike(self):
        return AtSpike(self.surrogate)

    @property
    def down_path(self):
        return ResetPath.NONE

    @property
    def through_recurrence(self):
        return False
