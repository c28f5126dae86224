"""A value is the key; a label is for reading. Whatever differs stays apart and its label says how."""

import dataclasses
import enum
import itertools
import json
import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from snnviz import (
    BPTT,
    LIF,
    METHODS,
    Arctan,
    Exodus,
    Experiment,
    FastSigmoid,
    LocalZO,
    Noise,
    Slayer,
    SparseGD,
    SurrogateModules,
    Training,
    compare_gradients,
)
from snnviz.__main__ import main
from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.figures import curves
from snnviz.labels import distinct, labelled
from snnviz.laws import LAWS, AbstractLaw
from snnviz.losses import CrossEntropy
from snnviz.optimisers import SGD, Adam
from snnviz.params import params
from snnviz.runs import store
from snnviz.runs.values import Run, Status, groups, labels, when
from snnviz.runs.work import Train
from snnviz.studies.derivative import shapes
from snnviz.studies.growth import sweep
from snnviz.surrogates import SURROGATES, AbstractSurrogate

SMALL = Experiment(
    LIF(), Noise(0.2, 0.4), 6, batch=2, architecture=FeedForward(layers=2, width=4, inputs=3, outputs=2), loss=CrossEntropy()
)
TRAINING = Training(YinYang(samples=60), FeedForward(layers=2, width=8), epochs=2)


def other(owner, name: str):
    """Values with another admissible value in one field, and of a nested value with another class and in each of its fields."""
    value = getattr(owner, name)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, enum.Enum):
        yield next(member for member in type(value) if member is not value)
    elif isinstance(value, (int, float)):
        declared = params(owner)[name]
        yield next(v for v in (value + 1, declared.slider[0], declared.slider[1]) if declared.admits(v) and v != value)
    elif isinstance(value, tuple):
        yield (*value, max(value) + 1)
    else:
        table = SURROGATES if isinstance(value, AbstractSurrogate) else LAWS
        assert isinstance(value, (AbstractSurrogate, AbstractLaw))
        yield next(cls() for cls in table.values() if cls is not type(value))
        yield from variants(value)


def variants(value):
    for field in dataclasses.fields(value):
        yield from (dataclasses.replace(value, **{field.name: changed}) for changed in other(value, field.name))


PAIRS = [(cls(), changed) for cls in METHODS.values() for changed in variants(cls())]


@pytest.mark.parametrize(("method", "changed"), PAIRS, ids=repr)
def test_methods_that_differ_in_one_field_are_two_runs(method, changed):
    comparison = compare_gradients(SMALL, [method, changed])
    assert list(comparison.runs) == [method, changed]
    assert {row.method for row in comparison.rows} == {method, changed}
    assert len(set(comparison.labels)) == 2 and not any(label.endswith("(2)") for label in comparison.labels)
    (point,) = sweep([(0.0, SMALL, [method, changed])])
    assert list(point.ratio) == list(point.norm) == [method, changed]


def test_a_label_says_what_differs():
    assert distinct([BPTT(FastSigmoid(1.0)), BPTT(FastSigmoid(100.0)), BPTT(Arctan())]) == (
        "BPTT, reset kept, Fast sigmoid, k = 1",
        "BPTT, reset kept, Fast sigmoid, k = 100",
        "BPTT, reset kept, Arctan",
    )
    assert distinct([LocalZO(), LocalZO(draws=5), Exodus()]) == ("LocalZO, m = 1", "LocalZO, m = 5", "EXODUS")
    assert distinct([SparseGD(), SparseGD(band=0.3)])[1] == "Sparse gradient descent, band 0.3"
    assert distinct([Slayer(), Slayer(after_reset=True)])[1] == "SLAYER, read the derivative after the reset: yes"
    assert distinct([SurrogateModules(), SurrogateModules(after=(1, 3))])[1] == "Surrogate modules, after (1, 3)"
    assert distinct([BPTT()]) == ("BPTT, reset kept",) and distinct([]) == ()


def test_a_label_has_the_whole_number():
    """Six digits are enough for a label, except where two values differ in the seventh."""
    assert distinct([SparseGD(band=0.2), SparseGD(band=0.20000001)]) == (
        "Sparse gradient descent, band 0.2",
        "Sparse gradient descent, band 0.20000001",
    )


def test_trainings_are_named_by_their_method_and_by_whatever_else_differs():
    def with_(**changes):
        return dataclasses.replace(TRAINING, **changes)

    assert distinct([TRAINING, with_(method=Exodus())]) == ("BPTT, reset kept", "EXODUS")
    assert distinct([TRAINING, with_(batch=8)]) == ("BPTT, reset kept, B = 64", "BPTT, reset kept, B = 8")
    assert distinct([with_(optimiser=Adam(0.1)), with_(optimiser=Adam(0.01), method=Exodus())]) == (
        "BPTT, reset kept, learning rate 0.1",
        "EXODUS, learning rate 0.01",
    )
    assert distinct([with_(optimiser=Adam(0.1)), with_(optimiser=SGD(0.1))]) == ("BPTT, reset kept, Adam", "BPTT, reset kept, SGD")
    assert distinct([with_(neuron=LIF(tau_mem=5.0)), TRAINING])[0] == "BPTT, reset kept, τ = 5 ms"


