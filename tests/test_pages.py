"""Every page as its script: at its defaults, then one control at a time, then with nonsense in the URL."""

import contextlib
import pathlib

import pytest
from streamlit.testing.v1 import AppTest

from app import PAGES, Entry
from snnviz.laws import LAWS
from snnviz.losses import LOSSES
from snnviz.neurons import NEURONS
from snnviz.surrogates import SURROGATES
from snnviz.ui.methods import CHOICES
from snnviz.ui.problems import faults

ROOT = pathlib.Path(__file__).parents[1]

WORDS = {name for table in (SURROGATES, NEURONS, LAWS, CHOICES, LOSSES) for name in table}
QUICK = {"neuron.py", "gradients.py", "playground.py"}  # the others have tests of their own


def opened(entry: Entry, **query: str) -> AppTest:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.run()
    for key, value in query.items():
        at.query_params[key] = value
    if entry != PAGES[0]:
        at.switch_page(f"pages/{entry.file}")
    return at.run()


def clean(at: AppTest, what: str = "") -> None:
    assert not at.exception, f"{what}: {[e.value for e in at.exception]}"


def names_of(choice) -> list[str]:
    """The names behind the words that a choice shows; the words themselves where they are not known here."""
    titles, names = getattr(choice.format_func, "__self__", None), {}
    words = titles if isinstance(titles, dict) else WORDS.union(choice.options, map(str.lower, choice.options))
    for word in words:
        with contextlib.suppress(KeyError, ValueError, IndexError):  # no name of this choice
            names[choice.format_func(word)] = word
    return [names.get(option, option) for option in choice.options]


class OneAtATime:
    """Moves one control of a page after the other. Each stands alone: the one before goes back in the same run of the script."""

    def __init__(self, at: AppTest):
        self.at = at
        self.moved: tuple | None = None  # kind, key and first value of the control that stands elsewhere

    def control(self, kind: str, key: str):
        return next((widget for widget in self.at.get(kind) if widget.key == key), None)

    def move(self, kind: str, key: str, first: object, value: object) -> bool:
        """Move a control from the value that it has on the page as it opened to another one; False: it is no longer there."""
        if self.moved is not None and self.moved[:2] != (kind, key):
            before, widget = self.control(*self.moved[:2]), self.control(kind, key)
            before.set_value(self.moved[2])
            self.moved = None
            if widget is None or widget.value != first or not offers(widget, value):  # until the one before is back
                self.at.run()
        widget = self.control(kind, key)
        if widget is None:
            return False
        self.moved = (kind, key, first)
        widget.set_value(value)
        self.at.run()
        return True

    def back(self) -> None:
        if self.moved is not None:
            self.control(*self.moved[:2]).set_value(self.moved[2])
            self.at.run()


def offers(widget, value: object) -> bool:
    """Whether a control can stand at a value."""
    if isinstance(value, bool):
        return True
    if isinstance(value, (int, float)):
        return widget.min <= value <= widget.max
    return set(value if isinstance(value, list) else [value]) <= set(names_of(widget))


@pytest.mark.parametrize("entry", PAGES, ids=lambda e: e.file)
def test_a_page_runs_at_its_defaults(entry):
    at = opened(entry)
    clean(at)
    assert not at.error, [e.value for e in at.error]
    assert at.title and len(at.markdown[0].value.split()) < 60


@pytest.mark.parametrize("entry", [e for e in PAGES if e.file in QUICK], ids=lambda e: e.file)
def test_one_control_at_a_time(entry):
    """Each choice to its last entry, each slider to its far end, each switch over, alone; then back."""
    at = opened(entry)
    ends = {"selectbox": lambda w: names_of(w)[-1], "toggle": lambda w: not w.value, "slider": lambda w: w.max}
    choices = [(kind, w.key, w.value, end(w)) for kind, end in ends.items() for w in at.get(kind)]
    assert len({key for _, key, _, _ in choices} - {None}) == len(choices)
    walk = OneAtATime(at)
    for choice in choices:
        assert walk.move(*choice), choice
        clean(at, str(choice))
    walk.back()
    clean(at)


@pytest.mark.parametrize(
    ("file", "query"),
    [
        ("neuron.py", {"neuron": "Hodgkin"}),
        ("neuron.py", {"neuron.LIF.tau_mem": "-3"}),
        ("neuron.py", {"run.steps": "many"}),
        ("gradients.py", {"methods": "kept-magic"}),
        ("gradients.py", {"of": "brain"}),
        ("gradients.py", {"nonsense": "1"}),
    ],
)
def test_nonsense_in_the_url_gives_a_message_and_the_default(file, query):
    at = opened(next(e for e in PAGES if e.file == file), **query)
    clean(at)
    assert any(next(iter(query)) in w.value for w in at.warning), [w.value for w in at.warning]


def test_a_link_restores_the_screen():
    entry = next(e for e in PAGES if e.file == "neuron.py")
    at = opened(entry, **{"neuron": "ALIF", "neuron.ALIF.kappa": "25", "stimulus": "Noise", "run.steps": "150"})
    clean(at)
    assert not at.warning
    code = "".join(c.value for c in at.code)
    assert "ALIF(kappa=25.0)" in code and "Noise()" in code and "steps=150" in code


