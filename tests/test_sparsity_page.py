"""The Sparsity page and what it shows: the active set of a stored run, its bytes, its times."""

import dataclasses
import json
import math
import pathlib

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from snnviz import ALIF, BPTT, LIF, QIF, CubaLIF, FeedForward, GatedZO, LocalZO, Reset, SparseGD, differentiate, simulate
from snnviz.experiments import network_loss
from snnviz.figures import active_raster, active_share, bytes_kept, margin_histogram, published_factors
from snnviz.figures import backward_times as curves
from snnviz.figures.notes import notes_of
from snnviz.laws import LAWS, SurrogateLaw, UniformLaw
from snnviz.runs import client, store
from snnviz.studies import activity, backward_times, contenders
from snnviz.studies.backward_times import Plan, Series, Timing
from snnviz.studies.workloads import WORKLOADS, layers
from snnviz.surrogates import FastSigmoid, Gaussian
from tests.test_figures import check

ROOT = pathlib.Path(__file__).parents[1]
SMALL = dataclasses.replace(
    activity.example(), steps=60, batch=2, architecture=FeedForward(layers=2, width=40, gain=4.0, first_gain=3.0)
)
METHODS = [
    LocalZO(delta=0.05),
    LocalZO(UniformLaw(), 0.2, 5),
    GatedZO(Gaussian(0.05)),
    SparseGD(FastSigmoid(), 0.1),
    SparseGD(FastSigmoid(), 1e-7),
]


@pytest.fixture(scope="module")
def run():
    return simulate(SMALL, "native")


@pytest.mark.parametrize("neuron", [LIF(tau_mem=10.0), LIF(tau_mem=10.0, reset_mode=Reset.ZERO), ALIF()], ids=repr)
@pytest.mark.parametrize("method", METHODS[:4], ids=repr)
def test_a_look_finds_what_a_real_backward_pass_touches(method, neuron):
    experiment = dataclasses.replace(SMALL, neuron=neuron, seed=3)
    look, real = activity.look(simulate(experiment, "native"), method, 3), differentiate(experiment, method, "native")
    for layer in look.layers:
        assert layer.number > 0
        assert np.array_equal(layer.active, real[layer.name].ds_du != 0)
        assert np.array_equal(layer.spikes, layer.margins >= 0)


def test_a_look_runs_nothing_forward(run, monkeypatch):
    from snnviz.backends.kernel import KernelBackend

    monkeypatch.setattr(KernelBackend, "forward", lambda *a: pytest.fail("the network ran"))
    shares = [activity.look(run, LocalZO(delta=d)).share for d in (1e-7, 0.01, 0.1, 1.0)]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] > 0.2


def test_a_dense_method_has_no_active_set(run):
    with pytest.raises(ValueError, match="no active set"):
        activity.look(run, BPTT())


@pytest.mark.parametrize("law", [cls() for cls in LAWS.values()], ids=repr)
def test_the_equal_band_is_half_the_integral_of_the_probability(law):
    method = LocalZO(law, 0.3, 2)
    band, m = activity.equal_band(method), np.concatenate([[0.0], np.geomspace(1e-7, 3e4, 300_001)])
    assert band is not None and band == pytest.approx(np.trapezoid(activity.probability(method, m), m), rel=2e-3)


def test_the_equal_band_of_the_others():
    assert activity.equal_band(SparseGD(FastSigmoid(), 0.17)) == 0.17
    gate = GatedZO(Gaussian(0.05), peak=1.0)  # p = exp(-m^2 / 2 sigma^2)
    assert activity.equal_band(gate) == pytest.approx(0.05 * math.sqrt(math.pi / 2), rel=1e-4)
    assert activity.equal_band(LocalZO(SurrogateLaw(FastSigmoid(), -1))) is None  # |z| has no mean


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_the_histogram_counts_every_entry(run, method):
    layer = activity.look(run, method).layers[0]
    bars = activity.histogram(layer, method)
    assert bars.entries.sum() == layer.entries and bars.active.sum() == layer.number
    assert bars.entries[bars.centres >= 0].sum() == layer.spikes.sum()
    assert (bars.probability >= 0).all() and (bars.probability <= 1).all()


