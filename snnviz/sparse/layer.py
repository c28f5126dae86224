"""A layer of weights and spiking neurons whose backward pass touches the active entries only: those with ds_du != 0.

    current = input W + bias;   the neuron's loop over time;   delta by the method's recursion
    effect[t] = delta[t] - (delta[t] if only decay acted on delta[t+1])         exactly 0 at entries that are not listed
    dL/dinput[t, b, i] = <W[i, :], delta[t, b, :]>                              only where the input is active itself
    dL/dW[i, j]        = sum over t, b of effect[t, b, j] trace[t, b, i]        trace: the input, filtered like u

The result is the gradient of the dense pass, for a reset path that is kept, cut or left out: an entry with ds_du = 0
has delta[t] = beta delta[t+1], so only the other entries must be stored. Spikes are stored as bits, 64 in a word, and no
array [T, B, N] is written. If so many entries are active that a dense product is faster, the lists feed a dense product.
Perez-Nieves & Goodman 2021 (a fixed band), Mukhoty et al. 2023 (LocalZO). Kernels: kernels/sparse_backward.cu.
"""

import ctypes
import dataclasses
import itertools

import numpy as np
import torch

from snnviz.backends import source
from snnviz.backends.kernel import scan
from snnviz.backends.native import Native, thread_pool
from snnviz.draws import Draw
from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.neurons.base import AbstractNeuron, Reset
from snnviz.sparse.active import ActiveSet, Packed, Spikes, gather, unpack
from snnviz.sparse.calls import WIDE, by_tiles, call_parameters, pointer, run_jobs, tile_count
from snnviz.sparse.guard import Guard

PART = 16 << 20  # the most numbers in a dense buffer; a larger batch is computed in parts


# Above these shares a dense product is faster (measured on a CPU, N = 200 to 1,000). For dL/dW: the share of active entries;
# for dL/dinput: the share of active entries of the layer below; for the forward product: the share of ones in the input.
DENSE_WEIGHTS = 0.30
DENSE_BELOW = 0.30
DENSE_FORWARD = 0.50
ROUNDING = 1 + 1e-5  # float32 may round the bound that a kernel computes up to this factor beyond the derivative's reach


# What can be sparse -------------------------------------------------------------------------------------------------


def unsupported(neuron: AbstractNeuron, method: AbstractGradientMethod) -> str | None:
    """One sentence: why this layer needs the dense backward pass. None: it can be sparse."""
    if reason := neuron.dense_because():
        return reason
    if not method.sparse:
        return f"{method.title} has no active set: its derivative is zero nowhere, so every entry counts."
    if method.needs_layers:
        return f"{method.title} needs the gradient of every spike."
    if not method.one_sweep:
        return f"{method.title} takes another road between layers than the sparse pass does."
    if method.at_spike.derivative.kernel not in source.derivatives():
        return "Given derivatives are evaluated on every entry."
    return None


def what_is_listed(neuron: AbstractNeuron, path: ResetPath) -> tuple[bool, bool]:
    """Whether spikes are listed too, and whether entries have an `extra` (u or the threshold)."""
    zero = neuron.reset_mode is Reset.ZERO
    masks = zero and path is not ResetPath.IGNORED
    return masks or (neuron.adaptive and not zero), path is ResetPath.KEPT and (zero or neuron.adaptive)


