"""References for a gradient of a spiking network, whose true gradient is zero almost everywhere.

A spiking network's loss is a staircase in its weights, so there is no true gradient to compare with, and a reference
must be chosen and named. Here are two that use no spike derivative at all: the gradient of the loss smoothed over noise
on one layer's weights (any fully connected network), and finite differences of one neuron whose step is replaced by a
smooth spike.
"""

import copy
import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from snnviz.block import Block
from snnviz.draws import Draw
from snnviz.heads import detaches, loss_of, require_heads
from snnviz.methods.base import AbstractGradientMethod
from snnviz.network import Network
from snnviz.normalise import Normalise

MEASURABLE = 0.2  # below this reliability no gradient is compared with the estimate
AT_ONCE = {"cpu": 400_000, "cuda": 1 << 26}  # activations of a layer in memory at a time; on a CPU they fit its cache
WEIGHTS = 1 << 24  # perturbed weights in memory at a time
ORTHOGONAL = 4e9  # work (weights x directions^2) that making directions orthogonal may cost


@dataclasses.dataclass(frozen=True)
class NoiseGradient:
    """An estimate of d/dW E[L(W + sigma e)] = E[L(W + sigma e) e] / sigma, e ~ N(0, 1), for one layer's weights.

    layer: its number from 1; the one after the last hidden layer is the readout. sigma: in the weights' unit. halves:
    two independent estimates, each of the weights' shape and from `draws` antithetic pairs. L is the cross-entropy of
    the logits' mean over time.
    """

    layer: int
    sigma: float
    draws: int
    halves: tuple[torch.Tensor, torch.Tensor]

    @property
    def gradient(self) -> torch.Tensor:
        """The mean of both halves, which has the least noise."""
        return (self.halves[0] + self.halves[1]) / 2

    @property
    def reliability(self) -> float:
        """r, the cosine of the two halves: 1 means that the estimate has no noise."""
        return _cosine(*self.halves)

    def cosine(self, gradient: torch.Tensor) -> float:
        """The cosine of a gradient with the estimate, as it is: the estimate's noise makes it smaller."""
        return _cosine(gradient, self.gradient)

    def corrected(self, gradient: torch.Tensor) -> float | None:
        """cos(g, a + b) / sqrt(2 r / (1 + r)): the cosine with what the estimate converges to, or None where r < 0.2.

        It has the estimate's noise too, so near 1 it can come out a little above it.
        """
        r = self.reliability
        return None if r < MEASURABLE else self.cosine(gradient) / math.sqrt(2 * r / (1 + r))


def noise_gradients(
    network: Network,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    sigma: float = 0.25,
    draws: int = 1024,
    seed: int = 0,
    layers: Sequence[int] | None = None,
    rounds: int = 8,
) -> Iterator[list[NoiseGradient]]:
    """Estimate the gradient of the smoothed loss by each layer's weights, from forward passes of the spiking network.

    x [T, B, ...], y [B]; layers: their numbers, by default all hidden ones. sigma is in units of the root mean square
    of the layer's weights. The draws (antithetic pairs for each half) are made in `rounds`; after each round it yields
    the estimates so far, one for each layer, so that a caller can show them, and stop when they will do.

    Each e is standard normal, but they are drawn orthogonal to each other, as far as a layer has dimensions: the mean
    is the same, the noise much smaller (Choromanski et al. 2018, structured evolution strategies).

    Raises:
        ValueError: a network with other than fully connected layers, a layer that it lacks or whose weights are all
            zero, or a sigma, a number of draws or of rounds that is not above 0.
    """
    for name, value in (("sigma", sigma), ("draws", draws), ("rounds", rounds)):
        if not value > 0:
            raise ValueError(f"{name} = {value}: it must be above 0.")
    layers = list(range(1, len(network.blocks) + 1)) if layers is None else list(layers)
    sums = {n: _Sums(network, n, sigma, draws, seed) for n in layers}
    below = _inputs(network, x)
    done = 0
    for part in range(1, rounds + 1):
        todo = draws * part // rounds - done
        if not todo:
            continue
        done += todo
        for number, total in sums.items():
            total.add(todo, below[number - 1], y)
        yield [total.estimate(done) for total in sums.values()]


