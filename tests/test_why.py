"""The arithmetic of a step: what is shown adds up as shown, in decimal, and is what the backend computed."""

import itertools
import re
from decimal import Decimal, localcontext

import numpy as np
import pytest

from snnviz import LIF, AtSpike, Experiment, Noise, Triangle, arithmetic, differentiate, look_back, simulate
from snnviz.methods import METHODS
from snnviz.methods.base import Unsuited
from snnviz.neurons import NEURONS
from snnviz.workings import FUNCTIONS

DIGITS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
POWER = "[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+"
METHOD_VALUES = [cls(**dict(choice.fixed)) for cls in METHODS.values() for choice in cls.menu()]


def plain(text: str) -> str:
    text = re.sub(f"×10({POWER})", lambda m: "E" + "".join(DIGITS[c] for c in m[1]), text)
    return text.replace("−", "-")


def computed(figures: str) -> Decimal:
    """What a reader with a pocket calculator gets."""
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", plain(figures)).replace("²", "**2").replace("·", "*")
    text = re.sub(r"(?<![\w.])(\d[\d.]*(?:E-?\d+)?)", r"D('\1')", text)
    with localcontext(prec=60):
        return eval(text, {"D": Decimal, "__builtins__": {}, "abs": abs} | FUNCTIONS)


def adds_up(row) -> bool:
    """Whether the figures come to the result, to all its digits: four decimals at least, or four digits of what is small."""
    shown = Decimal(plain(row.result))
    power = shown.adjusted() if shown else 0
    unit = min(Decimal(1).scaleb(int(shown.as_tuple().exponent)), Decimal(1).scaleb(-4 if power >= -2 else power - 3))
    with localcontext(prec=60):
        return computed(row.figures).quantize(unit) == shown


def check(layer, method, step: int) -> None:
    one = arithmetic(layer, step, method)
    for row in one.forward + one.back:
        if row.part == "s":
            assert row.value == layer.array("spikes")[step, 0, 0]
            a, _, b = plain(row.figures).partition("≥" if row.value else "<")
            assert (Decimal(a) >= Decimal(b)) == bool(row.value), row
        elif row.figures:
            assert adds_up(row), (method, step, str(row))
        assert row.lines or row.part in ("x", "g", "slope"), f"{layer.neuron.kernel}: no line computes {row.part}"
    for part, name in {"u": "u", "v": "v", "g": "grad_spikes", "slope": "ds_du", "delta": "delta"}.items():
        if part == "g" and any(row.left == "Δg" for row in one.back):
            continue
        assert one[part].value == layer.array(name)[step, 0, 0], (part, method, step)
    terms = [row for row in one.back if row.left in "①②③④⑤⑥"]
    assert computed(one["delta"].figures) == sum(Decimal(plain(row.result)) for row in terms), "the sum is of what the terms show"
    assert all(f"{row.result}".lstrip("−") in one["delta"].figures for row in terms)


def steps_of(layer) -> list[int]:
    """A spike, the nearest miss, the last step and the first."""
    u, theta, s = (layer.array(name)[:, 0, 0] for name in ("u", "theta", "spikes"))
    fired = s.nonzero()[0].tolist()
    misses = [int(t) for t in abs(u - theta).argsort() if not s[t]]
    return [*fired[1:2], *misses[:1], len(u) - 1, 0]


def differentiated(neuron, method):
    """One neuron under a current that drives it across its threshold again and again."""
    strong = neuron.current_range()
    return differentiate(Experiment(neuron, Noise(strong, 2 * strong), steps=40, seed=3), method).layers[0]


CASES = [
    *itertools.product([cls() for cls in NEURONS.values()], METHOD_VALUES),
    *((neuron, METHOD_VALUES[k % 4]) for cls in NEURONS.values() for k, neuron in enumerate(cls.variants())),
]


def test_the_figures_of_every_neuron_and_method_add_up_and_are_the_backends():
    seen = set()
    for neuron, method in CASES:
        if neuron.one_way_because():
            continue
        try:
            layer = differentiated(neuron, method)
        except Unsuited:  # EventProp on a membrane that jumps
            continue
        for step in steps_of(layer)[: 2 if neuron == type(neuron)() else 3]:
            check(layer, method, step)
        seen.add((type(neuron), type(method)))
    assert len(seen) > 5 * len(METHODS)