def test_shapes_of_one_surrogate_with_other_settings_have_labels_of_their_own():
    labels = [shape.label for shape in shapes((FastSigmoid(5.0), FastSigmoid(9.0), Arctan()))]
    assert labels == ["Fast sigmoid, k = 5", "Fast sigmoid, k = 9", "Arctan"]


@given(st.lists(st.sampled_from([*itertools.chain(*PAIRS)]), max_size=8))
def test_no_two_labels_are_alike_and_only_equal_values_are_numbered(methods):
    texts = distinct(methods)
    assert len(set(texts)) == len(methods)
    if len(set(methods)) == len(methods):
        assert list(labelled(dict.fromkeys(methods))) == list(texts)
        assert not any(label.endswith(")") and label[-2].isdigit() and " (" in label[-4:] for label in texts)


def test_the_same_method_twice_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"LocalZO\(draws=5\) is given twice"):
        compare_gradients(SMALL, [LocalZO(draws=5), BPTT(), LocalZO(draws=5)])


def test_the_command_line_refuses_a_method_twice(tmp_path, capsys):
    path = tmp_path / "settings.toml"
    path.write_text(TRAINING.to_toml(), encoding="utf-8")
    assert main(["compare", str(path), "--methods", "BPTT", "Exodus", "BPTT", "--no-save"]) == 2
    complaint = capsys.readouterr().err.strip()
    assert "BPTT is there twice" in complaint and "--seeds" in complaint and "\n" not in complaint


# Several runs over one another: the seeds of one training are one line, everything else stays apart.


def run(*trainings, backend="native", created=0.0):
    return Run(Train(trainings), backend, created=created)


def rate(lr: float, seed: int = 0):
    return dataclasses.replace(TRAINING, optimiser=SGD(lr), seed=seed)


def test_two_learning_rates_of_one_minute_are_two_lines():
    lines = groups([run(rate(0.1)), run(rate(0.2))])
    assert [(group.label, group.places) for group in lines] == [
        ("BPTT, reset kept, learning rate 0.1", (0,)),
        ("BPTT, reset kept, learning rate 0.2", (1,)),
    ]
    assert labels([run(rate(0.1)), run(rate(0.2))]) == tuple(group.label for group in lines)


def test_lines_of_one_method_share_its_colour_and_differ_in_their_dash():
    nothing = np.zeros(1)
    lines = [curves.Line(group.label, "bptt", nothing, nothing) for group in groups([run(rate(0.1)), run(rate(0.2))])]
    first, second = curves.curves([curves.Row("loss", lines)], "Loss", "epoch").data
    assert first.line.color == second.line.color and first.line.dash != second.line.dash


def test_seeds_are_one_line_in_one_run_and_over_several():
    assert [(g.label, g.places) for g in groups([run(rate(0.1), rate(0.1, 1)), run(rate(0.1, 2), rate(0.2))])] == [
        ("BPTT, reset kept, learning rate 0.1", (0, 1, 2)),
        ("BPTT, reset kept, learning rate 0.2", (3,)),
    ]
    assert run(rate(0.1), rate(0.1, 1)).labels == ("BPTT, reset kept, seed 0", "BPTT, reset kept, seed 1")


def test_the_pages_show_saved_runs_and_keep_two_learning_rates_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path))
    saved = store.default()
    both = [dataclasses.replace(run(rate(lr), created=1e9), title="Saved") for lr in (0.1, 0.2)]
    for one in both:
        saved.begin(one)
        saved.mark(one.id, Status.FINISHED)
        saved.share(one.id, True)
    at = AppTest.from_file(pathlib.Path(__file__).parents[1] / "app.py", default_timeout=60).run()
    assert not at.exception
    at.query_params["run"] = "-".join(one.id for one in both)
    at.switch_page("pages/runs.py").run()
    assert not at.exception
    (sent,) = (c.proto.bytes for c in at.get("bidi_component") if c.proto.component_name == "snnviz_figure")
    drawn = json.loads(sent)["data"]
    assert {trace["name"] for trace in drawn} == {f"BPTT, reset kept, learning rate {lr}" for lr in (0.1, 0.2)}


def test_a_repeated_run_and_another_backend_are_no_seeds():
    twice = [run(rate(0.1), created=created) for created in (1e9, 1e9 + 90)]
    assert [group.places for group in groups(twice)] == [(0,), (1,)]
    assert [group.label for group in groups(twice)] == [f"BPTT, reset kept, {when(created)}" for created in (1e9, 1e9 + 90)]
    same_minute = [run(rate(0.1)), run(rate(0.1))]
    assert groups(same_minute)[1].label == groups(same_minute)[0].label + " (2)"
    elsewhere = [run(rate(0.1)), run(rate(0.1), backend="reference")]
    assert [g.label for g in groups(elsewhere)] == [f"BPTT, reset kept, backend {b}" for b in ("native", "reference")]
    sparse = Run(Train((rate(0.1),), touch_active=True), "native")
    assert [g.label for g in groups([run(rate(0.1)), sparse])] == [
        f"BPTT, reset kept, touch only active entries: {word}" for word in ("no", "yes")
    ]
    apart = groups([run(rate(0.1, 0)), run(dataclasses.replace(rate(0.1, 1), method=Exodus()))])
    assert [group.label for group in apart] == ["BPTT, reset kept, seed 0", "EXODUS, seed 1"]
