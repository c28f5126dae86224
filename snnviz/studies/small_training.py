"""The playground's training in Python: the same network, weights, batches and draws, so the same losses.

    run = SmallTraining(TwoMoons(seed=1), hidden=(8, 8), method=LocalZO(delta=0.3), seed=1)
    for loss in run.losses(50):
        print(loss)

Weights, order of the samples and random draws are functions of the seed by Philox (snnviz/draws.py), which the page computes too.
"""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import torch

from snnviz.backends import AbstractBackend
from snnviz.datasets import AbstractDataset, Samples, Split, TwoMoons
from snnviz.datasets.points import uniforms
from snnviz.losses import CrossEntropy, OverTime
from snnviz.methods import BPTT, AbstractGradientMethod
from snnviz.network import Network, feed_forward
from snnviz.neurons import LIF, AbstractNeuron, LeakyReadout
from snnviz.optimisers import AbstractOptimiser, Adam
from snnviz.params import Declared, param


@dataclasses.dataclass(frozen=True)
class SmallTraining(Declared):
    """Everything that the playground's training of one method depends on.

    readout_tau: the readout's time constant in ms. first_gain, gain, bias: first weights are uniform in plus or minus gain over the
    root of the fan-in (the readout's gain is 1), first hidden biases between 0 and `bias`, the readout's are 0.
    """

    dataset: AbstractDataset = dataclasses.field(default_factory=TwoMoons)
    hidden: tuple[int, ...] = (8, 8)
    neuron: AbstractNeuron = dataclasses.field(default_factory=LIF)
    method: AbstractGradientMethod = dataclasses.field(default_factory=BPTT)
    loss: CrossEntropy = dataclasses.field(default_factory=lambda: CrossEntropy(OverTime.MEAN))
    optimiser: AbstractOptimiser = dataclasses.field(default_factory=lambda: Adam(0.03))
    batch: int = param(32, "Batch", "B", low=1, high=65536, slider=(8, 128, 8))
    seed: int = param(1, "Seed", low=0, high=2**31 - 1, slider=(0, 100, 1), help="Fixes weights, batches and draws.")
    readout_tau: float = param(20.0, "Readout time constant", r"\tau_r", "ms", low=0, open_low=True, slider=(2.0, 100.0, 1.0))
    first_gain: float = param(2.5, "Weight gain of the first layer", low=0, slider=(0.5, 5.0, 0.1))
    gain: float = param(2.0, "Weight gain", low=0, slider=(0.5, 5.0, 0.1))
    bias: float = param(1.5, "First biases up to", low=0, slider=(0.0, 3.0, 0.1))

    def network(self, inputs: int, classes: int, backend: AbstractBackend | str | None = None) -> Network:
        """The network with its first weights, for samples of so many inputs and classes."""
        readout = LeakyReadout(self.readout_tau, self.neuron.dt)
        network = feed_forward(
            inputs, self.hidden, classes, self.neuron, self.method, backend, readout=readout, bias=True, seed=self.seed
        )
        for layer, linear in enumerate([*(block.transform for block in network.blocks), network.readout]):
            last = layer == len(self.hidden)
            bound = (1.0 if last else self.gain if layer else self.first_gain) / np.sqrt(linear.weight.shape[1])
            weight, bias = linear.weight, linear.bias
            assert isinstance(bias, torch.Tensor)
            u = torch.from_numpy(uniforms(self.seed, "weights", np.arange(weight.numel() + len(bias)), layer)[0]).view(
                len(bias), -1
            )
            with torch.no_grad():
                weight.copy_(bound * (2 * u[:, :-1] - 1))
                bias.copy_(torch.zeros(()) if last else self.bias * u[:, -1])
        return network

    def batches(self, samples: Samples) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches without end: x float32 `[T, B, inputs]`, y int64 `[B]`. Each epoch has its own order (Fisher and Yates)."""
        order = np.arange(len(samples))

        def numbers() -> Iterator[int]:
            for epoch in itertools.count():
                u = uniforms(self.seed, "order", np.arange(len(order)), epoch)[0]
                for i in range(len(order) - 1, 0, -1):
                    j = int(u[i] * (i + 1))
                    order[i], order[j] = order[j], order[i]
                yield from order.tolist()

        forever = numbers()
        while True:
            x, y = samples.take(list(itertools.islice(forever, self.batch)))
            yield x.flatten(2), y

    def losses(self, updates: int, backend: AbstractBackend | str | None = None) -> Iterator[float]:
        """Train, and give the loss of every update, before it."""
        for loss, _ in self.train(updates, backend):
            yield loss

    def train(self, updates: int, backend: AbstractBackend | str | None = None) -> Iterator[tuple[float, Network]]:
        """Train, and give the loss of every update and the network after it."""
        samples = self.dataset.load(Split.TRAIN)
        network = self.network(int(np.prod(samples.shape)), len(samples.classes), backend)
        optimiser = self.optimiser.make(network.parameters())
        for x, y in itertools.islice(self.batches(samples), updates):
            optimiser.zero_grad()
            loss = self.loss.of(network(x).logits, y)
            loss.backward()
            optimiser.step()
            yield loss.item(), network
