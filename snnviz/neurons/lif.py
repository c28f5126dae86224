"""The leaky integrate-and-fire neuron, and the integrate-and-fire neuron that it is without a leak."""

import dataclasses
import math
from types import MappingProxyType
from typing import Any

import torch

from snnviz.neurons.base import AbstractNeuron, Reset, clip, decay
from snnviz.params import param

DT = {
    "symbol": r"\Delta t",
    "unit": "ms",
    "low": 0.0,
    "open_low": True,
    "finite": True,
    "slider": (0.1, 5.0, 0.1),
    "advanced": True,
    "help": "One step of the simulation.",
}
TAU: dict[str, Any] = {"unit": "ms", "low": 0.0, "open_low": True, "slider": (1.0, 100.0, 1.0)}
THETA = {
    "symbol": r"\theta",
    "low": 0.0,
    "open_low": True,
    "slider": (0.1, 3.0, 0.05),
    "help": "The membrane fires when it reaches this.",
}
RESET = {"help": "Subtract the threshold, go back to zero, or leave the membrane alone."}
V_MIN = {
    "symbol": r"v_{min}",
    "slider": (-5.0, 0.0, 0.1),
    "advanced": True,
    "help": "The membrane cannot fall below this; minus infinity: no limit.",
    "branches": (-0.3,),
}
MAX_SPIKES = {
    "symbol": "n",
    "low": 1,
    "high": 1000,
    "slider": (1, 10, 1),
    "advanced": True,
    "help": "Above 1 a step holds as many spikes as thresholds fit into the membrane.",
    "branches": (3,),
}
AMOUNT = {
    "symbol": "c",
    "low": 0.0,
    "slider": (0.0, 3.0, 0.05),
    "advanced": True,
    "help": "What a spike takes from the membrane with reset by subtraction, in thresholds.",
}


def membrane(neuron, learned: dict, tau_mem) -> dict:
    """The six coefficients that LIF, IF and CUBA-LIF share, in the kernels' order."""
    theta = learned.get("theta", neuron.theta)
    amount = 0.0 if neuron.reset_mode is Reset.NONE else neuron.reset_amount * theta
    return {
        "beta": 1.0 if tau_mem is None else decay(neuron.dt, tau_mem),
        "theta": theta,
        "amount": amount,
        "v_min": neuron.v_min,
        "n_max": neuron.max_spikes,
        "zero": float(neuron.reset_mode is Reset.ZERO),
    }


def unbounded(neuron) -> str | None:
    """Why the pass over active entries alone cannot take a neuron whose membrane decays between spikes; None: it can."""
    if neuron.v_min > -math.inf:
        return "With a lower bound the gradient also depends on every entry that was clipped."
    return "With several spikes per step they do not fit into bits." if neuron.spike_limit != 1 else None


class MembraneReset(AbstractNeuron):
    """The threshold and reset of LIF, IF and CUBA-LIF: v = u - c s, or v = u (1 - s)."""

    reset_field = "reset_amount"
    symbols = MappingProxyType({"amount": "cθ"})
    theta: float
    reset_mode: Reset
    reset_amount: float
    max_spikes: int

    @property
    def spike_limit(self):
        return self.max_spikes

    def threshold(self, c, state):
        return c.theta

    def reset(self, c, state, u, theta, s):
        return (u * (1 - s) if self.reset_mode is Reset.ZERO else u - c.amount * s, *state[1:])

    def reset_level(self):
        return self.theta * (1 - self.reset_amount) if self.reset_mode is Reset.SUBTRACT else None

    def rheobase(self):
        return leaks(self.theta, self.coefficients()["beta"], self.dt)

    def current_range(self):
        return 2.0 * max(self.rheobase(), 0.02 * self.theta)  # of a slow leak: what fires it after a while

    def dense_because(self):
        return unbounded(self)


def leaks(level: float, decay: float | torch.Tensor, dt: float) -> float:
    """What leaks per ms out of a leaky sum that stands at `level` and decays by `decay`, one number, in a step of dt ms."""
    return level * (1 - float(decay)) / dt


@dataclasses.dataclass(frozen=True)
class LIF(MembraneReset, AbstractNeuron):
    """tau dv/dt = -v + R I, a spike at v >= theta; in steps, with beta = exp(-dt / tau_mem):

        u[t] = beta v[t-1] + x[t]        v[t] = u[t] - theta s[t]   (or u[t] (1 - s[t]))

    Times in ms, membrane and current in units of the threshold; a current I, per ms, is x = I dt. Gerstner & Kistler 2002.
    """

    tau_mem: float = param(20.0, "Membrane time constant", r"\tau", **TAU, help="How long the membrane remembers.")
    theta: float = param(1.0, "Threshold", **THETA)
    reset_mode: Reset = param(Reset.SUBTRACT, "Reset", **RESET)
    v_min: float = param(-math.inf, "Lower bound", **V_MIN)
    max_spikes: int = param(1, "Spikes per step", **MAX_SPIKES)
    reset_amount: float = param(1.0, "Reset amount", **AMOUNT)
    dt: float = param(1.0, "Time step", **DT)

    title = "LIF"
    equation = r"u_t = \beta v_{t-1} + x_t,\quad v_t = u_t - \theta s_t,\quad \beta = e^{-\Delta t/\tau}"
    cite = "gerstner2002spiking"
    kernel = "lif"
    memory = "tau_mem"
    learnable = ("tau_mem", "theta")
    kernel_gradients = ("beta", "theta", "amount")

    def coefficients(self, **learned):
        return membrane(self, learned, learned.get("tau_mem", self.tau_mem))

    def charge(self, c, state, x):
        (v,) = state
        return clip(c.beta * v + x, c.v_min), state


@dataclasses.dataclass(frozen=True)
class IF(MembraneReset, AbstractNeuron):
    """The integrate-and-fire neuron: LIF without a leak, u[t] = v[t-1] + x[t]. Gerstner & Kistler 2002."""

    theta: float = param(1.0, "Threshold", **THETA)
    reset_mode: Reset = param(Reset.SUBTRACT, "Reset", **RESET)
    v_min: float = param(-math.inf, "Lower bound", **V_MIN)
    max_spikes: int = param(1, "Spikes per step", **MAX_SPIKES)
    reset_amount: float = param(1.0, "Reset amount", **AMOUNT)
    dt: float = param(1.0, "Time step", **DT)

    title = "IF"
    equation = r"u_t = v_{t-1} + x_t,\quad v_t = u_t - \theta s_t"
    cite = "gerstner2002spiking"
    kernel = "lif"
    multiplier = "dv/du"
    learnable = ("theta",)
    kernel_gradients = ("beta", "theta", "amount")

    def coefficients(self, **learned):
        return membrane(self, learned, None)

    def charge(self, c, state, x):
        (v,) = state
        return clip(v + x, c.v_min), state