class _Sums:
    """The running sums of one layer's two halves."""

    def __init__(self, network: Network, number: int, sigma: float, draws: int, seed: int):
        weight = _weight(network, number)
        self.network, self.number = network, number
        self.sigma = sigma * weight.square().mean().sqrt().item()
        if not self.sigma:
            raise ValueError(f"The weights of layer {number} are all zero: sigma is in units of their size.")
        self.totals = [torch.zeros_like(weight), torch.zeros_like(weight)]
        self.directions = [_directions(weight.numel(), draws, 1_000_003 * seed + 2 * number + half) for half in (0, 1)]

    @torch.no_grad()
    def add(self, draws: int, below: torch.Tensor, y: torch.Tensor) -> None:
        weight = _weight(self.network, self.number)
        at_once = max(1, WEIGHTS // weight.numel())
        for total, directions in zip(self.totals, self.directions, strict=True):
            for begin in range(0, draws, at_once):
                e = torch.stack([next(directions) for _ in range(begin, min(draws, begin + at_once))])
                e = e.to(weight).view(-1, *weight.shape)
                up = losses(self.network, self.number, weight + self.sigma * e, below, y)
                down = losses(self.network, self.number, weight - self.sigma * e, below, y)
                total += torch.einsum("k,kij->ij", (up - down) / (2 * self.sigma), e)

    def estimate(self, draws: int) -> NoiseGradient:
        a, b = (total / draws for total in self.totals)
        return NoiseGradient(self.number, self.sigma, draws, (a, b))


def _directions(size: int, draws: int, seed: int) -> Iterator[torch.Tensor]:
    """Standard normal vectors [size] without end, orthogonal within blocks.

    In G = Q R with G normal and R's diagonal positive, Q is uniformly distributed and independent of the lengths of G's
    columns: a column of Q with the length of G's is standard normal again, and orthogonal to its neighbours.
    """
    generator = torch.Generator().manual_seed(seed)
    block = max(1, min(size, draws, int(math.sqrt(ORTHOGONAL / size))))
    while True:
        normal = torch.randn(-(-min(draws, 64) // block), size, block, generator=generator)
        q, r = torch.linalg.qr(normal)
        yield from (q * (torch.sign(r.diagonal(dim1=-2, dim2=-1)) * normal.norm(dim=-2))[:, None]).mT.flatten(0, 1)


@torch.no_grad()
def losses(network: Network, number: int, weights: torch.Tensor, below: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The network's loss with each of K weights [K, out, in] in place of layer `number`'s: [K].

    below [T, B, in]: what that layer reads. All K go through the layers in one batch, [T, B K N] for the backend.
    """
    out = []
    widest = max(m.out_features for m in layers_of(network))
    at_once = max(1, AT_ONCE[below.device.type] // (below.shape[0] * below.shape[1] * widest))
    for some in weights.split(at_once):
        h = (below @ some.flatten(0, 1).T).unflatten(-1, some.shape[:2])  # [T, B, K, N]
        for block in network.blocks[number - 1 :]:
            h = spikes_of(block, h if block is network.blocks[number - 1] else block.transform(h))
        if number <= len(network.blocks):
            h = network.readout(h)
        if network.leaky is not None:
            h = network.leaky.run(h).membrane
        q = h.mean(0)  # [B, K, classes]
        each = F.cross_entropy(q.flatten(0, 1), y.repeat_interleave(len(some)), reduction="none")
        out.append(each.view(len(y), -1).mean(0))
    return torch.cat(out)


def spikes_of(block: Block, current: torch.Tensor) -> torch.Tensor:
    """The output of a block for its transform's output [T, B, K, N], each of K normalised by itself."""
    if block.normalise is not None:
        current = _normalised(block.normalise, current)
    return block.spikes(current, None, Draw())


def _normalised(normalise: Normalise, current: torch.Tensor) -> torch.Tensor:
    """The network's normalisation for each of K, [T, B, K, N], in place. Sums are products with a row of ones: several
    times faster on a CPU than a reduction over the first axis, which would be most of the cost."""
    rows = current.flatten(0, 1).flatten(1)  # [T B, K N]
    n, ones = len(rows), rows.new_ones(1, len(rows))
    rows -= ones @ rows / n
    variance = (ones @ rows.square() / max(1, n - normalise.BESSEL)).view(current.shape[2:])
    rows *= (normalise.factor * normalise.scale / normalise.spread(variance)).flatten()
    rows += normalise.shift.repeat(current.shape[2])
    return rows.view(current.shape)


def layers_of(network: Network) -> list[nn.Linear]:
    """The linear layers of a fully connected network without biases, the readout last.

    Raises:
        ValueError: it has others.
    """
    return [*_transforms(network), network.readout]


def _transforms(network: Network) -> list[nn.Linear]:
    transforms = [block.transform for block in network.blocks]
    linear = [m for m in transforms if isinstance(m, nn.Linear) and m.bias is None]
    if len(linear) < len(transforms):
        raise ValueError("The reference gradient needs fully connected layers without biases.")
    return linear


def _weight(network: Network, number: int) -> torch.Tensor:
    layers = layers_of(network)
    if not 1 <= number <= len(layers):
        raise ValueError(f"There is no layer {number}: the hidden ones are 1 to {len(layers) - 1}, then the readout.")
    return layers[number - 1].weight.detach()


@torch.no_grad()
def _inputs(network: Network, x: torch.Tensor) -> list[torch.Tensor]:
    """What each layer reads, [T, B, N], the readout's last. Currents are normalised by this batch, as in training."""
    network, below = copy.deepcopy(network).train(), [x.flatten(2)]
    for block in network.blocks:
        below.append(block(below[-1], Draw()))
    return below


@dataclasses.dataclass(frozen=True)
class GradientError:
    """One hidden layer's weight gradient under one variant, against the smoothed loss's gradient.

    norm: of the gradient. cosine: with the estimate as it is; corrected: with what it converges to, or None where the
    estimate's reliability is below 0.2: not measurable. fall: by how much the network's own loss falls for the given
    step along -g.
    """

    layer: int
    variant: str
    norm: float
    cosine: float
    corrected: float | None
    reliability: float
    fall: float

    @property
    def error(self) -> float | None:
        """The fraction of error |g - c ref|^2 / |g|^2 at the best c: 1 - cos^2 of the corrected cosine, or None."""
        return None if self.corrected is None else 1 - min(1.0, self.corrected**2)


@dataclasses.dataclass(frozen=True)
class DepthErrors:
    """A table so far: rows by layer, then variant; draws (pairs in each half) made of those planned."""

    rows: tuple[GradientError, ...]
    draws: int
    planned: int


def layer_gradients(network: Network, method: AbstractGradientMethod, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """dL/dW, [out, in], of every hidden layer under a method and its own loss (with heads, where it has them), as in training.

    x [T, B, *inputs] are inputs and y [B] their classes. The network stays as it is.

    Raises:
        ValueError: the method has heads that the network lacks.
    """
    require_heads(network, method)
    network = copy.deepcopy(network).differentiate(method).train()
    network.detach_heads = detaches(method)
    weights = [block.transform.weight for block in network.blocks]
    loss = loss_of(network(x), y, method)
    return list(torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True))


def gradient_error_by_depth(
    network: Network,
    variants: Mapping[str, AbstractGradientMethod],
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    sigma: float = 0.25,
    draws: int = 1024,
    seed: int = 0,
    rounds: int = 8,
    step: float = 0.05,
) -> Iterator[DepthErrors]:
    """Hold every hidden layer's gradient under every variant against the smoothed loss's, on the network's weights:

        variants = {"plain": BPTT(Dspike()), "both": SurrogateModules(after=(3, 6)), ...}

    x [T, B, ...], y [B]. It yields after each of `rounds`, each time the whole table, more precise. step: the length of
    the step that `fall` tells of, in units of the norm of the layer's weights. The rest is as in `noise_gradients`. The
    reference is always that of the network's own cross-entropy, also where a variant trains on another loss.

    Raises:
        ValueError: a variant has heads that the network lacks, or the network is not fully connected.
    """
    gradients = {name: layer_gradients(network, method, x, y) for name, method in variants.items()}
    falls = _falls(network, gradients, x, y, step)
    for estimates in noise_gradients(network, x, y, sigma=sigma, draws=draws, seed=seed, rounds=rounds):
        rows = []
        for estimate in estimates:
            for name in variants:
                g, fall = gradients[name][estimate.layer - 1], falls[name][estimate.layer - 1]
                rows.append(
                    GradientError(
                        estimate.layer, name, g.norm().item(), estimate.cosine(g), estimate.corrected(g), estimate.reliability, fall
                    )
                )
        yield DepthErrors(tuple(rows), estimates[0].draws, draws)


@torch.no_grad()
def _falls(network, gradients, x, y, step) -> dict[str, list[float]]:
    """By how much the loss falls for a step along -g: by variant, then layer."""
    falls = {name: [] for name in gradients}
    for index, below in enumerate(_inputs(network, x)[:-1]):
        weight = _weight(network, index + 1)
        length = step * weight.norm()
        tried = [weight - length * g[index] / g[index].norm().clamp(min=1e-30) for g in gradients.values()]
        start, *after = losses(network, index + 1, torch.stack([weight, *tried]), below, y).tolist()
        for name, loss in zip(falls, after, strict=True):
            falls[name].append(start - loss)
    return falls


def _cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    a, b = a.double().flatten(), b.double().flatten()
    return (a @ b / (a.norm() * b.norm()).clamp(min=1e-300)).item()
