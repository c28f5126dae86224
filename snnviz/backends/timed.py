"""EventProp's way back on the grid, by the sweep that every backend has: its recursion is theirs with three terms replaced.

A perturbation that lifts u by eps at a spike moves it eps / rise steps earlier, and a spike that comes one step earlier changes the
loss by g[t] - g[t+1]: so 1 / rise stands for ds/du, that difference for the gradient from above, and 1 + (1 - beta) theta / rise
for dv/du, which is the sweep's own 1 - amount ds/du with an amount of -(1 - beta) theta.
"""

import dataclasses

import torch

from snnviz.backends.base import AbstractBackend, Backward, Forward, Upstream
from snnviz.draws import Draw
from snnviz.methods.base import AtSpike, ResetPath
from snnviz.neurons import CubaLIF, Reset
from snnviz.surrogates import Given


def backward(
    backend: AbstractBackend,
    neuron: CubaLIF,
    coefficients: torch.Tensor,
    x: torch.Tensor,
    initial: torch.Tensor,
    forward: Forward,
    upstream: Upstream,
    *,
    record: bool = False,
) -> Backward:
    """As `AbstractBackend.backward`, for a loss on the spikes, dL/ds [T, M]. Spikes of a membrane that did not climb (rise <= 0: a
    spike in the step after one that went far over the threshold) count as if they could not move.

    Raises:
        ValueError: a loss on the membrane or on the last state, whose derivative by a spike's time is not here.
    """
    if upstream.u is not None or upstream.last is not None:
        raise ValueError(
            "EventProp goes back from spikes alone, over a whole run: not from the membrane, and not from a run that goes on."
        )
    c = dict(zip(neuron.coefficients(), coefficients.tolist(), strict=True))
    assert forward.s is not None and forward.trace is not None
    climb = (1 - c["beta"]) * c["theta"]
    rise = forward.trace - climb
    slopes = torch.where((forward.s > 0) & (rise > 0), 1 / rise, torch.zeros_like(rise))
    g = torch.zeros_like(slopes) if upstream.s is None else upstream.s
    changed = torch.tensor([(c | {"amount": -climb, "zero": 0.0})[name] for name in c], dtype=coefficients.dtype)
    return backend.backward(
        dataclasses.replace(neuron, reset_mode=Reset.SUBTRACT),
        changed,
        AtSpike(Given(lambda margin: slopes)),
        ResetPath.KEPT,
        Draw(),
        x,
        initial,
        forward,
        Upstream(g - torch.cat([g[1:], torch.zeros_like(g[:1])])),
        record=record,
    )
