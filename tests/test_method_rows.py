"""Every method as the pages list and make it: what stands at the spike and along time, by a recursion in numpy."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from snnviz import Experiment, Noise, differentiate
from snnviz.laws import UniformLaw
from snnviz.methods import (
    BPTT,
    METHODS,
    OSTL,
    OTTT,
    SLTT,
    Decolle,
    EProp,
    EventProp,
    Exodus,
    GatedZO,
    LocalZO,
    ResetPath,
    Slayer,
    SparseGD,
    SurrogateModules,
)
from snnviz.neurons import LIF, Reset
from snnviz.surrogates import Dspike, FastSigmoid, Gaussian, SingleExponential, Triangle
from snnviz.ui.methods import CHOICES, FOR_A_NETWORK, FOR_A_NEURON, hue

KEPT, CUT, IGNORED, NONE = ResetPath.KEPT, ResetPath.CUT, ResetPath.IGNORED, ResetPath.NONE
# By the name on the pages: the method with other settings than the default ones, and what becomes of its reset.
ROWS = {
    "kept": [(BPTT(Triangle(0.8)), KEPT)],
    "cut": [(BPTT(Triangle(0.8), keep_reset=False), CUT)],
    "slayer": [(Slayer(SingleExponential(0.5), scale=0.3), IGNORED), (Slayer(Triangle(0.8), after_reset=True), IGNORED)],
    "exodus": [(Exodus(FastSigmoid(4.0)), KEPT)],
    "localzo": [(LocalZO(delta=0.3), CUT), (LocalZO(UniformLaw(), 0.3, draws=4, keep_reset=True), KEPT)],
    "gated": [(GatedZO(Gaussian(0.3), peak=0.6), CUT), (GatedZO(Gaussian(0.3), peak=0.6, keep_reset=True), KEPT)],
    "sparse": [(SparseGD(FastSigmoid(4.0), band=0.4), CUT)],
    "modules": [(SurrogateModules(Dspike(2.0)), KEPT), (SurrogateModules(Dspike(2.0), keep_reset=False), CUT)],
    "sltt": [(SLTT(Triangle(0.8)), NONE)],
    "ottt": [(OTTT(Triangle(0.8)), IGNORED)],
    "ostl": [(OSTL(Triangle(0.8)), KEPT)],
    "eprop": [(EProp(Triangle(0.8)), CUT), (EProp(Triangle(0.8), keep_reset=True), KEPT)],
    "decolle": [(Decolle(Triangle(0.8)), IGNORED)],
    "eventprop": [(EventProp(), ResetPath.TIMED)],
}


def script():
    import streamlit as st

    from snnviz.ui import address, methods

    address.begin("page", st.empty())
    picked = methods.names(methods.FOR_A_NETWORK, list(methods.CHOICES))
    st.session_state["made"] = dict(zip(picked, methods.settings(picked, layers=3), strict=True))
    address.end()


def test_the_pages_list_every_method():
    at = AppTest.from_function(script, default_timeout=30).run()
    assert not at.exception and not at.warning
    made = at.session_state["made"]
    assert {type(method) for method in made.values()} == set(METHODS.values())
    assert list(made) == list(CHOICES) == list(FOR_A_NETWORK) == list(ROWS)
    assert list(FOR_A_NEURON) == [name for name, method in made.items() if not method.needs_layers]
    assert len({hue(method) for method in made.values()}) == len(made)
    for name, method in made.items():
        (settings, path), *_ = ROWS[name]
        assert type(method) is type(settings) and method.reset_path is path
        if hasattr(method, "surrogate") and name != "gated":
            assert method.surrogate == SingleExponential()
    assert made["modules"].after == (2,)


@pytest.mark.parametrize("reset", [Reset.SUBTRACT, Reset.ZERO])
@pytest.mark.parametrize(("method", "path"), [row for name, rows in ROWS.items() if name != "eventprop" for row in rows], ids=str)
def test_a_method_is_its_row(method, path, reset):
    """delta[t] = g[t] ds_du[t] + beta (dv/du)[t] delta[t+1] with the method's ds_du and its reset path."""
    neuron = LIF(tau_mem=10.0, theta=0.9, reset_mode=reset)
    layer = differentiate(Experiment(neuron, Noise(0.2, 0.4), steps=90, neurons=20, seed=3), method).layers[0]
    u, s, slope, g, theta, beta = layer.u, layer.spikes, layer.ds_du, layer.grad_spikes, 0.9, math.exp(-1 / 10)
    through, mask = path is KEPT, path is not IGNORED
    dv_du = (1 - mask * s - through * u * slope) if reset is Reset.ZERO else 1 - through * theta * slope
    delta, expected = np.zeros_like(u[0]), np.zeros_like(u)
    for t in reversed(range(len(u))):
        expected[t] = delta = g[t] * slope[t] + (path is not NONE) * beta * dv_du[t] * delta
    np.testing.assert_allclose(layer.delta, expected, rtol=1e-10, atol=1e-12)
    margin = (layer.v if getattr(method, "after_reset", False) else u) - theta
    if isinstance(method, LocalZO):  # as often not 0, and on the average as large, as its law says; 5 standard errors
        m = torch.from_numpy(np.array(margin))
        p = method.law.activity(m, method.delta, method.draws).numpy()
        assert abs((slope > 0).mean() - p.mean()) < 5 * math.sqrt((p * (1 - p)).sum()) / p.size
        mean, variance = (
            f(m, method.delta, *more).numpy()
            for f, more in ((method.law.expected_surrogate, ()), (method.law.variance, (method.draws,)))
        )
        assert abs(slope.mean() - mean.mean()) < 5 * math.sqrt(variance.sum()) / p.size
        if method.draws == 1:  # |z| / (2 delta) where |margin| < |z| delta
            assert (np.abs(margin) < 2 * method.delta**2 * slope)[slope > 0].all()
    elif isinstance(method, GatedZO):
        assert np.unique(slope) == pytest.approx([0, 1 / method.gate])
    else:
        surrogate = method.surrogate.derivative(torch.from_numpy(np.array(margin))).numpy()
        inside = np.abs(margin) < getattr(method, "band", math.inf)
        np.testing.assert_allclose(slope, getattr(method, "scale", 1.0) * surrogate * inside, rtol=1e-10, atol=1e-14)
        assert inside.any() and (inside.all() or "band" in {f.name for f in dataclasses.fields(method)})
