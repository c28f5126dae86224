"""A neuron's rate under constant currents."""

from collections.abc import Sequence

import numpy as np
import torch

from snnviz.backends import AbstractBackend
from snnviz.methods import BPTT
from snnviz.network import SpikingLayer
from snnviz.neurons import AbstractNeuron

POINTS = 60  # currents of a curve


def rate_curve(
    neuron: AbstractNeuron,
    currents: Sequence[float] | np.ndarray | None = None,
    steps: int = 1000,
    backend: AbstractBackend | str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Constant currents, and the spikes per second that a neuron gives for each, counted after the first fifth of the run.

    currents: None for 60 of them, from 0 to where the neuron fires well (its `current_range`). Both arrays are [currents].
    """
    currents = np.linspace(0, neuron.current_range(), POINTS) if currents is None else np.asarray(currents, np.float64)
    layer = SpikingLayer(neuron, BPTT(), backend)
    device = "cuda" if layer.backend.name == "cuda" else "cpu"
    x = torch.from_numpy(np.broadcast_to(currents.astype(np.float32), (steps, 1, len(currents))).copy()).to(device)
    with torch.no_grad():
        spikes = layer(x)[steps // 5 :, 0]
    return currents, (spikes.mean(0) * 1000 / neuron.dt).cpu().numpy()
