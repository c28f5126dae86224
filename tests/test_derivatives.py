"""The one table of derivatives, SNN_DERIVATIVES: every entry by name, by reach, dense on every backend, and sparse."""

import dataclasses
import json
import math
import operator

import pytest
import torch

import snnviz
from snnviz import draws, sparse
from snnviz.backends import BACKENDS, source
from snnviz.backends.base import Upstream
from snnviz.draws import SMALLEST, Draw
from snnviz.formulas import exp, formulas, log, sqrt, tanh
from snnviz.laws import LAWS, AbstractLaw
from snnviz.methods import AtSpike, ResetPath
from snnviz.neurons import LIF
from snnviz.surrogates import SURROGATES
from snnviz.zeroth_order import ZerothOrder
from tests.helpers import REFERENCE, TRAINABLE, Chosen, backward, close, coefficients, name, problem, rounding, upstream

DERIVATIVES = [cls() for cls in SURROGATES.values()] + [ZerothOrder(cls()) for cls in LAWS.values()]


def unlike_1(derivative):
    """The same with each of its numbers changed: a width of 1 that is forgotten would not be missed."""
    floats = {f.name: getattr(derivative, f.name) for f in dataclasses.fields(derivative)}
    return dataclasses.replace(derivative, **{n: 0.7 * v for n, v in floats.items() if isinstance(v, float)})


EACH = pytest.mark.parametrize("derivative", [unlike_1(derivative) for derivative in DERIVATIVES], ids=name)


def test_the_table_and_python_name_the_same():
    """SURROGATES and LAWS name every entry, each its own functor, and nothing else; a law without a closed form is tabled."""
    functors = {cls.kernel: f"Surrogate<{key}>" for key, cls in SURROGATES.items()}
    for key, law in LAWS.items():
        closed = law.kernel != AbstractLaw.kernel
        functors[law.kernel] = f"ZerothOrder<{key.removesuffix('Law') if closed else 'Tabled'}>"
    assert source.derivatives() == functors
    assert all(getattr(snnviz, key) is cls for key, cls in {**SURROGATES, **LAWS}.items())


def variations():
    """Every derivative as it is, and with each of its numbers changed: a reach that forgets one of them is wrong."""
    for derivative in DERIVATIVES:
        yield derivative
        for field in dataclasses.fields(derivative):
            value = getattr(derivative, field.name)
            if isinstance(value, float):
                yield dataclasses.replace(derivative, **{field.name: 0.7 * value})
    yield ZerothOrder(draws=3)


@pytest.mark.parametrize("derivative", list(variations()), ids=name)
def test_it_ends_at_its_reach(derivative, monkeypatch):
    """With the luckiest of all draws, the word 0: ds_du is exactly 0 beyond the reach, on both sides, and not 0 just below.
    Where nothing ends, ds_du is not 0 at ten times the distance at which it has halved."""
    monkeypatch.setattr(draws, "philox", lambda key, counter: (torch.zeros_like(counter[0]),) * 4)

    def at(margins):
        return derivative.ds_du(torch.tensor(margins, dtype=torch.float64)[None], Draw())[0]

    reach = derivative.reach
    if reach == math.inf:
        near = torch.logspace(-3, 2, 501).tolist()
        half = near[int((at(near) > at([0.0]) / 2).sum())]
        assert at([-10 * half, 10 * half]).all()
    else:
        assert not at([side * far * reach for side in (-1, 1) for far in (1 + 1e-9, 1.001, 1.5, 10.0, 1e6)]).any()
        assert at([side * close * reach for side in (-1, 1) for close in (0.9, 0.999)]).all()
    assert AtSpike(derivative, window=0.01).reach == 0.01 and AtSpike(derivative).reach == reach


@pytest.mark.parametrize("law", [cls() for cls in LAWS.values()], ids=name)
def test_no_draw_is_larger_than_the_largest(law):
    """Over the 2^16 smallest draws and as many of all. Its probability, from the law itself, is that of the smallest draw."""
    like = torch.zeros(1, dtype=torch.float64)
    for cells in (torch.arange(1 << 16), torch.arange(0, 1 << 23, 1 << 7)):
        assert law.quantile((cells.float() + 0.5) * 2.0**-23, like).max() <= law.largest
    assert law.survival(law.largest * (1 + 1e-4)) <= SMALLEST <= law.survival(law.largest * (1 - 1e-4))


def evaluate(formula, fields):
    """`evaluate` of assets/scope/coefficients.js, in Python."""
    if not isinstance(formula, list):
        return fields[formula] if isinstance(formula, str) else formula
    symbol, *arguments = formula
    operations = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
    return operations.get(symbol, getattr(math, symbol, None))(*(evaluate(part, fields) for part in arguments))


