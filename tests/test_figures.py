"""Figures by their structure: traces, data, titles, units, template; for one step, one neuron, silence and fire."""

import importlib
import math
import pkgutil
import string
from unittest import mock

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from plotly.subplots import make_subplots

import snnviz.figures
from snnviz import (
    BPTT,
    LIF,
    NEURONS,
    Exodus,
    Experiment,
    FeedForward,
    Noise,
    Slayer,
    Step,
    compare_gradients,
    simulate,
)
from snnviz.figures import (
    backward_times,
    clock,
    closeness,
    confusion,
    cost_sweep,
    curves,
    error_by_depth,
    event_raster,
    events_3d,
    frames,
    gradient_traces,
    growth,
    heat_map,
    intervals,
    layer_rasters,
    layer_values,
    phase_plane,
    profile,
    raster,
    rate_curve,
    theme,
    traces,
    trade_off,
    weight_scatter,
)
from snnviz.labels import labelled
from snnviz.records import LayerRecord
from snnviz.studies.backward_times import Timing
from snnviz.studies.derivative import Point, Sweep
from tests.helpers import examples

HUES = {"BPTT, reset kept": "bptt", "SLAYER": "slayer", "EXODUS": "exodus"}


def check(fig: go.Figure, dark: bool = False) -> go.Figure:
    """What every figure must have."""
    assert fig.layout.meta["alt"] and fig.layout.height and fig.layout.uirevision
    assert fig.layout.template.layout.paper_bgcolor == theme.colours(dark).paper
    scene = fig.layout.scene
    for axis in (*fig.select_xaxes(), *fig.select_yaxes(), scene.xaxis, scene.yaxis, scene.zaxis):
        if axis.range is not None:  # one that is empty or endless leaves its panel blank
            assert np.isfinite(axis.range).all() and axis.range[0] != axis.range[1]
        if axis.type == "log":
            assert all(0 < v < math.inf for v in axis.tickvals or ())
    for trace in fig.select_traces({"type": "heatmap"}):
        assert trace.zmax is None or -math.inf < (trace.zmin or 0) < trace.zmax < math.inf
    assert fig.to_json()
    return fig


def test_every_panel_of_a_silent_run_is_drawn_with_a_point():
    """plotly.js puts the axes of a panel without a point at NaN."""
    silent, firing = (simulate(Experiment(LIF(), Step(current), steps=50)).layers[0] for current in (0.01, 0.3))
    (nowhere,) = theme.points_nowhere(traces.traces(silent))
    assert (nowhere.xaxis, nowhere.yaxis) == ("x2", "y2") and nowhere.x == (None,)
    assert theme.points_nowhere(traces.traces(firing)) == []
    nothing = curves.Line("b", "red", np.zeros(0), np.zeros(0))
    before = curves.curves([curves.Row("a", []), curves.Row("b", [nothing])], "title", "epoch")
    assert [trace.yaxis for trace in theme.points_nowhere(before)] == ["y"], "a line without a point has one nowhere already"
    assert theme.points_nowhere(intervals.intervals(silent)) == [], "one panel alone is no trouble"
    many = {"many": np.ones((300, 200), bool), "few": np.ones((2, 2), bool)}
    assert theme.points_nowhere(layer_rasters.layer_rasters(many, 1.0)) == [], "a picture has points"


neurons = st.sampled_from([cls() for cls in NEURONS.values()])


@examples(40)
@given(
    neuron=neurons,
    steps=st.integers(1, 40),
    many=st.integers(1, 4),
    current=st.sampled_from([-1.0, 0.0, 0.3, 50.0]),
    dark=st.booleans(),
)
def test_run_figures_stand_any_run(neuron, steps, many, current, dark):
    layer = simulate(Experiment(neuron, Noise(current, 0.0), steps, neurons=many)).layers[0]
    fig = check(traces.traces(layer, many - 1, layer, dark), dark)
    named = {t.name for t in fig.data}
    assert "membrane, before and after reset" in named and ("threshold" in named) == neuron.fires
    assert fig.layout.xaxis.range[1] == pytest.approx(steps * neuron.dt)
    check(raster.raster(layer, dark=dark), dark)
    check(intervals.intervals(layer, dark=dark), dark)
    if neuron.phase_range:
        check(phase_plane.phase_plane(layer, 0, dark), dark)


