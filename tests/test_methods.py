"""The methods' identities, and the mathematics' own test vectors: six steps, one neuron, theta = 1, beta = 1/2."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from snnviz import Experiment, compare_gradients
from snnviz.backends import BACKENDS
from snnviz.backends.base import Upstream
from snnviz.draws import Draw
from snnviz.methods import BPTT, METHODS, AtSpike, Exodus, ResetPath, Slayer
from snnviz.neurons import ALIF, LIF, CubaLIF, Reset
from snnviz.stimuli import Noise
from snnviz.studies.growth import depth_experiment, sweep
from snnviz.surrogates import Given, SingleExponential, Triangle
from tests.helpers import TRAINABLE, backward, close, coefficients, problem, suited

HALF = 1 / math.log(2)  # tau of beta = 1/2, in steps
CURRENT = [0.5, 1, 0.5, 0.25, 1.5, 0.25]
GRAD = [1, -1, 0.5, 0, 2, -0.5]
EXACT = {torch.float32: 1e-6, torch.float64: 1e-12}


def run(neuron, derivative, path, current=CURRENT, dtype=torch.float64, backend="native"):
    """Forward and backward of the six steps: the two passes."""
    column = torch.tensor(current, dtype=dtype)[:, None]
    initial = torch.zeros(len(neuron.states), 1, dtype=dtype)
    c = coefficients(neuron)
    for i, what in enumerate(neuron.coefficients()):
        c[i] = {"beta": 0.5, "alpha": 0.5, "rho": 0.75}.get(what, c[i])  # exactly: exp(-ln 2) rounds
    forward = BACKENDS[backend].forward(neuron, c, column, initial)
    grads = Upstream(torch.tensor(GRAD, dtype=dtype)[:, None])
    return forward, BACKENDS[backend].backward(
        neuron, c, AtSpike(derivative), path, Draw(), column, initial, forward, grads, parameters=True, record=True
    )


def vector(values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


KEPT, CUT, IGNORED = ResetPath.KEPT, ResetPath.CUT, ResetPath.IGNORED
ONE_SIDED = Given(lambda m: (m >= -0.5).to(m.dtype))
VECTORS = {
    "TV1 kept": (
        LIF(HALF),
        Triangle(1.0),
        (KEPT,),
        CURRENT,
        dict(
            u=[0.5, 1.25, 0.625, 0.5625, 1.78125, 0.640625],
            s=[0, 1, 0, 0, 1, 0],
            multiplier=[0.25, 0.125, 0.1875, 0.21875, 0.390625, 0.1796875],
            x=[0.3226660117506981, -0.7093359529972076, 0.32531237602233887, 0.06833267211914062, 0.3123779296875, -0.3203125],
            initial=0.16133300587534904,
            beta=-0.30516351759433746,
            theta=-0.16335321217775345,
        ),
    ),
    "TV1 cut": (
        LIF(HALF),
        Triangle(1.0),
        (CUT, IGNORED),
        CURRENT,
        dict(
            x=[0.220458984375, -0.55908203125, 0.3818359375, 0.138671875, 0.27734375, -0.3203125],
            initial=0.1102294921875,
            beta=-0.191650390625,
            theta=-0.21044921875,
        ),
    ),
    "TV2 kept": (
        LIF(HALF),
        SingleExponential(1.0),
        (KEPT,),
        CURRENT,
        dict(
            x=[
                0.46128573198747513,
                -0.7382782486639496,
                0.36638949242335,
                0.1454689685081847,
                0.8210433953710246,
                -0.3490562550340629,
            ],
            initial=0.23064286599373757,
            beta=0.0025130647423177166,
            theta=-0.5927360269843921,
        ),
    ),
    "TV2 cut": (
        LIF(HALF),
        SingleExponential(1.0),
        (CUT, IGNORED),
        CURRENT,
        dict(
            x=[
                0.3493625902774398,
                -0.5143361388703872,
                0.5289292884020353,
                0.37056929801309857,
                0.7411385960261971,
                -0.3490562550340629,
            ],
            initial=0.1746812951387199,
            beta=0.2508603249428761,
            theta=-0.8279215012298665,
        ),
    ),
    "TV3 kept": (
        LIF(HALF, reset_mode=Reset.ZERO),
        Triangle(1.0),
        (KEPT,),
        CURRENT,
        dict(
            u=[0.5, 1.25, 0.5, 0.5, 1.75, 0.25],
            multiplier=[0.375, -0.46875, 0.375, 0.375, -0.21875, 0.46875],
            x=[0.16176915168762207, -0.9019489288330078, 0.32415771484375, 0.19775390625, 0.52734375, -0.125],
            beta=-0.0884256362915039,
            theta=-0.27250123023986816,
        ),
    ),
    "TV3 cut": (
        LIF(HALF, reset_mode=Reset.ZERO),
        Triangle(1.0),
        (CUT,),
        CURRENT,
        dict(x=[0.125, -0.75, 0.375, 0.25, 0.5, -0.125], beta=0.0, theta=-0.375),
    ),
    "TV3 left out": (
        LIF(HALF, reset_mode=Reset.ZERO),
        Triangle(1.0),
        (IGNORED,),
        CURRENT,
        dict(x=[0.21484375, -0.5703125, 0.359375, 0.21875, 0.4375, -0.125]),
    ),
    "TV4 kept": (
        LIF(HALF, max_spikes=1000),
        ONE_SIDED,
        (KEPT,),
        [2.5, 0.25, -0.5, 1.25, 0.75, 0.5],
        dict(
            u=[2.5, 0.5, -0.25, 1.125, 0.8125, 0.90625],
            s=[2, 0, 0, 1, 0, 0],
            x=[1, -1, 0, 0, 2, -0.5],
            initial=0.5,
            beta=-0.65625,
            theta=-1.25,
        ),
    ),
    "TV4 cut": (
        LIF(HALF, max_spikes=1000),
        ONE_SIDED,
        (CUT, IGNORED),
        [2.5, 0.25, -0.5, 1.25, 0.75, 0.5],
        dict(x=[0.609375, -0.78125, 0.4375, 0.875, 1.75, -0.5], initial=0.3046875, beta=-0.578125, theta=-1.59375),
    ),
    "TV5": (
        LIF(HALF, v_min=-0.25),
        Triangle(1.0),
        (KEPT,),
        [-0.5, -0.25, 1.5, -1.5, 0.75, 0.75],
        dict(
            u=[-0.25, -0.25, 1.375, -0.25, 0.625, 1.0625],
            x=[0, 0, 0.3125, 0, 1.162109375, -0.46875],
            initial=0.0,
            beta=-0.66162109375,
            theta=-1.240234375,
        ),
    ),
    "TV6 kept": (
        CubaLIF(HALF, HALF),
        Triangle(1.0),
        (KEPT,),
        CURRENT,
        dict(
            trace=[0.5, 1.25, 1.125, 0.8125, 1.90625, 1.203125],
            u=[0.5, 1.5, 1.375, 1, 1.90625, 1.65625],
            s=[0, 1, 1, 1, 1, 1],
            x=[0.2631988525390625, -0.262664794921875, 0.31842041015625, 0.0118408203125, 0.023681640625, -0.171875],
        ),
    ),
    "TV6 cut": (
        CubaLIF(HALF, HALF),
        Triangle(1.0),
        (CUT, IGNORED),
        CURRENT,
        dict(x=[0.2607421875, -0.1474609375, 0.3671875, 0.05859375, 0.015625, -0.171875]),
    ),
    "TV7": (
        ALIF(HALF, 1 / math.log(4 / 3), kappa=0.5),
        Triangle(1.0),
        (KEPT,),
        CURRENT,
        dict(
            u=[0.5, 1.25, 0.625, 0.5625, 1.78125, 0.60546875],
            s=[0, 1, 0, 0, 1, 0],
            x=[
                0.34642295484548935,
                -0.7446764289529568,
                0.2657920039896453,
                0.10414899986062665,
                0.5120029151439667,
                -0.2138671875,
            ],
        ),
    ),
}


@pytest.mark.parametrize("backend", ["reference", "native"])
@pytest.mark.parametrize("case", VECTORS)
def test_vectors(case, backend):
    neuron, derivative, paths, current, expected = VECTORS[case]
    for path in paths:
        for dtype, tolerance in EXACT.items():
            forward, back = run(neuron, derivative, path, current, dtype, backend)
            got = {"u": forward.u, "s": forward.s, "trace": forward.trace, "x": back.x, "multiplier": back.multiplier}
            for key, column in got.items():
                if key in expected:
                    torch.testing.assert_close(column[:, 0], vector(expected[key], dtype), rtol=tolerance, atol=tolerance)
            names = list(neuron.coefficients())
            c = back.coefficients
            # theta is threshold and reset amount at once: its gradient is the sum of both coefficients'
            theta = c[names.index("theta")] + (
                c[names.index("amount")] if "amount" in neuron.kernel_gradients and neuron.reset_mode is Reset.SUBTRACT else 0
            )
            for key, value in {"initial": back.initial[0, 0], "beta": c[0], "theta": theta}.items():
                if key in expected:
                    assert value.item() == pytest.approx(expected[key], rel=tolerance, abs=tolerance), (key, path)


def test_the_adaptation_of_tv7():
    """dL/db[0] is the first of the vector's mu_b times rho plus what the threshold at step 0 adds: here mu_b itself."""
    _, back = run(ALIF(HALF, 1 / math.log(4 / 3), kappa=0.5), Triangle(1.0), KEPT)
    assert back.initial[1, 0].item() == pytest.approx(-0.16382821215861254, rel=1e-12)