@pytest.mark.parametrize("method", [METHODS[0], LocalZO(UniformLaw(), 0.2, 5, keep_reset=True), METHODS[2], METHODS[3]], ids=repr)
@pytest.mark.parametrize(
    "neuron",
    [LIF(tau_mem=10.0), LIF(tau_mem=10.0, reset_mode=Reset.ZERO), ALIF(), ALIF(reset_mode=Reset.ZERO), CubaLIF()],
    ids=repr,
)
def test_bytes_are_those_of_the_real_lists(neuron, method):
    """Of a network that touches active entries only: its active sets' own bytes."""
    experiment = dataclasses.replace(SMALL, neuron=neuron, seed=3)
    model = experiment.architecture.build(neuron, method, "native", experiment.seed)
    model.touch_active = True
    network_loss(experiment, model, experiment.input(), method).backward()
    layers = activity.look(simulate(experiment, "native"), method, 3).layers
    for layer, real in zip(layers, model.active, strict=True):
        sizes = {(k.design, k.array): k.bytes for k in activity.kept_by(layer)}
        assert sizes["Sparse, here", "active lists"] == real.bytes
        assert sizes["Dense autograd", "membrane u"] == 4 * layer.entries
    shd = activity.totals(activity.kept_by(layers[0], "SHD"))
    assert shd["Dense autograd"] == 204_800_000


def test_a_layer_that_the_sparse_pass_refuses_has_no_bar_of_it():
    experiment = dataclasses.replace(SMALL, neuron=QIF(tau_mem=10.0))
    layer = activity.look(simulate(experiment, "native"), METHODS[0]).layers[0]
    sizes = activity.kept_by(layer)
    assert "depends on the membrane" in layer.dense_because and {k.design for k in sizes} == {
        "Dense autograd",
        "Published sparse code",
    }
    check(bytes_kept.bytes_kept(sizes, activity.totals(sizes), "This layer"))


def test_over_time_keeps_the_mean(run):
    layer = activity.look(run, METHODS[0]).layers[0]
    active, spikes = layer.over_time()
    assert active.mean() == pytest.approx(layer.share) and spikes.mean() == pytest.approx(layer.spike_share)
    assert len(layer.over_time(5.0)[0]) == len(layer.over_time(1e6)[0]) == len(layer.times)


def histograms(look, layer, method, dark=False):
    """The picture of a layer's margins, as the page draws it."""
    bars = [activity.histogram(layer, method, reach) for reach in (None, activity.reach(layer, look.band))]
    return margin_histogram.margin_histogram(layer, *bars, "localzo", look.band, dark)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_figures_stand_any_run(run, method, dark, monkeypatch):
    look = activity.look(run, method)
    layer = look.layers[0]
    fig = check(histograms(look, layer, method, dark), dark)
    areas = {t.name: t.y.sum() for t in fig.data if t.type == "bar" and t.yaxis == "y"}
    assert areas["silent"] + areas["spiking"] == pytest.approx(100) and fig.layout.yaxis.type is None
    assert areas["active in backward"] == pytest.approx(100 * layer.share), "a share is an area of the whole"
    says = notes_of(fig)
    assert ("orange is " in says[0]) if layer.number else not says
    fig = check(active_raster.active_raster(layer, dark=dark), dark)
    marks = {t.name: len(t.x) for t in fig.data[1:]}
    one = layer.active[:, 0], layer.spikes[:, 0]
    assert marks == {
        "spiking": (one[1] & ~one[0]).sum(),
        "active, silent": (one[0] & ~one[1]).sum(),
        "active and spiking": (one[0] & one[1]).sum(),
    }
    monkeypatch.setattr(active_raster, "MARKS", -1)
    fig = check(active_raster.active_raster(layer, dark=dark), dark)
    assert (fig.data[-1].z >= 2).sum() == one[0].sum()
    check(active_share.active_share(look.layers, look.band, 5.0, dark), dark)
    sizes = activity.kept_by(layer)
    fig = check(bytes_kept.bytes_kept(sizes, activity.totals(sizes), "This layer", dark), dark)
    assert sum(sum(t.x) for t in fig.data) == sum(activity.totals(sizes).values())