def test_spike_times_come_from_the_url_and_bad_ones_are_named():
    entry = next(e for e in PAGES if e.file == "neuron.py")
    at = opened(entry, **{"stimulus": "SpikeTrain", "stimulus.SpikeTrain.times": "10 12.5, 14"})
    clean(at)
    assert "SpikeTrain(times=(10.0, 12.5, 14.0))" in at.code[0].value
    at = opened(entry, **{"stimulus": "SpikeTrain", "stimulus.SpikeTrain.times": "10 soon"})
    clean(at)
    assert "'soon' is not a time" in at.error[0].value


def test_a_link_of_0_1_0_that_touches_only_active_entries_still_does():
    training = next(entry for entry in PAGES if entry.file == "training.py")
    at = opened(training, **{"network.FeedForward.touch_active": "true", "methods": "localzo"})
    clean(at)
    assert not at.warning and "touch_active=True" in at.code[0].value
    assert "touch_active" not in opened(training, methods="localzo").code[0].value


@pytest.mark.parametrize("view", ["live", "figure"])
def test_every_neuron_is_on_its_page(view):
    """A link to any neuron opens it, in the view of the kernels here and in that of the server."""
    entry = next(e for e in PAGES if e.file == "neuron.py")
    for name in NEURONS:
        at = opened(entry, **{"neuron": name, f"neuron.{name}.dt": "0.25", "view": view, "per": "ms"})
        clean(at, name)
        assert not at.warning, [w.value for w in at.warning]
        assert f"{name}(dt=0.25)" in "".join(c.value for c in at.code)


@pytest.mark.parametrize(
    ("page", "key", "group"),
    [("depth.py", "after", "after"), ("gradients.py", "methods", "methods"), ("derivative.py", "of", "of")],
)
def test_a_link_may_ask_for_an_empty_selection(page, key, group):
    at = opened(next(e for e in PAGES if e.file == page), **{key: ""})
    clean(at)
    assert not at.warning
    assert at.session_state[f"{page.removesuffix('.py')}/{group}"] == [] and at.query_params[key] in ("", [""])


@pytest.mark.parametrize("stop", [{"over": "tau", "neuron": "IF"}, {"over": "depth"}])
def test_a_warning_about_the_link_shows_though_the_page_stops_early(stop):
    """The sweep of a neuron without a time constant stops the page at its complaint; two numbers of the link are impossible."""
    query = {"of": "network", "view": "growth", "run.steps": "abc", "run.batch": "0", **stop}
    at = opened(next(e for e in PAGES if e.file == "gradients.py"), **query)
    clean(at)
    assert not at.error and any("time constant" in i.value for i in at.info) == ("neuron" in stop)
    (warning,) = at.warning
    assert "run.steps=abc" in warning.value and "run.batch=0" in warning.value
    at.run()
    assert [w.value for w in at.warning] == [warning.value]  # until a control is moved


# Every view of every page, with little to compute; those that start a run in the background have tests of their own.
SMALL = {"run.steps": "20", "run.batch": "2"}
VIEWS = {
    "neuron.py": [{"view": "figure", "run.steps": "60"}],
    "derivative.py": [{"view": view, "draw.count": "50"} for view in ("surrogates", "estimator", "law", "cost")],
    "gradients.py": [
        *({"view": view, "run.steps": "20"} for view in ("traces", "smooth")),
        *({"of": "network", "view": view} | SMALL for view in ("layers", "heat")),
    ],
    "sparsity.py": [{"view": view} | SMALL for view in ("margins", "bytes", "time", "live")],
    "speed.py": [{"view": view} for view in ("peers", "kernel", "gpu")],
    **{file: [{}] for file in ("depth.py", "training.py", "playground.py")},
    "data.py": [{"data": "YinYang"}],
}


@pytest.mark.parametrize("file", VIEWS)
def test_every_option_of_every_choice_is_a_picture_or_a_plain_sentence(file):
    """Each option of each choice alone, each switch over, each selection empty; the rest as the link says. Of a choice that a view
    before had too, the first option and the last."""
    entry, walked = next(e for e in PAGES if e.file == file), set()
    for query in VIEWS[file]:
        at = opened(entry, **query)
        choices = []
        for kind in ("selectbox", "button_group", "toggle"):
            for widget in at.get(kind):
                if widget.key and "/" in widget.key:
                    values = [not widget.value] if kind == "toggle" else names_of(widget)
                    if isinstance(widget.value, list):
                        values = [[], *([value] for value in values)]
                    values = values[:: max(1, len(values) - 1)] if widget.key in walked else values
                    walked.add(widget.key)
                    choices += [(kind, widget.key, widget.value, value) for value in values if value != widget.value]
        walk = OneAtATime(at)
        for choice in choices:
            if walk.move(*choice):
                assert not faults, (query, choice, faults)
                clean(at, f"{query} {choice}")
                assert not at.error, (query, choice, [e.value for e in at.error])
        walk.back()
        assert not faults and not at.error
        clean(at)
