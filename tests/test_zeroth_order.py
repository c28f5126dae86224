"""Zeroth-order estimates: draws, laws and their converse, one estimate on every backend, a whole network's mean.

Oracles: Random123's known answers, numpy with 64-bit words, scipy's distributions and quadrature, published vectors.
"""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from snnviz.backends.base import Forward, Upstream
from snnviz.draws import Draw, half_normal, log_positive, philox, uniforms
from snnviz.laws import (
    LAWS,
    AbstractLaw,
    ArctanLaw,
    LaplaceLaw,
    NormalLaw,
    RademacherLaw,
    SigmoidLaw,
    SurrogateLaw,
    UniformLaw,
    quantile_table,
    tabled,
)
from snnviz.methods import BPTT, METHODS, AtSpike, GatedZO, LocalZO, ResetPath, SparseGD
from snnviz.neurons import ALIF, LIF
from snnviz.surrogates import (
    SURROGATES,
    AbstractSurrogate,
    Arctan,
    Boxcar,
    FastSigmoid,
    Gaussian,
    MultiGaussian,
    Sigmoid,
    SingleExponential,
    Triangle,
)
from snnviz.zeroth_order import ZerothOrder, estimate, matching_band, sampler
from tests.helpers import REFERENCE, backward, close, coefficients, name, problem

I_SIGMOID = 7 * special.zeta(3.0) / (2 * math.pi**2)
KAPPA = 1 / math.sqrt(I_SIGMOID)
CONVERSE = [
    (surrogate(), alpha)
    for surrogate in SURROGATES.values()
    for alpha in (1, 0, -1)
    if surrogate is not MultiGaussian and not (alpha == 1 and surrogate in (FastSigmoid, Triangle, SingleExponential))
]
ALL_LAWS = [cls() for cls in LAWS.values() if cls is not SurrogateLaw] + [SurrogateLaw(s, a) for s, a in CONVERSE]


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def middles(bits, first=0, last=None, stride=1):
    """The middles of 2^bits equal cells of (0, 1), float32; what `uniforms` can return is bits = 23."""
    return ((torch.arange(first, last or 2**bits, stride).double() + 0.5) * 2.0**-bits).float()


def slopes(backend, at_spike, margin, draw=None):
    """What the backward sweep of `backend` uses as ds/du where u = theta + margin."""
    neuron, u = LIF(), margin + 1
    forward = Forward(u, (u >= 1).to(u), None, u[-1:])
    zeros = u.new_zeros(1, u.shape[1])
    grads = Upstream(torch.ones_like(u))
    return backward(backend, neuron, u, zeros, forward, grads, at_spike, draw=draw or Draw(), record=True).ds_du


# The draws ----------------------------------------------------------------------------------------------------------

ANSWERS = [  # Random123: philox4x32, 10 rounds
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


def numpy_philox(counter, key):
    """The published algorithm in 64-bit words."""
    c, low = [np.asarray(w, dtype=np.uint64) for w in counter], np.uint64(0xFFFFFFFF)
    k = [np.uint64(w) for w in key]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> np.uint64(32)) ^ c[1] ^ k[0], b & low, (a >> np.uint64(32)) ^ c[3] ^ k[1], a & low]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low, (k[1] + np.uint64(0xBB67AE85)) & low]
    return c


@pytest.mark.parametrize("counter, key, words", ANSWERS)
def test_philox_has_the_known_answers(counter, key, words):
    assert tuple(int(w) for w in philox(key, tuple(torch.tensor([c]) for c in counter))) == words
    assert tuple(int(w) for w in numpy_philox(counter, key)) == words