def test_the_membrane_is_drawn_before_and_after_reset():
    layer = simulate(Experiment(LIF(), Step(0.3, start=0.0), 50)).layers[0]
    line = next(t for t in traces.traces(layer).data if "membrane" in t.name)
    np.testing.assert_array_equal(line.y[0::2], layer.u[:, 0, 0])
    np.testing.assert_array_equal(line.y[1::2], layer.v[:, 0, 0])


def test_several_spikes_in_a_step_count_as_several():
    layer = simulate(Experiment(LIF(max_spikes=3), Step(5.0, start=0.0), 50, neurons=4)).layers[0]
    assert layer.spikes.max() == 3 and f"{int(layer.spikes.sum())} spikes" in raster.raster(layer).layout.title.text


def test_regular_neurons_have_no_variation_whatever_their_rates():
    fired = np.zeros((200, 1, 3), np.float32)
    for neuron, gap in enumerate((5, 10, 20)):
        fired[::gap, 0, neuron] = 1
    layer = LayerRecord("layer", LIF(), fired, fired, fired, fired, fired)
    assert "variation 0 by neuron" in intervals.intervals(layer).layout.title.text
    fired[:, 0, 2] = 0
    fired[[0, 10, 40], 0, 2] = 1  # intervals of 10 and 30: a standard deviation of half their mean
    expected = (0 + 0 + 0.5) / 3
    assert f"variation {expected:.3g} by neuron" in intervals.intervals(layer).layout.title.text


def test_a_raster_is_one_trace_and_then_a_picture(monkeypatch):
    layer = simulate(Experiment(LIF(), Noise(0.3, 0.5), 100, neurons=30)).layers[0]
    fig = raster.raster(layer)
    assert len(fig.data) == 1 and fig.data[0].type == "scattergl" and len(fig.data[0].x) == layer.spikes.sum()
    monkeypatch.setattr(raster, "MARKS", 10)
    assert raster.raster(layer).data[0].type == "heatmap"


@examples(20)
@given(steps=st.integers(1, 30), current=st.sampled_from([-1.0, 0.0, 0.3, 50.0]), log=st.booleans(), dark=st.booleans())
def test_gradient_figures_stand_any_run(steps, current, log, dark):
    comparison = compare_gradients(Experiment(LIF(), Noise(current, 0.1), steps), [BPTT(), Slayer(), Exodus()])
    runs = labelled({method: run.layers[0] for method, run in comparison.runs.items()})
    fig = check(gradient_traces.gradient_traces(runs, HUES, log=log, dark=dark), dark)
    assert [t.name for t in fig.data if t.name in HUES] == list(HUES)
    strip = next(t for t in fig.data if t.type == "heatmap")
    np.testing.assert_array_equal(strip.customdata, [r.multiplier[:, 0, 0] for r in runs.values()])


def test_network_figures():
    experiment = Experiment(LIF(), Noise(0.2, 0.5), 20, batch=2, architecture=FeedForward(layers=2, width=10, inputs=5, outputs=3))
    comparison = compare_gradients(experiment, [BPTT(), Slayer(), Exodus()])
    tables = [labelled(comparison.table(value)) for value in ("norm", "cosine", "largest_difference")]
    for dark in (False, True):
        lines = check(layer_values.layer_values(comparison.layers, *tables, HUES, dark=dark), dark)
        assert list(lines.data[1].y) == comparison.table("norm")[Slayer()]
        check(heat_map.heat_map(labelled({m: r["layer 1"] for m, r in comparison.runs.items()}), dark=dark), dark)
        weights = labelled({m: r.weight_gradients["layer 1"] for m, r in comparison.runs.items()})
        check(weight_scatter.weight_scatter(weights, HUES, dark), dark)
        check(growth.growth([1, 2], {m: [1.0, 30.0] for m in HUES}, HUES, "hidden layers", dark=dark), dark)
    check(rate_curve.rate_curve(np.linspace(0, 1, 5), np.arange(5.0), 0.5, 0.1))
    check(theme.empty_figure("Nothing yet."))


