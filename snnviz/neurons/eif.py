"""The exponential integrate-and-fire neuron: a leak below, an exponential upstroke above."""

import dataclasses
import math

import torch

from snnviz.neurons.base import AbstractNeuron, clip
from snnviz.neurons.exponential import exponential
from snnviz.neurons.lif import DT, TAU
from snnviz.neurons.nonlinear import THETA, V_RESET, Nonlinear
from snnviz.params import param

LOWEST, HIGHEST = -80, 10  # of the exponent


@dataclasses.dataclass(frozen=True)
class EIF(Nonlinear, AbstractNeuron):
    """tau dv/dt = -v + sharpness (exp((v - v_soft) / sharpness) - exp(-v_soft / sharpness)) + R I; it rests at 0, fires at theta.

        u[t] = F(v[t-1]) + x[t],   F(v) = beta v + (1 - beta) sharpness (e(v) - e(0)),   e(v) = exp((v - v_soft) / sharpness)
        v[t] = v_reset where it fired, else u[t]

    beta = exp(-dt / tau_mem): the leak is exact, the exponential held over the step. Its exponent is kept between -80 and 10,
    beyond which a spike follows in any case, so that nothing overflows. e is made of + - * alone (`exponential`): the same bits
    on every machine. Times in ms, membrane and current in units of LIF's threshold. Fourcaud-Trocmé et al. 2003.
    """

    tau_mem: float = param(20.0, "Membrane time constant", r"\tau", **TAU, help="How long the membrane remembers.")
    theta: float = param(1.0, "Threshold", **THETA)
    v_soft: float = param(
        0.7,
        "Soft threshold",
        r"v_T",
        low=0.0,
        open_low=True,
        slider=(0.1, 2.0, 0.05),
        help="Where the upstroke outruns the leak: above this the membrane runs away by itself.",
    )
    sharpness: float = param(
        0.1,
        "Sharpness",
        r"\Delta_T",
        low=0.001,
        slider=(0.01, 0.5, 0.01),
        help="How gently the upstroke begins. Near 0 it is LIF with the soft threshold.",
        branches=(0.005,),
    )
    v_reset: float = param(0.0, "Reset potential", **V_RESET)
    dt: float = param(1.0, "Time step", **DT)

    title = "EIF (exponential)"
    equation = (
        r"\tau\dot v = -v + \Delta_T (e^{(v - v_T)/\Delta_T} - e^{-v_T/\Delta_T}) + RI:\quad u_t = F(v_{t-1}) + x_t,\quad "
        r"v_t = u_t (1 - s_t) + v_r s_t"
    )
    cite = "fourcaudtrocme2003spike"
    kernel = "eif"
    amplitude = 0.04

    def coefficients(self, **learned):
        return self.membrane(learned) | {"v_soft": self.v_soft, "sharpness": self.sharpness}

    def flow(self, c, v):
        upstroke = self._e(c, v) - self._e(c, torch.zeros_like(v))
        return c.beta * v + (1 - c.beta) * c.sharpness * upstroke

    @staticmethod
    def _e(c, v):
        exponent = clip((v - c.v_soft) / c.sharpness, LOWEST)
        return exponential(torch.where(exponent > HIGHEST, HIGHEST, exponent))

    def rheobase(self) -> float:
        """The constant current, per ms, above which it fires: v - F(v) is largest at v = v_soft, where F'(v) = 1."""
        above = self.v_soft - self.sharpness * (1 - math.exp(-self.v_soft / self.sharpness))
        return (1 - math.exp(-self.dt / self.tau_mem)) * above / self.dt