@pytest.mark.parametrize("steps, columns", [(1, 1), (7, 33)])
def test_draws_are_a_function_of_their_place(backend, steps, columns):
    """seed, layer, step, column and number of the draw, by numpy alone: p, and the estimate that follows from it."""
    draw, m = Draw(seed=2**32 + 12345, layer=3, first=2**20), 6
    t, i = np.meshgrid(np.arange(steps) + draw.first, np.arange(columns), indexing="ij")
    words = [numpy_philox((i, t, np.full_like(i, block), np.zeros_like(i)), (12345, 3)) for block in range(2)]
    p = [((words[k // 4][k % 4] >> np.uint64(9)).astype(np.float64) + 0.5) * 2.0**-23 for k in range(m)]
    for k in range(m):
        assert torch.equal(uniforms(draw, steps, columns, k).double(), torch.from_numpy(p[k]))
    margin = torch.full((steps, columns), 0.25)
    z = [np.float32(1.7320508) * (1 - p_k).astype(np.float32) for p_k in p]
    hits = sum(np.where(np.float32(0.25) < z_k * np.float32(0.5), z_k, np.float32(0)) for z_k in z)
    expected = hits * np.float32(1 / m)
    ours = slopes(backend, AtSpike(ZerothOrder(UniformLaw(), 0.5, m)), margin, draw)
    np.testing.assert_array_equal(ours.cpu().numpy(), expected)


def test_logarithm_and_normal_quantile_are_accurate():
    p = torch.cat((middles(23, stride=11), middles(23, 2**23 - 300)))
    exact = p.double().numpy()
    ours, theirs = log_positive(p).double().numpy(), np.log(exact)
    assert np.abs(ours / theirs - 1).max() < 1.2e-7
    ours, theirs = half_normal(p).double().numpy(), stats.norm.isf(exact / 2)
    assert np.abs(ours / theirs - 1).max() < 4e-7


# The laws -----------------------------------------------------------------------------------------------------------

VECTORS = {  # u = 0, 0.02, 0.05, 0.08, 0.10; delta = 0.05
    NormalLaw(): (7.978846, 7.365403, 4.839414, 2.218417, 1.079819),
    UniformLaw(): (8.660254, 8.198374, 5.773503, 1.270171, 0.0),
    LaplaceLaw(): (7.071068, 6.288042, 4.150262, 2.400886, 1.600056),
    SigmoidLaw(): (7.658141, 6.982211, 4.477211, 2.238960, 1.306635),
    ArctanLaw(): (6.366198, 5.488101, 3.183099, 1.788258, 1.273240),
    RademacherLaw(): (10.0, 10.0, 0.0, 0.0, 0.0),
}


def test_published_vectors():
    u, delta = tensor([0.0, 0.02, -0.05, 0.08, -0.10]), 0.05
    for law, expected in VECTORS.items():
        torch.testing.assert_close(law.expected_surrogate(u, delta), tensor(expected), rtol=0, atol=1e-6)
    normal, fast = ZerothOrder(NormalLaw(), delta), SurrogateLaw(FastSigmoid(100.0), -1)
    torch.testing.assert_close(fast.expected_surrogate(u), tensor([1, 0.111111, 0.027778, 0.012346, 0.008264]), rtol=0, atol=1e-6)
    torch.testing.assert_close(normal.activity(u), tensor([1, 0.689157, 0.317311, 0.109599, 0.045500]), rtol=0, atol=1e-6)
    torch.testing.assert_close(
        dataclasses.replace(normal, draws=5).activity(u), tensor([1, 0.997098, 0.851709, 0.440334, 0.207719]), rtol=0, atol=1e-6
    )
    torch.testing.assert_close(
        normal.variance(u), tensor([36.338023, 44.128104, 56.705263, 41.533153, 24.980403]), rtol=0, atol=1e-6
    )


def test_published_constants():
    assert SurrogateLaw(Sigmoid(1.0), 1).constant == pytest.approx(0.426278399, abs=1e-9)
    assert pytest.approx(1.531628, abs=1e-6) == KAPPA
    u = torch.linspace(-12, 12, 240_001, dtype=torch.float64)
    normal = ZerothOrder(NormalLaw(), 1.0)
    assert torch.trapezoid(normal.variance(u), u) == pytest.approx(0.515790, abs=1e-6)
    assert torch.trapezoid(normal.mean(u) ** 2, u) == pytest.approx(0.282095, abs=1e-6)
    assert torch.trapezoid(normal.activity(u), u) == pytest.approx(2 * normal.law.mean_abs, abs=1e-6)
    assert torch.trapezoid(dataclasses.replace(normal, draws=5).activity(u), u) == pytest.approx(3.1397, abs=1e-4)


BANDS = [
    (NormalLaw(), math.sqrt(2 / math.pi), 1.569834),
    (LaplaceLaw(), 1 / math.sqrt(2), 1.614560),
    (UniformLaw(), math.sqrt(3) / 2, 1.443376),
    (SigmoidLaw(), KAPPA / 2, None),
    (RademacherLaw(), 1.0, 1.0),
]


@pytest.mark.parametrize("law, one, five", BANDS, ids=name)
def test_matching_band(law, one, five):
    assert matching_band(ZerothOrder(law, 0.05, 1)) == pytest.approx(0.05 * one, rel=1e-7)
    assert five is None or matching_band(ZerothOrder(law, 0.05, 5)) == pytest.approx(0.05 * five, abs=1e-7)
    method = LocalZO(law, 0.05, 5)
    assert SparseGD.matching(method, Gaussian(0.05)).band == matching_band(method.estimate)


def sigmoid_density(t):
    e = np.exp(-KAPPA * t)
    return KAPPA**2 * e * (1 - e) / ((1 + e) ** 3 * t)


ROOT = math.sqrt(3)
DENSITIES = [
    (NormalLaw(), stats.norm.pdf, 40),
    (UniformLaw(), stats.uniform(-ROOT, 2 * ROOT).pdf, ROOT),
    (LaplaceLaw(), stats.laplace(scale=1 / math.sqrt(2)).pdf, 60),
    (SigmoidLaw(), sigmoid_density, 60),
    (ArctanLaw(), stats.t(3, scale=1 / math.sqrt(3)).pdf, math.inf),
]


@pytest.mark.parametrize("law, density, end", DENSITIES, ids=name)
def test_a_law_is_its_density(law, density, end):
    for t in (0.0, 0.3, 1.0, 1.6):
        for k in (0, 1, 2):
            start = max(t, 1e-9)  # (1 - e) / t has no value at 0
            exact = 2 * integrate.quad(lambda z, k=k: z**k * density(z), start, end, epsabs=1e-11, limit=500)[0]
            assert law.tail_moment(k, t).item() == pytest.approx(exact, rel=1e-7, abs=1e-8)
        if t:
            assert law.density(t).item() == pytest.approx(float(density(t)), rel=1e-6)
            assert law.density(-t).item() == law.density(t).item()
    assert law.survival(0.0) == pytest.approx(1.0, abs=1e-9)
    assert law.mean_square == pytest.approx(1.0, abs=1e-9)


def test_normal_draws_have_the_gaussian_surrogate_as_their_mean():
    u = torch.linspace(-2, 2, 401, dtype=torch.float64)
    for delta in (0.05, 0.5):
        torch.testing.assert_close(LocalZO(delta=delta).estimate.mean(u), Gaussian(delta).derivative(u))


# The estimate -------------------------------------------------------------------------------------------------------


def test_the_estimate_for_given_draws():
    """The last entry of z0 is a tie, which gives 0."""
    u = tensor([0.02, -0.05, 0.08, 0.0, 0.05])
    z0, z1 = tensor([0.5, -1.2, 1.5, -0.3, 1.0]).abs(), tensor([-0.39, 0.8, 1.7, 0.0, -1.01]).abs()
    scale = ZerothOrder(NormalLaw(), 0.05).coefficients()[2]
    torch.testing.assert_close(estimate(u, [z0], 0.05, scale), tensor([5.0, 12, 0, 3, 0]), rtol=0, atol=1e-12)
    torch.testing.assert_close(estimate(u, [z1], 0.05, scale), tensor([0.0, 0, 17, 0, 10.1]), rtol=0, atol=1e-12)
    scale = ZerothOrder(NormalLaw(), 0.05, 2).coefficients()[2]
    torch.testing.assert_close(estimate(u, [z0, z1], 0.05, scale), tensor([2.5, 6, 8.5, 1.5, 5.05]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("law", ALL_LAWS, ids=name)
def test_every_backend_draws_the_same_bits(backend, law):
    """ds_du is the torch twin's, bit for bit: m = 1 and 5, odd shapes, both dtypes, and a run continued."""
    for draws, (steps, columns) in ((1, (1, 1)), (5, (3, 1)), (1, (1, 700)), (5, (17, 257))):
        for dtype in (torch.float32, torch.float64):
            derivative = ZerothOrder(law, 1.0 if isinstance(law, SurrogateLaw) else 0.4, draws)
            margin = torch.randn(steps, columns, generator=torch.Generator().manual_seed(steps)).to(dtype) * 0.4
            draw, at_spike = Draw(7, 2, 40), AtSpike(derivative, gain=0.75, window=0.9)
            ours, theirs = slopes(backend, at_spike, margin, draw), at_spike.ds_du((margin + 1) - 1, draw)
            assert torch.equal(ours.cpu(), theirs), f"{draws} draws, {steps} x {columns}, {dtype}"
            if steps > 1:
                parts = [slopes(backend, at_spike, margin[a:b], Draw(7, 2, 40 + a)) for a, b in ((0, 2), (2, steps))]
                assert torch.equal(torch.cat(parts), ours)
            if columns == 257 and not isinstance(getattr(law, "surrogate", Boxcar()), Boxcar):
                assert not torch.equal(slopes(backend, at_spike, margin, Draw(8, 2, 40)), ours)


@pytest.mark.parametrize("neuron", [LIF(), ALIF()], ids=name)
@pytest.mark.parametrize(
    "method",
    [
        LocalZO(draws=5),
        LocalZO(LaplaceLaw(), keep_reset=True),
        GatedZO(),
        GatedZO(peak=2.0),
        GatedZO(FastSigmoid(), 0.5, True),
        SparseGD(),
    ],
    ids=name,
)
def test_a_method_is_the_same_on_every_backend(backend, method, neuron):
    for dtype, tolerance in ((torch.float32, 1e-6), (torch.float64, 1e-12)):
        x, initial = problem(neuron, 63, 257, dtype)
        forward = REFERENCE.forward(neuron, coefficients(neuron), x, initial)
        grads = Upstream(torch.randn(x.shape, generator=torch.Generator().manual_seed(2)).to(dtype))
        args = (neuron, x, initial, forward, grads, method.at_spike, method.reset_path)
        ours, theirs = (backward(b, *args, draw=Draw(1, 1), record=True) for b in (backend, REFERENCE))
        active = (ours.ds_du != 0).cpu()
        assert torch.equal(active, theirs.ds_du != 0) and 0.01 < active.double().mean() < 0.9
        close(ours.ds_du.cpu(), theirs.ds_du, tolerance, "ds_du")
        close(ours.x.cpu(), theirs.x, tolerance, "delta")


@pytest.mark.parametrize("law", ALL_LAWS, ids=name)
def test_mean_variance_and_activity_of_draws(backend, law):
    """Within 4.5 standard errors. An estimate whose fourth moment is infinite has no such error for its variance."""
    heavy = isinstance(law, ArctanLaw) or (law.alpha == 1 and isinstance(getattr(law, "surrogate", None), Arctan))
    for draws, u in ((1, 0.1), (5, 0.25)):
        derivative = ZerothOrder(law, 1.0 if isinstance(law, SurrogateLaw) else 0.4, draws)
        margin = torch.full((40, 5000), u, dtype=torch.float64)
        margin = (margin + 1) - 1  # as the sweep reads it
        g, u = slopes(backend, AtSpike(derivative), margin, Draw(3)).double().flatten().cpu(), margin[0, 0]
        pairs = [
            (g, derivative.mean(u)),
            ((g != 0).double(), derivative.activity(u)),
            ((g - g.mean()) ** 2, derivative.variance(u)),
        ]
        for values, exact in pairs[: 2 if heavy else 3]:
            error = values.std() / math.sqrt(g.numel())
            rounded = 1e-14 * derivative.mean(u).abs() ** 2  # a variance is a difference of squares
            assert (values.mean() - exact).abs() <= 4.5 * error + 1e-6 * abs(exact) + rounded, f"{draws} draws"


# The converse: from a surrogate to its law --------------------------------------------------------------------------


@pytest.mark.parametrize("surrogate, alpha", CONVERSE, ids=name)
def test_a_sampled_surrogate_has_it_as_its_mean(surrogate, alpha):
    """The mean over evenly spaced p, so without noise; with 2^21 of them the cell at a pole may be lost."""
    law = SurrogateLaw(surrogate, alpha)
    z, peak = tabled(middles(21), quantile_table(law)), surrogate.derivative(tensor(0.0)).item()
    sizes = torch.ones_like(z) if alpha == 0 else z if alpha == 1 else 1 / z
    for u in (0.0, 0.003, 0.3, 0.8):
        values = torch.where(u < z, sizes * (law.constant / 2), 0.0)
        exact, cell = surrogate.derivative(tensor(u)).item(), 2.0**-21 * values.max().item()
        assert values.mean().item() == pytest.approx(exact, abs=cell + 3e-6 * peak), f"u = {u}"
        assert law.expected_surrogate(u).item() == pytest.approx(exact, rel=1e-12)


QUANTILES = [  # |z| by p, by hand
    (SurrogateLaw(Sigmoid(4.0), 0), lambda p: np.arccosh(2 / p - 1) / 4),
    (SurrogateLaw(FastSigmoid(10.0), 0), lambda p: (p**-0.5 - 1) / 10),
    (SurrogateLaw(FastSigmoid(100.0), -1), lambda p: ((1 + np.sqrt(1 - p)) / p - 1) / 100),
    (SurrogateLaw(Arctan(2.0), 0), lambda p: np.sqrt((1 - p) / p) / math.pi),
    (SurrogateLaw(Gaussian(0.4), 0), lambda p: stats.rayleigh.isf(p, scale=0.4)),
    (SurrogateLaw(Gaussian(0.4), 1), lambda p: stats.norm.isf(p / 2, scale=0.4)),
    (SurrogateLaw(Gaussian(0.4), -1), lambda p: stats.maxwell.isf(p, scale=0.4)),
    (SurrogateLaw(Triangle(0.7), 0), lambda p: 0.7 * (1 - p)),
    (SurrogateLaw(SingleExponential(0.5), 0), lambda p: -0.5 * np.log(p)),
    (SurrogateLaw(Boxcar(0.5), 1), lambda p: np.full_like(p, 0.5)),
    (SurrogateLaw(Arctan(2.0), 1), lambda p: stats.t(3, scale=1 / (math.sqrt(3) * math.pi)).isf(p / 2)),
    (ArctanLaw(), lambda p: stats.t(3, scale=1 / math.sqrt(3)).isf(p / 2)),
]


@pytest.mark.parametrize("law, quantile", QUANTILES, ids=name)
def test_quantile_tables(law, quantile):
    """Straight lines through 128 points an octave, against the closed form, over all of (0, 1) and at its two ends."""
    p = torch.cat((middles(23, stride=997), middles(23, 0, 300), middles(23, 2**23 - 300)))
    ours, exact = tabled(p, quantile_table(law)).numpy(), quantile(p.double().numpy())
    assert np.abs(ours[:-300] / exact[:-300] - 1).max() < 2e-5
    np.testing.assert_allclose(ours[-300:], exact[-300:], rtol=2e-4)
    assert torch.isfinite(quantile_table(law)).all()


def test_the_sigmoid_laws_table():
    """P(|z| > t) by quadrature at the table's own quantiles gives p back."""
    for p in (1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999):
        z = tabled(torch.tensor([p]), quantile_table(SigmoidLaw())).item()
        exact = 2 * integrate.quad(sigmoid_density, z, 60, epsabs=1e-13, epsrel=1e-11, limit=500)[0]
        assert exact == pytest.approx(float(np.float32(p)), rel=5e-5)


CONSTANTS = [
    (SurrogateLaw(Sigmoid(5.0), 1), 25 * I_SIGMOID),
    (SurrogateLaw(FastSigmoid(10.0), -1), 0.2),
    (SurrogateLaw(FastSigmoid(10.0), 0), 2.0),
    (SurrogateLaw(Arctan(2.0), 1), math.pi**2),
    (SurrogateLaw(Arctan(2 / math.pi), 1), 1.0),
    (SurrogateLaw(Gaussian(1.0), 1), 1.0),
    (SurrogateLaw(Gaussian(1.0), 0), 0.7978845608),
    (SurrogateLaw(Triangle(0.7), -1), 1.0),
    (SurrogateLaw(SURROGATES["Dspike"](), 0), 2.5 / math.tanh(2.5)),
]


@pytest.mark.parametrize("law, c", CONSTANTS, ids=name)
def test_constants_of_the_converse(law, c):
    assert law.constant == pytest.approx(c, rel=1e-9)


@pytest.mark.parametrize("surrogate", [FastSigmoid(), Triangle(), SingleExponential()], ids=name)
def test_a_corner_has_no_law_with_alpha_1(surrogate):
    with pytest.raises(ValueError, match=r"alpha = 1.*corner at the threshold.*diverges.*Use alpha = 0"):
        sampler(surrogate, alpha=1)


@dataclasses.dataclass(frozen=True)
class Endless(AbstractSurrogate):
    """1 / (1 + |m|): its area is infinite."""

    def coefficients(self):
        return ()

    def primitive(self, m):
        return torch.sign(m) * torch.log1p(m.abs())

    def derivative(self, m):
        return 1 / (1 + m.abs())


@dataclasses.dataclass(frozen=True)
class Shifted(Gaussian):
    """Not even."""

    def derivative(self, m):
        return super().derivative(m - 0.1)


def test_surrogates_without_a_law():
    with pytest.raises(ValueError, match=r"alpha = -1.*area.*infinite.*Use alpha = 0"):
        sampler(Endless(), alpha=-1)
    assert sampler(Endless(), alpha=0).law.constant == 2.0
    with pytest.raises(ValueError, match="not even"):
        sampler(Shifted())
    with pytest.raises(ValueError, match=r"rises .* negative"):
        sampler(MultiGaussian())
    with pytest.raises(ValueError, match="nowhere negative"):
        GatedZO(MultiGaussian())
    with pytest.raises(ValueError, match="no mean"):
        SparseGD.matching(LocalZO(SurrogateLaw(FastSigmoid(), -1)), FastSigmoid())
    with pytest.raises(ValueError, match="Exponent"):
        SurrogateLaw(Gaussian(), 2)


def test_the_variance_of_a_fast_sigmoid_with_alpha_minus_1_is_infinite_at_the_threshold():
    """E[G^2](u) = 2 times the integral of 1 / (x (1 + x)^3) from k u on (here with c = 2/k): it grows like -2 ln u."""
    law = SurrogateLaw(FastSigmoid(100.0), -1)
    for u in (0.1, 0.01, 1e-4, 1e-8, 1e-12):
        logs = 2 * integrate.quad(lambda y: 1 / (1 + math.exp(y)) ** 3, math.log(100 * u), 40, limit=500)[0]
        assert law.second_moment(u).item() == pytest.approx(logs, rel=1e-6)
    assert law.second_moment(0.0) == math.inf and law.variance(0.0) == math.inf
    assert SurrogateLaw(FastSigmoid(100.0), 0).variance(0.0) == 0


# The methods --------------------------------------------------------------------------------------------------------


def test_an_infinite_band_is_dense(backend):
    neuron, surrogate = LIF(), Gaussian()
    x, initial = problem(neuron, 30, 65)
    forward = REFERENCE.forward(neuron, coefficients(neuron), x, initial)
    sparse, dense, narrow = SparseGD(surrogate, math.inf), BPTT(surrogate, keep_reset=False), SparseGD(surrogate, 0.1)
    args = (backend, neuron, x, initial, forward, Upstream(torch.ones_like(x)))
    delta, expected, some = (backward(*args, m.at_spike, m.reset_path, record=True) for m in (sparse, dense, narrow))
    assert torch.equal(delta.x, expected.x) and not sparse.sparse and narrow.sparse
    inside = (forward.u - 1).abs() < 0.1
    assert torch.equal(some.ds_du.cpu(), torch.where(inside, expected.ds_du.cpu(), 0))


@pytest.mark.parametrize("surrogate", [Gaussian(), FastSigmoid(), Boxcar()], ids=name)
@pytest.mark.parametrize("peak", [0.5, 1.0, 2.0])
def test_the_gate_has_the_surrogate_as_its_mean(backend, surrogate, peak):
    method = GatedZO(surrogate, peak)
    for u in (0.0, 0.1, 0.4):
        margin = (torch.full((40, 5000), u, dtype=torch.float64) + 1) - 1
        g = slopes(backend, method.at_spike, margin, Draw(4)).flatten().cpu()
        exact = surrogate.derivative(margin[0, 0]).item()
        p = min(1.0, method.gate * exact)
        assert abs(g.mean() - exact) <= 4.5 * g.std() / math.sqrt(g.numel()) + 1e-12
        assert abs((g != 0).double().mean() - p) <= 4.5 * math.sqrt(p * (1 - p) / g.numel()) + 1e-12
        if p < 1:
            assert g.unique().tolist() == pytest.approx([0, 1 / method.gate])


def test_the_gates_noise_and_activity_beside_localzos():
    """Integrated over u, by the variance g^2 (1/p - 1) that a gate has: the numbers that GatedZO's text claims."""
    u = torch.linspace(-10, 10, 200_001, dtype=torch.float64)
    g, localzo = Gaussian(1.0).derivative(u), LocalZO(delta=1.0).estimate
    noise, activity = (torch.trapezoid(a, u) for a in (localzo.variance(u), localzo.activity(u)))
    for peak, relative_noise, relative_activity in ((0.5, 1.0, 0.785398), (1.0, 0.22654, 1.570796)):
        p = (GatedZO(Gaussian(1.0), peak).gate * g).clamp(max=1)
        assert torch.trapezoid(g * g * (1 / p - 1), u) / noise == pytest.approx(relative_noise, rel=1e-4)
        assert torch.trapezoid(p, u) / activity == pytest.approx(relative_activity, rel=1e-5)


@pytest.mark.parametrize("keep_reset", [False, True])
@pytest.mark.parametrize("law", [NormalLaw(), LaplaceLaw(), SurrogateLaw(Gaussian(), 0), None], ids=str)
def test_a_whole_networks_gradient_is_unbiased(backend, law, keep_reset):
    """Two LIF layers, one forward pass: the mean over 8000 draws of both weights' gradients against the gradient with
    the expected surrogate. law None: the gate."""
    draws, steps, (inputs, hidden, outputs), neuron = 8000, 20, (6, 8, 5), LIF(10.0)
    g = torch.Generator().manual_seed(11)
    x = (torch.rand(steps, inputs, generator=g) < 0.3).double()
    w1 = torch.randn(inputs, hidden, generator=g, dtype=torch.float64) * 0.5 + 0.2
    w2 = torch.randn(hidden, outputs, generator=g, dtype=torch.float64) * 0.5 + 0.2
    up = torch.randn(steps, outputs, generator=g, dtype=torch.float64)
    path = ResetPath.KEPT if keep_reset else ResetPath.CUT

    def layer(current):
        initial = torch.zeros(1, current.shape[1], dtype=torch.float64)
        return current, initial, backend.forward(neuron, coefficients(neuron), current, initial)

    def gradients(first, second, at_spike, copies):
        def delta(number, layer, grad_s):
            current, initial, forward = layer
            tile = [a.repeat(1, copies) for a in (current, initial, forward.u, forward.s, forward.last)]
            forward = Forward(tile[2], tile[3], None, tile[4])
            grads = Upstream(grad_s.reshape(steps, -1).contiguous())
            back = backward(backend, neuron, tile[0], tile[1], forward, grads, at_spike, path, draw=Draw(5, number))
            return back.x.reshape(steps, copies, -1)

        delta2 = delta(2, second, up.repeat(1, copies))
        delta1 = delta(1, first, delta2 @ w2.T)
        return torch.einsum("ti,trj->rij", x, delta1), torch.einsum("ti,trj->rij", first[2].s, delta2)

    first = layer(x @ w1)
    second = layer(first[2].s @ w2)
    assert 0.05 < first[2].s.mean() < 0.6 and 0.05 < second[2].s.mean() < 0.6
    if law is None:
        method, surrogate = GatedZO(Gaussian(0.8), 0.5), Gaussian(0.8)
    else:
        method = LocalZO(law, 2.0 if isinstance(law, SurrogateLaw) else 0.8)
        surrogate = Expected(method.estimate)
    exact = gradients(first, second, AtSpike(surrogate), 1)
    sampled = gradients(first, second, method.at_spike, draws)
    for many, one in zip(sampled, exact, strict=True):
        error = many.std(0) / math.sqrt(draws)
        assert ((many.mean(0) - one[0]).abs() <= 4.5 * error + 1e-12).all()
        assert (many.std(0) > 0.2 * one[0].abs()).double().mean() > 0.5  # one draw alone is far off
        assert one.abs().max() > 0.1


@dataclasses.dataclass(frozen=True)
class Expected(AbstractSurrogate):
    """The mean of an estimate, as given values."""

    estimate: ZerothOrder

    kernel = "given"

    def coefficients(self):
        return ()

    def primitive(self, m):
        raise NotImplementedError

    def derivative(self, m):
        return self.estimate.mean(m).to(m.dtype)


def test_every_law_and_method_is_declared():
    assert {"LocalZO", "GatedZO", "SparseGD"} <= METHODS.keys()
    for cls in LAWS.values():
        law = cls()
        assert issubclass(cls, AbstractLaw) and cls.title and cls.equation and cls.cite and cls.__doc__
        assert ZerothOrder(law).random and len(ZerothOrder(law).coefficients()) == 4
        assert law == cls() and hash(law) == hash(cls())
