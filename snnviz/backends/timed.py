"""EventProp's way back on the grid, by the sweep that every backend has: its recursion is theirs with three terms replaced.

A perturbation that lifts u by eps at a spike moves it eps / rise steps earlier, and a spike that comes one step earlier changes the
loss by g[t] - g[t+1]: so 1 / rise stands for ds/du, that difference for the gradient from above, and 1 + (1 - beta) theta / rise
for dv/du, which is the sweep's own 1 - amount ds/du with an amount of -(1 - beta) theta.
"""

import dataclasses
from types import SimpleNamespace
from typing import Any

import torch

from snnviz.backends.base import AbstractBackend, Backward, Forward, Upstream
from snnviz.draws import Draw
from snnviz.methods.base import AtSpike, ResetPath
from snnviz.neurons import AbstractNeuron, Reset
from snnviz.surrogates import Given


def _climb(c: SimpleNamespace) -> Any:
    """How far a membrane at its threshold falls in a step without a current."""
    return (1 - c.beta) * c.theta


def slopes(c: SimpleNamespace, trace: Any, s: Any) -> Any:
    """1 / rise at spikes s of a membrane that climbs, else 0; of the shape of the current `trace`. c: the neuron's coefficients."""
    rise = trace - _climb(c)
    return torch.where((s > 0) & (rise > 0), 1 / rise, torch.zeros_like(rise))


def differences(g: torch.Tensor) -> torch.Tensor:
    """g[t] - g[t+1], [T, M], with nothing behind the last step."""
    return g - torch.cat([g[1:], torch.zeros_like(g[:1])])


def replaced(neuron: AbstractNeuron, coefficients: torch.Tensor) -> tuple[AbstractNeuron, torch.Tensor]:
    """The neuron and the coefficients [n] with which the plain sweep is EventProp's, its reset path kept."""
    c = dict(zip(neuron.coefficients(), coefficients.tolist(), strict=True))
    changed = c | {"amount": -_climb(SimpleNamespace(**c)), "zero": 0.0}
    as_swept: Any = dataclasses.replace(neuron, reset_mode=Reset.SUBTRACT)  # pyright: ignore[reportArgumentType]
    return as_swept, torch.tensor([changed[name] for name in c], dtype=coefficients.dtype)


def backward(
    backend: AbstractBackend,
    neuron: AbstractNeuron,
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
    assert forward.s is not None and forward.trace is not None
    c = SimpleNamespace(**dict(zip(neuron.coefficients(), coefficients.tolist(), strict=True)))
    values = slopes(c, forward.trace, forward.s)
    as_swept, changed = replaced(neuron, coefficients)
    return backend.backward(
        as_swept,
        changed,
        AtSpike(Given(lambda margin: values)),
        ResetPath.KEPT,
        Draw(),
        x,
        initial,
        forward,
        Upstream(differences(torch.zeros_like(values) if upstream.s is None else upstream.s)),
        record=record,
    )
