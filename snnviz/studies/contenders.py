"""The backward pass of one hidden layer, four ways that compute the same gradient, and how their times are taken.

naive    autograd through `for t: ... h[:, t, :]`, the published dense baseline: its backward is quadratic in T
unbind   the same loop over `h.unbind(1)`: one word, and it is linear
fused    this library's dense pass: two loops over time in a kernel, products by torch
sparse   this library's sparse pass: active lists and bits
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from snnviz import sparse
from snnviz.draws import Draw
from snnviz.methods import SparseGD
from snnviz.neurons import LIF
from snnviz.spiking_layer import SpikingLayer

CONTENDERS = {
    "naive": "autograd, slicing h[:, t, :]",
    "unbind": "autograd, h.unbind(1)",
    "fused": "fused dense kernel",
    "sparse": "sparse kernel",
}
SLOPE = 100.0  # of the published surrogate, 1 / (100 |u - theta| + 1)^2
AGREE = 1e-4  # the largest difference of two gradients, relative to the largest entry

Gradients = tuple[torch.Tensor, torch.Tensor]  # dL/dW and dL/dinput


class Window(torch.autograd.Function):
    """The published spike with its surrogate, one step; cut to the band."""

    @staticmethod
    def forward(ctx, margin, band):
        ctx.save_for_backward(margin)
        ctx.band = band
        return (margin >= 0).to(margin.dtype)

    @staticmethod
    def backward(ctx, grad):
        m = ctx.saved_tensors[0].abs()
        return grad * torch.where(m < ctx.band, 1 / (SLOPE * m + 1) ** 2, 0.0), None


def loop(slices: Iterable[torch.Tensor], beta: float, theta: float, band: float) -> torch.Tensor:
    """Spikes [B, T, N] for currents [B, N], one step after the other, in Python."""
    v, out = 0.0, []
    for x in slices:
        u = beta * v + x
        s = Window.apply(u - theta, band)
        v = u - theta * s.detach()
        out.append(s)
    return torch.stack(out, 1)


@dataclasses.dataclass
class Case:
    """One layer at one activity: its input (packed, and dense [T, B, N]), weights, upstream gradient [T, B, N].

    Each contender runs forward and returns its backward pass: a function that returns dL/dW and dL/dinput.

    Raises:
        ValueError: an input without an active set. The sparse pass goes down to the active entries of the layer below.
    """

    packed: sparse.Packed
    dense: torch.Tensor
    weights: torch.Tensor
    upstream: torch.Tensor
    neuron: LIF
    method: SparseGD
    backend: str

    def __post_init__(self):
        if self.packed.active is None:
            raise ValueError("packed: a backward pass goes down to the active entries of the layer below, and it has none.")
        self.below: sparse.ActiveSet = self.packed.active
        self._active: sparse.ActiveSet | None = None
        self.entries: torch.Tensor | None = None  # the upstream gradient, one number per active entry
        self.batch_major = self.dense.transpose(0, 1).contiguous()
        self.upstream_batch_major = self.upstream.transpose(0, 1).contiguous()
        self.coefficients = self.neuron.coefficients()

    @property
    def active(self) -> sparse.ActiveSet:
        """The active set of the last sparse pass.

        Raises:
            RuntimeError: there was no sparse pass.
        """
        if self._active is None:
            raise RuntimeError("The sparse contender has not run yet: there is no active set.")
        return self._active

    def contender(self, name: str) -> Callable[[], Gradients]:
        """Run a contender forward; its backward pass."""
        return {"naive": self.naive, "unbind": self.unbind, "fused": self.fused, "sparse": self.sparse}[name]()

    def naive(self, slices=lambda h: (h[:, t, :] for t in range(h.shape[1]))) -> Callable[[], Gradients]:
        """Run the published loop forward; its backward pass. slices: the currents of each step, from h [B, T, N]."""
        x, w = self.batch_major.detach().requires_grad_(), self.weights.detach().requires_grad_()
        h = torch.einsum("bti,ij->btj", x, w)
        s = loop(slices(h), self.coefficients["beta"], self.neuron.theta, self.method.band)

        def backward() -> Gradients:
            by_weights, below = torch.autograd.grad(s, (w, x), self.upstream_batch_major)
            return by_weights, below.transpose(0, 1)

        return backward

    def unbind(self) -> Callable[[], Gradients]:
        """Run the same loop over `h.unbind(1)` forward; its backward pass."""
        return self.naive(lambda h: h.unbind(1))

    def fused(self) -> Callable[[], Gradients]:
        """Run the dense kernels forward; their backward pass."""
        x, w = self.dense.detach().requires_grad_(), self.weights.detach().requires_grad_()
        s = SpikingLayer(self.neuron, self.method, self.backend)(x @ w, Draw())

        def backward() -> Gradients:
            by_weights, below = torch.autograd.grad(s, (w, x), self.upstream)
            return by_weights, below

        return backward

    def sparse(self) -> Callable[[], Gradients]:
        """Run the sparse pass forward; its backward pass, which gives one number for each active entry of the layer below.

        Raises:
            RuntimeError: gradients are switched off.
        """
        w, carrier = self.weights.detach().requires_grad_(), self.below.value.detach().requires_grad_()
        packed = dataclasses.replace(self.packed, carrier=carrier)
        out = sparse.spiking(packed, w, None, self.neuron, self.method, Draw(), guard=sparse.Guard(-1))
        self._active, passed_up = out.active, out.spikes.carrier
        if passed_up is None:
            raise RuntimeError("Gradients are switched off, so that there is no backward pass to run.")
        if self.entries is None:  # the layer above gives one number per active entry
            self.entries = self.upstream[out.active.places()]

        def backward() -> Gradients:
            by_weights, below = torch.autograd.grad(passed_up, (w, carrier), self.entries)
            return by_weights, below

        return backward


def check(case: Case, contenders: Iterable[str]) -> dict[str, float]:
    """How far each contender's gradients are from the fused pass's, dL/dinput where the input is active.

    Raises:
        ValueError: one computes another gradient, so that its time would mean nothing.
    """
    places = case.below.places()
    by_weights, below = case.fused()()
    expected = by_weights, below[places]
    errors = {}
    for name in contenders:
        got_weights, got = case.contender(name)()
        pairs = zip((got_weights, got if got.ndim == 1 else got[places]), expected, strict=True)
        errors[name] = max(((a - b).abs().max() / b.abs().max().clamp(min=1e-30)).item() for a, b in pairs)
        if errors[name] > AGREE:
            raise ValueError(f"{name} does not compute the same gradient: relative difference {errors[name]:.1e}.")
    return errors


def bytes_between(case: Case, name: str) -> int:
    """Bytes stored from the forward to the backward pass; each storage counts once, weights do not count."""
    storages = {}

    def note(t):
        if t.untyped_storage().data_ptr() != case.weights.untyped_storage().data_ptr():
            storages[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        backward = case.contender(name)
    lists = 0
    if name == "sparse":  # its own lists, and of the layer below the bits and the active entries
        lists = case.active.bytes + case.below.bytes + case.packed.bits.numel() * 8
    del backward
    return sum(storages.values()) + lists


def take_times(case: Case, contenders: Sequence[str], repeats: int, device: str, naive_repeats: int) -> dict[str, dict[str, Any]]:
    """Milliseconds by contender: medians ("forward_ms", "backward_ms", and of CPU time "forward_cpu_ms", "backward_cpu_ms"),
    and every single one ("all_forward_ms", ...). Contenders take turns, after one turn to warm up."""
    times = {name: ([], [], [], []) for name in contenders}
    for turn in range(repeats + 1):
        for name in contenders:
            if name == "naive" and not 0 < turn <= naive_repeats:  # the check has warmed it up
                continue
            points = [_clocks(device)]
            backward = case.contender(name)
            points.append(_clocks(device))
            backward()
            points.append(_clocks(device))
            del backward
            if turn:
                (a, a_cpu), (b, b_cpu), (c, c_cpu) = points
                for taken, value in zip(times[name], (b - a, c - b, b_cpu - a_cpu, c_cpu - b_cpu), strict=True):
                    taken.append(1e3 * value)
    names = ("forward_ms", "backward_ms", "forward_cpu_ms", "backward_cpu_ms")
    return {
        name: {what: statistics.median(values) for what, values in zip(names, each, strict=True)}
        | {f"all_{what}": values for what, values in zip(names, each, strict=True)}
        for name, each in times.items()
    }


def _clocks(device: str) -> tuple[float, float]:
    """Wall-clock time and CPU time of this process in s, after the device has finished its work."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter(), time.process_time()
