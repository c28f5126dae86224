"""A layer of weights and spiking neurons that reads its input as events.

    u[t] = neuron's step of v[t-1] and x[t],     x[t] = bias + sum of W[:, i] over the inputs i that fire at t
    dL/dW[:, i] = sum of delta[t, b, :] over the events (t, b, i)
    dL/ds       = delta W                        the one dense product that is left; none is computed for a network's input

A recurrent layer adds W_r s[t-1], from its own events, in the same loop; its way back is step by step, all samples of a part
together, because dL/ds[t] holds delta[t+1] W_r. x is never written; u is kept for the backward pass, and the events. Every neuron
that fires, every spike derivative and every reset path: forward knows no method, backward is the neurons' own scan. The result does
not depend on the number of threads: dL/dW is summed over parts of the batch that the batch alone decides, and the parts are added
in order.
Kernels: kernels/event_layer.cu.
"""

import ctypes
import dataclasses
import functools

import torch

from snnviz.backends import AbstractBackend, source
from snnviz.backends.base import Forward
from snnviz.backends.kernel import coefficient_gradients, given, scan
from snnviz.draws import Draw
from snnviz.events.calls import by_parts, by_threads, call_parameters, padded, part, run
from snnviz.events.value import Events, by_sample
from snnviz.methods.base import AbstractGradientMethod
from snnviz.neurons.base import AbstractNeuron

WIDE = 128  # bytes that the forward pass reads at once: how often each neuron fired
MOST_SPIKES = 8  # of a neuron in a step: each is an event, for which there is memory
SUMS = 8  # rows for dL/dc of a sample: a neuron has at most 8 coefficients
TOGETHER = 8  # samples at least that go back through a recurrent layer side by side: their rows share one product a step


def unsupported(neuron: AbstractNeuron, backend: AbstractBackend) -> str | None:
    """One sentence: why a layer of this neuron on this backend cannot read events. None: it can."""
    if backend.name != "native":
        return f"Products over events run on the native backend, not on '{backend.name}'."
    if not (neuron.fires and neuron.differentiable):
        return f"{neuron.title} has no spikes to go back through."
    if neuron.spike_limit > MOST_SPIKES:
        return f"More than {MOST_SPIKES} spikes in a step would be too many events."
    return None


class _Result:
    """What a layer's node of autograd leaves behind: its events, through which no gradient passes; last, the state after the last
    step [states, B, N]; share, the share of entries with ds_du not 0, 0 to 1, which its backward pass counts."""

    spikes: Events
    last: torch.Tensor
    share: float = 0.0


@dataclasses.dataclass(frozen=True, eq=False)
class Fired:
    """What a layer did: spikes, its own events. The node of autograd knows `result` and not this: else the two would hold each
    other, and what a step has made would wait for Python's collector of cycles."""

    spikes: Events
    result: _Result

    @property
    def share(self) -> float:
        """The share of entries with ds_du not 0, 0 to 1; known after the backward pass."""
        return self.result.share


@dataclasses.dataclass(frozen=True, eq=False)
class _Call:
    """What a layer's passes share and what has no gradient. source: the input's events; None: a current [T, B, N] comes in."""

    source: Events | None
    neuron: AbstractNeuron
    method: AbstractGradientMethod
    draw: Draw
    steps: int
    batch: int
    inputs: int
    columns: int
    dtype: torch.dtype
    out: _Result

    def parameters(self, coefficients: torch.Tensor):
        """The struct of the kernels."""
        at_spike, nothing = self.method.at_spike, torch.empty((0, 0), dtype=self.dtype)
        names, kernel = list(source.derivatives()), at_spike.derivative.kernel
        return call_parameters(
            self.dtype,
            self.steps,
            self.batch,
            self.inputs,
            self.columns,
            k=scan(coefficients, nothing, at_spike, self.method.reset_path, self.draw),
            capacity=0 if self.source is None else self.source.places.shape[1],
            room=self.steps * self.columns * self.neuron.spike_limit,
            derivative=names.index(kernel) if kernel in names else len(names),
        )

    @property
    def events(self) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """The arrays of the input's events."""
        return (None, None) if self.source is None else (self.source.first, self.source.places)

    def rest(self) -> torch.Tensor:
        """The state that every sample starts from, [states, row]."""
        return _rest(self.neuron, self.columns, self.dtype)

    def given(self, coefficients: torch.Tensor, u: torch.Tensor, trace: torch.Tensor | None) -> torch.Tensor | None:
        """The array that the spike derivative reads besides the margins (`snnviz.backends.kernel.given`)."""

        def by_step(a):  # -> [T, M]
            return a[..., : self.columns].transpose(0, 1).reshape(self.steps, -1)

        if self.method.at_spike.derivative.kernel in source.derivatives():
            forward = Forward(u, None, None, u)  # at most a table is asked for
        else:
            fired = self.out.spikes.dense().reshape(self.steps, -1)
            forward = Forward(by_step(u), fired, None if trace is None else by_step(trace), u)
        return given(self.neuron, coefficients, self.method.at_spike, self.draw, forward)


