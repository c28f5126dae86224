"""EXODUS: exact computation of the gradient through the reset, in one sweep."""

import dataclasses

from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.surrogates import AbstractSpikeDerivative, SingleExponential


@dataclasses.dataclass(frozen=True)
class Exodus(AbstractGradientMethod):
    """The exact gradient by the implicit function theorem: with time stacked, u = z + N f(u), where z is the filtered
    input and N the reset kernel; the adjoint e = dL/dz solves (I - D N^T) e = D g with D = diag(ds_du), by back
    substitution. For an exponential kernel that is one sweep with one register:

        delta[t] = grad_s[t] ds_du[t] + beta (1 - theta ds_du[t]) delta[t+1]

    It equals BPTT with the reset path kept. Bauer et al. 2023.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=SingleExponential)

    title = "EXODUS"
    equation = r"(I - D N^{\top})\,e = D g,\qquad \delta = E^{\top} e"
    cite = "bauer2023exodus"

    @property
    def at_spike(self):
        return AtSpike(self.surrogate)

    @property
    def reset_path(self):
        return ResetPath.KEPT