def test_methods_that_coincide_are_both_seen():
    a, b = theme.method_line("bptt"), theme.method_line("exodus")
    assert a["color"] != b["color"] and a["dash"] != b["dash"]
    assert len(set(theme.colours().methods.values())) == len(theme.colours().methods)


@pytest.mark.parametrize("module", [m.name for m in pkgutil.iter_modules(snnviz.figures.__path__)])
def test_every_figure_says_what_it_shows(module):
    figure = importlib.import_module(f"snnviz.figures.{module}")
    assert figure.__doc__ and figure.__doc__.strip()


# ---- any data that a figure can be given: nothing, one, all equal, nothing but zero, no number, far too large --------------------

sizes = st.sampled_from([0.0, 5e-324, 1e-300, 1e-7, 1.0, 1.0, 1e30, 1.7e308]) | st.floats(0, 1e6)
finite = st.builds(lambda size, sign: sign * size, sizes, st.sampled_from([1, -1]))
wild = finite | st.sampled_from([math.nan, math.inf, -math.inf])
measured = st.none() | finite
names = st.lists(
    st.text(string.ascii_letters + string.digits + " .-:", min_size=1, max_size=8), min_size=1, max_size=4, unique=True
)
steps_in_ms = st.sampled_from([1e-9, 0.1, 1.0, 25.0, 1e6])
any_data = examples(12)


def rows_of(values, count: int, least: int = 0, most: int = 5):
    """`count` lists of the same length."""
    return st.integers(least, most).flatmap(lambda n: st.tuples(*[of_length(values, n)] * count))


def of_length(values, count: int):
    return st.lists(values, min_size=count, max_size=count)


def carries(drawn, expected) -> None:
    """What a trace holds is what was given, number for number; None and NaN are both a gap."""
    np.testing.assert_array_equal(np.array(list(drawn), float), np.array(list(expected), float))


def spikes(steps: int = 8, neurons: int = 5):
    return arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=min(steps, neurons)), elements=st.integers(0, 1))


@any_data
@given(
    seconds=names.flatmap(lambda layers: st.fixed_dictionaries({n: st.tuples(*[sizes] * 5) for n in layers})), dark=st.booleans()
)
def test_every_second_of_the_clock_is_in_a_bar(seconds, dark):
    fig = check(clock.clock(seconds, dark), dark)
    for part, bar in enumerate(fig.data):
        assert list(bar.y) == list(seconds) and bar.name == clock.PARTS[part]
        carries(bar.x, [row[part] for row in seconds.values()])


@any_data
@given(
    counts=st.integers(1, 14).flatmap(lambda n: arrays(np.int64, (n, n), elements=st.sampled_from([0, 0, 1, 7, 10**9]))),
    dark=st.booleans(),
)
def test_confusion_counts_every_sample(counts, dark):
    classes = [str(i) for i in range(len(counts))]
    fig = check(confusion.confusion(counts, classes, "BPTT", "bptt", dark), dark)
    (cells,) = fig.data
    np.testing.assert_array_equal(cells.customdata, counts)
    np.testing.assert_allclose(np.sum(cells.z, 1), counts.sum(1) > 0)
    assert fig.layout.xaxis.type == fig.layout.yaxis.type == "category"