def test_exodus_is_the_implicit_function_theorem():
    """EXODUS against the dense linear system (I - D N^T) e = D g, gI = E^T e, with no recursion at all."""
    neuron, surrogate, steps = LIF(10.0), SingleExponential(0.8), 60
    x, initial = problem(neuron, steps, 16, torch.float64)
    initial.zero_()
    g = torch.randn(x.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    c, native = coefficients(neuron), BACKENDS["native"]
    forward = native.forward(neuron, c, x, initial)
    method = Exodus(surrogate)
    got = native.backward(neuron, c, method.at_spike, method.reset_path, Draw(), x, initial, forward, Upstream(g)).x
    lag = np.arange(steps)[:, None] - np.arange(steps)[None]
    beta = c[0].item()
    e_kernel = np.where(lag >= 0, beta ** np.clip(lag, 0, None), 0.0)
    n_kernel = np.where(lag > 0, -(beta ** np.clip(lag, 0, None)), 0.0)
    for column in range(x.shape[1]):
        d = np.diag(surrogate.derivative(forward.u[:, column] - 1).numpy())
        e = np.linalg.solve(np.eye(steps) - d @ n_kernel.T, d @ g[:, column].numpy())
        np.testing.assert_allclose(got[:, column].numpy(), e_kernel.T @ e, rtol=1e-10, atol=1e-12)


def test_exodus_is_bptt_with_the_reset_kept_and_slayer_is_the_cut_one():
    experiment = Experiment(LIF(), Noise(0.1, 0.4), steps=300, neurons=20)
    methods = [BPTT(), BPTT(keep_reset=False), Slayer(), Exodus()]
    delta = {m: r.layers[0].delta for m, r in compare_gradients(experiment, methods, autograd=True).runs.items()}
    full, cut, slayer, exodus = delta.values()
    assert np.abs(exodus - full).max() <= 1e-12 * np.abs(full).max()
    assert np.abs(slayer - cut).max() <= 1e-12 * np.abs(cut).max()
    assert np.abs(slayer - exodus).max() > 0.1 * np.abs(exodus).max()


def test_slayer_differs_from_the_cut_path_with_reset_to_zero():
    experiment = Experiment(LIF(reset_mode=Reset.ZERO), Noise(0.1, 0.4), steps=300, neurons=20)
    rows = compare_gradients(experiment, [BPTT(keep_reset=False), Slayer()]).rows
    assert rows[1].largest_difference > 0.1


def test_slayer_is_linear_in_its_scale_to_the_power_of_the_layers_above():
    """dL/dW_l grows like k^(spiking layers above and at it); its direction stays."""
    rows = compare_gradients(depth_experiment(3, steps=60, batch=4), [Slayer(), Slayer(scale=0.1)], dtype=torch.float64).rows
    ones, tenths = rows[:4], rows[4:]
    for power, one, tenth in zip((3, 2, 1, 0), ones, tenths, strict=True):
        assert tenth.norm / one.norm == pytest.approx(0.1**power, rel=1e-9)
        assert tenth.cosine == pytest.approx(1, abs=1e-12)


def test_slayer_explodes_with_depth_and_exodus_does_not():
    """The depth table: SLAYER's |dL/dW_1| / |dL/dW_out| grows by orders of magnitude a layer, EXODUS's stays under 1."""
    depths = (1, 2, 4, 6, 10)
    points = list(sweep([(d, depth_experiment(d), [Slayer(), Exodus()]) for d in depths]))
    slayer = [p.ratio[Slayer()] for p in points]
    assert all(later > 10 * earlier for earlier, later in itertools.pairwise(slayer)), slayer
    assert slayer[0] > 10 and slayer[-1] > 1e12
    assert all(p.ratio[Exodus()] < 1 for p in points)


def test_exodus_has_a_limit_too():
    """Where ds_du exceeds 1 + 1/beta the exact multiplier leaves [-1, 1], and the exact gradient explodes along time."""
    steep = SingleExponential(0.1)
    experiment = Experiment(LIF(20.0), Noise(0.12, 0.25), steps=400, neurons=64)
    exodus, slayer = compare_gradients(experiment, [Exodus(steep), Slayer(steep)]).runs.values()
    assert np.abs(exodus.layers[0].multiplier).max() > 1
    assert np.abs(exodus.layers[0].delta).max() > 1e6 * np.abs(slayer.layers[0].delta).max()


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.__name__)
@pytest.mark.parametrize("current", [-5.0, 0.0, 50.0], ids=["inhibited", "silent", "always firing"])
def test_every_method_is_finite_on_silence_and_on_fire(method, current):
    for neuron in (*TRAINABLE, LIF(reset_mode=Reset.ZERO)):
        experiment = Experiment(suited(method(), neuron), Noise(current, 0.0), steps=50, neurons=3)
        for run in compare_gradients(experiment, [method()]).runs.values():
            assert np.isfinite(run.layers[0].delta).all()


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.__name__)
def test_every_method_says_what_it_is(method):
    value = method()
    assert value.title and value.equation and value.cite and value.label
    assert value == method() and hash(value) == hash(method())