@pytest.mark.parametrize("change", [{"steps": 1}, {"batch": 1}, {"architecture": FeedForward(layers=1, width=1)}], ids=str)
def test_figures_stand_one_of_anything(change):
    look = activity.look(simulate(dataclasses.replace(SMALL, **change), "native"), METHODS[0])
    check(histograms(look, look.layers[0], METHODS[0]))
    check(active_raster.active_raster(look.layers[0]))
    check(active_share.active_share(look.layers, None, 5.0))


def timing(steps, active, fused, sparse):
    times = {"naive": 1e-4 * steps**2, "unbind": 0.1 * steps, "fused": fused, "sparse": sparse}
    return Timing(steps, 2, 8, active, times, times)


def test_crossover_and_exponents():
    points = [timing(100, a, 1.0, 10 * a) for a in (0.5, 0.05, 0.2, 0.02)]
    assert backward_times.crossover(points) == pytest.approx(0.1)
    assert backward_times.crossover(points[1:2]) is None
    longer = [timing(t, 0.01, t, 1.0) for t in (50, 100, 200, 400)]
    assert backward_times.exponents(longer) == pytest.approx({"naive": 2, "unbind": 1, "fused": 1, "sparse": 0}, abs=1e-9)
    assert backward_times.exponents(points) == {}
    fig = check(curves.against_activity(points, 0.1, True))
    assert [t.name for t in fig.data] == list(curves.NAMES.values()) and "10 %" in fig.layout.meta["alt"]
    fig = check(curves.against_steps(longer, backward_times.exponents(longer), False, True), True)
    assert "2.0" in fig.data[0].name
    check(published_factors.published_factors(backward_times.PUBLISHED_BANDS))


def test_the_nearest_point_has_both_factors():
    series = Series(
        "m", "2026-01-01", "a", (timing(100, 0.3, 4.0, 2.0), timing(100, 0.012, 4.0, 1.0), timing(400, 0.012, 4.0, 0.5))
    )
    point = backward_times.nearest(series, 0.01)
    assert point.steps == 400 and point.factor("fused", True) == 8
    assert backward_times.factors(point)["step: sparse is faster"][-2:] == ["8×", ""]
    assert len(backward_times.table(series)["contender"]) == 12


def test_recorded_results_are_read_and_others_passed_over(tmp_path):
    case = {
        "workload": "SHD",
        "steps": 500,
        "batch": 32,
        "hidden": 200,
        "active": 0.01,
        "contenders": {n: {"forward_ms": 2.0, "backward_ms": 1.0} for n in ("fused", "sparse")},
    }
    report = {"machine": {"gpu": "H200", "date": "2026-05-01T10:00:00"}, "cases": [case, case | {"active": 0.1}]}
    (tmp_path / "sparsity-cuda-1.json").write_text(json.dumps(report))
    (tmp_path / "sparsity-cuda-2.json").write_text("{")
    (tmp_path / "sparsity-cuda-3.json").write_text("[1]")
    (tmp_path / "sparsity-cpu-1.json").write_text(json.dumps(report | {"machine": {"gpu": None, "cpu": "x", "date": "2026-05-01"}}))
    (one,) = backward_times.recorded(tmp_path)
    assert one.machine == "H200" and one.contenders == ["fused", "sparse"] and len(one.timings) == 2
    assert len(backward_times.recorded(tmp_path, gpu=False)) == 2 and backward_times.recorded(tmp_path / "none") == []
    check(curves.against_activity(one.timings, None, False))
    assert "python -m bench.sparsity --device cuda" in backward_times.unrecorded(tmp_path)
    assert "no recorded results" in backward_times.unrecorded(tmp_path / "none")


def test_nothing_is_timed_unless_all_gradients_agree():
    work = dataclasses.replace(WORKLOADS["SHD"], inputs=30, steps=20)
    case = layers(work, 16, 2).case(0.3, "native")
    assert max(contenders.check(case, contenders.CONTENDERS).values()) < 1e-5
    case.upstream_batch_major *= 1.01
    with pytest.raises(ValueError, match=r"naive does not compute the same gradient: relative difference 1\.0e-02"):
        contenders.check(case, contenders.CONTENDERS)


def test_measuring_times_all_four():
    plan = Plan(steps=20, batch=2, hidden=16, repeats=1)
    points = [next(backward_times.measure(plan))]
    assert set(points[0].backward) == set(backward_times.CONTENDERS) and all(v > 0 for v in points[0].backward.values())
    assert points[0].active == pytest.approx(0.5, abs=0.05)
    with pytest.raises(ValueError, match="lower the steps"):
        next(backward_times.measure(Plan(True, steps=1000)))


