"""The workloads of Perez-Nieves & Goodman 2021 as two hidden layers: input, weights, and the second layer at any activity."""

import dataclasses

import torch

from snnviz import sparse
from snnviz.methods import SparseGD
from snnviz.neurons import LIF
from snnviz.studies.contenders import SLOPE, Case
from snnviz.surrogates import FastSigmoid

RATE = 0.02  # spikes per neuron and step in both hidden layers, by scaling their weights
UNGUARDED = sparse.Guard(-1)  # sparse whatever the activity: it is what is measured


@dataclasses.dataclass(frozen=True)
class Workload:
    """inputs and steps of a published workload, dt in ms, and the rate of ones in its input."""

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
    """Uniform weights [inputs, columns], scaled until the layer fires at RATE, then rounded to multiples of 2^-12: their sums are
    exact in float32, so that every contender has the same spikes whatever order it adds in."""
    g = torch.Generator().manual_seed(seed)
    weights = (2 * torch.rand(source.columns, columns, generator=g) - 1) / source.columns**0.5
    weights = weights.to(source.bits.device)
    low, high = 0.0, 200.0
    few = dataclasses.replace(source, bits=source.bits[:, : max(1, source.batch // 8)].contiguous())
    for _ in range(14):
        gain = (low + high) / 2
        rate = sparse.spiking(few, weights * gain, None, neuron, SparseGD(), guard=UNGUARDED).spikes.rate
        low, high = (gain, high) if rate < RATE else (low, gain)
    return (weights * gain * 4096).round() / 4096


def band_for(share: float, u: torch.Tensor, theta: float) -> float:
    """The band, in the unit of the membrane u (of any shape), within which this share of its entries lies."""
    margins = (u - theta).abs().flatten()
    return 1e9 if share >= 1 else margins.kthvalue(max(1, round(share * len(margins)))).values.item() * (1 + 1e-6)


@dataclasses.dataclass(frozen=True)
class Layers:
    """Two hidden layers of a workload: input spikes and their origin, both layers' weights, membranes u [T, B, N] and rates."""

    work: Workload
    neuron: LIF
    spikes: sparse.Packed
    origin: str
    weights: tuple[torch.Tensor, torch.Tensor]
    u: tuple[torch.Tensor, torch.Tensor]
    rates: tuple[float, float]

    def case(self, share: float, backend: str) -> Case:
        """The second layer with this share of both layers' entries active (1: all)."""
        below, here = (SparseGD(FastSigmoid(SLOPE), band_for(share, u, self.neuron.theta)) for u in self.u)
        h = sparse.spiking(self.spikes, self.weights[0], None, self.neuron, below, guard=UNGUARDED).spikes
        upstream = torch.randn(self.u[1].shape, generator=torch.Generator().manual_seed(2)).to(self.u[1].device)
        return Case(h, h.dense().detach(), self.weights[1], upstream, self.neuron, here, backend)


def layers(work: Workload, hidden: int, batch: int, device: str = "cpu") -> Layers:
    """The two layers, N_in to `hidden` to `hidden`, on a batch; the second one's input is what the first one fires."""
    neuron, method = LIF(tau_mem=10.0, dt=work.dt), SparseGD(FastSigmoid(SLOPE))
    x, origin = network_input(work, batch)
    spikes = sparse.pack(x.to(device))
    u = torch.empty(work.steps, batch, hidden, device=device), torch.empty(work.steps, batch, hidden, device=device)
    first = scaled_weights(spikes, hidden, neuron, 1)
    h = sparse.spiking(spikes, first, None, neuron, method, guard=UNGUARDED, record_u=u[0]).spikes
    second = scaled_weights(h, hidden, neuron, 2)
    out = sparse.spiking(h, second, None, neuron, method, guard=UNGUARDED, record_u=u[1]).spikes
    return Layers(work, neuron, spikes, origin, (first, second), u, (h.rate, out.rate))