@functools.lru_cache(64)
def _rest(neuron: AbstractNeuron, columns: int, dtype: torch.dtype) -> torch.Tensor:
    rest = torch.zeros((len(neuron.states), padded(columns)), dtype=dtype)
    rest[:, :columns] = torch.tensor(neuron.rest(), dtype=torch.float64)[:, None]
    return rest


def _row(values: torch.Tensor | None, columns: int, dtype: torch.dtype) -> torch.Tensor:
    out = torch.zeros(padded(columns), dtype=dtype)
    if values is not None:
        out[:columns] = values
    return out


def _weights(weight: torch.Tensor, panels: bool) -> torch.Tensor:
    """Weights [N, I] as rows of inputs [I, N rounded up], or as the panels of the product [N, I rounded up]."""
    (columns, inputs), dtype = weight.shape, weight.dtype
    out = torch.empty((columns, padded(inputs)) if panels else (inputs, padded(columns)), dtype=dtype)
    weight, p = weight.detach().contiguous(), call_parameters(dtype, 0, 1, inputs, columns)
    run("weights", p, dtype, [range(1)], (weight, None, out) if panels else (weight, out, None))
    return out


class _Sums:
    """What a backward pass adds up over a batch: dL/dW in parts, [parts, inputs, N rounded up]."""

    def __init__(self, ranges: list[range], inputs: int, columns: int, dtype: torch.dtype, needed: bool):
        self._inputs, self._columns = inputs, columns
        self._parts = torch.empty((len(ranges), inputs, padded(columns)), dtype=dtype) if needed else None

    def part(self, number: int) -> ctypes.c_void_p | None:
        """dL/dW of one part, as `run` takes it."""
        return part(self._parts, number)

    def weights(self) -> torch.Tensor | None:
        """dL/dW as torch holds weights, [N, inputs]."""
        if self._parts is None:
            return None
        parts, dtype = self._parts, self._parts.dtype
        out = torch.empty((self._columns, self._inputs), dtype=dtype)
        p = call_parameters(dtype, 0, 1, self._inputs, self._columns)
        run("sum", p, dtype, by_threads(self._inputs), (parts, len(parts), out))
        return out


def _sorting(parts: int, *sources: Events | None) -> tuple[torch.Tensor, torch.Tensor]:
    """For each part of a batch room in which the events of one sample of any of these are sorted by input."""
    inputs = max((s.columns for s in sources if s is not None), default=0)
    most = max((max(s.counts) for s in sources if s is not None), default=0)
    return torch.empty((parts, inputs + 2), dtype=torch.int32), torch.empty((parts, most + 1), dtype=torch.uint16)


