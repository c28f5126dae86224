"""Shared by the native and the CUDA backend: the kernels' calls, as kernels/README.md describes them."""

import abc
import ctypes
import math

import torch

from snnviz.backends import source
from snnviz.backends.base import AbstractBackend, Backward, Forward, Upstream, check_finite, check_run
from snnviz.backends.reference import ds_du_of, recorded_states
from snnviz.draws import Draw
from snnviz.methods.base import AtSpike, ResetPath
from snnviz.neurons.base import AbstractNeuron
from snnviz.surrogates import Given

REALS = {torch.float32: ("float", ctypes.c_float), torch.float64: ("double", ctypes.c_double)}


def scan_struct(real: type[ctypes.c_float | ctypes.c_double]) -> type[ctypes.Structure]:
    """struct Scan of kernels/scan.cuh, field for field."""
    index = ctypes.c_longlong
    fields = [
        ("c", real * 8),
        ("d", real * 8),
        ("through_reset", real),
        ("through_adaptation", real),
        ("mask_reset", real),
        ("after_reset", real),
        ("seed", ctypes.c_uint),
        ("layer", ctypes.c_uint),
        ("first", index),
        ("T", index),
        ("M", index),
        ("begin", index),
        ("end", index),
    ]
    return type("Scan", (ctypes.Structure,), {"_fields_": fields})


SCANS = {dtype: scan_struct(real) for dtype, (_, real) in REALS.items()}


def scan(
    coefficients: torch.Tensor,
    x: torch.Tensor,
    at_spike: AtSpike | None = None,
    path: ResetPath = ResetPath.KEPT,
    draw: Draw | None = None,
) -> ctypes.Structure:
    """The struct for arrays like x, all columns."""
    k = SCANS[x.dtype]()
    k.c[: len(coefficients)] = coefficients.tolist()
    k.T, k.M = x.shape
    k.begin, k.end = 0, k.M
    if at_spike is not None:
        numbers = at_spike.derivative.coefficients()
        k.d[: len(numbers)] = numbers
        k.d[4], k.d[5], k.d[6] = at_spike.gate, at_spike.window, at_spike.gain
        k.through_reset = float(path is ResetPath.KEPT)
        k.through_adaptation = float(path is not ResetPath.IGNORED)
        k.mask_reset = float(path is not ResetPath.IGNORED)
        k.after_reset = float(at_spike.after_reset)
        draw = draw or Draw()
        k.seed, k.layer, k.first = draw.seed & 0xFFFFFFFF, draw.layer & 0xFFFFFFFF, draw.first
    return k


