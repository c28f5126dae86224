"""One hidden layer of a network: weights, normalisation, neurons, pooling."""

import dataclasses
import itertools
from typing import cast

import torch
from torch import nn

from snnviz import events, roads, waiting
from snnviz.biased import added
from snnviz.draws import Draw
from snnviz.methods.base import ResetPath, Unsuited
from snnviz.normalise import Normalise
from snnviz.spiking_layer import SpikingLayer


def over_time(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Apply a module without state to every step at once: [T, B, ...] becomes a batch of T B samples."""
    return module(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Block(nn.Module):
    """One hidden layer: a transform of every step (linear, or convolution), normalisation over batch and time, the neuron,
    then pooling. With `recurrent`, I[t] = x[t] + s[t-1] W_r, one step at a time. products: as of the network; a convolution over
    events adds up the entries of its input that are not 0 (`snnviz.events.convolve`)."""

    def __init__(
        self,
        transform: nn.Linear | nn.Conv2d,
        spiking: SpikingLayer,
        normalise: Normalise | None = None,
        pool: nn.Module | None = None,
        recurrent: nn.Linear | None = None,
    ):
        super().__init__()
        self.transform, self.normalise, self.spiking, self.pool, self.recurrent = transform, normalise, spiking, pool, recurrent
        self.products = events.Products.DENSE

    def forward(self, x: torch.Tensor, draw: Draw) -> torch.Tensor:
        modules = [self.transform] if self.normalise is None else [self.transform, self.normalise]
        weights = itertools.chain(*(module.parameters() for module in modules))
        return self.spikes(*roads.current(self.spiking.method, self.current, weights, x), draw)

    def current(self, x: torch.Tensor) -> torch.Tensor:
        """The neurons' current for an input [T, B, ...]: the transform, then normalisation (if any)."""
        transform, flat = self.transform, x.flatten(0, 1)
        if isinstance(transform, nn.Conv2d) and events.adds_entries(transform, flat, self.products.most_entries):
            current = events.convolve(flat, transform.weight, transform.bias).unflatten(0, x.shape[:2])
        else:
            current = over_time(transform, x)
        return current if self.normalise is None else over_time(self.normalise, current)

    def dense_because(self) -> str | None:
        """One sentence: why this layer cannot read and give its spikes as events. None: it can."""
        if not isinstance(self.transform, nn.Linear) or self.pool:
            return "Products over events know linear layers only."
        if self.recurrent is not None and len(self.spiking.learned):
            return "A recurrent layer over events learns no parameters of its neurons."
        if self.spiking.tap is not None:
            return "The run is being recorded, which needs every array."
        if not self.spiking.method.one_sweep:
            return f"{self.spiking.method.title} takes another road between layers than events do."
        return events.unsupported(self.spiking.neuron, self.spiking.backend)

    def by_events(self, source: events.Events | torch.Tensor, draw: Draw) -> events.Fired:
        """The layer's run, given its input as events, or as numbers [T, B, N] for a dense product."""
        layer, linear = self.spiking, cast(nn.Linear, self.transform)
        loops = None if self.recurrent is None else self.recurrent.weight
        what = (layer.neuron, layer.coefficients(), layer.method, draw, loops)
        if isinstance(source, events.Events) and self.normalise is None:
            return events.spiking(source, linear.weight, added(linear), *what)
        if isinstance(source, events.Events):  # the currents of the whole batch are normalised before a neuron gets one
            current = events.product(source, linear.weight, added(linear))
        else:
            current = over_time(linear, source)
        return events.fire(current if self.normalise is None else over_time(self.normalise, current), *what)

    def spikes(self, current: torch.Tensor, down: torch.Tensor | None, draw: Draw) -> torch.Tensor:
        """The spikes for a current [T, B, ...], pooled (if at all). down: as in `SpikingLayer.run`."""
        loops = self.recurrent
        s = self.spiking(current, draw, down) if loops is None else self._recurrent(loops, current, down, draw)
        return s if self.pool is None else over_time(self.pool, s)

    def _recurrent(self, weights: nn.Linear, current: torch.Tensor, down: torch.Tensor | None, draw: Draw) -> torch.Tensor:
        if self.spiking.method.reset_path is ResetPath.TIMED:
            raise Unsuited(f"{self.spiking.method.title} goes back over a whole run at once: choose a network without loops.")
        state, s, spikes = None, None, []
        for t in waiting.steps(range(len(current)), "step"):
            if s is not None and not self.spiking.method.through_recurrence:
                s = s.detach()
            now = current[t] if s is None else current[t] + weights(s)
            road = None if down is None else down[t][None]
            out = self.spiking.run(now[None], state, dataclasses.replace(draw, first=draw.first + t), road)
            s, state = out.fired[0], out.last
            spikes.append(s)
        return torch.stack(spikes)
