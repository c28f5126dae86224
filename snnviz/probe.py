"""Recording of a run: a `Tap` on each spiking layer of a network, filled while the network computes."""

from typing import Any

import numpy as np
import torch

from snnviz.neurons.base import AbstractNeuron
from snnviz.records import LayerRecord


class Tap:
    """The recorded arrays of one spiking layer: the layer adds them with `keep`, `record` returns them."""

    def __init__(self, name: str, samples: int | None = None):
        self.name, self.samples = name, samples
        self.neuron: AbstractNeuron | None = None
        self.shape: tuple[int, ...] = ()
        self.steps: list[dict[str, torch.Tensor]] = []

    def keep(self, neuron: AbstractNeuron, shape: tuple[int, ...], **arrays: torch.Tensor | None) -> dict:
        """Store arrays [T, M] of one call (a recurrent layer calls once per step). Return the dict, for gradients to be added."""
        self.neuron, self.shape = neuron, shape
        self.steps.append({k: a.detach() for k, a in arrays.items() if a is not None})
        return self.steps[-1]

    def record(self) -> LayerRecord | None:
        """What the layer did, its steps joined to [T, B, N]; None where it has not run."""
        if self.neuron is None or not self.steps:
            return None
        batch = self.shape[1]

        def array(name: str) -> np.ndarray:
            # Cut before it is joined: a view of the whole would keep the whole, and joining one part would copy it.
            parts = [step[name].reshape(len(step[name]), batch, -1)[:, : self.samples].contiguous() for step in self.steps]
            return (parts[0] if len(parts) == 1 else torch.cat(parts)).cpu().numpy()

        def if_kept(name: str) -> np.ndarray | None:
            return array(name) if all(name in step for step in self.steps) else None

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
            if_kept("spikes"),
            if_kept("trace"),
            self.neuron.trace.symbol if self.neuron.trace else None,
            if_kept("grad_spikes"),
            if_kept("ds_du"),
            if_kept("multiplier"),
            if_kept("delta"),
            rate,
            active,
        )

    def _mean(self, name: str, total) -> float | None:
        """total(array) / number of entries, over the whole batch."""
        arrays = [step[name] for step in self.steps if name in step]
        return sum(float(total(a)) for a in arrays) / sum(a.numel() for a in arrays) if arrays else None


class Probe:
    """Records every spiking layer of a network while it is open, without touching the network:

        with Probe(network) as probe:
            network(x).sum().backward()
        probe.layers          # a tuple of LayerRecord

    Recording needs memory and time: it stores every array of every layer, for the first `samples` of the batch (None: all).

    Raises:
        ValueError: the network has no spiking layer.
    """

    def __init__(self, network: torch.nn.Module, samples: int | None = None):
        self._spiking: list[tuple[str, Any]] = [(name, m) for name, m in network.named_modules() if hasattr(m, "tap")]
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
        """The record of every layer that ran, from the input to the output."""
        return tuple(record for tap in self.taps if (record := tap.record()) is not None)