@pytest.mark.parametrize("derivative", list(variations()), ids=name)
def test_a_page_can_evaluate_the_coefficients(derivative):
    """The formulas that travel to the browser give the numbers that the kernel gets here, to the last bit."""
    fields = {field.name: getattr(derivative, field.name) for field in dataclasses.fields(derivative)}
    law = {"law": fields.pop("law")} if "law" in fields else {}
    traced = json.loads(json.dumps(formulas(type(derivative), "coefficients", **law)))
    assert tuple(evaluate(formula, fields) for formula in traced) == derivative.coefficients()


def test_formulas_know_every_operator_on_either_side():
    @dataclasses.dataclass
    class Value:
        a: float = 0.7

        def numbers(self):
            a = self.a
            return a + 1, 1 + a, a - 1, 1 - a, a * 2, 2 * a, a / 3, 3 / a, a**2, 2**a, -a, exp(a), log(a), sqrt(a), tanh(a), 4

    assert [evaluate(f, {"a": 0.7}) for f in formulas(Value, "numbers")] == list(Value().numbers())


@EACH
@pytest.mark.parametrize("neuron", TRAINABLE, ids=name)
def test_dense_is_the_reference(backend, neuron, derivative):
    for dtype in (torch.float32, torch.float64):
        tolerance = rounding(neuron, dtype, 50)
        x, initial = problem(neuron, 50, 129, dtype)
        forward = REFERENCE.forward(neuron, coefficients(neuron), x, initial)
        for window in (math.inf, 0.3):
            args = (neuron, x, initial, forward, upstream(neuron, x), AtSpike(derivative, window=window))
            ours, theirs = (backward(b, *args, draw=Draw(5, 1), record=True) for b in (backend, REFERENCE))
            close(ours.ds_du, theirs.ds_du, tolerance, "ds_du")
            close(ours.x, theirs.x, tolerance, "delta")


@EACH
def test_sparse_is_the_reference_then_masked(derivative):
    """Autograd of the whole layer with ds_du everywhere, masked by the window: the sparse pass has the same active set, values
    and gradients, with the derivative's own reach and with a window. Margins lie close to both sides of every bound; the
    first column is silent, so that its margin is exactly -1, where Dspike ends. In float32 the values are the dense kernel's.
    """
    generator = torch.Generator().manual_seed(11)
    neuron, draw, (steps, batch, inputs, columns) = LIF(), Draw(3, 1), (20, 3, 30, 140)
    x = (torch.rand(steps, batch, inputs, generator=generator) < 0.2).double()
    scales = torch.logspace(-0.5, 2, columns)
    weights = (torch.randn(inputs, columns, generator=generator) * scales * 512).round() / 512  # exact sums, in any order
    weights[:, 0] = 0
    grad = torch.randn(steps, batch, columns, generator=generator).double()
    for dtype in (torch.float32, torch.float64):
        x, weights, grad = x.to(dtype), weights.to(dtype), grad.to(dtype)
        current, initial = (x @ weights).flatten(1), torch.zeros(1, batch * columns, dtype=dtype)
        c = coefficients(neuron)
        forward = REFERENCE.forward(neuron, c, current, initial)
        margins = (forward.u - neuron.theta).abs().reshape(grad.shape)
        for window in (1e9, 0.4):
            bound = min(derivative.reach, window)
            assert bound == 1e9 or (((0.95 * bound < margins) & (margins < bound)).any() and (margins > bound).any())
            oracle = REFERENCE if dtype == torch.float64 else BACKENDS["native"]
            at = AtSpike(derivative, window=window)
            dense = backward(
                oracle, neuron, current, initial, forward, Upstream(grad.flatten(1)), at, ResetPath.CUT, draw=draw, record=True
            )
            leaf = weights.clone().requires_grad_()
            out = sparse.spiking(sparse.pack(x), leaf, None, neuron, Chosen(at), draw)
            (out.spikes.dense() * grad).sum().backward()
            ds_du, active = dense.ds_du.reshape(grad.shape), out.active.dense()
            assert torch.equal(active != 0, ds_du != 0) and active.any() and not active[margins >= window].any()
            by_weights = x.flatten(0, 1).T @ dense.x.reshape(-1, columns)
            if dtype == torch.float32:
                assert torch.equal(active, ds_du)
            else:
                close(active, ds_du, 1e-12, "ds_du")
                close(leaf.grad, by_weights, 1e-12, "dL/dW")
