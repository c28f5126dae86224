"""The surrogates against their primitives: nothing here repeats a formula."""

import dataclasses

import pytest
import torch

from snnviz.backends import BACKENDS
from snnviz.draws import Draw
from snnviz.laws import LAWS
from snnviz.methods import AtSpike
from snnviz.neurons import LIF
from snnviz.params import params
from snnviz.surrogates import SURROGATES, Given
from snnviz.zeroth_order import ZerothOrder
from tests.helpers import REFERENCE, backward, close, coefficients, problem, upstream

EACH = pytest.mark.parametrize("cls", SURROGATES.values(), ids=lambda c: c.__name__)
AREA = {"FastSigmoid": 0.2, "MultiGaussian": 0.85, "SingleExponential": 2.0}


@EACH
def test_the_derivative_is_that_of_the_primitive(cls):
    """At the default values, and with each of them changed: a width of 1 divides by nothing."""
    h, m = 1e-6, torch.linspace(-1.9, 1.9, 397, dtype=torch.float64)  # between the corners of the piecewise ones
    for changed in ({}, *({field.name: 0.7 * getattr(cls(), field.name)} for field in dataclasses.fields(cls))):
        s = cls(**changed)
        central = (s.primitive(m + h) - s.primitive(m - h)) / (2 * h)
        torch.testing.assert_close(s.derivative(m), central, rtol=1e-5, atol=1e-7)


@EACH
def test_it_is_even_and_peaks_at_the_threshold(cls):
    s, m = cls(), torch.linspace(0, 3, 301, dtype=torch.float64)
    torch.testing.assert_close(s.derivative(m), s.derivative(-m), rtol=0, atol=0)
    assert (s.derivative(m) <= s.derivative(torch.zeros(1, dtype=torch.float64))).all()


@EACH
def test_its_area_is_what_its_docstring_says(cls):
    s = cls()
    far = torch.tensor([-1e6, 1e6], dtype=torch.float64)
    area = (s.primitive(far)[1] - s.primitive(far)[0]).item()
    assert area == pytest.approx(AREA.get(cls.__name__, 1.0), rel=1e-5)
    m = torch.linspace(-400, 400, 8_000_001, dtype=torch.float64)
    assert torch.trapezoid(s.derivative(m), m).item() == pytest.approx(area, rel=5e-3)


@EACH
def test_it_stays_finite_far_away(cls):
    m = torch.tensor([-1e30, -1e4, 0.0, 1e4, 1e30])
    assert torch.isfinite(cls().derivative(m)).all()


def test_given_refuses_a_wrong_shape():
    with pytest.raises(ValueError, match="margins' shape"):
        Given(lambda m: m[0]).ds_du(torch.zeros(3, 4), None)


def odd(value):
    """The same with every number moved to one that no 32 bits hold."""
    return dataclasses.replace(value, **{n: getattr(value, n) * 0.7 for n in params(value) if isinstance(getattr(value, n), float)})


ODD = [odd(cls()) for cls in SURROGATES.values()] + [ZerothOrder(odd(cls()), 0.3, 3) for cls in LAWS.values()]


@pytest.mark.parametrize("derivative", ODD, ids=repr)
def test_float64_is_float64(derivative):
    """Kernel and torch agree to rounding of 64 bits: no coefficient, no value passes through 32 on either side."""
    neuron, at_spike = LIF(), AtSpike(derivative)
    x, initial = problem(neuron, 30, 6, torch.float64)
    forward = REFERENCE.forward(neuron, coefficients(neuron), x, initial)
    ours, theirs = (
        backward(one, neuron, x, initial, forward, upstream(neuron, x), at_spike, draw=Draw(3), record=True)
        for one in (BACKENDS["native"], REFERENCE)
    )
    close(ours.ds_du, theirs.ds_du, 2e-15, "ds_du")
    close(ours.x, theirs.x, 1e-14, "delta")
    assert at_spike.ds_du(forward.u - 1, Draw(3)).dtype == torch.float64
