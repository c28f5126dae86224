"""What is written is read back, for every control of every page: wherever controls stand, the address says so, and a fresh session
that opens it stands there too."""

import math

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from tests.test_pages import VIEWS, names_of
from tests.test_walks import Tour

KINDS = ("selectbox", "slider", "select_slider", "number_input", "toggle", "button_group", "text_input")
COSTLY = (".steps", ".batch", ".neurons", ".samples", ".width", ".layers", ".count", ".draws", ".channels", ".side", ".inputs")
# A page takes seconds: a failing case is shown as it was drawn, and not made smaller.
HOW = {"suppress_health_check": list(HealthCheck), "phases": (Phase.explicit, Phase.generate)}


def stands(widget, low: float, high: float, step: float, whole: bool):
    """Both ends, the default, and what lies between on the control's steps."""
    if widget.key.endswith(COSTLY):
        high = min(high, max(widget.value, low))
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = max(low, -1e6), min(high, 1e6)
    ends = st.sampled_from([low, high, widget.value])
    count = int(min((high - low) / step, 1000))
    between = st.integers(0, max(count, 0)).map(lambda i: low + i * step)
    return (ends | between).map(int if whole else float)


def values(widget):
    """What a person may bring a control to stand at."""
    kind = widget.type
    if kind == "toggle":
        return st.booleans()
    if kind == "text_input":
        return st.text(max_size=12)
    if kind == "slider":
        return stands(widget, widget.min, widget.max, widget.step, isinstance(widget.value, int))
    if kind == "number_input" and widget.value is None:  # a field that may be empty
        return st.none() | st.integers(int(widget.min), int(widget.max))
    if kind == "number_input":
        whole = isinstance(widget.value, int)
        low, high = (-math.inf if widget.min is None else widget.min), (math.inf if widget.max is None else widget.max)
        return stands(widget, low, high, widget.step or 1, whole)
    if kind == "select_slider":
        numbers = sorted({type(widget.value)(float(option)) for option in widget.options})
        if widget.key.endswith(COSTLY):
            numbers = [number for number in numbers if number <= widget.value]
        return st.sampled_from(numbers)
    if isinstance(widget.value, list):
        names = names_of(widget)  # a selection has the order of its options
        return st.sets(st.sampled_from(names)).map(lambda some: [name for name in names if name in some])
    return st.sampled_from(names_of(widget))


def controls(at):
    """The page's own controls, each with its key in the address."""
    return {w.key: w for kind in KINDS for w in at.get(kind) if w.key and "/" in w.key and not w.disabled}


@pytest.mark.parametrize(
    ("file", "query"),
    [(f, q) for f, queries in VIEWS.items() for q in queries],
    ids=lambda v: v if isinstance(v, str) else "-".join(v.values()) or "plain",
)
@settings(examples(1), **HOW)
@given(data=st.data())
def test_a_fresh_session_stands_where_the_address_says(file, query, data):
    name = file.removesuffix(".py")
    tour = Tour().menu(name, **query)
    for _ in range(4):
        offered = controls(tour.at)
        if not offered:
            return
        widget = offered[data.draw(st.sampled_from(sorted(offered)))]
        value = data.draw(values(widget), label=widget.key)
        widget.set_value(value)
        tour.at.run()
        assert not tour.at.exception, (widget.key, value, [e.value for e in tour.at.exception])
    fresh = Tour().menu(name, **tour.address())
    assert (fresh.address(), fresh.stands()) == (tour.address(), tour.stands())
    assert [w.value for w in fresh.at.warning] == [w.value for w in tour.at.warning]
