"""What QIF and EIF share: a membrane that escapes by itself once it is high enough, and a reset to a value."""

import abc
from types import SimpleNamespace

import torch

from snnviz.neurons.base import AbstractNeuron, decay

THETA = {
    "symbol": r"\theta",
    "low": 0.0,
    "open_low": True,
    "slider": (0.1, 3.0, 0.05),
    "help": "The spike's top: a membrane that reaches this has fired, and is reset.",
}
V_RESET = {
    "symbol": "v_r",
    "high": 0.0,
    "slider": (-2.0, 0.0, 0.05),
    "help": "Where a spike puts the membrane. It rests at 0.",
    "branches": (-0.4,),
}


class Nonlinear(AbstractNeuron):
    """u[t] = F(v[t-1]) + x[t],   v[t] = u[t] (1 - s[t]) + v_reset s[t]; a subclass says F as `flow(c, v)`.

    The gradient through a step is F'(v[t-1]) (dv/du)[t]: it depends on where the membrane was, and above the point where F
    begins to run away it is larger than 1.
    """

    linear = False
    multiplier = "F′(v) dv/du"
    memory = "tau_mem"
    learnable = ("tau_mem", "theta")
    kernel_gradients = ("beta", "theta")
    reset_field = "v_reset"

    tau_mem: float
    theta: float
    v_reset: float

    @abc.abstractmethod
    def flow(self, c: SimpleNamespace, v: torch.Tensor) -> torch.Tensor:
        """F(v): where a membrane is one step later without input."""

    @abc.abstractmethod
    def rheobase(self) -> float:
        """The constant current, per ms, above which it fires."""

    def membrane(self, learned):
        """The coefficients of every nonlinear membrane, by name; `learned` holds what is trained instead of a field."""
        return {
            "beta": decay(self.dt, learned.get("tau_mem", self.tau_mem)),
            "theta": learned.get("theta", self.theta),
            "v_reset": self.v_reset,
        }

    def charge(self, c, state, x):
        (v,) = state
        return self.flow(c, v) + x, state

    def threshold(self, c, state):
        return c.theta

    def reset(self, c, state, u, theta, s):
        return (u * (1 - s) + c.v_reset * s,)

    def reset_level(self):
        return self.v_reset

    def current_range(self):
        return 2 * self.rheobase()
