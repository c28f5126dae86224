"""Controls drawn from declarations: what a link asks for is on the screen, what it cannot have is said; and the run cache."""

import dataclasses
import enum
import math
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from snnviz.params import Declared, param, params
from snnviz.ui import cache, figure, url


class Reset(enum.Enum):
    SUBTRACT = "subtract"
    ZERO = "zero"


@dataclasses.dataclass(frozen=True)
class Sharp(Declared):
    title: ClassVar[str] = "Sharp one"
    alpha: float = param(4.0, "Steepness", r"\alpha", low=0, open_low=True, slider=(0.5, 10.0, 0.5))


@dataclasses.dataclass(frozen=True)
class Wide(Declared):
    title: ClassVar[str] = "Wide one"
    width: float = param(1.0, "Width", low=0, open_low=True)


@dataclasses.dataclass(frozen=True)
class Model(Declared):
    title: ClassVar[str] = "A model"
    tau: float = param(20.0, "Time constant", r"\tau", "ms", low=0, open_low=True, slider=(1.0, 100.0, 1.0))
    steps: int = param(100, "Steps", "T", low=1, high=1000, slider=(10, 500, 10))
    seed: int = param(1, "Seed", low=0)
    rate: float = param(1e-3, "Learning rate", low=0, open_low=True, slider=(1e-5, 1.0, 3), log=True)
    through_reset: bool = param(True, "Gradient through the reset")
    reset: Reset = param(Reset.SUBTRACT, "Reset", advanced=True)
    shape: Declared = param(Sharp(), "Shape")


@dataclasses.dataclass(frozen=True)
class Plain(Declared):
    title: ClassVar[str] = "A plain model"
    tau: float = param(10.0, "Time constant", unit="ms", low=0, slider=(1.0, 50.0, 1.0))


SHAPES = {"sharp": Sharp, "wide": Wide}
MODELS = {"model": Model, "plain": Plain}


def script():
    import streamlit as st

    from snnviz.ui import address, controls
    from tests import test_controls as t

    address.begin("page", st.empty(), shared={"backend"})
    st.session_state["value"] = controls.choose(t.MODELS, "Model", "m", tables=[t.SHAPES])
    address.end()


def drawn(query):
    app = AppTest.from_function(script, default_timeout=30)
    for key, text in query.items():
        app.query_params[key] = text
    app.run()
    assert not app.exception
    return app


ASKED = (
    Model(),
    Model(tau=35.5, steps=20, seed=7, rate=0.0023, through_reset=False, reset=Reset.ZERO, shape=Wide(0.25)),
    Model(tau=400.0, steps=1, shape=Sharp(50.0)),  # allowed, though no slider goes there
    Plain(3.0),
)


@pytest.mark.parametrize("value", ASKED, ids=lambda v: f"{type(v).__name__}-{getattr(v, 'tau', '')}")
def test_a_link_restores_a_value(value):
    app = drawn(url.write(value, "m", tables=[MODELS, SHAPES]))
    assert app.session_state["value"] == value
    assert not app.warning
    app.run()
    assert app.session_state["value"] == value, "a second run moved a control"


BAD = {
    "m.model.tau": ("abc", "nan", "0", "-3", "inf", ""),
    "m.model.steps": ("3.5", "0", "9999", "1e2"),
    "m.model.seed": ("-1", "x"),
    "m.model.rate": ("-1", "0", "many"),
    "m.model.through_reset": ("perhaps",),
    "m.model.reset": ("sideways",),
    "m.model.shape": ("<script>",),
    "m": ("nobody",),
}


@pytest.mark.parametrize("turn", range(max(map(len, BAD.values()))))
def test_nonsense_in_a_link_is_named_and_replaced(turn):
    query = {key: texts[turn % len(texts)] for key, texts in BAD.items() if (turn < len(texts) and key != "m") or turn == 0}
    app = drawn(query)
    assert app.session_state["value"] == Model()
    (message,) = [w.value for w in app.warning]
    for key, text in query.items():
        assert f"`{key}={text}`" in message
    app.run()
    assert app.session_state["value"] == Model(), "nonsense came back in the second run"


def test_a_complaint_ends_when_its_control_is_moved():
    app = drawn({"m.model.tau": "abc"})
    app.slider(key="page/m.model.tau").set_value(40.0).run()
    assert app.session_state["value"].tau == 40.0
    assert not app.warning


def test_unknown_settings_are_named():
    app = drawn({"tua": "5", "m.plain.tau": "5"})
    (message,) = [w.value for w in app.warning]
    assert "`tua`" in message and "`m.plain.tau`" in message
    assert app.session_state["value"] == Model()


def test_each_class_keeps_its_own_settings():
    app = drawn({"m.model.tau": "40"})
    app.selectbox(key="page/m").set_value("plain").run()
    assert app.session_state["value"] == Plain()
    assert app.query_params["m"] in ("plain", ["plain"])
    app.selectbox(key="page/m").set_value("model").run()
    assert app.session_state["value"] == Model(tau=40.0)


def test_labels_are_words_and_help_has_the_symbol():
    slider = drawn({}).slider(key="page/m.model.tau")
    assert slider.label == "Time constant (ms)"
    assert r"$\tau$" in slider.help and "above 0" in slider.help


@given(st.floats(0.001, 1e6, allow_nan=False), st.integers(1, 1000), st.booleans())
def test_query_spells_what_it_reads(tau, steps, through_reset):
    value = Model(tau=tau, steps=steps, through_reset=through_reset)
    settings = url.write(value, "m", tables=[MODELS, SHAPES])
    assert set(settings) == {f"m.model.{n}" for n in params(value) if getattr(value, n) != getattr(Model(), n)}
    assert math.isclose(float(settings.get("m.model.tau", 20.0)), tau, rel_tol=1e-11)


@dataclasses.dataclass(frozen=True)
class Run:
    method: object


def test_runs_that_differ_only_in_a_class_do_not_share_an_entry():
    """`st.cache_data` itself takes two dataclasses of equal fields for one value."""
    calls = []

    def which(run):
        calls.append(run)
        return type(run.method).__name__

    recall = cache.cached(which)
    assert [recall(Run(m)) for m in (Sharp(2.0), Wide(2.0), Sharp(2.0))] == ["Sharp", "Wide", "Sharp"]
    assert len(calls) == 2, "the third should have been remembered"


def test_runs_refuse_what_has_no_faithful_text():
    with pytest.raises(TypeError, match="frozen values"):
        cache.cached(lambda run: run)(Run(method=object()))


def test_csv_has_a_header_and_equal_columns():
    assert figure.to_csv({"t": [0.5, 1.0], "spikes": [0, 1]}) == "t,spikes\n0.5,0\n1.0,1\n"
    with pytest.raises(ValueError, match="differ in length"):
        figure.to_csv({"t": [1], "u": [1, 2]})
