"""The current-based LIF neuron: a synapse that filters its input in front of a LIF membrane."""

import dataclasses
import math

from snnviz.neurons.base import AbstractNeuron, Reset, Trace, clip, decay
from snnviz.neurons.lif import AMOUNT, DT, MAX_SPIKES, RESET, TAU, THETA, V_MIN, MembraneReset, leaks, membrane
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class CubaLIF(MembraneReset, AbstractNeuron):
    """A synaptic current in front of a LIF membrane, with alpha = exp(-dt / tau_syn), beta = exp(-dt / tau_mem):

        i[t] = alpha i[t-1] + x[t]       (early decay: alpha (i[t-1] + x[t]))
        u[t] = beta v[t-1] + i[t]        v[t] = u[t] - theta s[t]   (or u[t] (1 - s[t]))

    The membrane gets i at every step, so a current I, per ms, is x = I dt dt. Times in ms. Gerstner & Kistler 2002.
    """

    tau_mem: float = param(20.0, "Membrane time constant", r"\tau", **TAU, help="How long the membrane remembers.")
    tau_syn: float = param(5.0, "Synaptic time constant", r"\tau_s", **TAU, help="How long an input goes on flowing.")
    theta: float = param(1.0, "Threshold", **THETA)
    reset_mode: Reset = param(Reset.SUBTRACT, "Reset", **RESET)
    early_decay: bool = param(
        False, "Early synaptic decay", advanced=True, help="An input decays once before it first reaches the membrane."
    )
    v_min: float = param(-math.inf, "Lower bound", **V_MIN)
    max_spikes: int = param(1, "Spikes per step", **MAX_SPIKES)
    reset_amount: float = param(1.0, "Reset amount", **AMOUNT)
    dt: float = param(1.0, "Time step", **DT)

    title = "CUBA-LIF"
    equation = r"i_t = \alpha i_{t-1} + x_t,\quad u_t = \beta v_{t-1} + i_t,\quad v_t = u_t - \theta s_t"
    cite = "gerstner2002spiking"
    kernel = "cuba"
    states = ("v", "i")
    trace = Trace("i", "Synaptic current", current=True)
    memory = "tau_mem"
    learnable = ("tau_mem", "tau_syn", "theta")
    kernel_gradients = ("beta", "theta", "amount", "alpha")

    def coefficients(self, **learned):
        alpha = decay(self.dt, learned.get("tau_syn", self.tau_syn))
        shared = membrane(self, learned, learned.get("tau_mem", self.tau_mem))
        return shared | {"alpha": alpha, "early": float(self.early_decay)}

    def untimed_because(self):
        if self.v_min > -math.inf or self.spike_limit > 1:
            return "That needs a membrane without a lower bound and one spike a step at most."
        return None

    def drive_scale(self):
        return self.dt * self.dt

    def bias_input(self):
        alpha = decay(self.dt, self.tau_syn)
        steady = super().bias_input() * (1 - alpha)  # the current i settles too, before the membrane does
        return steady / alpha if self.early_decay else steady

    def rheobase(self):
        c = self.coefficients()
        steady = leaks(leaks(self.theta, c["beta"], self.dt), c["alpha"], self.dt)  # the current i, then what keeps it up
        return steady / c["alpha"] if self.early_decay else steady

    def settling(self):
        return 5 * max(self.tau_mem, self.tau_syn)

    def current_range(self):
        c = self.coefficients()
        membrane, synapse = (max(leaks(1.0, c[name], self.dt), 0.02) for name in ("beta", "alpha"))
        return max(2.0 * self.theta * membrane * synapse, 2 * self.rheobase())

    def charge(self, c, state, x):
        v, i = state
        i = c.alpha * (i + x) if self.early_decay else c.alpha * i + x
        return clip(c.beta * v + i, c.v_min), (v, i)
