"""Figures by their structure: traces, data, titles, units, template; for one step, one neuron, silence and fire."""

import importlib
import pkgutil

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import snnviz.figures
from snnviz import (
    ALIF,
    BPTT,
    LIF,
    CubaLIF,
    Exodus,
    Experiment,
    FeedForward,
    Izhikevich,
    Noise,
    Slayer,
    Step,
    compare_gradients,
    simulate,
)
from snnviz.figures import (
    gradient_traces,
    growth,
    heat_map,
    intervals,
    layer_values,
    phase_plane,
    raster,
    rate_curve,
    theme,
    traces,
    weight_scatter,
)
from snnviz.neurons import LeakyReadout

HUES = {"BPTT, reset kept": "bptt", "SLAYER": "slayer", "EXODUS": "exodus"}


def check(fig: go.Figure, dark: bool = False) -> go.Figure:
    """What every figure must have."""
    assert fig.layout.meta["alt"] and fig.layout.height and fig.layout.uirevision
    assert fig.layout.template.layout.paper_bgcolor == theme.colours(dark).paper
    assert fig.to_json()
    return fig


neurons = st.sampled_from([LIF(), CubaLIF(), ALIF(), LeakyReadout(), Izhikevich()])


@settings(max_examples=40, deadline=None)
@given(neuron=neurons, steps=st.integers(1, 40), many=st.integers(1, 4), current=st.sampled_from([-1.0, 0.0, 0.3, 50.0]),
       dark=st.booleans())
def test_run_figures_stand_any_run(neuron, steps, many, current, dark):
    layer = simulate(Experiment(neuron, Noise(current, 0.0), steps, neurons=many)).layers[0]
    fig = check(traces.traces(layer, many - 1, layer, dark), dark)
    named = {t.name for t in fig.data}
    assert "membrane, before and after reset" in named and ("threshold" in named) == neuron.fires
    assert fig.layout.xaxis.range[1] == pytest.approx(steps * neuron.dt)
    check(raster.raster(layer, dark=dark), dark)
    check(intervals.intervals(layer, dark=dark), dark)
    if isinstance(neuron, Izhikevich):
        check(phase_plane.phase_plane(layer, 0, dark), dark)


def test_the_membrane_is_drawn_before_and_after_reset():
    layer = simulate(Experiment(LIF(), Step(0.3, start=0.0), 50)).layers[0]
    line = next(t for t in traces.traces(layer).data if "membrane" in t.name)
    np.testing.assert_array_equal(line.y[0::2], layer.u[:, 0, 0])
    np.testing.assert_array_equal(line.y[1::2], layer.v[:, 0, 0])


def test_a_raster_is_one_trace_and_then_a_picture(monkeypatch):
    layer = simulate(Experiment(LIF(), Noise(0.3, 0.5), 100, neurons=30)).layers[0]
    fig = raster.raster(layer)
    assert len(fig.data) == 1 and fig.data[0].type == "scattergl" and len(fig.data[0].x) == layer.spikes.sum()
    monkeypatch.setattr(raster, "MARKS", 10)
    assert raster.raster(layer).data[0].type == "heatmap"


@settings(max_examples=20, deadline=None)
@given(steps=st.integers(1, 30), current=st.sampled_from([-1.0, 0.0, 0.3, 50.0]), log=st.booleans(), dark=st.booleans())
def test_gradient_figures_stand_any_run(steps, current, log, dark):
    comparison = compare_gradients(Experiment(LIF(), Noise(current, 0.1), steps), [BPTT(), Slayer(), Exodus()])
    runs = {label: run.layers[0] for label, run in comparison.runs.items()}
    fig = check(gradient_traces.gradient_traces(runs, HUES, log=log, dark=dark), dark)
    assert [t.name for t in fig.data if t.name in HUES] == list(HUES)
    strip = next(t for t in fig.data if t.type == "heatmap")
    np.testing.assert_array_equal(strip.customdata, [r.multiplier[:, 0, 0] for r in runs.values()])


def test_network_figures():
    experiment = Experiment(LIF(), Noise(0.2, 0.5), 20, batch=2, architecture=FeedForward(layers=2, width=10, inputs=5, outputs=3))
    comparison = compare_gradients(experiment, [BPTT(), Slayer(), Exodus()])
    for dark in (False, True):
        bars = check(layer_values.layer_values(comparison.layers, comparison.table("norm"), HUES, "Size", "norm", dark=dark), dark)
        assert list(bars.data[1].y) == comparison.table("norm")["SLAYER"]
        check(heat_map.heat_map({k: r["layer 1"] for k, r in comparison.runs.items()}, dark=dark), dark)
        weights = {k: r.weight_gradients["layer 1"] for k, r in comparison.runs.items()}
        check(weight_scatter.weight_scatter(weights, HUES, dark), dark)
        check(growth.growth([1, 2], {m: [1.0, 30.0] for m in HUES}, HUES, "hidden layers", dark=dark), dark)
    check(rate_curve.rate_curve(np.linspace(0, 1, 5), np.arange(5.0), 0.5))
    check(theme.empty_figure("Nothing yet."))


def test_methods_that_coincide_are_both_seen():
    a, b = theme.method_line("bptt"), theme.method_line("exodus")
    assert a["color"] != b["color"] and a["dash"] != b["dash"]
    assert len(set(theme.colours().methods.values())) == len(theme.colours().methods)


@pytest.mark.parametrize("module", [m.name for m in pkgutil.iter_modules(snnviz.figures.__path__)])
def test_every_figure_says_what_it_shows(module):
    found = importlib.import_module(f"snnviz.figures.{module}")
    assert found.__doc__ and found.__doc__.strip()