def test_a_neuron_without_a_way_back_says_so_and_its_step_forward_adds_up():
    names = [name for name, cls in NEURONS.items() if cls().one_way_because()]
    assert names == ["LeakyReadout", "Izhikevich"]
    for name in names:
        neuron = NEURONS[name]()
        layer = simulate(Experiment(neuron, Noise(neuron.amplitude, neuron.amplitude), steps=60, seed=1)).layers[0]
        fired = [] if layer.spikes is None else layer.spikes[:, 0, 0].nonzero()[0].tolist()
        for step in [*fired[:1], 0, 30, 59]:
            one = arithmetic(layer, step, METHOD_VALUES[0])
            assert not one.back and one.note == neuron.one_way_because()
            assert one["u"].value == layer.u[step, 0, 0]
            assert all(adds_up(row) and row.lines for row in one.forward if row.figures and row.part != "s")
            assert layer.trace is None or one["state after"].value == pytest.approx(after(layer, step))


def after(layer, step: int) -> float:
    """The second state with which the next step begins, from the record of this step's state and spike."""
    return float(layer.trace[step, 0, 0] + layer.neuron.d * layer.spikes[step, 0, 0])


def test_what_is_not_the_records_is_an_error_in_words():
    method, other = METHOD_VALUES[0], METHOD_VALUES[2]
    layer = differentiated(NEURONS["LIF"](), method)
    step = steps_of(layer)[1]
    with pytest.raises(ArithmeticError, match="is not"):
        arithmetic(layer, step, other)
    with pytest.raises(ValueError, match="the steps 0 to 39"):
        arithmetic(layer, 40, method)
    undifferentiated = simulate(Experiment(NEURONS["LIF"](), steps=5)).layers[0]
    with pytest.raises(ValueError, match="was not differentiated"):
        arithmetic(undifferentiated, 0, method)
    assert not arithmetic(undifferentiated, 0).back and "u[t]" in str(arithmetic(undifferentiated, 0))


@pytest.mark.parametrize("target", [None, 0.5])
def test_looking_back_in_single_precision_adds_up_too_and_a_loss_on_the_membrane_is_a_term(target):
    """As the live scope looks back: with a scale on every method's surrogate. At the loss delta is the loss's own derivative."""
    spike, method = AtSpike(Triangle(), gain=1.5), METHOD_VALUES[0]
    layer = simulate(Experiment(LIF(), Noise(0.1, 0.2), steps=60, neurons=2, seed=1)).layers[0]
    back = look_back(layer, method, 50, target, 1, spike)
    assert back.delta.dtype == np.float32 and back.delta.shape == (60, 1, 1) and not back.delta[51:].any()
    here = 1.5 * max(0, 1 - abs(layer.u[50, 0, 1] - 1)) if target is None else layer.u[50, 0, 1] - target
    assert back.delta[50, 0, 0] == pytest.approx(here, rel=1e-6)
    for step in range(44, 52):
        one = arithmetic(back, step, method, at_spike=spike)
        assert all(adds_up(row) for row in one.forward + one.back if row.figures and row.part != "s")
        assert one["delta"].value == back.delta[step, 0, 0]
    with pytest.raises(ValueError, match="the steps 0 to 59"):
        look_back(layer, method, 60)


# Where a spike of the figure is drawn, in pixels of the page, and its step.
SPIKE = """() => {
  const plot = document.querySelector('.st-key-figure-deltas .js-plotly-plot');
  const full = plot._fullData.find((t) => t.name === 'spikes');
  const box = plot.getBoundingClientRect(), axis = (name) => plot._fullLayout[name.replace(/([xy])/, '$1axis')], x = full.x[2];
  const [h, v] = [axis(full.xaxis), axis(full.yaxis)];
  return [box.left + h._offset + h.l2p(x), box.top + v._offset + v.l2p(0), x];
}"""


@pytest.mark.browser
def test_a_click_on_a_spike_opens_its_step_and_the_keyboard_walks_on(visit):
    seen = visit("gradients")
    x, y, step = seen.page.evaluate(SPIKE)
    seen.page.mouse.click(x, y)
    title = seen.page.locator(".why h3")
    title.filter(has_text=f"Step {step}, at {step} ms: why it fires, and what goes back").wait_for()
    seen.page.wait_for_function("step => location.search.includes(`why=${step}`)", arg=step)
    assert "through the reset" in seen.page.locator(".why").inner_text()
    assert "e.grad.s * e.ds_du" in seen.page.locator(".why code").last.inner_text()
    seen.page.get_by_role("spinbutton", name="Step").press("ArrowUp")
    title.filter(has_text=f"Step {step + 1}, at").wait_for()
    assert seen.errors == []