class KernelBackend(AbstractBackend, abc.ABC):
    """Runs the kernels. A subclass defines the place: `device` and `launch`."""

    device: str

    @abc.abstractmethod
    def launch(self, kernel: str, function: str, k: ctypes.Structure, arguments: list) -> None:
        """Call a function of kernels/<kernel>.cu on tensors, numbers (index_t) and None."""

    def forward(self, neuron, coefficients, x, initial):
        check_run(self, neuron, x, initial, self.device)
        x, initial = x.contiguous(), initial.contiguous()
        u, last = torch.empty_like(x), torch.empty_like(initial)
        s = torch.empty_like(x) if neuron.fires else None
        trace = torch.empty_like(x) if neuron.trace else None
        self.launch(neuron.kernel, "forward", scan(coefficients, x), [x, initial, u, s, trace, last])
        out = Forward(u, s, trace, last)
        check_finite(neuron, x, initial, out)
        return out

    def backward(
        self, neuron, coefficients, at_spike, path, draw, x, initial, forward, upstream, *, parameters=False, record=False
    ):
        if path is ResetPath.NONE:
            return self._each_step_alone(neuron, coefficients, at_spike, draw, initial, forward, upstream, parameters, record)
        u = forward.u
        columns = u.shape[1]
        zeros = u.new_zeros(columns * max(1, len(neuron.states)))
        derivative = at_spike.derivative.kernel if neuron.fires else "never"

        def rows(a):  # an absent array is one row of zeros, read with a row stride of 0
            return (zeros, 0) if a is None else (a.contiguous(), columns)

        delta, grad_initial = torch.empty_like(u), torch.empty_like(initial)
        sums = u.new_zeros((len(neuron.kernel_gradients), columns)) if parameters else None
        ds_du, multiplier = (torch.empty_like(u), torch.empty_like(u)) if record else (None, None)
        self.launch(
            neuron.kernel,
            f"backward_{derivative}",
            scan(coefficients, u, at_spike, path, draw),
            [
                *rows(upstream.s),
                *rows(upstream.u),
                u,
                *rows(forward.trace),
                initial.contiguous(),
                zeros if upstream.last is None else upstream.last.contiguous(),
                given(neuron, coefficients, at_spike, draw, forward),
                delta,
                grad_initial,
                sums,
                ds_du,
                multiplier,
            ],
        )
        grad_c = None if sums is None else coefficient_gradients(neuron, coefficients, sums.double().sum(1))
        return Backward(delta, grad_initial, grad_c, ds_du, multiplier)

    def _each_step_alone(self, neuron, coefficients, at_spike, draw, initial, forward, upstream, parameters, record):
        """The sweep with ResetPath.NONE: a run of T steps is T runs of one step, side by side, each from the state that it began
        with. That state is asked for only by dL/d(coefficients) and by a membrane that is not linear."""
        u = forward.u
        if at_spike.derivative.random or at_spike.gate:  # drawn by step and column, which are others here
            values = ds_du_of(neuron, coefficients, at_spike, draw, forward).view(1, -1)
            at_spike = AtSpike(Given(lambda margin: values))

        def row(a: torch.Tensor) -> torch.Tensor:
            return a.reshape(1, -1)

        def row_or_none(a: torch.Tensor | None) -> torch.Tensor | None:
            return None if a is None else row(a)

        starts = u.new_zeros((len(initial), u.numel()))
        if parameters or not neuron.linear:
            after = [recorded_states(neuron, coefficients, forward)[1], *([] if forward.trace is None else [forward.trace])]
            for start, first, later in zip(starts, initial, after, strict=True):
                start.view(u.shape).copy_(torch.cat([first[None], later[:-1]]))
        out = self.backward(
            neuron,
            coefficients,
            at_spike,
            ResetPath.CUT,
            draw,
            row(u),
            starts,
            Forward(row(u), row_or_none(forward.s), row_or_none(forward.trace), starts),
            Upstream(row_or_none(upstream.s), row_or_none(upstream.u)),
            parameters=parameters,
            record=record,
        )
        ds_du = None if out.ds_du is None else out.ds_du.view(u.shape)
        multiplier = torch.zeros_like(u) if record else None
        return Backward(out.x.view(u.shape), torch.zeros_like(initial), out.coefficients, ds_du, multiplier)


def given(
    neuron: AbstractNeuron, coefficients: torch.Tensor, at_spike: AtSpike, draw: Draw, forward: Forward
) -> torch.Tensor | None:
    """The array that the functor of a spike derivative reads besides the margins: given values [T, M], a table, or None.

    Raises:
        ValueError: given values with a gain, a window or a gate.
    """
    if not neuron.fires:
        return None
    if at_spike.derivative.kernel in source.derivatives():
        table = at_spike.derivative.table()
        return None if table is None else table.to(forward.u)
    if at_spike.gain != 1 or at_spike.window != math.inf or at_spike.gate:
        raise ValueError("Given values are used as they are: give them gain, window and gate in the function itself.")
    return ds_du_of(neuron, coefficients, at_spike, draw, forward).contiguous()


def coefficient_gradients(neuron: AbstractNeuron, coefficients: torch.Tensor, sums: torch.Tensor) -> torch.Tensor:
    """dL/dc [coefficients], 0 where the kernel knows none, from the sums of those that it knows, float64 in its order."""
    names = list(neuron.coefficients())
    out = coefficients.new_zeros(len(names))
    for name, total in zip(neuron.kernel_gradients, sums, strict=True):
        out[names.index(name)] = total
    return out
