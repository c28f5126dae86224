"""EventProp: the exact gradient of spike times, on the grid of steps."""

import dataclasses

from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.surrogates import AbstractSpikeDerivative


@dataclasses.dataclass(frozen=True)
class PerRise(AbstractSpikeDerivative):
    """1 / rise at a spike, where rise is how far the membrane climbs in that step, and 0 elsewhere: it depends on the run, and not
    on the margin alone (`snnviz.backends.timed`). Wunderlich & Pehle 2021."""

    title = "1 / rise of the membrane, at spikes alone"
    equation = r"s_t / (i_t - (1 - \beta)\theta)"
    cite = "wunderlich2021eventprop"

    def coefficients(self):
        return ()

    def ds_du(self, margin, draw):
        raise ValueError("The rise of a membrane at its spikes does not follow from margins: EventProp reads the whole run.")


@dataclasses.dataclass(frozen=True)
class EventProp(AbstractGradientMethod):
    """What if each spike came a little earlier? A spike has a time where a current that decays (CUBA-LIF) lifts the membrane to its
    threshold, and that time has an exact derivative. rise[t] = i[t] - (1 - beta) theta is the climb in the step of a spike:

        du[t] = beta du[t+1]                                                                        (no spike)
        du[t] = (1 + (1 - beta) theta / rise[t]) beta du[t+1] + (g[t] - g[t+1]) / rise[t]           (a spike)

    and from du to dL/dx as ever. No surrogate: a layer without spikes gets exactly 0, and what a spike that appears or vanishes
    does to the loss is not in it; just above such a birth the gradient is unbounded. A loss that reads a mean over time alone has
    g[t] = g[t+1], so its gradient is 0 but for the last step: give the readout a memory. With a finer grid it goes to the exact
    gradient, where a surrogate's turns away; reset by subtraction suits it best. Wunderlich & Pehle 2021.
    """

    title = "EventProp"
    equation = (
        r"\delta_t = \beta\Big(1 + s_t\,\tfrac{(1-\beta)\theta}{r_t}\Big)\delta_{t+1} + \tfrac{s_t}{r_t}\,(g_t - g_{t+1}),\quad "
        r"r_t = i_t - (1-\beta)\theta"
    )
    cite = "wunderlich2021eventprop"

    @property
    def at_spike(self):
        return AtSpike(PerRise())

    @property
    def reset_path(self):
        return ResetPath.TIMED
