"""What a run leaves behind: numpy arrays in frozen records, time first, axes documented."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from snnviz.neurons.base import AbstractNeuron


@dataclasses.dataclass(frozen=True)
class LayerRecord:
    """One layer of one run. Every array is [T, B, N]: step, sample, neuron (of a convolution: flattened).

    current: the input x; u: the membrane before reset, compared with the threshold; v: after reset; theta: the threshold;
    spikes: s (None for a readout); trace: the neuron's second state and its name (synaptic current i, adaptation b,
    recovery w), or None.
    Where the run was also differentiated: grad_spikes = dL/ds from the layer above, ds_du, multiplier = dv[t]/dv[t-1],
    delta = dL/du, which is dL/dx too; else None. grad_u = dL/du straight from a loss on the membrane, where there is one.
    """

    name: str
    neuron: AbstractNeuron
    current: np.ndarray
    u: np.ndarray
    v: np.ndarray
    theta: np.ndarray
    spikes: np.ndarray | None = None
    trace: np.ndarray | None = None
    trace_name: str | None = None
    grad_spikes: np.ndarray | None = None
    ds_du: np.ndarray | None = None
    multiplier: np.ndarray | None = None
    delta: np.ndarray | None = None
    whole_rate: float | None = None  # of the whole batch, where only some samples were kept
    whole_active: float | None = None
    grad_u: np.ndarray | None = None

    def array(self, name: str) -> np.ndarray:
        """The array of this name, [T, B, N], where its absence is an error.

        Raises:
            ValueError: the run did not record it, or was not differentiated.
        """
        values = getattr(self, name)
        if values is None:
            raise ValueError(f"'{self.name}' has no {name}: its neuron has none, or the run was not differentiated.")
        return values

    @property
    def dt(self) -> float:
        """The length of a step in ms."""
        return self.neuron.dt

    @property
    def times(self) -> np.ndarray:
        """The time of each step in ms, [T]."""
        return np.arange(len(self.u)) * self.dt

    @property
    def rate(self) -> float:
        """Spikes per neuron and step."""
        if self.whole_rate is not None:
            return self.whole_rate
        return 0.0 if self.spikes is None else float(self.spikes.mean())

    @property
    def active(self) -> float | None:
        """The share of entries whose ds_du is not zero, or None where the run was not differentiated."""
        if self.whole_active is not None:
            return self.whole_active
        return None if self.ds_du is None else float(np.count_nonzero(self.ds_du) / self.ds_du.size)


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """A run: its layers from the input to the output, the backend that ran it, the seconds it took, and where it was
    differentiated, its loss and the gradient of every weight by name."""

    layers: tuple[LayerRecord, ...]
    backend: str
    seconds: float
    loss: float | None = None
    weight_gradients: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def __getitem__(self, name: str) -> LayerRecord:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"There is no layer '{name}'; there are {', '.join(layer.name for layer in self.layers)}.")