@pytest.mark.parametrize("reset", Reset)
def test_a_cut_reset_leaves_the_adaptation_in_the_gradient(backend, reset):
    """BPTT with the reset cut is autograd in which the spike is detached in the membrane's reset, and nowhere else: what the
    spike adds to the threshold stays."""
    neuron, surrogate = ALIF(10.0, 30.0, kappa=3.0, reset_mode=reset), Triangle(0.8)
    current, initial = problem(neuron, 40, 5, torch.float64, mean=0.3)
    c = SimpleNamespace(**dict(zip(neuron.coefficients(), coefficients(neuron), strict=True)))
    x, (v, b), spikes = current.clone().requires_grad_(), initial, []
    for x_t in x:
        u, theta = c.beta * v + x_t, c.theta + c.kappa * b
        slope = surrogate.derivative((u - theta).detach())
        s = (u >= theta).double() + slope * ((u - theta) - (u - theta).detach())
        v = u * (1 - s.detach()) if reset is Reset.ZERO else u - c.amount * theta * s.detach()
        b = c.rho * b + (1 - c.rho) * s
        spikes.append(s)
    grad = torch.randn(current.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (torch.stack(spikes) * grad).sum().backward()
    out = backend.forward(neuron, coefficients(neuron), current, initial)
    cut = backward(backend, neuron, current, initial, out, Upstream(grad), AtSpike(surrogate), BPTT(keep_reset=False).reset_path)
    slayer = backward(backend, neuron, current, initial, out, Upstream(grad), AtSpike(surrogate), Slayer().reset_path)
    assert out.s.sum() > 10
    close(cut.x, x.grad, 1e-12)
    assert (slayer.x - x.grad).norm() > 0.05 * x.grad.norm()
