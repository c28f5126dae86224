"""Every backend against torch autograd through the neuron's own step: neuron x reset x path x derivative x odd shapes."""

import pytest
import torch

from snnviz.backends import BACKENDS, resolve
from snnviz.backends.base import Upstream
from snnviz.draws import Draw
from snnviz.methods import AtSpike, ResetPath
from snnviz.neurons import ALIF, LIF, CubaLIF, LeakyReadout
from snnviz.surrogates import FastSigmoid, Given, SingleExponential, Triangle
from tests.helpers import (
    ALL_NEURONS,
    DIFFERENTIABLE,
    REFERENCE,
    SWEPT,
    TRAINABLE,
    backward,
    close,
    coefficients,
    name,
    problem,
    rounding,
    upstream,
)

SHAPES = [(1, 1), (2, 63), (63, 257), (40, 1000)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("neuron", ALL_NEURONS, ids=name)
def test_forward_is_the_reference_bit_for_bit(backend, neuron, shape):
    for dtype in (torch.float32, torch.float64):
        x, initial = problem(neuron, *shape, dtype)
        c = coefficients(neuron)
        ours, theirs = backend.forward(neuron, c, x, initial), REFERENCE.forward(neuron, c, x, initial)
        for field in ("u", "s", "trace", "last"):
            a, b = getattr(ours, field), getattr(theirs, field)
            assert (a is None) == (b is None)
            assert a is None or torch.equal(a.cpu(), b), f"{field}, {dtype}"


@pytest.mark.parametrize("path", [*SWEPT, ResetPath.NONE], ids=lambda p: p.name)
@pytest.mark.parametrize("neuron", DIFFERENTIABLE, ids=name)
def test_backward_is_autograd(backend, neuron, path):
    """delta, initial state, coefficients, and what was recorded, for a loss on spikes, membrane and last state."""
    for dtype in (torch.float32, torch.float64):
        for shape in SHAPES[:3]:
            tolerance = rounding(neuron, dtype, shape[0])
            x, initial = problem(neuron, *shape, dtype)
            forward = REFERENCE.forward(neuron, coefficients(neuron), x, initial)
            grads = upstream(neuron, x)
            for after_reset in (False, True):
                args = (neuron, x, initial, forward, grads, AtSpike(Triangle(0.7), gain=0.8, after_reset=after_reset), path)
                ours = backward(backend, *args, parameters=True, record=True)
                theirs = backward(REFERENCE, *args, parameters=True, record=True)
                for field in ("x", "initial", "ds_du", "multiplier"):
                    close(getattr(ours, field), getattr(theirs, field), tolerance, f"{field} {dtype} {shape}")
                assert torch.equal(ours.ds_du != 0, theirs.ds_du != 0)
                if dtype is torch.float64:
                    names = list(neuron.coefficients())
                    learned = [i for i, n in enumerate(names) if n in _learnable(neuron)]
                    close(ours.coefficients[learned], theirs.coefficients[learned], tolerance, f"coefficients {shape}")


def _learnable(neuron):
    """The coefficients that some learnable parameter moves, found by asking autograd."""
    learned = {n: torch.tensor(float(getattr(neuron, n)), dtype=torch.float64, requires_grad=True) for n in neuron.learnable}
    values = neuron.coefficients(**learned)
    return {n for n, v in values.items() if isinstance(v, torch.Tensor) and v.requires_grad}


def test_given_values_equal_their_surrogate(backend):
    neuron, surrogate = ALIF(), SingleExponential(0.5)
    x, initial = problem(neuron, 30, 65)
    forward = backend.forward(neuron, coefficients(neuron), x, initial)
    args = (neuron, x, initial, forward, upstream(neuron, x))
    given = backward(backend, *args, AtSpike(Given(surrogate.derivative)))
    close(given.x, backward(backend, *args, AtSpike(surrogate)).x, 1e-6)


def test_absent_gradients_are_zeros(backend):
    neuron = CubaLIF()
    x, initial = problem(neuron, 20, 70)
    forward = backend.forward(neuron, coefficients(neuron), x, initial)
    g = torch.randn(x.shape)
    zeros = Upstream(g, torch.zeros_like(x), torch.zeros_like(initial))
    assert torch.equal(
        backward(backend, neuron, x, initial, forward, Upstream(g)).x, backward(backend, neuron, x, initial, forward, zeros).x
    )


@pytest.mark.parametrize("neuron", TRAINABLE, ids=name)
def test_a_run_can_be_continued(backend, neuron):
    """Two halves, chained through the last state forward and its gradient backward, are the whole."""
    x, initial = problem(neuron, 60, 65, torch.float64)
    c, grads = coefficients(neuron), upstream(neuron, x)
    whole = backend.forward(neuron, c, x, initial)
    first = backend.forward(neuron, c, x[:25], initial)
    second = backend.forward(neuron, c, x[25:], first.last)
    assert torch.equal(torch.cat([first.u, second.u]), whole.u)
    back2 = backward(backend, neuron, x[25:], first.last, second, Upstream(grads.s[25:], grads.u[25:], grads.last))
    back1 = backward(backend, neuron, x[:25], initial, first, Upstream(grads.s[:25], grads.u[:25], back2.initial))
    both = backward(backend, neuron, x, initial, whole, grads)
    close(torch.cat([back1.x, back2.x]), both.x, 1e-14)
    close(back1.initial, both.initial, 1e-14)


@pytest.mark.parametrize("columns", [4111, 4112])
def test_size_changes_nothing(columns, monkeypatch):
    """A layer so large that several threads share it and that its rows are stored past the caches, with rows that begin on
    a line of the memory and rows that do not, gives what one thread gives, and what the reference gives."""
    from snnviz.backends import native

    neuron = LIF()
    x, initial = problem(neuron, 256, columns)
    c, backend = coefficients(neuron), BACKENDS["native"]
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    many = backend.forward(neuron, c, x, initial)
    many_back = backward(backend, neuron, x, initial, many, upstream(neuron, x), parameters=True)
    monkeypatch.setattr(native, "SHARE", 10**12)
    one = backend.forward(neuron, c, x, initial)
    one_back = backward(backend, neuron, x, initial, one, upstream(neuron, x), parameters=True)
    assert torch.equal(many.u, one.u) and torch.equal(many_back.x, one_back.x)
    assert torch.equal(many_back.coefficients, one_back.coefficients)
    plain = BACKENDS["reference"].forward(neuron, c, x, initial)
    assert torch.equal(one.u, plain.u) and torch.equal(one.s, plain.s)
    close(one_back.x, backward(BACKENDS["reference"], neuron, x, initial, plain, upstream(neuron, x), parameters=True).x, 1e-6)


@pytest.mark.parametrize("kind", ["native", "reference"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("neuron", [*ALL_NEURONS, LeakyReadout()], ids=name)
def test_bad_numbers_are_named(kind, value, neuron):
    """Also where a lower bound, or a reset to a fixed value, lets the state forget them."""
    x, initial = problem(neuron, 10, 5)
    x[3, 2] = value
    with pytest.raises(ValueError, match=r"current holds (nan|-?inf) at step 3, column 2"):
        BACKENDS[kind].forward(neuron, coefficients(neuron), x, initial)
    x[3, 2], initial[0, 1] = 0.1, value
    with pytest.raises(ValueError, match=r"initial holds (nan|-?inf) at state 0, column 1"):
        BACKENDS[kind].forward(neuron, coefficients(neuron), x, initial)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, i: (x.half(), i), "float32 or float64, not float16"),
        (lambda x, i: (x[:, :, None], i), r"shape \[T, M\]"),
        (lambda x, i: (x[:0], i), "at least one step"),
        (lambda x, i: (x, i[:, :-1]), r"initial must have the shape \[states, M\] = \[1, 5\] \(states: v\), not \[1, 4\]"),
        (lambda x, i: (x, i.double()), "one dtype"),
        (lambda x, i: (x.to("meta"), i), "works on cpu"),
    ],
)
def test_bad_arrays_are_refused_before_a_pointer_leaves(change, message):
    neuron = LIF()
    x, initial = change(*problem(neuron, 10, 5))
    with pytest.raises((TypeError, ValueError), match=message):
        BACKENDS["native"].forward(neuron, coefficients(neuron), x, initial)


