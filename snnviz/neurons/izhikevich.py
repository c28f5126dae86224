"""Izhikevich's neuron, as a contrast: rich dynamics, simulation only."""

import dataclasses

import torch

from snnviz.neurons.base import AbstractNeuron, Trace
from snnviz.neurons.lif import DT
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class Izhikevich(AbstractNeuron):
    """dv/dt = 0.04 v^2 + 5 v + 140 - w + I, dw/dt = a (b v - w); at v >= 30 mV: v = c, w += d.

    v in mV, time in ms; v in two half steps, then w. x is the current I itself, per ms, not times dt. The
    defaults are a regular spiking cell. For simulation only.
    Izhikevich 2003.
    """

    a: float = param(0.02, "Recovery rate", "a", low=0.0, slider=(0.005, 0.2, 0.005), help="How fast the recovery follows.")
    b: float = param(0.2, "Recovery sensitivity", "b", slider=(0.0, 0.4, 0.01), help="How the recovery depends on v.")
    c: float = param(
        -65.0,
        "Reset potential",
        "c",
        unit="mV",
        low=-100.0,
        high=0.0,
        slider=(-80.0, -40.0, 1.0),
        help="Where v goes after a spike.",
    )
    d: float = param(8.0, "Recovery jump", "d", slider=(0.0, 10.0, 0.5), help="What a spike adds to the recovery.")
    dt: float = param(0.5, "Time step", **(DT | {"high": 2.0, "slider": (0.1, 1.0, 0.1)}))

    title = "Izhikevich"
    equation = r"\dot v = 0.04v^2 + 5v + 140 - w + I,\quad \dot w = a(bv - w);\quad v \ge 30:\ v = c,\ w \mathrel{+}= d"
    cite = "izhikevich2003simple"
    kernel = "izhikevich"
    states = ("v", "w")
    trace = Trace("w", "Recovery")
    unit = "mV"
    peak = 35.0
    amplitude = 10.0
    reset_field = "c"
    phase_range = (-90.0, 35.0)
    differentiable = False
    linear = False

    def rest(self):
        return -65.0, self.b * -65.0

    def drive_scale(self):
        return 1.0

    def settling(self):
        return 5 / self.a if self.a else 0.0

    def coefficients(self, **learned):
        return {"a": self.a, "b": self.b, "c": self.c, "d": self.d, "dt": self.dt}

    def charge(self, c, state, x):
        v, w = state
        for _ in range(2):
            v = v + 0.5 * c.dt * (((0.04 * v + 5) * v + 140) - w + x)
        w = w + c.dt * c.a * (c.b * v - w)
        return v, (v, w)

    def threshold(self, c, state):
        return 30.0

    def reset(self, c, state, u, theta, s):
        return torch.where(s > 0, c.c, u), state[1] + c.d * s

    def reset_level(self):
        return self.c

    def nullclines(self, v, current):
        return 0.04 * v**2 + 5 * v + 140 + current, self.b * v
