"""The adaptive-threshold LIF neuron."""

import dataclasses
import math
from types import MappingProxyType

from snnviz.neurons.base import AbstractNeuron, Reset, Trace, clip, decay
from snnviz.neurons.lif import DT, RESET, TAU, THETA, V_MIN, leaks, unbounded
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class ALIF(AbstractNeuron):
    """A LIF membrane whose threshold rises with its own spikes, with rho = exp(-dt / tau_adapt):

        B[t] = theta + kappa / dt b[t]         b[t+1] = rho b[t] + (1 - rho) s[t]
        u[t] = beta v[t-1] + x[t]              v[t] = u[t] - B[t] s[t]   (or u[t] (1 - s[t]))

    b is the rate of its spikes per step, b / dt the one per ms: kappa is how far a steady spike per ms raises the threshold, in
    steps of any length. Times in ms. Bellec et al. 2018, where a step is 1 ms.
    """

    tau_mem: float = param(20.0, "Membrane time constant", r"\tau", **TAU, help="How long the membrane remembers.")
    tau_adapt: float = param(
        100.0,
        "Adaptation time constant",
        r"\tau_a",
        unit="ms",
        low=0.0,
        open_low=True,
        slider=(5.0, 500.0, 5.0),
        help="How long the threshold stays raised.",
    )
    theta: float = param(1.0, "Threshold at rest", **THETA)
    kappa: float = param(
        10.0,
        "Adaptation strength",
        r"\kappa",
        low=0.0,
        slider=(0.0, 50.0, 0.5),
        help="How far a steady train of one spike per ms raises the threshold.",
    )
    reset_mode: Reset = param(Reset.SUBTRACT, "Reset", **RESET)
    v_min: float = param(-math.inf, "Lower bound", **V_MIN)
    dt: float = param(1.0, "Time step", **DT)

    title = "ALIF"
    equation = (
        r"B_t = \theta + \kappa b_t/\Delta t,\quad b_{t+1} = \rho b_t + (1-\rho) s_t,\quad "
        r"u_t = \beta v_{t-1} + x_t,\quad v_t = u_t - B_t s_t"
    )
    cite = "bellec2018lsnn"
    kernel = "alif"
    states = ("v", "b")
    trace = Trace("b", "Adaptation")
    adaptive = True
    symbols = MappingProxyType({"amount": "c"})
    memory = "tau_mem"
    learnable = ("tau_mem", "tau_adapt", "theta", "kappa")
    kernel_gradients = ("beta", "theta", "kappa", "rho")

    def coefficients(self, **learned):
        return {
            "beta": decay(self.dt, learned.get("tau_mem", self.tau_mem)),
            "theta": learned.get("theta", self.theta),
            "kappa": learned.get("kappa", self.kappa) / self.dt,
            "rho": decay(self.dt, learned.get("tau_adapt", self.tau_adapt)),
            "v_min": self.v_min,
            "zero": float(self.reset_mode is Reset.ZERO),
            "amount": float(self.reset_mode is Reset.SUBTRACT),
        }

    def charge(self, c, state, x):
        return clip(c.beta * state[0] + x, c.v_min), state

    def threshold(self, c, state):
        return c.theta + c.kappa * state[1]

    def reset(self, c, state, u, theta, s):
        v = u * (1 - s) if self.reset_mode is Reset.ZERO else u - c.amount * theta * s
        return v, c.rho * state[1] + (1 - c.rho) * s

    def of_0_1_0(self, dt):
        return dataclasses.replace(self, kappa=self.kappa * dt)

    def rheobase(self):
        return leaks(self.theta, self.coefficients()["beta"], self.dt)

    def settling(self):
        return 5 * max(self.tau_mem, self.tau_adapt)

    def current_range(self):
        return 2.0 * max(self.rheobase(), 0.02 * self.theta)

    def dense_because(self):
        return unbounded(self)
