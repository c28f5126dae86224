"""The one codec of addresses: every declared value comes back as it was, older spellings are read, and nonsense is named."""

import dataclasses
import inspect
import random
import types
import typing
from enum import Enum

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from snnviz import stimuli, text
from snnviz.architectures import ARCHITECTURES
from snnviz.datasets import DATASETS, OwnRecordings
from snnviz.datasets.catalogue import TonicSet
from snnviz.experiments import Experiment
from snnviz.laws import LAWS, LaplaceLaw
from snnviz.live.scenes import DrawScene, Loss, Scene
from snnviz.losses import LOSSES, REGULARISERS
from snnviz.methods import METHODS, SparseGD
from snnviz.neurons import ALIF, LIF, NEURONS
from snnviz.neurons.base import Reset
from snnviz.optimisers import OPTIMISERS, SCHEDULES
from snnviz.params import REACH, params
from snnviz.stimuli import STIMULI, Shaped, SpikeTrain
from snnviz.studies.backward_times import Plan
from snnviz.studies.depth import DepthStudy
from snnviz.studies.derivative import Density, Drawing, Look
from snnviz.surrogates import SURROGATES, Gaussian, Sigmoid, Triangle
from snnviz.training import Training
from snnviz.ui import spelling, url
from snnviz.zeroth_order import ZerothOrder

TABLES = [
    NEURONS, SURROGATES, METHODS, LAWS, STIMULI, LOSSES, REGULARISERS, DATASETS, OPTIMISERS, SCHEDULES, ARCHITECTURES,
]  # fmt: skip
OTHERS = (Experiment, Training, Scene, DrawScene, DepthStudy, Plan, Density, Drawing, Look, ZerothOrder, Shaped, OwnRecordings,
          TonicSet)  # fmt: skip
