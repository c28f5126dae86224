"""Notes in pictures: each says what is true of the numbers that are drawn, and is absent where it is not."""

import dataclasses

import numpy as np
import plotly.graph_objects as go

from snnviz import (
    ALIF,
    BPTT,
    LIF,
    Exodus,
    Experiment,
    LeakyReadout,
    LocalZO,
    Noise,
    SingleExponential,
    Slayer,
    SparseGD,
    Step,
    compare_gradients,
    simulate,
)  # fmt: skip
from snnviz.figures import (
    active_raster,
    error_by_depth,
    estimator,
    gradient_traces,
    heat_map,
    layer_values,
    rate_curve,
    surrogates,
    traces,
    trade_off,
    weight_scatter,
)
from snnviz.figures.notes import MOST, Note, annotate, notes_of
from snnviz.labels import labelled
from snnviz.laws import SurrogateLaw
from snnviz.neurons.lif import Reset
from snnviz.records import LayerRecord
from snnviz.studies import activity, derivative
from snnviz.studies.derivative import Drawing, Point
from snnviz.surrogates import FastSigmoid
from snnviz.zeroth_order import ZerothOrder

HUES = {"BPTT, reset kept": "bptt", "BPTT, reset cut": "bptt_cut", "SLAYER": "slayer", "EXODUS": "exodus"}
DEFAULT = Experiment(LIF(), Noise(mean=0.06, sd=0.15), steps=200)


def words(experiment, width=1.0):
    surrogate = SingleExponential(width)
    methods = [BPTT(surrogate), BPTT(surrogate, keep_reset=False), Slayer(surrogate), Exodus(surrogate)]
    comparison = compare_gradients(experiment, methods, autograd=True)
    drawn = labelled({method: run.layers[0] for method, run in comparison.runs.items()})
    return notes_of(gradient_traces.gradient_traces(drawn, {label: HUES[label] for label in drawn}))


def test_gradients_say_who_agrees_why_they_part_and_where_they_grow():
    parts, one, other = words(DEFAULT)
    assert parts.startswith("near the threshold a step back keeps ") and parts.endswith("%: the curves part")
    assert one.startswith("EXODUS lies on BPTT, reset kept") and other.startswith("SLAYER lies on BPTT, reset cut")
    zero = words(dataclasses.replace(DEFAULT, neuron=LIF(reset_mode=Reset.ZERO)))
    assert not any("SLAYER lies" in note for note in zero), "reset to zero: SLAYER is not the cut"
    assert any("EXODUS lies" in note for note in zero)
    calm = words(dataclasses.replace(DEFAULT, stimulus=Noise(mean=0.0, sd=0.001)), width=0.1)
    assert not any("part" in note for note in calm), "far from the threshold nothing is forgotten"
    loud = words(Experiment(LIF(), Noise(mean=0.12, sd=0.25), steps=400), width=0.1)
    assert loud[0].startswith("beyond ±1 it grows") and not any("beyond" in note for note in [parts, one, other, *calm])


def test_layers_weights_and_maps_say_who_agrees_who_grows_and_where_nothing_is():
    """Each note is there for the numbers that it states, and not without them."""
    layers, steady = ["layer 1", "layer 2", "readout"], [1.0, 0.9, 1.0]

    def by_layer(norms, cosine=1.0, difference=1.0):
        tables = ({"BPTT": steady, "SLAYER": values} for values in (norms, [cosine] * 3, [difference] * 3))
        return notes_of(layer_values.layer_values(layers, *tables, {"BPTT": "bptt", "SLAYER": "slayer"}))

    assert by_layer([9.0, 3.0, 1.0], 0.43) == ["SLAYER grows on its way back: 3 times", "SLAYER points elsewhere: cosine 0.43"]
    assert by_layer(steady, difference=1e-9) == ["SLAYER lies on BPTT: difference 1e-9"] and by_layer(steady) == []

    first = np.random.default_rng(0).normal(size=(4, 5))
    hues = {"BPTT": "bptt", "EXODUS": "exodus"}

    def by_weight(other):
        return notes_of(weight_scatter.weight_scatter({"BPTT": first, "EXODUS": other}, hues))

    assert by_weight(first) == ["EXODUS lies on BPTT: difference 0.0"] and by_weight(3 * first) == ["EXODUS: 3 times BPTT"]
    assert by_weight(1.1 * first) == [] and by_weight(-first)[-1] == "EXODUS points elsewhere: cosine -1"

    def by_entry(other):
        drawn = {}
        for name, z in {"BPTT": first, "EXODUS": other}.items():
            delta = z.T[:, None]
            drawn[name] = LayerRecord("layer", LIF(), *[delta] * 4, ds_du=delta, delta=delta)
        return notes_of(heat_map.heat_map(drawn))

    assert by_entry(first) == ["EXODUS lies on BPTT: difference 0.0"] and by_entry(1.5 * first) == []
    assert by_entry(3 * first) == ["its largest: 3 times that of BPTT"]
    blank = 100 * np.mean(np.abs(first) <= 1)
    assert by_entry(first * (np.abs(first) > 1)) == [f"blank: no gradient at all, {blank:.3g} % of this map"]


