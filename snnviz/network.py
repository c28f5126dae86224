"""Networks of spiking layers, time-major throughout: inputs are [T, B, ...]."""

import functools
import itertools
import math
import threading
from collections.abc import Sequence
from typing import NamedTuple, TypeVar, cast

import torch
from torch import nn

from snnviz import events, roads, sparse, waiting
from snnviz.backends import AbstractBackend
from snnviz.biased import Biased, added
from snnviz.block import Block, over_time
from snnviz.draws import Draw
from snnviz.methods.base import AbstractGradientMethod
from snnviz.neurons.base import AbstractNeuron
from snnviz.neurons.leaky import LeakyReadout
from snnviz.normalise import Normalise, ThresholdNormalise
from snnviz.spiking_layer import SpikingLayer

Weighted = TypeVar("Weighted", nn.Linear, nn.Conv2d)


SEEDING = threading.RLock()  # weights come from torch's global generator, seeded and put back: one thread at a time


class NetworkOutput(NamedTuple):
    """logits [T, B, classes] of the readout at every step; heads: logits [B, classes] of each head that was read."""

    logits: torch.Tensor
    heads: tuple[torch.Tensor, ...] = ()


class Network(nn.Module):
    """Blocks from the input to a readout: input [T, B, ...] -> logits [T, B, classes].

    heads: modules by the number of the hidden layer (from 1) whose spikes, averaged over time, they read; they are
    used in training only (surrogate module learning). `detach_heads`: the spikes that go on from a head carry no gradient.
    direct: the error's way straight from the readout to every hidden layer (e-prop).
    Random draws are keyed by `seed`, the layer and the number of forward passes so far.

    touch_active: run forward and backward over the active entries alone where `dense_because()` gives no reason against it;
    gradients are the same. `active` and `rates` then hold each hidden layer's active set and spikes per neuron and step; `guard`
    says what is warned of.

    products: how layers multiply (`snnviz.events.Products`), where `events_because()` gives no reason against events, and how
    convolutions do. Where layers exchange events, `rates` and `active` hold what each hidden layer did (`share` of an active entry
    is known after the backward pass).
    """

    def __init__(self, blocks: Sequence[Block], readout: nn.Linear, leaky: SpikingLayer | None, seed: int = 0):
        super().__init__()
        self.blocks = cast(Sequence[Block], nn.ModuleList(blocks))
        self.readout: nn.Linear = readout
        self.leaky: SpikingLayer | None = leaky
        self.heads, self.detach_heads = nn.ModuleDict(), False
        self.direct: roads.Direct | None = None
        self.active: tuple[sparse.ActiveSet | events.Fired, ...] = ()
        self.rates: tuple[float, ...] = ()
        self.touch_active, self.guard = False, sparse.Guard()
        self.products = events.Products.DENSE
        self.seed, self.passes = seed, 0
        for number, layer in enumerate(self.spiking_layers):
            layer.number = number
            layer.label = f"layer {number + 1}" if layer.neuron.fires else "readout"

    @property
    def spiking_layers(self) -> list[SpikingLayer]:
        """Every layer with a neuron, the readout's too, from the input to the output."""
        return [m for m in self.modules() if isinstance(m, SpikingLayer)]

    def differentiate(self, method: AbstractGradientMethod | Sequence[AbstractGradientMethod]) -> "Network":
        """Set the gradient method: one for all layers, or one for each, from the input to the output.

        Raises:
            ValueError: not as many methods as layers.
        """
        layers = self.spiking_layers
        methods = list(method) if isinstance(method, Sequence) else [method] * len(layers)
        if len(methods) != len(layers):
            raise ValueError(f"methods: there are {len(methods)} for {len(layers)} spiking layers; give one each, or one for all.")
        for layer, chosen in zip(layers, methods, strict=True):
            layer.method = chosen
        return self

    def draw(self, layer: int) -> Draw:
        """The start of a layer's random draws in this pass."""
        return Draw(seed=(self.seed + 0x9E3779B1 * self.passes) & 0xFFFFFFFF, layer=layer)

    def dense_because(self) -> str | None:
        """One sentence: why this network cannot compute its active entries only. None: it can."""
        for block in self.blocks:
            layer = block.spiking
            if not isinstance(block.transform, nn.Linear) or block.normalise or block.pool or block.recurrent:
                return "The sparse pass knows plain linear layers only."
            if layer.tap is not None:
                return "The run is being recorded, which needs every array."
            if len(layer.learned):
                return "A neuron's parameters are being learned; their gradients need every entry."
            if len(self.heads):
                return "Heads read every spike."
            if layer.backend.name == "reference":
                return "The reference backend computes every entry."
            if reason := sparse.unsupported(layer.neuron, layer.method):
                return reason
        return None

    def events_because(self) -> str | None:
        """One sentence: why this network's layers cannot exchange events. None: they can."""
        if self.leaky is not None and not self.leaky.method.one_sweep:
            return f"{self.leaky.method.title} takes another road below the readout than events do."
        return next((reason for block in self.blocks if (reason := block.dense_because())), None)

    @property
    def products(self) -> events.Products:
        """How layers multiply; set it to change it."""
        return self._products

    @products.setter
    def products(self, products: events.Products) -> None:
        self._products = products
        for block in self.blocks:
            block.products = products

    @property
    def reads_events(self) -> bool:
        """Whether layers exchange events: `products` asks for it, nothing speaks against it, and no other pass takes over."""
        by_entry = self.touch_active and self.dense_because() is None
        return not by_entry and self.products is not events.Products.DENSE and self.events_because() is None

    @property
    def counts(self) -> bool:
        """Whether a training step leaves `rates` and `active` behind: it touches active entries only, or exchanges events."""
        return self.reads_events or (self.touch_active and self.dense_because() is None)

    def forward(self, x: torch.Tensor | events.Events) -> NetworkOutput:
        """The output for x [T, B, ...], or for the events of it.

        Raises:
            ValueError: the method sends the error straight from the readout, and `attach_heads` has not made its way yet.
        """
        if self.direct is None and any(layer.method.feedback is not None for layer in self.spiking_layers):
            raise ValueError(
                "e-prop's error has no way to the hidden layers yet: call attach_heads(network, method, classes) first."
            )
        heads: list[torch.Tensor] = []
        down = None
        if self.touch_active and self.dense_because() is None:
            logits = self._sparse_logits(_numbers(x))
        elif self.reads_events:
            logits = self._event_logits(x, heads)
        else:
            logits, down = self._dense_logits(_numbers(x), heads)
        if self.leaky is not None:
            logits = self.leaky(logits, self.draw(len(self.blocks)), down)
        self.passes += self.training
        return NetworkOutput(logits, tuple(heads))

    def _dense_logits(self, x: torch.Tensor, heads: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor | None]:
        sent = []
        for number, block in enumerate(waiting.steps(self.blocks, "layer", len(self.blocks))):
            x = block(x, self.draw(number))
            if self._has_head(number):
                heads.append(self.heads[str(number + 1)](x))
                x = x.detach() if self.detach_heads else x
            if self.direct is not None:
                sent.append(x.flatten(2))
                x = x.detach()
        return self._read(x.flatten(2), sent)

    def _read(self, x: torch.Tensor, sent: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The readout's product; and where it leaks and its method wants two roads, the same once more, for what goes down."""
        product = functools.partial(over_time, self.readout)
        if self.direct is not None and sent:
            return self.direct(product, self.readout.weight, sent), None
        if self.leaky is None or self.direct is not None:
            return product(x), None
        return roads.current(self.leaky.method, product, self.readout.parameters(), x)

    def _has_head(self, number: int) -> bool:
        return self.training and str(number + 1) in self.heads

    def _event_logits(self, x: torch.Tensor | events.Events, heads: list[torch.Tensor]) -> torch.Tensor:
        fired: list[events.Fired] = []
        source: torch.Tensor | events.Events = x
        if isinstance(x, torch.Tensor):
            x = x.flatten(2)
            source = events.Events.of(x) or x  # None: currents, not spikes
        for number, block in enumerate(waiting.steps(self.blocks, "layer", len(self.blocks))):
            if isinstance(source, events.Events) and source.rate > self.products.most:
                source = x if number == 0 and isinstance(x, torch.Tensor) else source.dense()
            out = block.by_events(source, self.draw(number))
            source = out.spikes
            fired.append(out)
            if self._has_head(number):
                heads.append(self.heads[str(number + 1)](source.dense()))
                source = source.without_gradient() if self.detach_heads else source
        self.active, self.rates = tuple(fired), tuple(out.spikes.rate for out in fired)
        if not isinstance(source, events.Events):  # there is no hidden layer, and the input is made of currents
            return over_time(self.readout, source)
        return events.product(source, self.readout.weight, added(self.readout))

    def _sparse_logits(self, x: torch.Tensor) -> torch.Tensor:
        numbers = x.flatten(2)
        source: torch.Tensor | sparse.Packed = sparse.packed_or_none(numbers) or numbers  # numbers: currents, or counts
        active, rates = [], []
        for number, block in enumerate(self.blocks):
            linear, layer = block.transform, block.spiking
            out = sparse.spiking(
                source,
                linear.weight.T,
                added(linear),
                layer.neuron,
                layer.method,
                self.draw(number),
                label=layer.label,
                guard=self.guard,
            )
            source = out.spikes
            active.append(out.active)
            rates.append(source.rate)
        self.active, self.rates = tuple(active), tuple(rates)
        if not isinstance(source, sparse.Packed):  # there is no hidden layer
            return over_time(self.readout, source)
        return sparse.product(source, self.readout.weight.T, added(self.readout))


def _numbers(x: torch.Tensor | events.Events) -> torch.Tensor:
    return x.dense() if isinstance(x, events.Events) else x


def _normalisation(units: int, neuron: AbstractNeuron, normalise: bool, by_threshold: bool) -> Normalise | None:
    if not normalise:
        return None
    return ThresholdNormalise(units, float(neuron.coefficients()["theta"])) if by_threshold else Normalise(units)


def _uniform_(layer: Weighted, gain: float) -> Weighted:
    """Weights uniform in +-gain / sqrt(fan-in), biases (where there are any) zero."""
    bound = gain / math.sqrt(layer.weight[0].numel())
    nn.init.uniform_(layer.weight, -bound, bound)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def feed_forward(
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    neuron: AbstractNeuron,
    method: AbstractGradientMethod,
    backend: AbstractBackend | str | None = None,
    *,
    readout: LeakyReadout | None = None,
    gain: float = 1.0,
    first_gain: float | None = None,
    normalise: bool = False,
    by_threshold: bool = False,
    recurrent: bool = False,
    bias: bool = False,
    bias_start: float = 0.0,
    seed: int = 0,
) -> Network:
    """Linear + neuron for each width in `hidden`, then a linear readout (with `readout`: leaky).

    gain scales the hidden weights (first_gain: those of the first layer). recurrent: every hidden layer feeds itself. by_threshold:
    where currents are normalised, by the threshold's size. bias: every
    layer has biases, as weights of a constant input (`Biased`); hidden ones start between 0 and bias_start, the readout's at 0.
    First weights are the same with and without.
    """

    def linear(a: int, b: int, reader: AbstractNeuron | None) -> nn.Linear:
        """reader: the neuron that its output flows into; None: a plain readout."""
        return Biased(a, b, 1.0 if reader is None else reader.bias_input()) if bias else nn.Linear(a, b, bias=False)

    with SEEDING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes, blocks = [inputs, *hidden], []
        for number, (a, b) in enumerate(itertools.pairwise(sizes)):
            scale = first_gain if number == 0 and first_gain is not None else gain
            blocks.append(
                Block(
                    _uniform_(linear(a, b, neuron), scale),
                    SpikingLayer(neuron, method, backend),
                    _normalisation(b, neuron, normalise, by_threshold),
                    recurrent=_uniform_(nn.Linear(b, b, bias=False), 0.5) if recurrent else None,
                )
            )
        last = _uniform_(linear(sizes[-1], outputs, readout), 1.0)
        for block in blocks if bias and bias_start else ():
            nn.init.uniform_(block.transform.bias, 0.0, bias_start)
    return Network(blocks, last, None if readout is None else SpikingLayer(readout, method, backend), seed)


def convolutional(
    shape: tuple[int, int, int],
    channels: Sequence[int],
    outputs: int,
    neuron: AbstractNeuron,
    method: AbstractGradientMethod,
    backend: AbstractBackend | str | None = None,
    *,
    readout: LeakyReadout | None = None,
    gain: float = 1.0,
    normalise: bool = False,
    by_threshold: bool = False,
    seed: int = 0,
) -> Network:
    """3 x 3 convolution + neuron + 2 x 2 average pooling for each entry of `channels`, then a linear readout. No biases.

    shape: (channels, height, width) of the input [T, B, C, H, W]. Pooling stops where a side would fall below 2.
    """
    with SEEDING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        (c, h, w), blocks = shape, []
        for width in channels:
            pool = nn.AvgPool2d(2) if min(h, w) >= 4 else None
            blocks.append(
                Block(
                    _uniform_(nn.Conv2d(c, width, 3, padding=1, bias=False), gain),
                    SpikingLayer(neuron, method, backend),
                    _normalisation(width, neuron, normalise, by_threshold),
                    pool,
                )
            )
            c, (h, w) = width, (h // 2, w // 2) if pool else (h, w)
        last = _uniform_(nn.Linear(c * h * w, outputs, bias=False), 1.0)
    return Network(blocks, last, None if readout is None else SpikingLayer(readout, method, backend), seed)


recurrent = functools.partial(feed_forward, recurrent=True)
