"""The backward pass of a hidden layer, four ways, over how much of it is active: `python -m bench.sparsity`.

    naive    autograd through `for t: ... h[:, t, :]`, the published dense baseline: its backward is quadratic in T
    unbind   the same loop over `h.unbind(1)`: one word, and it is linear
    fused    this library's dense pass: two loops over time in a kernel, products by torch
    sparse   this library's sparse pass: active lists and bits

What is measured is the second hidden layer, N to N, of the three published workloads: forward, backward (the loop over
time, dL/dW and dL/dinput) and the bytes kept between them. Its input are the spikes of a first hidden layer that gets
input of the workload's statistics, or real N-MNIST recordings where there are any (SNNVIZ_DATA). Spikes are the same in
all four, and gradients are compared before anything is timed. Contenders take turns; medians are quoted, and ratios
within one run.
On a machine that others use, --threads 1 and the CPU times say more than the clock.
"""

import argparse
import dataclasses
import itertools
import json
import pathlib
import statistics
import sys
import time
import warnings

import torch

from bench.common import RESULTS, machine
from snnviz import sparse
from snnviz.backends import BACKENDS
from snnviz.draws import Draw
from snnviz.methods.sparse import SparseGD
from snnviz.network import SpikingLayer
from snnviz.neurons import LIF
from snnviz.surrogates import FastSigmoid

RATE = 0.02  # spikes per neuron and step in both hidden layers, by scaling their weights
SLOPE = 100.0  # of the published surrogate, 1 / (100 |u - theta| + 1)^2
AGREE = 1e-4  # how closely gradients must agree, of the largest entry


@dataclasses.dataclass(frozen=True)
class Workload:
    """inputs and steps of a published workload, tau in ms, and the rate of ones in its input."""

    name: str
    inputs: int
    steps: int
    dt: float
    rate: float


WORKLOADS = {
    w.name: w
    for w in (
        Workload("F-MNIST", 784, 100, 1.0, 0.005),
        Workload("N-MNIST", 1156, 300, 1.0, 0.012),
        Workload("SHD", 700, 500, 2.0, 0.02),
    )
}


def network_input(work: Workload, batch: int) -> tuple[torch.Tensor, str]:
    """Spikes [T, B, N_in] and where they are from. F-MNIST: at most one spike a pixel, as in its latency code."""
    g = torch.Generator().manual_seed(0)
    if work.name == "N-MNIST":
        try:
            from snnviz.datasets import NMnist, Split

            samples = NMnist(steps=work.steps, dt=work.dt).load(Split.TRAIN)
            x = samples.storage.take(torch.randperm(len(samples.storage), generator=g)[:batch].numpy())
            return (x.sum(2).flatten(2) > 0).float(), "real recordings, polarities merged"
        except (FileNotFoundError, ImportError):
            pass
    if work.name == "F-MNIST":
        x = torch.zeros(work.steps, batch, work.inputs)
        first = torch.randint(4, 60, (1, batch, work.inputs), generator=g)
        lit = (torch.rand(1, batch, work.inputs, generator=g) < work.rate * work.steps).float()
        return x.scatter_(0, first, lit), "made: one spike for half of the pixels"
    return (torch.rand(work.steps, batch, work.inputs, generator=g) < work.rate).float(), f"made: rate {work.rate}"


