"""Sparse spiking gradient descent: backward touches only the neurons near their threshold."""

import dataclasses

from snnviz.methods.base import AbstractGradientMethod, AtSpike, Choice, ResetPath
from snnviz.methods.localzo import LocalZO
from snnviz.params import param
from snnviz.surrogates import AbstractSpikeDerivative, AbstractSurrogate, FastSigmoid
from snnviz.zeroth_order import matching_band


@dataclasses.dataclass(frozen=True)
class SparseGD(AbstractGradientMethod):
    """delta[t] = grad_s[t] ds_du[t] + beta delta[t+1] (reset to zero: beta (1 - s[t]) delta[t+1]), where

        ds_du = surrogate where |u - theta| < B_th, else exactly 0

    The reset path is cut. Unlike LocalZO's random band a fixed one is biased: what lies outside is lost. With an
    infinite band it is BPTT with the reset path cut. B_th in the membrane's unit. Perez-Nieves & Goodman 2021.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=FastSigmoid)
    band: float = param(
        0.2,
        "Band",
        r"B_{th}",
        low=0.0,
        open_low=True,
        slider=(0.01, 2.0, 0.01),
        help="Only neurons closer than this to their threshold get a gradient.",
    )

    title = "Sparse gradient descent"
    choices = (Choice("sparse", title),)
    equation = r"\delta_t = g_t\,s'_t\,[\,|u_t-\theta| < B_{th}\,] + \beta\,\delta_{t+1}"
    cite = "pereznieves2021sparse"

    @classmethod
    def matching(cls, method: LocalZO, surrogate: AbstractSurrogate) -> "SparseGD":
        """The band that is as active as `method` where the membrane's density is flat, B_th = delta E[max |z|].

        Raises:
            ValueError: |z| has no mean, so no band matches.
        """
        band = matching_band(method.estimate)
        if band == float("inf"):
            raise ValueError(f"No band matches {method.law}: its |z| has no mean. Choose a law with lighter tails.")
        return cls(surrogate, band)

    @property
    def at_spike(self):
        return AtSpike(self.surrogate, window=self.band)

    @property
    def reset_path(self):
        return ResetPath.CUT
