"""What a run leaves behind: numpy arrays in frozen records, time first, axes documented; and the probe that takes them."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import torch

from snnviz.neurons.base import AbstractNeuron


@dataclasses.dataclass(frozen=True)
class LayerRecord:
    """One layer of one run. Every array is [T, B, N]: step, sample, neuron (of a convolution: flattened).

    current: the input x; u: the membrane before reset, compared with the threshold; v: after reset; theta: the threshold;
    spikes: s (None for a readout); trace: the neuron's second state and its name (synaptic current i, adaptation b,
    recovery w), or None.
    Where the run was also differentiated: grad_spikes = dL/ds from the layer above, ds_du, multiplier = beta dv/du,
    delta = dL/du, which is dL/dx too; else None.
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

    @property
    def dt(self) -> float:
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


class Tap:
    """What one spiking layer hands over while it is recorded; the layer fills it, `record` reads it."""

    def __init__(self, name: str, samples: int | None = None):
        self.name, self.samples = name, samples
        self.neuron: AbstractNeuron | None = None
        self.shape: tuple[int, ...] = ()
        self.steps: list[dict[str, torch.Tensor]] = []

    def keep(self, neuron: AbstractNeuron, shape: tuple[int, ...], **arrays: torch.Tensor | None) -> dict:
        """Remember arrays [T, M] of one call; a recurrent layer calls once a step. Returns the place to add gradients to."""
        self.neuron, self.shape = neuron, shape
        self.steps.append({k: a.detach() for k, a in arrays.items() if a is not None})
        return self.steps[-1]

    def record(self) -> LayerRecord | None:
        if not self.steps:
            return None
        batch = self.shape[1]

        def array(name: str) -> np.ndarray | None:
            if any(name not in step for step in self.steps):
                return None
            whole = torch.cat([step[name] for step in self.steps]).cpu()
            return whole.reshape(len(whole), batch, -1)[:, : self.samples].numpy()

        rate, active = None, None
        if self.samples is not None:
            rate, active = self._mean("spikes", torch.sum), self._mean("ds_du", torch.count_nonzero)
        return LayerRecord(
            self.name,
            self.neuron,
            array("current"),
            array("u"),
            array("v"),
            array("theta"),
            array("spikes"),
            array("trace"),
            self.neuron.trace,
            array("grad_spikes"),
            array("ds_du"),
            array("multiplier"),
            array("delta"),
            rate,
            active,
        )

    def _mean(self, name: str, total) -> float | None:
        """The total of an array over its entries, for the whole batch."""
        found = [step[name] for step in self.steps if name in step]
        return sum(float(total(a)) for a in found) / sum(a.numel() for a in found) if found else None


class Probe:
    """Records every spiking layer of a network while it is open, without touching the network:

        with Probe(network) as probe:
            network(x).sum().backward()
        probe.layers          # a tuple of LayerRecord

    Recording is asked for because it is not free: it keeps every array of every layer, for `samples` of the batch (None: all).
    """

    def __init__(self, network: torch.nn.Module, samples: int | None = None):
        self._spiking = [(name, m) for name, m in network.named_modules() if hasattr(m, "tap")]
        if not self._spiking:
            raise ValueError("There is no spiking layer to record in this module.")
        self.taps = [Tap(getattr(m, "label", None) or name or "layer", samples) for name, m in self._spiking]

    def __enter__(self) -> "Probe":
        for (_, module), tap in zip(self._spiking, self.taps, strict=True):
            module.tap = tap
        return self

    def __exit__(self, *exc) -> None:
        for _, module in self._spiking:
            module.tap = None

    @property
    def layers(self) -> tuple[LayerRecord, ...]:
        return tuple(record for tap in self.taps if (record := tap.record()) is not None)