CLASSES = list(dict.fromkeys([*(cls for table in TABLES for cls in table.values()), *OTHERS]))
LETTERS = "aZ0.-+e%&=#/ ~é`\n"
NONSENSE = ("inf", "-1", "1e400", "nan", "none", "true", "Gaussian", "Triangle", "3 x", "2", "0.5", "")
# Of each of sixty classes; a law made from a surrogate takes a tenth of a second.
some_examples = settings(
    max_examples=max(15, settings.default.max_examples // 5), suppress_health_check=[HealthCheck.too_slow], deadline=None
)
DRAWN = stimuli.encode_drawn(-7, np.arange(128).astype(np.int8))


def numbers(default, param):
    """Numbers that a parameter admits and a control can show."""
    if isinstance(default, int):
        low, high = max(param.low if param else 0, -(10**9)), min(param.high if param else 10**6, 10**9)
        first = int(np.ceil(low)) + bool(param and param.open_low)
        return st.sampled_from([first, int(high)]) | st.integers(first, int(high))
    low, high = (max(param.low, -REACH), min(param.high, REACH)) if param else (0.0, 1e6)
    finite = st.sampled_from([float(low), float(high)]) | st.floats(low, high)
    finite = finite.filter(lambda v: param is None or param.admits(v))
    return st.one_of(finite, st.just(default)) if np.isinf(default) else finite


@st.composite
def values(draw, cls):
    """Any value of a class, whatever its fields are, that the class itself accepts."""
    hints, default, fields = typing.get_type_hints(cls), cls(), {}
    for field in dataclasses.fields(cls):
        was, kind, param = getattr(default, field.name), hints[field.name], params(cls).get(field.name)
        if draw(st.integers(0, 2)) == 0:
            continue
        bases = tuple(k for k in typing.get_args(kind) or (kind,) if inspect.isclass(k) and k is not types.NoneType)
        if isinstance(was, bool):
            fields[field.name] = draw(st.booleans())
        elif isinstance(was, Enum):
            fields[field.name] = draw(st.sampled_from(type(was)))
        elif isinstance(was, (int, float)):
            fields[field.name] = draw(numbers(was, param))
        elif isinstance(was, tuple):
            fields[field.name] = tuple(draw(st.lists(numbers(bases[0](1), None), max_size=4)))
        elif isinstance(was, str):
            some_text = st.text(LETTERS, max_size=8) | st.text(max_size=8)
            fields[field.name] = draw(st.sampled_from(["", DRAWN]) if field.name == "drawn" else some_text)
        else:
            table = next((t for t in TABLES if was is not None and type(was) in t.values()), None)
            table = table or next((t for t in TABLES if all(issubclass(c, bases) for c in t.values())), {"": type(was)})
            some = st.sampled_from([c for c in table.values() if issubclass(c, bases)]).flatmap(values)
            fields[field.name] = draw(st.none() | some if types.NoneType in typing.get_args(kind) else some)
    try:
        return dataclasses.replace(default, **fields)
    except (ValueError, TypeError):
        return reject()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
@some_examples
@given(data=st.data())
def test_what_is_written_is_read_as_it_was(cls, data):
    """From the class's defaults and from any other value as the default, chosen from a registry or not."""
    value, default = data.draw(values(cls)), data.draw(st.just(cls()) | values(cls))
    settings = url.write(value, "key", default, tables=TABLES)
    assert all(isinstance(text, str) for text in settings.values())
    assert url.read(settings, "key", default, tables=TABLES) == (value, [])
    assert bool(settings) == (value != default)


NAMES = {cls.__name__: cls for cls in CLASSES}
ENUMS = {
    kind.__name__: kind for cls in CLASSES for kind in typing.get_type_hints(cls).values()
    if inspect.isclass(kind) and issubclass(kind, Enum)
}  # fmt: skip


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
@some_examples
@given(data=st.data())
def test_an_address_a_toml_file_a_record_and_python_say_the_same(cls, data):
    value = data.draw(values(cls))
    read, misread = url.read(url.write(value, "key", tables=TABLES), "key", cls(), tables=TABLES)
    assert misread == []
    assert text.from_toml(text.to_toml({"value": read}), NAMES) == {"value": value}
    assert text.from_json(text.to_json(read), NAMES) == value
    assert eval(text.source(read), NAMES | ENUMS) == value


def test_what_0_1_0_could_not_have_meant_is_written_too():
    """With a step of 1e30 ms its amplitude would be below all that can be set."""
    value = Experiment(NEURONS["QIF"](dt=1e30))
    assert Experiment.from_toml(value.to_toml()) == value and "per ms" in value.to_toml()


@pytest.mark.parametrize("table", TABLES, ids=lambda t: next(iter(t)))
@some_examples
@given(data=st.data())
def test_a_choice_from_a_registry_is_read_as_it_was(table, data):
    value = data.draw(st.sampled_from(list(table.values())).flatmap(values))
    default = data.draw(st.sampled_from(list(table)))
    settings = url.write(value, "key", default, tables=TABLES)
    assert url.read(settings, "key", table[default](), tables=TABLES) == (value, [])
    first = next(iter(table.values()))()
    assert url.read(url.write(value, "key", tables=TABLES), "key", first, tables=TABLES) == (value, [])


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
@some_examples
@given(seed=st.integers(0, 2**32))
def test_nonsense_is_a_value_and_a_sentence_and_never_an_exception(cls, seed):
    """Every key that is looked up gets some text, or none."""
    dice, texts_by_key = random.Random(seed), {}

    class Nonsense:
        def get(self, key):
            texts = (None, *NONSENSE, "".join(dice.choices(LETTERS, k=5)))
            return texts_by_key.setdefault(key, dice.choice(texts))

    value, misread = url.read(Nonsense(), "key", cls(), tables=TABLES)
    assert isinstance(value, cls) or any({cls, type(value)} <= set(table.values()) for table in TABLES)
    for problem in misread:
        assert f"`{problem.key}={spelling.safe(problem.text)}`" in str(problem) and str(problem).endswith("is used instead.")


OLDER = [
    (Scene(surrogate=Triangle(0.5), loss=Loss.TARGET), {"surrogate": "Triangle", "surrogate.width": "0.5", "loss": "target"}),
    (Scene(ALIF(tau_mem=7.5, reset_mode=Reset.ZERO)), {"neuron": "ALIF", "neuron.tau_mem": "7.5", "neuron.reset_mode": "zero"}),
    (Scene(LIF(v_min=-1.0)), {"neuron.v_min": "-1"}),
    (Scene(LIF(v_min=-1.0)), {"neuron.LIF.v_min": "-1", "neuron.LIF.v_min.on": "true"}),
    (DrawScene(compare=Sigmoid(7.0)), {"compare": "Sigmoid", "compare.slope": "7"}),
    (DrawScene(ZerothOrder(LaplaceLaw(), 0.3, 4), seed=3),
     {"estimate.law": "LaplaceLaw", "estimate.delta": "0.3", "estimate.draws": "4", "seed": "3"}),
]  # fmt: skip


@pytest.mark.parametrize("scene, texts", OLDER, ids=lambda v: "&".join(v) if isinstance(v, dict) else "")
def test_the_spelling_of_version_0_1_0_is_read(scene, texts):
    settings = {f"scope.{key}": text for key, text in texts.items()}
    assert url.read(settings, "scope", type(scene)(), tables=TABLES) == (scene, [])


BAD = [
    ("neuron", "os.system", "one of `LIF`"), ("neuron", "Sigmoid", "one of `LIF`"), ("surrogate", "LIF", "one of `FastSigmoid`"),
    ("neuron.tau_mem", "-3", "a number, above 0 ms"), ("gain", "inf", "a number"), ("gain", "x", "a number"),
    ("column", "1.5", "a whole number, at least 0"), ("drawn", "zz", "no drawn current"), ("loss", "<b>", "one of `spike`"),
    ("backward", "perhaps", "`true` or `false`"), ("neuron.v_min.on", "maybe", "`true` or `false`"),
    ("neuron.v_min", "inf", "any finite number"),
]  # fmt: skip


@pytest.mark.parametrize("key, text, must", BAD)
def test_a_bad_text_gets_one_sentence_and_the_default(key, text, must):
    value, (problem,) = url.read({f"scope.{key}": text}, "scope", Scene(), tables=TABLES)
    assert value == Scene()
    assert f"`scope.{key}={text}`" in str(problem) and must in str(problem)


def test_settings_that_do_not_go_together_lose_only_one():
    law = LAWS["SurrogateLaw"]
    value, (problem,) = url.read({"law.surrogate": "Triangle", "law.alpha": "1"}, "law", law(), tables=[SURROGATES])
    assert value == law(Triangle())
    assert problem.key == "law.alpha" and "corner at the threshold" in str(problem)


def test_the_table_of_the_module_is_true():
    """One example of each line."""
    assert url.write(ALIF(tau_mem=1e-5), "n", tables=[NEURONS]) == {"n": "ALIF", "n.ALIF.tau_mem": "1e-05"}
    assert url.write(LIF(0.1 + 0.2, v_min=-2.0, reset_mode=Reset.NONE), "n") == {
        "n.tau_mem": "0.30000000000000004", "n.v_min": "-2", "n.v_min.on": "true", "n.reset_mode": "none",
    }  # fmt: skip
    assert url.write(SpikeTrain((10.0, 12.5, 30.0)), "s") == {"s.times": "10 12.5 30"}
    assert url.write(METHODS["SurrogateModules"](after=(1, 3)), "m")["m.after"] == "1-3"
    assert url.write(None, "compare", Gaussian(), tables=[SURROGATES]) == {"compare": "none"}
    assert (spelling.spell(True), spelling.spell_names(["kept", "slayer"]), spelling.spell(DRAWN)) == ("true", "kept-slayer", DRAWN)
    assert url.write(SparseGD(), "m") == {}
    with pytest.raises(TypeError, match="in none of the registries"):
        url.write(ALIF(), "n", LIF())
    with pytest.raises(TypeError, match="no spelling"):
        spelling.spell(object())