class _Spiking(torch.autograd.Function):
    """One layer, from the events of its input (or from a current) to the carrier of its own."""

    @staticmethod
    def forward(ctx, carrier, weight, bias, current, loops, coefficients, call):
        steps, batch, columns, dtype, row = call.steps, call.batch, call.columns, call.dtype, padded(call.columns)
        neuron, p = call.neuron, call.parameters(coefficients)
        u = torch.empty((batch, steps, row), dtype=dtype)
        trace = torch.empty_like(u) if neuron.trace else None
        last = torch.zeros((batch, len(neuron.states), row), dtype=dtype)
        first, places = torch.empty((batch, steps + 1), dtype=torch.int32), torch.empty((batch, p.room), dtype=torch.uint16)
        rows, start = (None, None) if weight is None else (_weights(weight, panels=False), _row(bias, columns, dtype))
        loop_rows = None if loops is None else _weights(loops, panels=False)
        given_current = None if current is None else current.contiguous()
        ranges = by_threads(batch)
        state = torch.zeros((len(ranges), 1 + len(neuron.states), row), dtype=dtype)
        fired = torch.zeros((len(ranges), padded(columns, WIDE)), dtype=torch.uint8)
        arguments = (*call.events, rows, start, given_current, loop_rows, call.rest(), u, trace, last, first, places, ..., ...)
        run(f"forward_{neuron.kernel}", p, dtype, ranges, arguments, lambda number: (part(state, number), part(fired, number)))
        ctx.save_for_backward(weight, loops, coefficients, u, trace)
        ctx.call = call
        call.out.spikes, call.out.last = Events(first, places, columns, dtype), last[..., :columns].transpose(0, 1)
        return u.new_zeros(1).expand(batch, steps, row)

    @staticmethod
    def backward(ctx, grad):
        (weight, loops, coefficients, u, trace), call = ctx.saved_tensors, ctx.call
        carrier_too, weight_too, bias_too, current_too, loops_too, coefficients_too, _ = ctx.needs_input_grad
        steps, batch, columns, dtype, row = call.steps, call.batch, call.columns, call.dtype, padded(call.columns)
        if grad.stride(2) != 1:
            grad = grad.contiguous()
        p, neuron, own = call.parameters(coefficients), call.neuron, call.out.spikes
        ranges = by_parts(batch, steps, 1 if loops is None else TOGETHER)
        below = torch.empty((batch, steps, padded(call.inputs)), dtype=dtype) if carrier_too else None
        panels = _weights(weight, panels=True) if carrier_too else None
        sums = _Sums(ranges, call.inputs, columns, dtype, weight_too)
        loop_sums = _Sums(ranges, columns, columns, dtype, loops_too)
        by_bias = torch.empty((batch, row), dtype=dtype) if bias_too else None
        by_current = torch.empty((steps, batch, columns), dtype=dtype) if current_too else None
        by_coefficients = torch.zeros((batch, SUMS, row), dtype=dtype) if coefficients_too else None
        active = torch.zeros(batch, dtype=torch.int64)
        before = (grad, grad.stride(0), grad.stride(1), u, trace, call.rest(), call.given(coefficients, u, trace))
        arguments = (*call.events, *before, panels, below, ..., by_bias, by_current)
        if loops is None:
            delta = torch.empty((len(ranges), steps + 4, row), dtype=dtype)
            scratch = (delta, *_sorting(len(ranges), call.source))
            arguments, name = (*arguments, by_coefficients, active, ..., ..., ...), "backward"
        else:
            deltas = torch.empty((len(ranges), len(ranges[0]) * (steps + 5) + 4, row), dtype=dtype)
            scratch = (deltas, *_sorting(len(ranges), call.source, own))
            loop = (_weights(loops, panels=True), own.first, own.places, ...)
            arguments, name = (*arguments, *loop, active, ..., ..., ...), "backward_loops"

        def of_range(number):
            each = (sums,) if loops is None else (sums, loop_sums)
            return *(s.part(number) for s in each), *(part(a, number) for a in scratch)

        run(f"{name}_{neuron.kernel}", p, dtype, ranges, arguments, of_range)
        call.out.share = int(active.sum()) / (steps * batch * columns)
        if by_coefficients is not None:
            listed = by_coefficients[:, : len(neuron.kernel_gradients), :columns].double().sum((0, 2))
            by_coefficients = coefficient_gradients(neuron, coefficients, listed)
        by_bias = None if by_bias is None else by_bias[:, :columns].sum(0)
        return below, sums.weights(), by_bias, by_current, loop_sums.weights(), by_coefficients, None


