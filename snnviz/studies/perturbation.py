"""Gradients without a way back: estimates from forward passes under noise. They need no memory of the run, but many runs.

A spiking network's loss is a staircase in its weights, so what noise finds is the gradient of a smoothed loss: over noise on the
weights, E L(W + sigma e), or over noise on every neuron's current. The forward gradient alone aims at a surrogate gradient. Draws
are a function of their place (`snnviz.draws`), so nothing is stored and the same seed draws the same noise again.
"""

import abc
import copy
import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F

from snnviz.draws import Draw, normals
from snnviz.methods import BPTT, AbstractGradientMethod
from snnviz.network import Network
from snnviz.params import Declared, param
from snnviz.studies.reference_gradients import AT_ONCE, WEIGHTS, layers_of, spikes_of

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
STREAM = 0xE0000000  # the layers' numbers in these draws, apart from those of a network's own draws
DRAWS: dict[str, Any] = dict(
    low=1, high=10**7, slider=(1, 1000, 1), help="Runs under noise, pairs of them where they come in pairs."
)
SIGMA: dict[str, Any] = dict(low=0.0, open_low=True, slider=(0.01, 1.0, 0.01))


@dataclasses.dataclass(frozen=True)
class Estimate:
    """The mean of `draws` estimates of dL/dW, and of their squares, one tensor of the weights' shape for each layer."""

    draws: int
    gradients: tuple[torch.Tensor, ...]
    squares: tuple[torch.Tensor, ...]

    @property
    def variance(self) -> float:
        """V, the variance of one draw, summed over all weights; nan with one draw."""
        spread = sum((s - g.square()).sum().item() for g, s in zip(self.gradients, self.squares, strict=True))
        return spread * self.draws / (self.draws - 1) if self.draws > 1 else math.nan

    @property
    def errors(self) -> tuple[torch.Tensor, ...]:
        """The standard error of the mean, weight by weight, [out, in] for each layer."""
        of_one = ((s - g.square()).clamp(min=0) for g, s in zip(self.gradients, self.squares, strict=True))
        return tuple((spread / max(1, self.draws - 1)).sqrt() for spread in of_one)

    @property
    def length(self) -> float:
        """|g|^2 of the gradient that the mean converges to, without what the noise adds; it may come out below 0."""
        return sum(g.square().sum().item() for g in self.gradients) - self.variance / self.draws

    @property
    def cosine(self) -> float | None:
        """How well the mean points where it converges to, 1 / sqrt(1 + V / (K |g|^2)); None where the noise hides that."""
        return 1 / math.sqrt(1 + self.variance / (self.draws * self.length)) if self.length > 0 else None

    @property
    def half(self) -> float | None:
        """The draws after which that cosine is 1/2: V / (3 |g|^2); None where the noise hides the gradient."""
        return self.variance / (3 * self.length) if self.length > 0 else None