@st.composite
def some_lines(draw):
    lines = []
    for name in draw(st.lists(st.sampled_from(list(HUES)), max_size=3, unique=True)):
        x, y, low, high = (np.array(row) for row in draw(rows_of(wild, 4)))
        low, high = (low, high) if draw(st.booleans()) else (None, None)
        lines.append(curves.Line(name, HUES[name], x, y, low, high, points=draw(st.booleans())))
        if draw(st.booleans()):
            lines.append(curves.Line(name, HUES[name], x, y, faint=True))
    return lines


some_rows = st.lists(
    st.builds(curves.Row, st.sampled_from(["loss", "accuracy"]), some_lines(), st.booleans(), st.sampled_from([None, (0.0, 1.0)])),
    min_size=1,
    max_size=3,
)


@any_data
@given(rows=some_rows, end=st.none() | st.just(5.0), dark=st.booleans())
@example(
    [curves.Row("loss", [curves.Line("EXODUS", "exodus", np.arange(2.0), np.array([0, math.inf]))], span=(0.0, 1.0))], None, False
)
@example(
    [curves.Row("loss", [curves.Line("EXODUS", "exodus", np.arange(2.0), np.array([-1.7e308, 1.7e308]))], span=(0.0, 1.0))],
    None,
    False,
)
def test_curves_show_every_line_once_in_the_legend(rows, end, dark):
    fig = check(curves.curves(rows, "Learning", "epoch", end, dark), dark)
    shown = [t for t in fig.data if t.showlegend]
    assert {t.name for t in shown} == {line.name for row in rows for line in row.lines}
    assert len(shown) == len({t.name for t in shown})
    drawn = [t for t in fig.data if t.hovertemplate]
    lines = [line for row in rows for line in row.lines if not line.faint]
    for trace, line in zip(drawn, lines, strict=True):
        if len(line.x):
            carries(trace.x, line.x)
            carries(trace.y, line.y)
    for number, row in enumerate(rows, 1):
        span = fig.layout[f"yaxis{'' if number == 1 else number}"].range
        assert (span is None) == (row.span is None)
        values = [v for line in row.lines for v in line.y if math.isfinite(v)] if row.span else []
        assert all(span[0] <= v <= span[1] for v in values)


@any_data
@given(
    layers=names.flatmap(lambda layers: st.fixed_dictionaries({n: spikes() for n in layers})),
    dt=steps_in_ms,
    dark=st.booleans(),
    marks=st.sampled_from([0, layer_rasters.MARKS]),
)
def test_layer_rasters_hold_every_spike(layers, dt, dark, marks):
    with mock.patch.object(layer_rasters, "MARKS", marks):
        fig = check(layer_rasters.layer_rasters(layers, dt, dark), dark)
    for trace, fired in zip(fig.data, layers.values(), strict=True):
        if trace.type == "heatmap":
            np.testing.assert_array_equal(trace.z, fired.T)
        else:
            step, neuron = np.nonzero(fired)
            carries(trace.x, step * dt)
            carries(trace.y, neuron)


@any_data
@given(
    images=st.lists(arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=4), elements=finite), min_size=1, max_size=7),
    signed=st.booleans(),
    dark=st.booleans(),
)
def test_frames_share_one_scale(images, signed, dark):
    images = images if signed else [np.abs(image) for image in images]
    fig = check(frames.frames(images, [f"{i} ms" for i in range(len(images))], "Frames", "Told.", signed, dark), dark)
    for trace, image in zip(fig.data, images, strict=True):
        np.testing.assert_array_equal(trace.z, image)
        assert trace.zmax == fig.data[0].zmax >= np.abs(image).max() and trace.zmin == (-trace.zmax if signed else 0)