def _check(source: Events, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
    if weight.ndim != 2 or weight.shape[1] != source.columns:
        raise ValueError(f"weight must have the shape [N, I] with I = {source.columns}, not {tuple(weight.shape)}.")
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(f"bias must have the shape [N] = [{weight.shape[0]}], not {list(bias.shape)}.")
    if weight.dtype != source.dtype:
        raise TypeError(f"events and weight must be of one dtype, not {source.dtype} and {weight.dtype}.")


def spiking(
    source: Events,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    neuron: AbstractNeuron,
    coefficients: torch.Tensor,
    method: AbstractGradientMethod,
    draw: Draw | None = None,
    loops: torch.Tensor | None = None,
) -> Fired:
    """A layer's run from rest, differentiable: current = weight times spikes + bias, then the neuron over time.

    weight: [N, I] as `nn.Linear` holds it; bias: what is added to the current in each step, [N] or None; coefficients: the
    neuron's, float64 (`SpikingLayer.coefficients`), which get a gradient where they are learned; loops: the weights [N, N] with
    which the layer reads its own spikes of the step before, None: it does not. With loops coefficients get no gradient.

    Raises:
        ValueError: shapes that do not fit, or a membrane that is not finite. TypeError: another dtype than that of the events.
    """
    _check(source, weight, bias)
    (columns, inputs), sizes = weight.shape, (source.steps, source.batch)
    call = _Call(source, neuron, method, draw or Draw(), *sizes, inputs, columns, source.dtype, _Result())
    return _run(call, source.carrier, weight, bias, None, loops, coefficients)


def fire(
    current: torch.Tensor,
    neuron: AbstractNeuron,
    coefficients: torch.Tensor,
    method: AbstractGradientMethod,
    draw: Draw | None = None,
    loops: torch.Tensor | None = None,
) -> Fired:
    """The same for a current [T, B, N] that another product has made: the neuron alone, and its spikes as events.

    Raises:
        ValueError: the membrane is not finite.
    """
    steps, batch, columns = current.shape
    call = _Call(None, neuron, method, draw or Draw(), steps, batch, columns, columns, current.dtype, _Result())
    return _run(call, None, None, None, current, loops, coefficients)


def _run(call: _Call, carrier, weight, bias, current, loops, coefficients) -> Fired:
    if loops is not None and coefficients.requires_grad:
        raise ValueError("A recurrent layer over events learns no parameters of its neurons.")
    after = _Spiking.apply(carrier, weight, bias, current, loops, coefficients, call)
    out, given_numbers = call.out, [a.detach() for a in (weight, bias, current, loops) if a is not None]
    searched = given_numbers if call.neuron.forgets else []
    if not (torch.isfinite(out.last).all() and all(torch.isfinite(a.sum()) for a in searched)):
        raise ValueError("The membrane left the range of numbers: lower the weights, or shorten the run.")
    return Fired(dataclasses.replace(out.spikes, carrier=after if after.requires_grad else None), out)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, carrier, weight, bias, events):
        (columns, inputs), dtype = weight.shape, weight.dtype
        p = call_parameters(dtype, events.steps, events.batch, inputs, columns, capacity=events.places.shape[1])
        x = torch.empty((events.batch, events.steps, padded(columns)), dtype=dtype)
        arguments = (events.first, events.places, _weights(weight, panels=False), _row(bias, columns, dtype), x)
        run("product", p, dtype, by_threads(events.batch), arguments)
        ctx.save_for_backward(weight)
        ctx.events = events
        return x[..., :columns].transpose(0, 1)

    @staticmethod
    def backward(ctx, grad):
        (weight,), events, needs = ctx.saved_tensors, ctx.events, ctx.needs_input_grad
        (columns, inputs), dtype, steps, batch = weight.shape, weight.dtype, events.steps, events.batch
        rows = 1 if grad.stride(0) == 0 else steps  # 1: the loss reads a sum over time, and all steps share one gradient
        by_step = by_sample(grad[:rows])
        p = call_parameters(dtype, steps, batch, inputs, columns, capacity=events.places.shape[1])
        below = torch.empty((batch, rows, padded(inputs)), dtype=dtype) if needs[0] else None
        panels = _weights(weight, panels=True) if needs[0] else None
        ranges = by_parts(batch, steps)
        sums = _Sums(ranges, inputs, columns, dtype, needs[1])
        row, scratch = by_step.shape[2] if rows == steps else 0, _sorting(len(ranges), events)
        arguments = (events.first, events.places, by_step, row, rows, panels, below, ..., ..., ...)
        run("product_back", p, dtype, ranges, arguments, lambda n: (sums.part(n), *(part(a, n) for a in scratch)))
        by_bias = grad.sum((0, 1)) if needs[2] else None
        return None if below is None else below.expand(batch, steps, -1), sums.weights(), by_bias, None


def product(source: Events, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """weight times spikes + bias [T, B, N], for a readout. weight [N, I], bias [N] or None.

    Raises:
        ValueError: shapes that do not fit. TypeError: another dtype than that of the events.
    """
    _check(source, weight, bias)
    return _Product.apply(source.carrier, weight, bias, source)
