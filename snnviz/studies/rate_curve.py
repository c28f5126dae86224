"""A neuron's rate under constant currents."""

import numpy as np
import torch

from snnviz.backends import AbstractBackend
from snnviz.methods import BPTT
from snnviz.network import SpikingLayer
from snnviz.neurons import AbstractNeuron


def rate_curve(
    neuron: AbstractNeuron, currents: np.ndarray, steps: int = 1000, backend: AbstractBackend | str | None = None
) -> np.ndarray:
    """Spikes per second of a neuron for each constant current, [currents], counted after the first fifth of the run."""
    layer = SpikingLayer(neuron, BPTT(), backend)
    device = "cuda" if layer.backend.name == "cuda" else "cpu"
    x = torch.from_numpy(np.broadcast_to(np.asarray(currents, np.float32), (steps, 1, len(currents))).copy()).to(device)
    with torch.no_grad():
        spikes = layer(x)[steps // 5 :, 0]
    return (spikes.mean(0) * 1000 / neuron.dt).cpu().numpy()
