"""Estimates under noise: unbiased within their own standard errors, and draws a function of their place."""

import math

import numpy as np
import pytest
import torch

from snnviz import BPTT, LIF, FastSigmoid
from snnviz.network import feed_forward, recurrent
from snnviz.studies.perturbation import (
    ESTIMATORS,
    EvolutionStrategy,
    ForwardGradient,
    NodePerturbation,
    Runs,
    WeightPerturbation,
    estimate,
    of_the_mean,
)
from snnviz.studies.reference_gradients import noise_gradients

STEPS, GOLDEN = 60, 0.6180339887498949
T = np.arange(STEPS)
INPUT = torch.from_numpy((T * GOLDEN % 1 < 0.4).astype(float))[:, None, None]
TARGET = torch.from_numpy((T * math.sqrt(2) % 1 < 0.15).astype(float))
SMOOTHED = 2.64475883582  # d/dw E L(w + 0.1 e) at w = 0.8: every jump of the staircase mean by bisection, weighed by the bell
DRAWS = 20_000
Y = torch.tensor([0])


def one_weight(w: float = 0.8):
    network = feed_forward(1, [1], 1, LIF(-1 / math.log(0.9)), BPTT()).double()
    network.blocks[0].transform.weight.data.fill_(w)
    network.readout.weight.data.fill_(1.0)
    return network


