"""The heads of surrogate module learning: torch modules without spikes, their loss, and a short training with them.

During training a head reads the spikes of a hidden layer; the method (`snnviz.methods.modules`, Deng et al. 2023) sets the weight
of its loss.
"""

import contextlib
import dataclasses
import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn

from snnviz.methods.base import AbstractGradientMethod
from snnviz.methods.modules import Route, SurrogateModules
from snnviz.network import SEEDING, Network, NetworkOutput
from snnviz.roads import Direct, fixed_matrix

CHANNELS = 256  # a head on a convolution reduces its input to at most this many channels
LEAK = 0.01
STREAM = 0x5EAD  # added to the seed, so heads get other draws than the network's own weights


class VectorHead(nn.Module):
    """Spikes [T, B, N], averaged over time; Linear(N, width), LeakyReLU, Linear(width, classes): logits [B, classes]"""

    def __init__(self, units: int, classes: int, width: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(units, width), nn.LeakyReLU(LEAK), nn.Linear(width, classes))

    def forward(self, spikes: torch.Tensor) -> torch.Tensor:
        return self.layers(spikes.mean(0))


class MapHead(nn.Module):
    """Spikes [T, B, C, H, W], averaged over time, convolutions, a mean to 2 x 2, two linear layers: logits [B, classes]

    The convolutions are 1 x 1 to 256 channels if C is above that, then 7 x 7 and 5 x 5 with stride 2 and 3 x 3, as far
    as they fit into a map of that side: a larger kernel would read mostly padding. Each is followed by batch
    normalisation and LeakyReLU, and so is the first linear layer, from 4 C to 2 C.

    Raises:
        ValueError: from `forward`, while it trains, a batch of one sample, over which nothing can be normalised.
    """

    def __init__(self, channels: int, side: int, classes: int):
        super().__init__()
        width = min(channels, CHANNELS)
        shapes = [(channels, 1, 1)] if channels > width else []
        for kernel, stride in ((7, 2), (5, 2), (3, 1)):
            if kernel <= side:
                shapes.append((width, kernel, stride))
                side = math.ceil(side / stride)
        layers = []
        for inputs, kernel, stride in shapes:
            convolution = nn.Conv2d(inputs, width, kernel, stride, kernel // 2, bias=False)
            layers += [convolution, nn.BatchNorm2d(width), nn.LeakyReLU(LEAK)]
        last = [nn.Linear(4 * width, 2 * width, bias=False), nn.BatchNorm1d(2 * width), nn.LeakyReLU(LEAK)]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), *last, nn.Linear(2 * width, classes))

    def forward(self, spikes: torch.Tensor) -> torch.Tensor:
        if self.training and spikes.shape[1] < 2:
            raise ValueError("A head on a convolution normalises over the batch: train it on at least two samples.")
        return self.layers(spikes.mean(0))


class FixedHead(nn.Module):
    """Spikes [T, B, ...] at every step through one linear map that nothing trains: logits [T, B, classes]

    Weights and biases are uniform in +-1/2 over the root of the fan-in, a function of seed, layer and place, so no checkpoint
    holds them. Kaiser, Mostafa & Neftci 2020.
    """

    STREAM = 0xD0000000  # the layers' numbers in these draws, apart from those of a network's own draws

    def __init__(self, number: int, classes: int, seed: int):
        super().__init__()
        self.number, self.classes, self.seed = number, classes, seed
        self.weights: torch.Tensor | None = None

    def forward(self, spikes: torch.Tensor) -> torch.Tensor:
        s = spikes.flatten(2)
        units = s.shape[2]
        if self.weights is None:
            self.weights = fixed_matrix(self.seed, self.STREAM + self.number, self.classes, units + 1, 0.5 / math.sqrt(units))
        weights = self.weights.to(s)
        return s @ weights[:, :units].T + weights[:, units]


def attach_heads(network: Network, method: AbstractGradientMethod, classes: int, seed: int = 0) -> Network:
    """Replace a network's heads by the ones of its method, with weights drawn from `seed`, and the error's direct way to the hidden
    layers by that of its method; return the network.

    A method without them leaves the network with none. The heads are in `network.heads` by the number of their layer;
    the rest of the network, and torch's global random state, stay as they were.

    Raises:
        ValueError: the method puts a head after a hidden layer that the network does not have.
    """
    modules, heads = method.heads, nn.ModuleDict()
    if modules is not None:
        missing = [n for n in modules.after if n > len(network.blocks)]
        if missing:
            raise ValueError(
                f"after = {modules.after}: there is no hidden layer {missing[0]}; the network has {len(network.blocks)}."
            )
        with SEEDING, torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + STREAM)
            for number in sorted(modules.after):
                heads[str(number)] = _head(network, number, classes, modules)
    for number in range(1, len(network.blocks) + 1) if method.local else ():
        heads[str(number)] = FixedHead(number, classes, seed)
    network.heads = heads.to(network.readout.weight)
    feedback = method.feedback
    network.direct = None if feedback is None else Direct(network.readout, len(network.blocks), feedback, seed)
    network.detach_heads = detaches(method)
    return network


def detaches(method: AbstractGradientMethod) -> bool:
    """Whether the spikes that go on from a head carry no gradient."""
    return method.local or (method.heads is not None and method.heads.route is Route.DETACH)


def _head(network: Network, number: int, classes: int, modules: SurrogateModules) -> nn.Module:
    transform = network.blocks[number - 1].transform
    if not isinstance(transform, nn.Conv2d):
        return VectorHead(transform.out_features, classes, modules.width)
    # The side of this layer's maps, from what the readout gets back through the pooling between; a lower bound will do.
    places = network.readout.in_features // len(network.blocks[-1].transform.weight)
    pools = sum(block.pool is not None for block in network.blocks[number:])
    return MapHead(transform.out_channels, math.isqrt(places) << pools, classes)


