"""A LIF layer's loop over time, forward and backward, each backend against torch eager: `python -m bench.kernels`.

Each backend is compared with two loops in torch eager that compute the same step with one torch operation after the other and an
autograd function for the spike. The lean loop is the shortest that we could write: threshold 1, no loss. The whole loop multiplies
by the threshold, records it too, and ends in a loss. Waiting threads of torch sleep (OMP_WAIT_POLICY=PASSIVE): spinning ones would
occupy the core that the next contender needs. Before anything is timed, spikes must be equal and gradients must agree. A run reads
and writes at least 24 bytes for each neuron and step (forward: read x, write u and s; backward: read dL/ds and u, write delta). The
share of the limit is the rate of these bytes divided by the rate at which a copy moves bytes, both measured in this run.
"""

import argparse
import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read once, when torch is imported

import torch

from bench.common import gradient, medians, save, table
from snnviz.backends import BACKENDS
from snnviz.backends.base import Upstream
from snnviz.draws import Draw
from snnviz.methods import BPTT
from snnviz.neurons import LIF
from snnviz.surrogates import FastSigmoid

NEURON, METHOD = LIF(tau_mem=10.0), BPTT(FastSigmoid(slope=2.0))
SIZES = ((100, 128), (500, 16 * 512), (500, 16 * 2048), (500, 16 * 4096))
GPU_SIZES = (*SIZES, (500, 16 * 16384))


class Spike(torch.autograd.Function):
    """The step, with the fast sigmoid's derivative: what a plain torch loop uses."""

    @staticmethod
    def forward(ctx, margin):
        ctx.save_for_backward(margin)
        return (margin >= 0).to(margin)

    @staticmethod
    def backward(ctx, grad):
        (margin,) = ctx.saved_tensors
        return grad / (1 + 2.0 * margin.abs()) ** 2


def eager(x: torch.Tensor, grad: torch.Tensor, beta: float, whole: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """The leanest loop: threshold 1 and no loss. `whole`: with the threshold as a factor, everything recorded, and a loss."""
    x = x.detach().clone().requires_grad_() if whole else x.detach().requires_grad_()
    v, rows = torch.zeros_like(x[0]), []
    for x_t in x.unbind(0):
        u = beta * v + x_t
        s = Spike.apply(u - 1.0)
        v = u - 1.0 * s if whole else u - s
        rows.append((u, s, torch.ones_like(u)) if whole else (u, s))
    s = [torch.stack(row) for row in zip(*rows, strict=True)][1]
    if whole:
        (s * grad).sum().backward()
    else:
        s.backward(grad)
    return s.detach(), gradient(x)


def measure(steps: int, columns: int, backend, device: str, turns: int) -> dict:
    g = torch.Generator().manual_seed(0)
    x = (torch.randn(steps, columns, generator=g) * 0.5 + 0.1).to(device)
    grad = torch.randn(steps, columns, generator=g).to(device)
    initial = torch.zeros(1, columns, device=device)
    c = torch.tensor([float(v) for v in NEURON.coefficients().values()], dtype=torch.float64)
    upstream = Upstream(grad)

    def forward():
        return backend.forward(NEURON, c, x, initial)

    def backward(ran):
        return backend.backward(NEURON, c, METHOD.at_spike, METHOD.reset_path, Draw(), x, initial, ran, upstream)

    ran = forward()
    spikes, gradient = eager(x, grad, float(c[0]))
    assert torch.equal(ran.s, spikes), "spikes differ"
    assert (backward(ran).x - gradient).abs().max() <= 1e-4 * gradient.abs().max(), "gradients differ"
    target = torch.empty_like(x)
    times = medians(
        {
            "forward": forward,
            "backward": lambda: backward(ran),
            "both": lambda: backward(forward()),
            "eager": lambda: eager(x, grad, float(c[0])),
            "whole": lambda: eager(x, grad, float(c[0]), True),
            "copy": lambda: target.copy_(x),
        },
        turns,
        device,
    )
    speed = 8 * x.numel() / times["copy"]  # bytes per ms that a copy moves: one read, one write
    return {
        "backend": backend.name,
        "T": steps,
        "M": columns,
        "forward ms": times["forward"],
        "backward ms": times["backward"],
        "both ms": times["both"],
        "eager ms": times["eager"],
        "times eager": times["eager"] / times["both"],
        "whole eager ms": times["whole"],
        "times whole eager": times["whole"] / times["both"],
        "copy GB/s": speed / 1e6,
        "share of the limit": 24 * x.numel() / times["both"] / speed,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--backend", default="native", choices=["native", "cuda"])
    parser.add_argument("--turns", type=int, default=9, help="rounds whose median is quoted")
    parser.add_argument("--no-save", action="store_true", help="only print")
    args = parser.parse_args()
    backend = BACKENDS[args.backend]
    if reason := backend.unusable():
        print(f"{backend.name} cannot run here: {reason}", file=sys.stderr)
        return 2
    device = "cuda" if args.backend == "cuda" else "cpu"
    rows = [measure(*size, backend, device, args.turns) for size in (GPU_SIZES if device == "cuda" else SIZES)]
    print(table(rows))
    if not args.no_save:
        print(save("kernels", rows, device))
    return 0


if __name__ == "__main__":
    sys.exit(main())