@any_data
@given(
    events=st.integers(0, 40).flatmap(
        lambda n: st.tuples(
            *(of_length(v, n) for v in (st.floats(0, 1e9), st.integers(0, 33), st.integers(0, 33), st.integers(0, 1)))
        )
    ),
    most=st.sampled_from([5, 100]),
    dark=st.booleans(),
)
def test_events_in_space_are_those_of_the_recording(events, most, dark):
    t, x, y, p = (np.array(column) for column in events)
    with mock.patch.object(events_3d, "MOST", most):
        fig = check(events_3d.events_3d(t, x, y, p, (34, 34), dark), dark)
    drawn = [(a, b, c, trace.name == "brighter") for trace in fig.data for a, b, c in zip(trace.x, trace.y, trace.z, strict=True)]
    given = list(zip(t, x, y, p == 1, strict=True))
    assert set(drawn) <= set(given) and len(drawn) <= most + 1
    if len(t) <= most:
        assert sorted(drawn) == sorted(given)
    else:
        assert f"one in {math.ceil(len(t) / most)} is drawn" in fig.layout.meta["alt"]


@any_data
@given(
    values=spikes() | arrays(np.float32, (3, 5), elements=st.floats(-(2.0**99), 2.0**99, width=32)),
    dt=steps_in_ms,
    marks=st.sampled_from([0, event_raster.MARKS]),
    dark=st.booleans(),
)
def test_an_event_raster_holds_every_input(values, dt, marks, dark):
    with mock.patch.object(event_raster, "MARKS", marks):
        fig = check(event_raster.event_raster(values, dt, dark), dark)
    (trace,) = fig.data
    if trace.type == "heatmap":
        np.testing.assert_array_equal(trace.z, values.T)
    else:
        step, unit = np.nonzero(values)
        carries(trace.x, step * dt)
        carries(trace.y, unit)
        carries(trace.customdata, values[step, unit])


@any_data
@given(
    classes=names,
    activity=st.lists(st.floats(0, 2.0**99, width=32) | st.just(math.nan), max_size=6),
    data=st.data(),
    dark=st.booleans(),
)
def test_a_profile_counts_every_class(classes, activity, data, dark):
    row = of_length(st.sampled_from([0, 1, 10**9]), len(classes))
    counts = {"to train on": data.draw(row), "to test with": data.draw(row)}
    times = np.arange(len(activity)) * 0.5
    fig = check(profile.profile(classes, counts, times, np.array(activity, float), dark), dark)
    for bar, half in zip(fig.data, counts, strict=False):
        assert list(bar.x) == classes and list(bar.y) == counts[half] and bar.name == half
    carries(fig.data[2].x, times)
    carries(fig.data[2].y, activity)
    assert fig.layout.xaxis.type == "category"


@any_data
@given(fired=spikes(), dt=steps_in_ms, dark=st.booleans())
@example(np.ones((2, 1), np.uint8), 1e-9, False)
def test_intervals_are_those_between_the_spikes(fired, dt, dark):
    at = fired[:, None].astype(np.float32)
    layer = LayerRecord("layer", LIF(dt=dt), at, at, at, at, at)
    fig = check(intervals.intervals(layer, dark), dark)
    gaps = [gap * dt for neuron in fired.T for gap in np.diff(np.flatnonzero(neuron))]
    if not gaps:
        assert not fig.data
        return
    (bars,) = fig.data
    np.testing.assert_allclose(np.repeat(bars.x, bars.y), sorted(gaps))
    assert bars.width >= dt and bars.x[-1] < fig.layout.xaxis.range[1]


@any_data
@example([[1.0], [1.7e308], [1.0], [5e-324], [1.0]], "draws", False, False)
@given(rows=rows_of(wild, 5, least=1), name=st.sampled_from(["draws", "delta"]), flat=st.booleans(), dark=st.booleans())
def test_a_sweep_shows_what_can_stand_on_a_logarithmic_axis(rows, name, flat, dark):
    values, *rest = rows
    swept = Sweep(name, tuple(abs(v) for v in values), *map(tuple, rest))
    fig = check(cost_sweep.cost_sweep(swept, flat, dark), dark)
    unit = 1.0 if flat else 100.0
    drawn = (swept.activity, swept.variance, swept.band_activity, swept.band_bias)
    for trace, row, scale in zip(fig.data, drawn, (unit, 1.0, unit, 1.0), strict=True):
        carries(trace.y, [scale * v if 0 < v < math.inf else math.nan for v in row])


