"""Looking back from one step of one neuron: what its inputs would have to do for the spike, or for the membrane, at that step."""

import dataclasses

import numpy as np
import torch

from snnviz.backends import AbstractBackend, resolve
from snnviz.backends.base import Forward, Upstream
from snnviz.draws import Draw
from snnviz.methods import AbstractGradientMethod
from snnviz.methods.base import AtSpike
from snnviz.records import LayerRecord


def look_back(
    layer: LayerRecord,
    method: AbstractGradientMethod,
    at: int,
    target: float | None = None,
    neuron: int = 0,
    at_spike: AtSpike | None = None,
    backend: AbstractBackend | str | None = None,
) -> LayerRecord:
    """The record [T, 1, 1] of one neuron of a run from rest, differentiated by a method from the step `at` on: L = s[at], or with a
    target L = (u[at] - target)^2 / 2. at_spike: what stands at the spike, if not what the method has there. Neftci et al. 2019.

    Raises:
        ValueError: the run has no such step, or its neuron no way back.
    """
    if not 0 <= at < len(layer.u):
        raise ValueError(f"at = {at}: the run has the steps 0 to {len(layer.u) - 1}.")
    if reason := layer.neuron.one_way_because():
        raise ValueError(reason)
    backend, n = resolve(backend), layer.neuron
    place = "cuda" if backend.name == "cuda" else "cpu"
    alone = {
        name: np.ascontiguousarray(array[:, :1, neuron : neuron + 1])
        for name in ("current", "u", "v", "theta", "spikes", "trace")
        if (array := getattr(layer, name)) is not None
    }
    x, u, s, trace = (
        None if name not in alone else torch.from_numpy(alone[name][:, 0]).to(place) for name in ("current", "u", "spikes", "trace")
    )
    assert x is not None and u is not None
    grad_s, grad_u = torch.zeros_like(u), torch.zeros_like(u)
    if target is None:
        grad_s[at] = 1
    else:
        grad_u[at] = u[at] - target
    coefficients = torch.tensor([float(value) for value in n.coefficients().values()], dtype=torch.float64)
    initial = torch.stack([u.new_full((1,), value) for value in n.rest()])
    out = backend.backward(
        n, coefficients, at_spike or method.at_spike, method.reset_path, Draw(), x, initial, Forward(u, s, trace, initial),
        Upstream(grad_s, None if target is None else grad_u), record=True,
    )  # fmt: skip
    back = {"grad_spikes": grad_s, "ds_du": out.ds_du, "multiplier": out.multiplier, "delta": out.x}
    back |= {} if target is None else {"grad_u": grad_u}
    arrays = {name: a.cpu().numpy()[:, None] for name, a in back.items() if a is not None}
    return dataclasses.replace(layer, **alone, **arrays)