def _divergence(p: torch.Tensor, r: torch.Tensor, temperature: float) -> torch.Tensor:
    """KL(softmax(p / tau) || softmax(r / tau)), the batch's mean; it trains r only."""
    target = F.log_softmax(p.detach() / temperature, -1)
    return F.kl_div(F.log_softmax(r / temperature, -1), target, reduction="batchmean", log_target=True)


def sml_loss(output: NetworkOutput, y: torch.Tensor, method: SurrogateModules) -> torch.Tensor:
    """The loss of `SurrogateModules` for a network's output and labels y [B]: a scalar, the batch's mean.

    q is the mean of the logits over time. Without heads in the output (as in evaluation) it is CE(q, y).
    """
    q, n = output.logits.mean(0), len(output.heads)
    own = F.cross_entropy(q, y)
    if not n:
        return own
    hard = (own + method.alpha * sum(F.cross_entropy(h, y) for h in output.heads)) / (1 + n * method.alpha)
    tau = method.temperature
    soft = sum(_divergence(q, h, tau) + _divergence(h, q, tau) for h in output.heads) / (2 * n)
    return (1 - method.weight) * hard + method.weight * soft


def local_loss(output: NetworkOutput, y: torch.Tensor) -> torch.Tensor | float:
    """sum_l mean_t CE(G_l s_l[t], y) of heads [T, B, classes] at every step (`Decolle`), for labels y [B]: a scalar."""
    return sum(F.cross_entropy(h.flatten(0, 1), y.repeat(len(h))) for h in output.heads)


def loss_of(output: NetworkOutput, y: torch.Tensor, method: AbstractGradientMethod) -> torch.Tensor:
    """The loss [] of a method for classes y [B]: `sml_loss` if it has heads, else the cross entropy of the logits' mean."""
    if method.heads is not None:
        return sml_loss(output, y, method.heads)
    own = F.cross_entropy(output.logits.mean(0), y)
    return own + local_loss(output, y) if method.local else own


@contextlib.contextmanager
def reading_heads(network: Network) -> Iterator[None]:
    """For measuring: the network computes its heads, every normalisation is in evaluation mode, and the draws do not advance."""
    training, passes = network.training, network.passes
    network.train()
    network.heads.eval()
    for block in network.blocks:
        if block.normalise is not None:
            block.normalise.eval()
    try:
        yield
    finally:
        network.train(training)
        network.passes = passes


@dataclasses.dataclass(frozen=True)
class Closeness:
    """How close the head after hidden layer `layer` is to the network on a batch.

    divergence: KL(q_i -> q), the batch's mean, in nats. agreement: the share of samples that both put into one class.
    accuracy: the head's own; network_accuracy: the network's.
    """

    layer: int
    divergence: float
    agreement: float
    accuracy: float
    network_accuracy: float


@torch.no_grad()
def closeness(network: Network, x: torch.Tensor, y: torch.Tensor, temperature: float = 1.0) -> list[Closeness]:
    """One entry for each head of the network, for input x [T, B, ...] and labels y [B]."""
    with reading_heads(network):
        output = network(x)
    q = output.logits.mean(0)
    predicted, own = q.argmax(-1), (q.argmax(-1) == y).double().mean().item()
    return [
        Closeness(
            int(number),
            _divergence(h, q, temperature).item(),
            (h.argmax(-1) == predicted).double().mean().item(),
            (h.argmax(-1) == y).double().mean().item(),
            own,
        )
        for number, h in zip(network.heads, output.heads, strict=True)
    ]


@dataclasses.dataclass(frozen=True)
class StepRecord:
    """One step of a short training: its number from 1, the number of all steps, loss and accuracy on its batch."""

    step: int
    steps: int
    loss: float
    accuracy: float


def short_training(
    network: Network,
    method: AbstractGradientMethod,
    x: torch.Tensor,
    y: torch.Tensor,
    steps: int = 400,
    batch: int = 128,
    lr: float = 3e-3,
    seed: int = 0,
) -> Iterator[StepRecord]:
    """Train a network by a method with Adam on batches drawn from x [T, S, ...], y [S]; yield after every step.

    A method with heads needs them attached. The network is in training mode only inside a step. Same seed, same steps.

    Raises:
        ValueError: the heads that the network has are not those of the method.
    """
    require_heads(network, method)
    network.differentiate(method)
    network.detach_heads = detaches(method)
    optimiser = torch.optim.Adam(network.parameters(), lr)
    generator = torch.Generator().manual_seed(seed)
    for step in range(1, steps + 1):
        chosen = torch.randint(len(y), (min(batch, len(y)),), generator=generator).to(y.device)
        network.train()
        optimiser.zero_grad()
        output = network(x[:, chosen])
        loss = loss_of(output, y[chosen], method)
        loss.backward()
        optimiser.step()
        network.eval()
        accuracy = (output.logits.detach().mean(0).argmax(-1) == y[chosen]).double().mean().item()
        yield StepRecord(step, steps, loss.item(), accuracy)


def require_heads(network: Network, method: AbstractGradientMethod) -> None:
    """Raise a ValueError if a method has heads and the network has others or none."""
    if method.local and len(network.heads) != len(network.blocks):
        raise ValueError("Every hidden layer needs its head: call attach_heads(network, method, classes) first.")
    if method.heads is not None and {int(n) for n in network.heads} != set(method.heads.after):
        present = sorted(map(int, network.heads))
        raise ValueError(
            f"after = {method.heads.after}, but the network has heads after {present}: "
            "call attach_heads(network, method, classes) first."
        )