class AbstractEstimator(Declared, abc.ABC):
    """A way to estimate a gradient from runs under noise. draws: how many."""

    title: ClassVar[str]
    equation: ClassVar[str]
    cite: ClassVar[str]
    draws: int

    @abc.abstractmethod
    def sums(self, runs: "Runs", first: int, count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """For each layer the sum of `count` estimates from draw number `first` on and the sum of their squares, [out, in] each."""


@dataclasses.dataclass(frozen=True)
class WeightPerturbation(AbstractEstimator):
    """(L(W + sigma e) - L(W)) e / sigma with e ~ N(0, 1) for every weight, or from a pair of runs (L(W + sigma e) - L(W - sigma e))
    e / (2 sigma). Unbiased for the loss smoothed over the weights. sigma in units of the root mean square of a layer's weights.
    To point at the gradient within 60 degrees it needs a third as many draws as there are weights. Werfel, Xie & Seung 2005;
    Nesterov & Spokoiny 2017.
    """

    sigma: float = param(0.25, "Noise on the weights", r"\sigma", **SIGMA)
    draws: int = param(64, "Draws", "K", **DRAWS)
    antithetic: bool = param(True, "Pairs of opposite noise", help="Less variance for twice the runs.")

    title = "Weight perturbation"
    equation = r"\hat g = \frac{L(W + \sigma e) - L(W - \sigma e)}{2\sigma}\,e,\quad e \sim \mathcal{N}(0, 1)"
    cite = "werfel2005learning"

    def sums(self, runs, first, count):
        e = runs.directions(first, count)
        sigmas = [self.sigma * size for size in runs.sizes]
        up = runs.losses([w + s * d for w, s, d in zip(runs.weights, sigmas, e, strict=True)]).mean(0)
        if self.antithetic:
            difference = (up - runs.losses([w - s * d for w, s, d in zip(runs.weights, sigmas, e, strict=True)]).mean(0)) / 2
        else:
            difference = up - runs.losses([w[None] for w in runs.weights]).mean(0)
        return [_weighed(difference / s, d) for s, d in zip(sigmas, e, strict=True)]


@dataclasses.dataclass(frozen=True)
class EvolutionStrategy(AbstractEstimator):
    """The mean of L(W + sigma e) e / sigma over a population of opposite pairs. ranks: each loss counts by its rank in the
    population alone, from -1/2 to 1/2, as published: then its length says nothing, and it is not unbiased for any loss that is
    written down. Without ranks it is weight perturbation. The noise is drawn again to be summed: nothing is kept of it. Salimans,
    Ho, Chen, Sidor & Sutskever 2017.
    """

    sigma: float = param(0.25, "Noise on the weights", r"\sigma", **SIGMA)
    draws: int = param(64, "Pairs in the population", "K", **DRAWS)
    ranks: bool = param(True, "Ranks in place of losses", help="Only the order of the losses counts.")

    title = "Evolution strategy"
    equation = r"\hat g = \frac{1}{2 K \sigma}\sum_k \big(r_k^+ - r_k^-\big)\,e_k,\quad r\ \text{the losses, or their ranks}"
    cite = "salimans2017es"

    def sums(self, runs, first, count):
        sigmas, fits = [self.sigma * size for size in runs.sizes], []
        parts = [(begin, min(runs.at_once, first + count - begin)) for begin in range(first, first + count, runs.at_once)]
        for begin, some in parts:
            e = runs.directions(begin, some)
            fits.append(
                [
                    runs.losses([w + sign * s * d for w, s, d in zip(runs.weights, sigmas, e, strict=True)]).mean(0)
                    for sign in (1, -1)
                ]
            )
        fit = torch.stack([torch.cat(side) for side in zip(*fits, strict=True)])
        if self.ranks:
            fit = (fit.flatten().argsort().argsort().to(fit).view_as(fit) / max(1, fit.numel() - 1)) - 0.5
        differences = ((fit[0] - fit[1]) / 2).split([some for _, some in parts])
        totals = [(torch.zeros_like(w), torch.zeros_like(w)) for w in runs.weights]
        for (begin, some), difference in zip(parts, differences, strict=True):
            for total, s, d in zip(totals, sigmas, runs.directions(begin, some), strict=True):
                for into, part in zip(total, _weighed(difference / s, d), strict=True):
                    into += part
        return totals


@dataclasses.dataclass(frozen=True)
class NodePerturbation(AbstractEstimator):
    """x_j[t] + sigma xi_j[t] for every neuron, step and sample, and credit sample by sample to what each weight carried:

        dL/dW_ji = mean over samples of (L_b - base_b) / sigma sum_t xi_j[t] s_i[t],    base_b the loss of the run without noise

    in pairs of opposite noise, each run with its own spikes s. Unbiased for the loss smoothed over the currents, which is another
    one than weight perturbation's; with samples it needs fewer draws. The noise changes what the network does while it learns.
    sigma in the membrane's unit. Fiete & Seung 2006.
    """

    sigma: float = param(0.1, "Noise on the currents", r"\sigma", **SIGMA)
    draws: int = param(64, "Pairs", "K", **DRAWS)

    title = "Node perturbation"
    equation = r"\hat g_{ji} = \frac{L(x + \sigma\xi) - L(x)}{\sigma}\sum_t \xi_{j,t}\,s_{i,t}"
    cite = "fiete2006gradient"

    def sums(self, runs, first, count):
        noise = runs.noises(first, count)
        plain = [w[None] for w in runs.weights]
        base, totals = runs.losses(plain), [torch.zeros((count, *w.shape), dtype=w.dtype) for w in runs.weights]
        for sign in (1, -1):
            loss = runs.losses(plain, [sign * self.sigma * xi for xi in noise])
            credit = sign * (loss - base) / (2 * self.sigma * len(base))  # [B, K]
            for total, xi, s in zip(totals, noise, runs.read, strict=True):
                weighed = xi * credit[..., None]
                total += torch.einsum("tbko,tbki->koi", weighed, s.expand(*s.shape[:2], count, s.shape[3]))
        return [(total.sum(0), total.square().sum(0)) for total in totals]


@dataclasses.dataclass(frozen=True)
class ForwardGradient(AbstractEstimator):
    """(grad L . e) e with e ~ N(0, 1): unbiased for the surrogate gradient of `method`, with no smoothing. Forward mode computes
    the bracket in one run with a tangent beside each state; here it is taken from the gradient that is there anyway, the same
    number. It points at the gradient within 60 degrees after (N + 1)/3 draws, N the number of weights. Baydin et al. 2022.
    """

    draws: int = param(64, "Draws", "K", **DRAWS)
    method: AbstractGradientMethod = dataclasses.field(default_factory=lambda: BPTT(keep_reset=False))

    title = "Forward gradient"
    equation = r"\hat g = (\nabla L \cdot e)\,e,\quad e \sim \mathcal{N}(0, 1)"
    cite = "baydin2022forward"

    def sums(self, runs, first, count):
        gradients, e = runs.gradients(self.method), runs.directions(first, count)
        along = sum(torch.einsum("ij,kij->k", g, d) for g, d in zip(gradients, e, strict=True))
        return [_weighed(torch.as_tensor(along), d) for d in e]


ESTIMATORS: dict[str, type[AbstractEstimator]] = {
    cls.__name__: cls for cls in (WeightPerturbation, NodePerturbation, EvolutionStrategy, ForwardGradient)
}


def _weighed(factors: torch.Tensor, directions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The sums over k of factors[k] directions[k] and of its square."""
    return torch.einsum("k,kij->ij", factors, directions), torch.einsum("k,kij->ij", factors.square(), directions.square())


def of_the_mean(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the logits' mean over time: logits [T, B, K, classes], y [B] -> [B, K]."""
    q = logits.mean(0)
    return F.cross_entropy(q.flatten(0, 1), y.repeat_interleave(q.shape[1]), reduction="none").view(q.shape[:2])


class Runs:
    """Runs of one network on one batch, x [T, B, ...] and y [B], K of them side by side with other weights or noise.

    Raises:
        ValueError: a network that is recurrent, has biases or convolutions, or lacks one of the layers.
    """

    def __init__(self, network: Network, x: torch.Tensor, y: torch.Tensor, loss: Loss, layers: Sequence[int] | None, seed: int):
        modules = layers_of(network)
        self.numbers = list(range(1, len(modules) + 1)) if layers is None else list(layers)
        if not set(self.numbers) <= set(range(1, len(modules) + 1)):
            raise ValueError(
                f"layers = {self.numbers}: the hidden ones are 1 to {len(modules) - 1}, {len(modules)} is the readout."
            )
        if any(block.recurrent is not None for block in network.blocks):
            raise ValueError("Estimates under noise know no recurrent layers: choose a network without loops.")
        self.network, self.x, self.y, self.loss, self.seed, self.modules = network, x.flatten(2), y, loss, seed, modules
        self.weights = [modules[n - 1].weight.detach() for n in self.numbers]
        self.sizes = [w.square().mean().sqrt().item() for w in self.weights]
        self.read: list[torch.Tensor] = []
        entries = x.shape[0] * x.shape[1] * max(m.out_features for m in modules)
        most = max(w.numel() for w in self.weights)
        self.at_once = max(1, min(AT_ONCE[x.device.type] // entries, WEIGHTS // most))

    def directions(self, first: int, count: int) -> list[torch.Tensor]:
        """Standard normal noise for the weights of each layer, [count, out, in], for draws from number `first` on."""
        return [
            normals(Draw(self.seed, STREAM + n, first), count, w.numel()).to(w).view(count, *w.shape)
            for n, w in zip(self.numbers, self.weights, strict=True)
        ]

    def noises(self, first: int, count: int) -> list[torch.Tensor]:
        """Standard normal noise for the currents of each layer, [T, B, count, out]."""
        steps, batch = self.x.shape[:2]
        return [
            normals(Draw(self.seed, STREAM + n, first * steps), count * steps, batch * len(w))
            .to(w)
            .view(count, steps, batch, len(w))
            .permute(1, 2, 0, 3)
            for n, w in zip(self.numbers, self.weights, strict=True)
        ]

    @torch.no_grad()
    def losses(self, weights: Sequence[torch.Tensor], noise: Sequence[torch.Tensor] | None = None) -> torch.Tensor:
        """The loss of each sample, [B, K], with weights [K, out, in] or [1, out, in] in the layers that are looked at and noise
        [T, B, K, out] on their currents. `read` then holds what these layers read, [T, B, K or 1, in]."""
        now = dict(zip(self.numbers, weights, strict=True))
        extra = dict(zip(self.numbers, noise, strict=True)) if noise is not None else {}
        h, self.read = self.x[:, :, None], []
        for number, module in enumerate(self.modules, 1):
            if number in now:
                self.read.append(h)
            w = now.get(number, module.weight.detach()[None])
            if len(w) == 1:
                h = h @ w[0].T
            elif h.shape[2] == 1:
                h = (h[:, :, 0] @ w.flatten(0, 1).T).unflatten(-1, w.shape[:2])
            else:
                h = torch.einsum("tbki,koi->tbko", h, w)
            if number in extra:
                h = h + extra[number]
            if number <= len(self.network.blocks):
                h = spikes_of(self.network.blocks[number - 1], h)
        if self.network.leaky is not None:
            h = self.network.leaky.run(h).membrane
        return self.loss(h, self.y)

    def gradients(self, method: AbstractGradientMethod) -> list[torch.Tensor]:
        """dL/dW [out, in] of each layer that is looked at, under a gradient method, for the mean over the batch."""
        network = copy.deepcopy(self.network).differentiate(method).train()
        logits = network(self.x).logits
        weights = [layers_of(network)[n - 1].weight for n in self.numbers]
        return list(torch.autograd.grad(self.loss(logits[:, :, None], self.y).mean(), weights))


def estimate(
    network: Network,
    x: torch.Tensor,
    y: torch.Tensor,
    estimator: AbstractEstimator,
    *,
    loss: Loss = of_the_mean,
    layers: Sequence[int] | None = None,
    seed: int = 0,
    rounds: int = 1,
) -> Iterator[Estimate]:
    """Estimate dL/dW by runs under noise, x [T, B, ...], y [B]; yields after each of `rounds`, each time from all draws so far.

    loss: logits [T, B, K, outputs] and y -> one loss for each sample and run, [B, K]; by default the cross entropy of the mean over
    time. layers: numbers from 1, the one after the last hidden layer is the readout; by default all, the readout too.

    Raises:
        ValueError: a network that is recurrent, has biases or convolutions, a layer that it lacks, or rounds that are not above 0.
    """
    if not rounds > 0:
        raise ValueError(f"rounds = {rounds}: it must be above 0.")
    runs, made = Runs(network, x, y, loss, layers, seed), 0
    totals = [(torch.zeros_like(w), torch.zeros_like(w)) for w in runs.weights]
    whole = isinstance(estimator, EvolutionStrategy)  # ranks are taken over the whole population of a round
    for part in range(1, rounds + 1):
        until = estimator.draws * part // rounds
        while made < until:
            count = until - made if whole else min(runs.at_once, until - made)
            for total, new in zip(totals, estimator.sums(runs, made, count), strict=True):
                for into, values in zip(total, new, strict=True):
                    into += values
            made += count
        if made:
            yield Estimate(made, tuple(g / made for g, _ in totals), tuple(s / made for _, s in totals))