def filtered(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean of f[t]^2 with f[t] = 0.8 f[t-1] + s[t] - target[t]: [T, B, K, 1] -> [B, K]."""
    f = total = torch.zeros(logits.shape[1:3], dtype=logits.dtype)
    for s, target in zip(logits[..., 0], TARGET, strict=True):
        f = 0.8 * f + s - target
        total = total + f.square() / STEPS
    return total


def last(network, estimator, **more):
    *_, out = estimate(network, *more.pop("batch", (INPUT, Y)), estimator, **{"loss": filtered, "layers": [1]} | more)
    return out


@pytest.mark.parametrize(
    ("estimator", "variance"),
    [
        (WeightPerturbation(0.125, DRAWS, antithetic=False), 19),
        (WeightPerturbation(0.125, DRAWS), 14),
        (EvolutionStrategy(0.125, DRAWS, ranks=False), 14),
    ],
    ids=["one-sided", "antithetic", "population"],
)
def test_one_weight_on_a_staircase(estimator, variance):
    """Against the jumps themselves; sigma is 0.125 of the weight 0.8."""
    mean = last(one_weight(), estimator)
    error = mean.errors[0].item()
    assert mean.draws == DRAWS and mean.variance == pytest.approx(variance, rel=0.15)
    assert error == pytest.approx(math.sqrt(mean.variance / DRAWS), rel=1e-6)
    assert abs(mean.gradients[0].item() - SMOOTHED) < 4 * error < 0.05 * SMOOTHED


def test_noise_on_the_current():
    """Against the difference quotient of the loss that this noise smooths, with the same noise at both ends."""
    draws, h = 8000, 0.02
    estimator = NodePerturbation(0.1, draws)
    mean = last(one_weight(), estimator)
    ends = []
    for w in (0.8 + h, 0.8 - h):
        runs, parts = Runs(one_weight(w), INPUT, Y, filtered, [1], 5), []
        for first in range(0, draws, 4000):
            (noise,) = runs.noises(first, 4000)
            parts.append(runs.losses([runs.weights[0][None]], [0.1 * noise])[0])
        ends.append(torch.cat(parts))
    quotients = (ends[0] - ends[1]) / (2 * h)
    error = math.hypot(mean.errors[0].item(), quotients.std().item() / math.sqrt(draws))
    assert abs(mean.gradients[0].item() - quotients.mean().item()) < 4 * error < 0.3 * abs(quotients.mean().item())


def small(seed: int = 0):
    g = torch.Generator().manual_seed(seed)
    network = feed_forward(6, [5, 5], 3, LIF(6.0), BPTT(FastSigmoid(), keep_reset=False), gain=4.0, seed=seed).double()
    return network, (torch.randint(0, 2, (15, 8, 6), generator=g).double(), torch.randint(0, 3, (8,), generator=g))


def test_the_forward_gradient_and_its_variance():
    """(N + 1) |g|^2 for one draw, so that the cosine after K draws is 1 / sqrt(1 + (N + 1) / K)."""
    network, batch = small()
    method, draws = BPTT(FastSigmoid(), keep_reset=False), 4000
    mean = last(network, ForwardGradient(draws, method), loss=of_the_mean, layers=None, batch=batch)
    exact = Runs(network, *batch, of_the_mean, None, 0).gradients(method)
    size, n = sum(g.square().sum().item() for g in exact), sum(g.numel() for g in exact)
    assert n == 6 * 5 + 5 * 5 + 5 * 3 and mean.variance == pytest.approx((n + 1) * size, rel=0.1)
    for got, true, error in zip(mean.gradients, exact, mean.errors, strict=True):
        assert ((got - true).abs() < 5 * error + 1e-15).all()
    flat, other = (torch.cat([g.flatten() for g in some]) for some in (mean.gradients, exact))
    cosine = torch.cosine_similarity(flat, other, 0).item()
    assert mean.cosine == pytest.approx(cosine, abs=0.01) and mean.cosine == pytest.approx((1 + (n + 1) / draws) ** -0.5, abs=0.01)
    assert mean.half == pytest.approx((n + 1) / 3, rel=0.15)


def test_the_bracket_is_one_run_in_forward_mode():
    """A tangent beside each state, reset cut: du = beta dv + dx, ds = s' du, dv = du."""
    network, (x, y) = small()
    surrogate, beta = FastSigmoid(), math.exp(-1 / 6)
    runs = Runs(network, x, y, of_the_mean, None, 3)
    directions = [d[0] for d in runs.directions(0, 1)]
    along = sum((g * d).sum() for g, d in zip(runs.gradients(BPTT(surrogate, keep_reset=False)), directions, strict=True))
    h, dh = x, torch.zeros_like(x)
    for module, direction in zip(runs.modules, directions, strict=True):
        current, tangent = h @ module.weight.detach().T, dh @ module.weight.detach().T + h @ direction.T
        if module is network.readout:
            h, dh = current, tangent
            break
        v, dv, s, ds = torch.zeros_like(current[0]), torch.zeros_like(current[0]), [], []
        for now, by in zip(current, tangent, strict=True):
            u, du = beta * v + now, beta * dv + by
            s.append((u >= 1).double())
            ds.append(surrogate.derivative(u - 1) * du)
            v, dv = u - s[-1], du
        h, dh = torch.stack(s), torch.stack(ds)
    error = torch.softmax(h.mean(0), -1) - torch.nn.functional.one_hot(y, 3)
    assert along == pytest.approx((error * dh.mean(0)).sum().item() / len(y), rel=1e-12)


def test_weight_perturbation_finds_what_the_reference_gradient_does():
    network, batch = small(1)
    mean = last(network, WeightPerturbation(0.25, 3000), loss=of_the_mean, layers=[2], batch=batch)
    *_, (reference,) = noise_gradients(network, *batch, sigma=0.25, draws=1500, layers=[2])
    assert reference.cosine(mean.gradients[0]) > 0.9 * mean.cosine > 0.8


@pytest.mark.parametrize("estimator", [cls(draws=40) for cls in ESTIMATORS.values()], ids=lambda e: type(e).__name__)
def test_draws_are_a_function_of_their_place(estimator):
    network, batch = small()
    runs = Runs(network, *batch, of_the_mean, None, 7)
    for some, whole in zip(runs.directions(30, 8), runs.directions(0, 40), strict=True):
        assert torch.equal(some, whole[30:38])
    for some, whole in zip(runs.noises(30, 8), runs.noises(0, 40), strict=True):
        assert torch.equal(some, whole[:, :, 30:38])
    how = dict(loss=of_the_mean, layers=None, batch=batch)
    one, again, other = (last(network, estimator, seed=seed, **how) for seed in (7, 7, 8))
    rounds = list(estimate(network, *batch, estimator, seed=7, rounds=4))
    assert [r.draws for r in rounds] == [10, 20, 30, 40] and one.draws == 40 and estimator.draws == 40
    for a, b, c, d in zip(one.gradients, again.gradients, other.gradients, rounds[-1].gradients, strict=True):
        assert torch.equal(a, b) and not torch.equal(a, c)
        if not isinstance(estimator, EvolutionStrategy):  # whose ranks are those of a round
            torch.testing.assert_close(a, d, rtol=1e-12, atol=1e-14)
    assert estimator.title and estimator.equation and estimator.cite


def test_a_population_counts_by_order_alone():
    network, batch = small()
    how = dict(layers=None, batch=batch)
    ranks, losses = (EvolutionStrategy(draws=30, ranks=r) for r in (True, False))
    stretched = lambda logits, y: of_the_mean(logits, y) * 3 + 5  # noqa: E731
    for a, b in zip(*(last(network, ranks, loss=loss, **how).gradients for loss in (of_the_mean, stretched)), strict=True):
        assert torch.equal(a, b)
    pairs = last(network, WeightPerturbation(draws=30), loss=of_the_mean, **how).gradients
    for a, b in zip(last(network, losses, loss=of_the_mean, **how).gradients, pairs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


def test_what_it_cannot_do_is_said():
    network, (x, y) = small()
    with pytest.raises(ValueError, match="rounds = 0"):
        next(estimate(network, x, y, NodePerturbation(), rounds=0))
    with pytest.raises(ValueError, match="the hidden ones are 1 to 2, 3 is the readout"):
        next(estimate(network, x, y, NodePerturbation(), layers=[4]))
    with pytest.raises(ValueError, match="know no recurrent layers"):
        next(estimate(recurrent(6, [5], 3, LIF(), BPTT()), x.float(), y, NodePerturbation()))
    with pytest.raises(ValueError, match="fully connected layers without biases"):
        next(estimate(feed_forward(6, [5], 3, LIF(), BPTT(), bias=True), x.float(), y, NodePerturbation()))