# The page ------------------------------------------------------------------------------------------------------------


def opened(**query: str) -> AppTest:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.switch_page("pages/sparsity.py")
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, [e.value for e in at.exception]
    return at


@pytest.mark.parametrize(
    "query",
    [
        {"view": "margins"},
        {"view": "raster"},
        {"view": "share"},
        {"view": "bytes", "size": "SHD"},
        {"view": "time"},
        {"view": "time", "source": "here"},
        {"view": "time", "source": "gpu"},
        {"method": "gated"},
        {"method": "sparse"},
        {"method": "sparse", "match": "true", "localzo.draws": "5"},
        {"law": "SurrogateLaw", "alpha": "-1"},
        {"network.layers": "1"},
        {"neuron": "ALIF"},
    ],
    ids=str,
)
def test_every_view_and_method(query):
    at = opened(**query)
    assert not at.error and not at.warning, [*at.error, *at.warning]
    assert len(at.markdown[0].value.split()) < 60


def pictures(at) -> list[bytes]:
    """The figures on the page, as they are sent."""
    return [c.proto.bytes for c in at.get("bidi_component") if c.proto.component_name == "snnviz_figure"]


def test_moving_the_width_does_not_run_the_network_again(monkeypatch):
    from snnviz.backends.kernel import KernelBackend

    at = opened()
    before = pictures(at)
    monkeypatch.setattr(KernelBackend, "forward", lambda *a: pytest.fail("the network ran"))
    at.select_slider(key="sparsity/localzo.delta").set_value(2.0).run()
    assert not at.exception and pictures(at) != before


def test_a_dead_layer_is_named_with_a_remedy():
    at = opened(method="sparse", **{"sparse.band": "1e-06"})
    assert "no entry is active" in at.error[0].value and "Widen the band" in at.error[0].value


@pytest.mark.parametrize(
    "query", [{"method": "magic"}, {"localzo.delta": "-1"}, {"sample": "99", "view": "raster"}, {"layer": "layer 9"}], ids=str
)
def test_nonsense_in_the_url_gives_a_message(query):
    at = opened(**query)
    assert next(iter(query)) in at.warning[0].value


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("selectbox", "method"),
        ("selectbox", "law"),
        ("slider", "network.layers"),
        ("slider", "localzo.draws"),
        ("slider", "neuron.LIF.theta"),
        ("slider", "run.batch"),
    ],
)
def test_a_control_at_its_far_end_and_back(kind, key):
    at = opened()
    widget = next(w for w in at.get(kind) if w.key == f"sparsity/{key}")
    before = widget.value
    widget.set_value(widget.options[-1] if kind == "selectbox" else widget.max).run()
    assert not at.exception and not at.warning
    next(w for w in at.get(kind) if w.key == f"sparsity/{key}").set_value(before).run()
    assert not at.exception and not at.warning and not at.error


def test_what_is_impossible_gets_one_sentence():
    at = opened(law="SurrogateLaw", alpha="1")  # FastSigmoid has a corner
    assert not at.error and ["alpha = 0" in i.value for i in at.info] == [True]
    at = opened(method="sparse", match="true", law="SurrogateLaw", alpha="-1")
    assert not at.error and ["no mean" in i.value for i in at.info] == [True]
    at = opened(method="gated", **{"gated.surrogate": "MultiGaussian"})
    assert not at.error and ["nowhere negative" in i.value for i in at.info] == [True]
    at = opened(view="time", source="here", against="steps", **{"plan.steps": "1000"})
    assert len(at.error) == 1 and "lower the steps" in at.error[0].value


def test_measuring_on_the_page(home):
    small = {"plan.steps": "20", "plan.batch": "2", "plan.hidden": "16", "plan.repeats": "1"}
    at = opened(view="time", source="here", **small)
    assert not pictures(at)
    at.button(key="start").click().run()
    (row,) = store.default().list(kind="times")
    assert client.wait(row.run, lambda s: not s.status.live, 60)
    at.run()
    assert not at.exception and len(pictures(at)) == 1 and len(at.dataframe) == 1
    assert at.button(key="start").label == "Measure again"