def scaled_weights(source: sparse.Packed, columns: int, neuron: LIF, seed: int) -> torch.Tensor:
    """Uniform weights, scaled until the layer fires at RATE, then rounded to multiples of 2^-12: their sums are exact
    in float32, so that every contender has the same spikes whatever order it adds in."""
    g = torch.Generator().manual_seed(seed)
    weights = (2 * torch.rand(source.columns, columns, generator=g) - 1) / source.columns**0.5
    low, high = 0.0, 200.0
    few = dataclasses.replace(source, bits=source.bits[:, : max(1, source.batch // 8)].contiguous())
    for _ in range(14):
        gain = (low + high) / 2
        rate = sparse.spiking(few, weights * gain, None, neuron, SparseGD(), guard=sparse.Guard(-1)).spikes.rate
        low, high = (gain, high) if rate < RATE else (low, gain)
    return (weights * gain * 4096).round() / 4096


def band_for(share: float, u: torch.Tensor, theta: float) -> float:
    """The band within which this share of the entries lies."""
    margins = (u - theta).abs().flatten()
    return 1e9 if share >= 1 else margins.kthvalue(max(1, round(share * len(margins)))).values.item() * (1 + 1e-6)


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


def loop(slices, beta: float, theta: float, band: float) -> torch.Tensor:
    v, out = 0.0, []
    for x in slices:
        u = beta * v + x
        s = Window.apply(u - theta, band)
        v = u - theta * s.detach()
        out.append(s)
    return torch.stack(out, 1)


@dataclasses.dataclass
class Case:
    """One layer at one activity: its input (packed and dense), weights, upstream gradient."""

    packed: sparse.Packed
    dense: torch.Tensor  # [T, B, N]
    weights: torch.Tensor
    upstream: torch.Tensor  # [T, B, N]
    neuron: LIF
    method: SparseGD
    backend: str

    def __post_init__(self):
        self.batch_major = self.dense.transpose(0, 1).contiguous()
        self.upstream_batch_major = self.upstream.transpose(0, 1).contiguous()
        self.coefficients = self.neuron.coefficients()

    def naive(self, slices=lambda h: (h[:, t, :] for t in range(h.shape[1]))):
        x, w = self.batch_major.detach().requires_grad_(), self.weights.detach().requires_grad_()
        h = torch.einsum("bti,ij->btj", x, w)
        s = loop(slices(h), self.coefficients["beta"], self.neuron.theta, self.method.band)
        return lambda: (s.backward(self.upstream_batch_major), (w.grad, x.grad.transpose(0, 1)))[1]

    def unbind(self):
        return self.naive(lambda h: h.unbind(1))

    def fused(self):
        x, w = self.dense.detach().requires_grad_(), self.weights.detach().requires_grad_()
        s = SpikingLayer(self.neuron, self.method, self.backend)(x @ w, Draw())
        return lambda: (s.backward(self.upstream), (w.grad, x.grad))[1]

    def sparse(self):
        w, carrier = self.weights.detach().requires_grad_(), self.packed.active.value.detach().requires_grad_()
        packed = dataclasses.replace(self.packed, carrier=carrier)
        out = sparse.spiking(packed, w, None, self.neuron, self.method, Draw(), guard=sparse.Guard(-1))
        self.active = out.active
        if getattr(self, "entries", None) is None:  # the layer above hands over one number an entry
            self.entries = self.upstream[out.active.places()]
        return lambda: (out.spikes.carrier.backward(self.entries), (w.grad, carrier.grad))[1]


CONTENDERS = ("naive", "unbind", "fused", "sparse")


def clocks(device: str) -> tuple[float, float]:
    """The time, and this process's CPU time, in s, when the device is done."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter(), time.process_time()


def check(case: Case, contenders) -> dict[str, float]:
    """How far each contender's gradients are from the fused pass's, dL/dinput where the input is active."""
    places = case.packed.active.places()
    by_weights, below = case.fused()()
    expected = by_weights, below[places]
    errors = {}
    for name in contenders:
        got_weights, got = getattr(case, name)()()
        pairs = zip((got_weights, got if got.ndim == 1 else got[places]), expected, strict=True)
        errors[name] = max(((a - b).abs().max() / b.abs().max().clamp(min=1e-30)).item() for a, b in pairs)
        if errors[name] > AGREE:
            raise SystemExit(f"{name} does not compute the same gradient: relative difference {errors[name]:.1e}")
    return errors


def kept(case: Case, name: str) -> int:
    """Bytes that live from the forward to the backward pass for its sake, each storage once, weights left out."""
    seen = {}

    def note(t):
        if t.untyped_storage().data_ptr() != case.weights.untyped_storage().data_ptr():
            seen[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        held = getattr(case, name)()
    lists = 0
    if name == "sparse":  # its own lists, and of the layer below the bits and the active entries
        lists = case.active.bytes + case.packed.active.bytes + case.packed.bits.numel() * 8
    del held
    return sum(seen.values()) + lists


def measure(case: Case, contenders, repeats: int, device: str, naive_repeats: int) -> dict:
    times = {name: ([], [], [], []) for name in contenders}
    for turn in range(repeats + 1):
        for name in contenders:
            if name == "naive" and not 0 < turn <= naive_repeats:  # warmed up by the check
                continue
            points = [clocks(device)]
            backward = getattr(case, name)()
            points.append(clocks(device))
            backward()
            points.append(clocks(device))
            del backward
            if turn:
                (a, a_cpu), (b, b_cpu), (c, c_cpu) = points
                for kept_times, value in zip(times[name], (b - a, c - b, b_cpu - a_cpu, c_cpu - b_cpu), strict=True):
                    kept_times.append(1e3 * value)
    names = ("forward_ms", "backward_ms", "forward_cpu_ms", "backward_cpu_ms")
    return {
        name: {what: statistics.median(values) for what, values in zip(names, each, strict=True)}
        | {f"all_{what}": values for what, values in zip(names, each, strict=True)}
        for name, each in times.items()
    }


def main(arguments=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="*", default=["SHD"], choices=list(WORKLOADS))
    parser.add_argument("--hidden", type=int, nargs="*", default=[1000])
    parser.add_argument("--steps", type=int, nargs="*", default=None, help="other numbers of steps than the workload's")
    parser.add_argument("--batch", type=int, nargs="*", default=[32])
    parser.add_argument("--percent", type=float, nargs="*", default=[100, 30, 10, 3, 1, 0.3, 0.1, 0.01], help="active")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--naive-repeats", type=int, default=2, help="at about 1 %% active only; 0: leave it out")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=None, help="of torch and the kernels; 1: CPU times compare")
    parser.add_argument("--output", type=pathlib.Path, default=None)
    options = parser.parse_args(arguments)
    backend = BACKENDS["native" if options.device == "cpu" else "cuda"]
    if reason := backend.unusable():
        sys.exit(f"{backend.name}: {reason}")
    if options.threads:
        torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore", sparse.DeadLayer)
    report = {"machine": machine(options.device), "rate": RATE, "neuron": repr(LIF()), "cases": []}
    print(json.dumps(report["machine"], indent=1))
    RESULTS.mkdir(exist_ok=True)
    stamp = report["machine"]["date"][:19].replace(":", "")
    path = options.output or RESULTS / f"sparsity-{options.device}-{stamp}.json"
    for name, hidden, batch in itertools.product(options.workloads, options.hidden, options.batch):
        for steps in options.steps or [WORKLOADS[name].steps]:
            work = dataclasses.replace(WORKLOADS[name], steps=steps)
            report["cases"] += run(work, hidden, batch, options, backend.name)
            path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")  # what is done is not lost
    print(f"\nwritten to {path}")


def run(work: Workload, hidden: int, batch: int, options, backend: str) -> list[dict]:
    neuron = LIF(tau_mem=10.0, dt=work.dt)
    x, origin = network_input(work, batch)
    spikes = sparse.pack(x.to(options.device))
    first = scaled_weights(spikes, hidden, neuron, 1).to(options.device)
    u = [torch.empty(work.steps, batch, hidden, device=options.device) for _ in range(2)]
    h = sparse.spiking(spikes, first, None, neuron, SparseGD(FastSigmoid(SLOPE)), record_u=u[0]).spikes
    second = scaled_weights(h, hidden, neuron, 2).to(options.device)
    out = sparse.spiking(h, second, None, neuron, SparseGD(FastSigmoid(SLOPE)), record_u=u[1])
    print(
        f"\n{work.name}, T = {work.steps}, batch {batch}, {work.inputs} -> {hidden} -> {hidden}; input {origin}, "
        f"rate {100 * spikes.rate:.2f} %; hidden rates {100 * h.rate:.2f} and {100 * out.spikes.rate:.2f} %"
    )
    print(
        f"{'active below/here %':>20} {'contender':>9} {'forward':>9} {'backward':>9} {'step':>9} ms "
        f"{'(backward CPU)':>15} ms {'kept':>8} MB  sparse, backward:"
    )
    upstream = torch.randn(out.spikes.bits.shape[0], batch, hidden, generator=torch.Generator().manual_seed(2))
    cases = []
    for percent in options.percent:
        bands = [band_for(percent / 100, membrane, neuron.theta) for membrane in u]
        below, here = (SparseGD(FastSigmoid(SLOPE), band) for band in bands)
        h = sparse.spiking(spikes, first, None, neuron, below, guard=sparse.Guard(-1)).spikes
        case = Case(h, h.dense().detach(), second, upstream.to(options.device), neuron, here, backend)
        with_naive = options.naive_repeats > 0 and percent == min(options.percent, key=lambda p: abs(p - 1))
        contenders = [c for c in CONTENDERS if c != "naive" or with_naive]
        errors = check(case, contenders)
        result = measure(case, contenders, options.repeats, options.device, options.naive_repeats)
        for name in contenders:
            result[name] |= {"kept_bytes": kept(case, name), "error": errors[name]}
        here = {
            "workload": work.name,
            "steps": work.steps,
            "batch": batch,
            "inputs": work.inputs,
            "hidden": hidden,
            "origin": origin,
            "rate_below": h.rate,
            "active_below": h.active.share,
            "active": case.active.share,
            "u_and_x_bytes": 8 * work.steps * batch * hidden,
            "contenders": result,
        }
        cases.append(here)
        mine = result["sparse"]
        for name in contenders:
            r = result[name]
            if name == "sparse":
                said = f"keeps {here['u_and_x_bytes'] / r['kept_bytes']:.0f} times less than u and x"
            else:
                said = (
                    f"{r['backward_ms'] / mine['backward_ms']:.1f} times faster than {name} "
                    f"({r['backward_cpu_ms'] / mine['backward_cpu_ms']:.1f} by CPU time)"
                )
            print(
                f"{100 * h.active.share:9.3f}/{100 * case.active.share:<10.3f} {name:>9} {r['forward_ms']:9.1f} "
                f"{r['backward_ms']:9.1f} {r['forward_ms'] + r['backward_ms']:9.1f}    "
                f"{r['backward_cpu_ms']:15.1f}    {r['kept_bytes'] / 1e6:8.2f}     {said}",
                flush=True,
            )
        del case
    crossover(cases)
    return cases


def crossover(cases: list[dict]) -> None:
    """Say where sparse stops being faster than fused, backward and whole step, between the measured shares."""
    for what, keys in (("backward", ("backward_ms",)), ("step", ("forward_ms", "backward_ms"))):
        ratios = sorted(
            (case["active"], sum(case["contenders"]["sparse"][k] for k in keys) / sum(case["contenders"]["fused"][k] for k in keys))
            for case in cases
        )
        over = [share for share, ratio in ratios if ratio > 1]
        worst = max(ratio for _, ratio in ratios)
        under = max((share for share, ratio in ratios if ratio <= 1 and (not over or share < min(over))), default=None)
        text = "everywhere" if not over else f"up to {100 * under:.3g} % active" if under else "nowhere"
        print(f"{what}: sparse is faster than fused {text}; at worst it takes {worst:.2f} times as long")


if __name__ == "__main__":
    main()