def test_a_trade_off_says_what_draws_give_and_how_a_band_compares():
    points = [Point("localzo", "LocalZO, m = 1", 1.0, 0.8, 0.0), Point("localzo", "LocalZO, m = 5", 2.0, 0.2, 0.0)]
    more = "more draws: 4 times less noise, 2 times as active"
    assert notes_of(trade_off.trade_off(points, True)) == [more] and notes_of(trade_off.trade_off(points[:1], True)) == []
    band = [*points, Point("sparse", "band ±1, matches m = 1", 1.0, 0.0, 0.2)]
    assert notes_of(trade_off.trade_off(band, True)) == [more, "one draw: 4 times the error of its band"]
    band[2] = Point("sparse", "band ±1, matches m = 1", 1.0, 0.0, 0.7)
    assert notes_of(trade_off.trade_off(band, True)) == [more]


def test_notes_stand_in_their_panel_and_not_on_each_other():
    fig = go.Figure(go.Scatter(x=np.arange(100.0), y=np.sin(np.arange(100.0) / 9), mode="lines"))
    notes = [Note(f"a note that has the number {i}", [(50.0, 0.0)]) for i in range(MOST + 2)]
    annotate(fig, [None, *notes])
    assert notes_of(fig) == [note.text for note in notes[:MOST]]
    heights = sorted(a.ay for a in fig.layout.annotations)
    assert np.diff(heights).min() > 0.05 and all(0 < a.ax < 99 and abs(a.ay) < 1.2 for a in fig.layout.annotations)


def test_the_raster_rings_what_surprises_where_it_is():
    run = simulate(activity.example(), "native")

    def rings(method):
        layer = activity.look(run, method, 0).layers[0]
        fig = active_raster.active_raster(layer, random=method.at_spike.derivative.random)
        spikes, active = layer.spikes[:, 0], layer.active[:, 0]
        for note, ring in zip(fig.layout.annotations, fig.layout.shapes, strict=True):
            at = round(ring.xanchor / layer.dt), int(ring.yanchor)
            assert (spikes[at], active[at]) == ((False, True) if "did not fire" in note.text else (True, False))
        return [note.partition(":")[0] for note in notes_of(fig)]

    assert rings(LocalZO(delta=0.05)) == ["did not fire, but came near", "fired, but the draw missed"]
    assert rings(SparseGD(FastSigmoid(), 0.05)) == ["did not fire, but came near", "fired, but beyond the band"]
    assert rings(SparseGD(FastSigmoid(), 1e6)) == ["did not fire, but came near"], "an endless band misses no spike"
    assert rings(SparseGD(FastSigmoid(), 1e-9)) == ["fired, but beyond the band"], "an empty band touches nothing"


def test_a_rate_curve_fires_from_where_the_silence_ends():
    currents = np.linspace(0, 1, 11)
    assert notes_of(rate_curve.rate_curve(currents, np.where(currents > 0.35, 50.0, 0.0), rheobase=0.36)) == ["fires from here"]
    assert notes_of(rate_curve.rate_curve(currents, np.zeros(11))) == [], "it never fires"
    assert notes_of(rate_curve.rate_curve(currents, np.ones(11))) == [], "it always does"


def test_an_estimate_says_where_its_mean_never_settles_and_surrogates_where_the_step_is():
    sampled = derivative.sample(ZerothOrder(SurrogateLaw(FastSigmoid(), -1), 1.0), Drawing(u=0.0, count=20))
    assert notes_of(estimator.estimator(sampled)) == ["infinite variance: the mean never settles here"]
    assert notes_of(estimator.estimator(derivative.sample(ZerothOrder(), Drawing(count=20)))) == []
    assert notes_of(surrogates.surrogates(derivative.shapes((FastSigmoid(),))))[0].startswith("the step's own slope")
    assert notes_of(surrogates.surrogates(())) == []


def test_a_neuron_says_how_it_fires():
    def sentence(neuron, stimulus):
        return traces.says(simulate(Experiment(neuron, stimulus, steps=400)).layers[0]).split(":")[0].strip("*,")

    assert sentence(LIF(), Step(0.08)) == "It fires like a clock"
    assert sentence(LIF(), Step(0.04)) == "It stays silent"
    assert sentence(ALIF(), Step(0.15)) == "It tires"
    assert sentence(LIF(), Noise(0.06, 0.3)) == "Its spikes come irregularly"
    assert sentence(LeakyReadout(), Step(0.04)) == "It sums the input and never fires"


def test_depth_says_where_a_head_helps_and_where_no_road_leads():
    plain, both = [0.9, 0.8, 0.6, 0.3], [0.5, 0.7, 0.62, 0.35]
    drawn = error_by_depth.error_by_depth({"plain": plain, "both": both}, [0.9] * 4, heads=(2,))
    assert notes_of(drawn) == ["the heads' road: 0.90 falls to 0.50", "behind the last head: no shorter road"]
    worse = error_by_depth.error_by_depth({"plain": plain, "both": [0.95, 0.8, 0.4, 0.3]}, [0.9] * 4, heads=(2,))
    assert notes_of(worse) == [], "no error falls in front of the head, and it does behind it"
    assert notes_of(error_by_depth.error_by_depth({"plain": plain, "both": both}, [0.9] * 4)) == [], "there is no head"
