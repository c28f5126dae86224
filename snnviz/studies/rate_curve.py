"""A neuron's rate under constant currents."""

from collections.abc import Sequence

import numpy as np
import torch

from snnviz.backends import AbstractBackend
from snnviz.methods import BPTT
from snnviz.network import SpikingLayer
from snnviz.neurons import AbstractNeuron, Izhikevich

POINTS = 60  # currents of a curve


def current_range(neuron: AbstractNeuron) -> float:
    """The end of a range of constant currents in which this neuron begins to fire: some twice the least that makes it."""
    if isinstance(neuron, Izhikevich):
        return 20.0
    c = neuron.coefficients()
    leak = max(1 - float(c["beta"]), 0.02)
    return 2.0 * neuron.theta * leak * (max(1 - float(c["alpha"]), 0.02) if "alpha" in c else 1.0)


def rate_curve(
    neuron: AbstractNeuron,
    currents: Sequence[float] | np.ndarray | None = None,
    steps: int = 1000,
    backend: AbstractBackend | str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Constant currents, and the spikes per second that a neuron gives for each, counted after the first fifth of the run.

    currents: None for 60 of them, from 0 to where the neuron fires well (`current_range`). Both arrays are [currents].
    """
    currents = np.linspace(0, current_range(neuron), POINTS) if currents is None else np.asarray(currents, np.float64)
    layer = SpikingLayer(neuron, BPTT(), backend)
    device = "cuda" if layer.backend.name == "cuda" else "cpu"
    x = torch.from_numpy(np.broadcast_to(currents.astype(np.float32), (steps, 1, len(currents))).copy()).to(device)
    with torch.no_grad():
        spikes = layer(x)[steps // 5 :, 0]
    return currents, (spikes.mean(0) * 1000 / neuron.dt).cpu().numpy()