# A layer ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, eq=False)
class _Layer:
    """The arguments of a layer's forward and backward pass that have no gradient. input: `Packed`, or numbers [T, B, N_in]."""

    neuron: AbstractNeuron
    at_spike: AtSpike
    path: ResetPath
    draw: Draw
    input: "Packed | torch.Tensor"

    @property
    def packed(self) -> Packed | None:
        return self.input if isinstance(self.input, Packed) else None

    @property
    def steps(self) -> int:
        return self.input.steps if isinstance(self.input, Packed) else self.input.shape[0]

    @property
    def batch(self) -> int:
        return self.input.batch if isinstance(self.input, Packed) else self.input.shape[1]

    def parts(self, columns: int):
        """The batch as ranges of samples, so that a dense buffer of one range has at most PART numbers."""
        width = max(1, min(self.batch, PART // (self.steps * columns)))
        return [range(b, min(b + width, self.batch)) for b in range(0, self.batch, width)]

    def dense_input(self, samples: range) -> torch.Tensor:
        """The input of some samples as numbers, [T samples, N_in]."""
        if isinstance(self.input, Packed):
            return unpack(self.input, samples).flatten(0, 1)
        return self.input[:, samples.start : samples.stop].flatten(0, 1)

    def parameters(self, weights: torch.Tensor, **fields) -> ctypes.Structure:
        coefficients = torch.tensor([float(v) for v in self.neuron.coefficients().values()], dtype=torch.float64)
        inputs, columns = weights.shape
        p = call_parameters(weights.dtype, self.steps, self.batch, inputs, columns, **fields)
        p.k = scan(coefficients, weights.new_empty(0).reshape(0, 0), self.at_spike, self.path, self.draw)
        p.k.T, p.k.M = self.steps, self.batch * columns
        p.derivative = list(source.derivatives()).index(self.at_spike.derivative.kernel)
        p.keep_spikes = what_is_listed(self.neuron, self.path)[0]
        p.reach = self.at_spike.reach * ROUNDING
        return p


def _forward(
    layer: _Layer, weights: torch.Tensor, bias: torch.Tensor | None, initial: torch.Tensor | None, u: torch.Tensor | None
) -> tuple[ActiveSet, torch.Tensor, torch.Tensor]:
    """The active set, the spikes' bits int64 [T, B, words] and the last state [states, B N]."""
    (_, columns), dtype, device = weights.shape, weights.dtype, weights.device
    steps, batch, tiles = layer.steps, layer.batch, tile_count(columns)
    if initial is None:
        initial = torch.stack([weights.new_full((batch * columns,), value) for value in layer.neuron.rest()])
    table = layer.at_spike.derivative.table()
    table = None if table is None else table.to(weights)
    with_extra = what_is_listed(layer.neuron, layer.path)[1]
    bits = torch.empty((steps, batch, 2 * tiles), dtype=torch.int64, device=device)
    counts = torch.empty((batch, tiles, steps), dtype=torch.uint8, device=device)
    last = torch.empty_like(initial)
    dense = layer.packed is None or layer.packed.rate > DENSE_FORWARD
    tiled = None if dense else by_tiles(weights)
    function, lists = f"forward_{layer.neuron.kernel}", []
    for samples in layer.parts(columns) if dense else [range(batch)]:
        current = None
        if dense:
            x = layer.dense_input(samples)
            current = x @ weights if bias is None else torch.addmm(bias, x, weights)
        p = layer.parameters(weights, start=samples.start, samples=len(samples))
        jobs = range(samples.start * tiles, samples.stop * tiles)
        before = [layer.packed.bits if layer.packed else None, current, tiled, bias, initial, table]
        collect = _lists if device.type == "cpu" else _lists_on_gpu
        lists += collect(function, p, dtype, before, (bits, counts), (last, u), jobs, with_extra)
    index, value, extra = zip(*lists, strict=True)
    extra = torch.cat(extra) if with_extra else None
    return ActiveSet(steps, batch, columns, torch.cat(index), torch.cat(value), extra, counts), bits, last


def _lists(function, p, dtype, before, rows, after, jobs, with_extra):
    """Forward on the CPU. A thread takes a range of jobs and fills its own lists; before they can overflow it copies their
    entries out and goes on. The pieces are returned in the order of the jobs, whichever thread did them."""
    call = getattr(Native._library("sparse_backward", dtype), f"sparse_{function}")
    threads = torch.get_num_threads()
    width = -(-len(jobs) // (4 * threads))
    ranges = [range(begin, min(begin + width, jobs.stop)) for begin in range(jobs.start, jobs.stop, width)]
    pieces, turn = [[] for _ in ranges], itertools.count()
    real = np.float32 if dtype == torch.float32 else np.float64

    def work():
        own = type(p).from_buffer_copy(p)
        own.capacity = 4 * own.k.T * WIDE
        index, value = np.empty(own.capacity, np.uint8), np.empty(own.capacity, real)
        extra = np.empty(own.capacity, real) if with_extra else None
        progress = np.zeros(2, np.int64)
        mine = [None if a is None else ctypes.c_void_p(a.ctypes.data) for a in (index, value, extra)]
        fixed = [pointer(a) for a in (*before, None, *rows)]
        end = [*map(pointer, after), ctypes.c_void_p(progress.ctypes.data)]
        while (number := next(turn)) < len(ranges):
            own.k.begin, own.k.end = ranges[number].start, ranges[number].stop
            while own.k.begin < own.k.end:
                call(own, *fixed, *mine, *end)
                own.k.begin, used = progress.tolist()
                pieces[number].append(
                    tuple(None if a is None else torch.from_numpy(a[:used].copy()) for a in (index, value, extra))
                )

    waiting = [thread_pool().submit(work) for _ in range(min(threads, len(ranges)) - 1)]
    work()
    for w in waiting:
        w.result()
    return [piece for part in pieces for piece in part]


def _lists_on_gpu(function, p, dtype, before, rows, after, jobs, with_extra):
    """Forward on a GPU, twice: first count the entries of each row, then write every row at the place that the counts give."""
    counts = rows[1]
    run_jobs(function, p, dtype, [*before, None, *rows, None, None, None, *after, None], jobs)
    starts = torch.zeros(counts.numel() + 1, dtype=torch.int64, device=counts.device)
    torch.cumsum(
        counts.reshape(-1)[jobs.start * p.k.T : jobs.stop * p.k.T], 0, out=starts[jobs.start * p.k.T + 1 : jobs.stop * p.k.T + 1]
    )
    n = int(starts[jobs.stop * p.k.T])
    index = torch.empty(n, dtype=torch.uint8, device=counts.device)
    value = torch.empty(n, dtype=dtype, device=counts.device)
    extra = torch.empty_like(value) if with_extra else None
    if n:
        run_jobs(function, p, dtype, [*before, starts, *rows, index, value, extra, *after, None], jobs)
    return [(index, value, extra)]


class _Spiking(torch.autograd.Function):
    """value [n] = f(carrier, weights, bias). For autograd, input and output spikes are one number per active entry."""

    @staticmethod
    def forward(ctx, carrier, weights, bias, initial, layer, u, out):
        active, bits, last = _forward(layer, weights, bias, initial, u)
        ctx.save_for_backward(weights)
        ctx.layer, ctx.active = layer, active
        out.extend((active, bits, last))
        return active.value.view_as(active.value)

    @staticmethod
    def backward(ctx, grad):
        (weights,), needed = ctx.saved_tensors, ctx.needs_input_grad
        below, by_weights, by_bias = gradients(
            ctx.layer, ctx.active, weights, grad.contiguous(), below=needed[0], weights_too=needed[1], bias_too=needed[2]
        )
        return below, by_weights, by_bias, None, None, None, None


def gradients(
    layer: _Layer, active: ActiveSet, weights: torch.Tensor, grad: torch.Tensor, *, below: bool, weights_too: bool, bias_too: bool
) -> tuple[torch.Tensor | None, ...]:
    """dL/dinput at the active entries of the layer below [n_below], dL/dW [N_in, N] and dL/dbias [N]; None where not asked for.

    grad: dL/ds at the active entries [n]. Each product is sparse or dense, whichever is faster at this activity.
    """
    packed, kernel, dtype = layer.packed, layer.neuron.kernel, weights.dtype
    inputs, columns = weights.shape
    entries = layer.steps * layer.batch
    dense_weights = weights_too and len(active.index) > DENSE_WEIGHTS * entries * columns
    starts, effect = active.starts(), None
    if weights_too and not dense_weights:
        effect = torch.empty_like(active.value)
    sums = weights.new_empty(layer.batch, columns) if bias_too else None
    lower, tiled, grad_below, dense_below = [None] * 4, None, None, None
    if below:
        if packed is None or packed.active is None:
            raise ValueError("below: the input of this layer has no active entries that a gradient could go down to.")
        active_below, starts_below = packed.active, packed.active.starts()
        grad_below = torch.empty_like(active_below.value)
        if active_below.number > DENSE_BELOW * entries * inputs:
            dense_below = active_below, grad_below, starts_below
        else:
            lower = [starts_below, active_below.index, active_below.value, grad_below]
            tiled = by_tiles(weights)
    grad_weights = torch.zeros_like(weights) if dense_weights else None
    dense = dense_weights or dense_below is not None
    for samples in layer.parts(columns) if dense else [range(layer.batch)]:
        delta = weights.new_empty(layer.steps, len(samples), columns) if dense else None
        p = layer.parameters(weights, start=samples.start, samples=len(samples))
        lists = [starts, active.index, active.value, active.extra]
        run_jobs(f"delta_{kernel}", p, dtype, [*lists, grad, None, tiled, *lower, effect, delta, sums], samples)
        if delta is not None and grad_weights is not None:
            grad_weights.addmm_(layer.dense_input(samples).T, delta.flatten(0, 1))
        if delta is not None and dense_below is not None:
            active_below, grad_below, starts_below = dense_below
            down = (delta.flatten(0, 1) @ weights.T).reshape(layer.steps, len(samples), inputs)
            gather(active_below, down, samples, grad_below, starts_below)
    if weights_too and not dense_weights:
        grad_weights = torch.empty_like(weights)  # of the weights' own layout
        dense_input = layer.input.contiguous() if isinstance(layer.input, torch.Tensor) else None
        run_jobs(
            f"weights_{kernel}",
            layer.parameters(weights),
            dtype,
            [
                packed.bits if packed else None,
                dense_input,
                starts,
                active.index,
                effect,
                ...,
                grad_weights,
                grad_weights.stride(0),
                grad_weights.stride(1),
            ],
            range(tile_count(inputs)),
            tile_count(columns) * WIDE * WIDE,
        )
    return grad_below, grad_weights, None if sums is None else sums.sum(0)


def _check(source: Packed | torch.Tensor, weights: torch.Tensor, bias: torch.Tensor | None) -> None:
    if isinstance(source, torch.Tensor) and source.ndim != 3:
        raise ValueError(f"input must have the shape [T, B, N_in], not {tuple(source.shape)}.")
    columns = source.columns if isinstance(source, Packed) else source.shape[-1]
    if weights.ndim != 2 or weights.shape[0] != columns:
        raise ValueError(f"weights must have the shape [N_in, N] with N_in = {columns}, not {tuple(weights.shape)}.")
    if bias is not None and tuple(bias.shape) != (weights.shape[1],):
        raise ValueError(f"bias must have the shape [N] = [{weights.shape[1]}], not {list(bias.shape)}.")
    if weights.dtype not in (torch.float32, torch.float64) or source.dtype != weights.dtype:
        raise TypeError(f"input and weights must both be float32 or both float64, not {source.dtype} and {weights.dtype}.")
    device = (source.bits if isinstance(source, Packed) else source).device
    if device != weights.device:
        raise ValueError(f"input is on {device}, weights are on {weights.device}: move one with .to().")


def spiking(
    source: Packed | torch.Tensor,
    weights: torch.Tensor,
    bias: torch.Tensor | None,
    neuron: AbstractNeuron,
    method: AbstractGradientMethod,
    draw: Draw | None = None,
    *,
    initial: torch.Tensor | None = None,
    label: str = "layer",
    guard: Guard | None = None,
    record_u: torch.Tensor | None = None,
) -> Spikes:
    """The forward pass of a layer, differentiable: current = source W + bias, then the neuron over time.

    source: packed spikes; or numbers [T, B, N_in] for a network's input, which gets no gradient. weights: [N_in, N] with any
    strides, so `linear.weight.T` needs no copy. bias: [N] or None. initial: the first state [states, B, N], None: at rest; it
    gets no gradient. record_u: None, or an array [T, B, N] into which the membrane is written.

    Raises:
        ValueError: shapes that do not fit, a layer that has to be dense (`unsupported` says why), input not finite.
        NonFiniteWeights: by the guard; it also warns of `DeadLayer`.
    """
    _check(source, weights, bias)
    if reason := unsupported(neuron, method):
        raise ValueError(f"{label} cannot be sparse: {reason}")
    guard = guard or Guard()
    guard.weights(label, weights)
    layer = _Layer(neuron, method.at_spike, method.reset_path, draw or Draw(), source)
    state = None if initial is None else initial.detach().to(weights).reshape(len(neuron.states), -1).contiguous()
    out: list = []
    carrier = source.carrier if isinstance(source, Packed) else None
    value = _Spiking.apply(carrier, weights, bias, state, layer, record_u, out)
    active, bits, last = out
    if not torch.isfinite(last).all():
        raise ValueError(f"{label}: the membrane is not finite: check the input, or lower the current into the layer.")
    guard.active(label, active, method.at_spike)
    columns = weights.shape[1]
    packed = Packed(bits, columns, weights.dtype, active, value if value.requires_grad else None)
    return Spikes(packed, last.reshape(len(last), layer.batch, columns), active)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, carrier, weights, bias, packed):
        ctx.save_for_backward(weights)
        ctx.packed = packed
        (inputs, columns), dtype = weights.shape, weights.dtype
        x = weights.new_empty(packed.steps, packed.batch, columns)
        p = call_parameters(dtype, packed.steps, packed.batch, inputs, columns)
        run_jobs("product", p, dtype, [packed.bits, by_tiles(weights), bias, x], range(packed.batch * tile_count(columns)))
        return x

    @staticmethod
    def backward(ctx, grad):
        (weights,), packed, grad = ctx.saved_tensors, ctx.packed, grad.contiguous()
        (inputs, columns), dtype = weights.shape, weights.dtype
        p = call_parameters(dtype, packed.steps, packed.batch, inputs, columns)
        below = by_weights = by_bias = None
        if ctx.needs_input_grad[0]:
            active = packed.active
            below = torch.empty_like(active.value)
            lists = [active.starts(), active.index, active.value]
            run_jobs("product_below", p, dtype, [grad, by_tiles(weights), *lists, below], range(packed.batch))
        if ctx.needs_input_grad[1]:
            by_weights = torch.zeros((inputs, columns), dtype=dtype, device=weights.device)
            run_jobs("product_weights", p, dtype, [packed.bits, grad, by_weights], range(tile_count(inputs)))
        if ctx.needs_input_grad[2]:
            by_bias = grad.sum((0, 1))
        return below, by_weights, by_bias, None


def product(packed: Packed, weights: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """spikes W + bias [T, B, N], for a readout. Backward, the gradient goes only to the active entries of the spikes.

    Raises:
        ValueError: shapes that do not fit.
    """
    _check(packed, weights, bias)
    return _Product.apply(packed.carrier, weights, bias, packed)
