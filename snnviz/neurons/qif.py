"""The quadratic integrate-and-fire neuron: the simplest membrane that makes its own spike."""

import dataclasses
import math

from snnviz.neurons.base import AbstractNeuron, clip
from snnviz.neurons.lif import DT, TAU
from snnviz.neurons.nonlinear import THETA, V_RESET, Nonlinear
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class QIF(Nonlinear, AbstractNeuron):
    """tau dv/dt = -v (1 - v / v_crit) + R I: below v_crit the membrane falls back to 0, above it runs away and fires at theta.

        u[t] = F(v[t-1]) + x[t],   F(v) = beta v / (1 - (1 - beta) v / v_crit),   v[t] = v_reset where it fired, else u[t]

    F solves the equation without input exactly over one step, with beta = exp(-dt / tau_mem), so that no inhibition, however
    strong, makes it fire. Where v would escape within the step the denominator is kept at 1/64. Times in ms, membrane and
    current in units of LIF's threshold. Ermentrout & Kopell 1986.
    """

    tau_mem: float = param(20.0, "Membrane time constant", r"\tau", **TAU, branches=(1.0,), help="How fast it falls back.")
    theta: float = param(1.0, "Threshold", **THETA)
    v_crit: float = param(
        0.5,
        "Critical membrane",
        r"v_c",
        low=0.0,
        open_low=True,
        slider=(0.1, 2.0, 0.05),
        help="Above this the membrane runs away by itself.",
    )
    v_reset: float = param(0.0, "Reset potential", **V_RESET)
    dt: float = param(1.0, "Time step", **DT)

    title = "QIF (quadratic)"
    equation = (
        r"\tau\dot v = -v\,(1 - v/v_c) + RI:\quad u_t = \frac{\beta v_{t-1}}{1 - (1-\beta)\,v_{t-1}/v_c} + x_t,\quad "
        r"v_t = u_t (1 - s_t) + v_r s_t"
    )
    cite = "ermentrout1986parabolic"
    kernel = "qif"
    amplitude = 0.02

    def coefficients(self, **learned):
        return self.membrane(learned) | {"v_crit": self.v_crit}

    def flow(self, c, v):
        return c.beta * v / clip(1 - (1 - c.beta) * (v / c.v_crit), 1 / 64)

    def rheobase(self) -> float:
        """The constant current, per ms, above which it fires: there v = F(v) + x loses its solutions, in a saddle-node
        bifurcation."""
        return self.v_crit * math.tanh(self.dt / (4 * self.tau_mem)) / self.dt