some_points = st.builds(
    Point,
    st.sampled_from(list(trade_off.NAMES)),
    st.sampled_from(["LocalZO, m = 1", "band, matches m = 1"]),
    wild,
    wild,
    st.just(0.0),
)


@any_data
@given(points=st.lists(some_points, max_size=6), flat=st.booleans(), dark=st.booleans())
@example([Point("sparse", "band", 0.0, 0.1, 0.0)], True, False)
def test_a_trade_off_says_how_many_points_it_cannot_show(points, flat, dark):
    fig = check(trade_off.trade_off(points, flat, dark), dark)
    unit = 1.0 if flat else 100.0
    possible = [p for p in points if 0 < p.activity < math.inf and 0 < p.error < math.inf]
    drawn = [(x, y) for trace in fig.data for x, y in zip(trace.x, trace.y, strict=True)]
    assert sorted(drawn) == sorted((unit * p.activity, p.error) for p in possible)
    left = len(points) - len(possible)
    assert (f"; {left} " in fig.layout.title.text) if left else ("not drawn" not in fig.layout.title.text)


@any_data
@given(
    tracks=st.dictionaries(
        st.integers(1, 9), st.lists(st.tuples(st.integers(0, 10**6), sizes, measured, measured), max_size=4), max_size=7
    ),
    dark=st.booleans(),
)
def test_closeness_has_two_lines_a_head(tracks, dark):
    fig = check(closeness.closeness(tracks, dark), dark)
    assert len(fig.data) == 2 * len(tracks)
    for i, points in enumerate(tracks.values()):
        for trace, column in ((fig.data[2 * i], 2), (fig.data[2 * i + 1], 3)):
            carries(trace.x, [p[1] for p in points])
            carries(trace.y, [math.nan if p[column] is None else p[column] for p in points])


@any_data
@given(
    values=rows_of(measured, 4, least=1, most=14),
    variants=st.lists(st.sampled_from(list(error_by_depth.NAMES)), unique=True),
    what=st.sampled_from(list(error_by_depth.TITLES)),
    dark=st.booleans(),
    data=st.data(),
)
def test_error_by_depth_says_where_nothing_can_be_measured(values, variants, what, dark, data):
    layers = len(values[0])
    reliability = data.draw(of_length(st.floats(-1, 1), layers))
    given = dict(zip(variants, values, strict=False))
    fig = check(error_by_depth.error_by_depth(given, reliability, values[3], values[3][:1], "held", what, dark=dark), dark)
    lines = {t.name: t.y for t in fig.data if t.name in error_by_depth.NAMES.values()}
    assert list(lines) == [error_by_depth.NAMES[name] for name in given]
    for name, row in given.items():
        carries(lines[error_by_depth.NAMES[name]], [math.nan if v is None else v for v in row])
    unclear = [n for n, r in enumerate(reliability, 1) if r < 0.2] if what == "error" else []
    assert [note.x for note in fig.layout.annotations if note.text == "not measurable"] == unclear


@any_data
@given(
    deltas=st.integers(1, 3).flatmap(
        lambda n: arrays(
            np.float32, (n, 4, 3), elements=st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-40, 3e38, -3e38]) | st.floats(-1, 1, width=32)
        )
    ),
    dark=st.booleans(),
)
def test_a_heat_map_keeps_sign_and_zero(deltas, dark):
    runs = {}
    for name, delta in zip(HUES, deltas[:, :, None], strict=False):
        runs[name] = LayerRecord("layer", LIF(), delta, delta, delta, delta, ds_du=delta, delta=delta)
    fig = check(heat_map.heat_map(runs, dark=dark), dark)
    for trace, delta in zip(fig.data, deltas, strict=True):
        np.testing.assert_array_equal(trace.customdata, delta.T)
        seen = np.abs(delta.T) > 1e-30 * np.abs(delta).max()
        np.testing.assert_array_equal(np.sign(trace.z)[seen], np.sign(delta.T)[seen])
        assert not trace.z[delta.T == 0].any()
        assert np.abs(trace.z).max() <= 1 and (np.abs(trace.z).max() == 1 or not delta.any())