def test_backends_report_and_resolve():
    from snnviz.backends import report

    reports = {r.name: r for r in report()}
    assert reports["reference"].usable and reports["native"].usable
    assert reports["cuda"].usable or reports["cuda"].reason.endswith(".")
    with pytest.raises(ValueError, match="choose one of native, cuda, reference"):
        resolve("gpu")


def test_without_a_compiler_native_says_so(monkeypatch):
    import importlib.util
    import shutil

    from snnviz.backends import source

    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda *a, **k: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda *a, **k: None)
    source.compiler.cache_clear()
    try:
        assert "no C++ compiler" in BACKENDS["native"].unusable()
        assert resolve(None).name == "reference"
        with pytest.raises(RuntimeError, match="no C\\+\\+ compiler"):
            resolve("native")
    finally:
        source.compiler.cache_clear()


def test_a_window_and_a_gain_act_alike_everywhere(backend):
    neuron = LIF()
    x, initial = problem(neuron, 30, 65)
    forward = backend.forward(neuron, coefficients(neuron), x, initial)
    out = backward(
        backend,
        neuron,
        x,
        initial,
        forward,
        upstream(neuron, x),
        AtSpike(FastSigmoid(), gain=3.0, window=0.25),
        draw=Draw(),
        record=True,
    )
    margin = (forward.u - neuron.theta).abs()
    assert torch.equal(out.ds_du != 0, margin < 0.25)
    close(out.ds_du[margin < 0.25], 3 * FastSigmoid().derivative(margin[margin < 0.25]), 1e-6)
