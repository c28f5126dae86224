"""The leaky readout: a membrane that never fires, whose value is the network's output."""

import dataclasses
import math

from snnviz.neurons.base import AbstractNeuron, decay
from snnviz.neurons.lif import DT, TAU
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class LeakyReadout(AbstractNeuron):
    """u[t] = beta u[t-1] + x[t], beta = exp(-dt / tau_mem): no threshold, no spikes; u is the output. Times in ms.

    Neftci, Mostafa & Zenke 2019.
    """

    tau_mem: float = param(20.0, "Membrane time constant", r"\tau", **TAU, help="How long the output remembers.")
    dt: float = param(1.0, "Time step", **DT)

    title = "Leaky readout"
    equation = r"u_t = \beta u_{t-1} + x_t"
    cite = "neftci2019surrogate"
    kernel = "leaky"
    multiplier = "β"
    memory = "tau_mem"
    learnable = ("tau_mem",)
    kernel_gradients = ("beta",)
    fires = False

    def coefficients(self, **learned):
        return {"beta": decay(self.dt, learned.get("tau_mem", self.tau_mem))}

    def charge(self, c, state, x):
        (v,) = state
        return c.beta * v + x, state

    def threshold(self, c, state):
        return math.inf

    def reset(self, c, state, u, theta, s):
        return (u,)