@any_data
@given(rows=rows_of(wild, 4), log=st.booleans(), dark=st.booleans())
def test_growth_shows_the_ratios_as_they_are(rows, log, dark):
    values, *ratios = rows
    fig = check(growth.growth(values, dict(zip(HUES, ratios, strict=True)), HUES, "hidden layers", log, dark), dark)
    for trace, name, row in zip(fig.data, HUES, ratios, strict=True):
        assert trace.name == name
        carries(trace.x, values)
        carries(trace.y, row)


def test_what_spans_decades_has_a_logarithmic_axis():
    """Ratios, norms, errors and times span decades: on a linear axis all but the largest would lie on its foot."""
    x, y = np.arange(1.0, 5.0), np.array([1e-3, 0.1, 10.0, 1e4])
    ratios, hues = {"EXODUS": y.tolist()}, {"EXODUS": "exodus"}
    rows = [curves.Row("norm", [curves.Line("EXODUS", "exodus", x, y)], log=True), curves.Row("loss", [])]
    learning = curves.curves(rows, "Learning", "epoch")
    assert (learning.layout.yaxis.type, learning.layout.yaxis2.type) == ("log", None)
    for log_x in (False, True):
        grown = growth.growth(x.tolist(), ratios, hues, "scale", log_x)
        assert (grown.layout.xaxis.type, grown.layout.yaxis.type) == ("log" if log_x else None, "log")
    by_layer = layer_values.layer_values(["1", "2", "3", "4"], ratios, ratios, ratios, hues)
    assert (by_layer.layout.yaxis.type, by_layer.layout.yaxis2.type) == ("log", None)
    assert closeness.closeness({1: [(0, 0.1, 0.5, 0.4)]}).layout.xaxis.type == "log"
    wide = trade_off.trade_off([Point("sparse", f"band {v:g}", v, v, 0.0) for v in y], True)
    assert (wide.layout.xaxis.type, wide.layout.yaxis.type) == ("log", "log")
    times = [Timing(t, 2, 8, 0.01 * t, {"naive": 0.1 * t, "sparse": 1.0}, {}) for t in (1, 10, 100)]
    for figure in (backward_times.against_steps(times, {}, False), backward_times.against_activity(times, None, False)):
        assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")


def test_panels_are_those_that_plotly_makes_and_everybody_gets_their_own():
    arguments = {"rows": 2, "shared_xaxes": True, "vertical_spacing": 0.1, "row_heights": [0.7, 0.3]}
    first, second = theme.panels(**arguments), theme.panels(**arguments)
    assert first == second == make_subplots(**arguments) and theme.panels(rows=3) == make_subplots(rows=3)
    first.add_trace(go.Scatter(x=[0], y=[1]), row=2, col=1)
    first.update_xaxes(title_text="ms")
    assert first.data[0].yaxis == "y2" and second == theme.panels(**arguments) == make_subplots(**arguments)


@pytest.mark.parametrize("dark", [False, True])
def test_a_finished_figure_is_what_plotly_itself_would_have_made_of_it(dark):
    """The template is set without plotly's check of it, and nothing else goes unchecked after that."""
    finished = theme.finish(go.Figure(), "title", "alt", dark=dark, x="ms")
    layout = {"template": theme.template(dark), "title": {"text": "title"}, "height": theme.HEIGHT, "uirevision": "kept"}
    assert finished == go.Figure(layout=layout | {"meta": {"alt": "alt"}, "xaxis": {"title": {"text": "ms"}}})
    assert go.Figure(finished) == finished
    with pytest.raises(ValueError, match="heigth"):
        finished.update_layout(heigth=3)
