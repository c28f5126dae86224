"""The kernels in a real browser against the native backend: the same bits, and the JavaScript twins' numbers against Python's."""

import base64
import dataclasses
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from snnviz.backends import BACKENDS, browser
from snnviz.backends.base import Upstream
from snnviz.draws import Draw
from snnviz.experiments import Experiment
from snnviz.laws import LAWS
from snnviz.live import declared, scenes, scripts
from snnviz.methods.base import AtSpike, ResetPath
from snnviz.neurons import ALIF, IF, LIF, NEURONS, QIF, Izhikevich, LeakyReadout
from snnviz.neurons.base import Reset
from snnviz.neurons.formula import formulas
from snnviz.params import params
from snnviz.places import assets
from snnviz.stimuli import Noise, Poisson, Shaped, Step, encode_drawn
from snnviz.surrogates import SURROGATES, Gaussian, SingleExponential
from snnviz.zeroth_order import ZerothOrder
from tests.helpers import ALL_NEURONS, SWEPT, TRAINABLE

pytestmark = pytest.mark.browser
NATIVE = BACKENDS["native"]
DRAW = Draw(seed=7, layer=3)

# Puts the scope's own modules and one instance of the kernels into an empty page.
START = """async ([kernels, coefficients, run, drawn, packed]) => {
  const load = (text) => import("data:text/javascript;base64," + text);
  const k = await load(kernels), module = await k.compile(packed);
  window.kit = { Kernels: k.Kernels, kernels: new k.Kernels(module), ...(await load(coefficients)) };
  window.kit.Run = (await load(run)).Run;
  window.kit.Drawn = (await load(drawn)).Drawn;
  window.floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  window.text = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let out = "";
    for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(out);
  };
  window.told = (fields) => Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, v === null ? -Infinity : v]));
  return WebAssembly.Module.imports(module).length;
}"""

FORWARD = """({ neuron, formulas, kernel, T, M, x, initial, hasTrace, fires, column }) => {
  const S = floats(initial).length / M, all = T * M, { c } = kit.derive(formulas, told(neuron));
  const a = kit.kernels.layout({ x: all, u: all, s: all, trace: all, initial: S * M, last: S * M,
                                 xc: T, uc: T, sc: T, tc: T, states: (T + 1) * S });
  a.x.set(floats(x));
  a.initial.set(floats(initial));
  kit.kernels.forward(kernel, { c, T, M }, { ...a, s: fires ? a.s : null, trace: hasTrace ? a.trace : null });
  for (let t = 0; t < T; t++) a.xc[t] = a.x[t * M + column];
  for (let k = 0; k < S; k++) a.states[k] = a.initial[k * M + column];
  kit.kernels.steps(kernel, c, T, { x: a.xc, states: a.states, u: a.uc, s: fires ? a.sc : null, trace: hasTrace ? a.tc : null });
  return [a.u, a.s, a.trace, a.last, a.uc, a.states].map(text);
}"""

BACKWARD = """({ neuron, formulas, derivative, d, T, M, u, gradS, gradU, reset, gain, window: wide, gate, afterReset, seed, first,
                table }) => {
  const all = T * M, { c } = kit.derive(formulas, told(neuron)), given = table ? floats(table) : new Float32Array(0);
  const a = kit.kernels.layout({ u: all, gradS: all, gradU: all, initial: M, zeros: M, delta: all, gradInitial: M,
                                 slopes: all, multiplier: all, given: given.length });
  a.u.set(floats(u));
  if (gradS) a.gradS.set(floats(gradS));
  if (gradU) a.gradU.set(floats(gradU));
  a.given.set(given);
  const scan = { c, d, T, M, reset, gain, window: wide ?? Infinity, gate, afterReset, seed, layer: 3, first };
  kit.kernels.backward("lif", derivative, scan, { ...a, gradS: gradS && a.gradS, gradU: gradU && a.gradU,
                                                  given: given.length ? a.given : null });
  return [a.delta, a.slopes, a.multiplier, a.gradInitial].map(text);
}"""


def send(array: np.ndarray | torch.Tensor | None) -> str | None:
    return None if array is None else base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def receive(text: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32).reshape(shape)


def same(got: np.ndarray, expected: torch.Tensor, what: str) -> None:
    """Every bit, so that -0 and 0 differ."""
    different = got.view(np.uint32) != expected.numpy().view(np.uint32)
    assert not different.any(), f"{what}: {different.sum()} of {different.size} differ, first at {np.argwhere(different)[0]}"


@pytest.fixture(scope="module")
def kit(chromium):
    page = chromium.new_page()
    texts = [
        (assets() / "scope" / f"{n}.js").read_text(encoding="utf-8") for n in ("kernels", "coefficients", "neuron_run", "drawn")
    ]
    texts[2] = re.sub(r'^import (\{.*\}) from "./coefficients.js";$', r"const \1 = window.kit;", texts[2], flags=re.MULTILINE)
    texts[3] = texts[3].replace('import { clamp } from "./plot.js";', "")
    imports = page.evaluate(START, [*(base64.b64encode(t.encode()).decode() for t in texts), browser.payload()])
    assert imports == 0, "the module needs nothing from outside"
    yield page
    page.close()


def current(steps: int, columns: int, level: float = 0.15, seed: int = 0) -> torch.Tensor:
    random = np.random.default_rng([steps, columns, seed])
    return torch.from_numpy((level + 2 * level * random.standard_normal((steps, columns))).astype(np.float32))


def rest(neuron, columns: int) -> torch.Tensor:
    return torch.tensor(neuron.rest(), dtype=torch.float32)[:, None].expand(-1, columns).contiguous()


def coefficients(neuron) -> torch.Tensor:
    return torch.tensor(list(neuron.coefficients().values()), dtype=torch.float64)


CASES = [(neuron, 2 * neuron.amplitude) for neuron in ALL_NEURONS] + [
    (LIF(tau_mem=3.7, theta=0.3, max_spikes=5, reset_amount=0.8), 0.3),
    (ALIF(kappa=4.0, tau_adapt=30.0, reset_mode=Reset.ZERO), 0.3),
    (LeakyReadout(tau_mem=12.0), 0.2),
    (Izhikevich(a=0.1, d=2.0, c=-55.0, dt=0.2), 12.0),
]


@pytest.mark.parametrize("neuron, level", CASES, ids=lambda v: repr(v)[:40] if dataclasses.is_dataclass(v) else "")
@pytest.mark.parametrize("steps, columns", [(1, 1), (1, 64), (2, 3), (63, 300), (2000, 33)], ids=lambda n: str(n))
def test_the_browser_and_the_cpu_give_the_same_bits(kit, neuron, level, steps, columns):
    x, initial = current(steps, columns, level), rest(neuron, columns)
    expected = NATIVE.forward(neuron, coefficients(neuron), x, initial)
    column = columns // 2
    states = len(neuron.states)
    u, s, trace, last, one, states_over_time = kit.evaluate(FORWARD, {
        "neuron": scenes.plain(neuron), "formulas": formulas(type(neuron)), "kernel": neuron.kernel, "T": steps, "M": columns,
        "x": send(x), "initial": send(initial),
        "hasTrace": bool(neuron.trace), "fires": neuron.fires, "column": column,
    })  # fmt: skip
    same(receive(u, steps, columns), expected.u, "u")
    if neuron.fires:
        same(receive(s, steps, columns), expected.s, "spikes")
        assert expected.s.sum() > 0 or steps < 60, "nothing was compared: no neuron fired"
    if neuron.trace:
        same(receive(trace, steps, columns), expected.trace, neuron.trace.symbol)
    same(receive(last, states, columns), expected.last, "last state")
    same(receive(one, steps), expected.u[:, column].contiguous(), "u of one neuron, step by step")
    same(receive(states_over_time, steps + 1, states)[-1].copy(), expected.last[:, column].contiguous(), "its last state")


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("path", SWEPT)
@pytest.mark.parametrize("mode", [Reset.SUBTRACT, Reset.ZERO])
def test_the_adjoint_of_every_surrogate(kit, name, path, mode):
    neuron, surrogate = LIF(reset_mode=mode), SURROGATES[name]()
    backward(kit, neuron, AtSpike(surrogate, gain=1.7, window=0.8), path, 50, 9)


@pytest.mark.parametrize("at_spike", [
    AtSpike(SingleExponential(), gate=0.5), AtSpike(Gaussian(0.2), gate=3.0), AtSpike(SingleExponential(0.5), after_reset=True),
    AtSpike(SingleExponential(0.1), gain=4.0),
], ids=lambda a: repr(a)[:60])  # fmt: skip
def test_gate_window_and_scale(kit, at_spike):
    backward(kit, LIF(), at_spike, ResetPath.KEPT, 200, 5)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("draws", [1, 5])
def test_zeroth_order_draws_are_the_same(kit, law, draws):
    backward(kit, IF(), AtSpike(ZerothOrder(LAWS[law](), 0.3, draws)), ResetPath.KEPT, 40, 17, Draw(seed=12, layer=3, first=1000))


def backward(kit, neuron, at_spike, path, steps, columns, draw=DRAW):
    x, initial = current(steps, columns), rest(neuron, columns)
    forward = NATIVE.forward(neuron, coefficients(neuron), x, initial)
    upstream = Upstream(s=current(steps, columns, 0.5, 1), u=current(steps, columns, 0.1, 2))
    table = at_spike.derivative.table()
    for up in (upstream, Upstream(s=upstream.s), Upstream(u=upstream.u)):
        expected = NATIVE.backward(neuron, coefficients(neuron), at_spike, path, draw, x, initial, forward, up, record=True)
        delta, slopes, multiplier, first = kit.evaluate(BACKWARD, {
            "neuron": scenes.plain(neuron), "formulas": formulas(type(neuron)), "derivative": at_spike.derivative.kernel,
            "d": list(at_spike.derivative.coefficients()), "T": steps, "M": columns,
            "u": send(forward.u), "gradS": send(up.s), "gradU": send(up.u), "reset": path.value, "gain": at_spike.gain,
            "window": None if math.isinf(at_spike.window) else at_spike.window, "gate": at_spike.gate,
            "afterReset": at_spike.after_reset, "seed": draw.seed, "first": draw.first, "table": send(table),
        })  # fmt: skip
        same(receive(slopes, steps, columns), expected.ds_du, "ds_du")
        same(receive(delta, steps, columns), expected.x, "delta")
        same(receive(multiplier, steps, columns), expected.multiplier, "multiplier")
        same(receive(first, 1, columns), expected.initial, "gradient of the initial state")


TWINS = """([cases, surrogates]) => cases.map(([kind, value, formulas]) => {
  const list = kind === "neuron" ? kit.derive(formulas, told(value)).c : kit.evaluateAll(surrogates[value.is].coefficients, value);
  return list.map((v) => String(Math.fround(v)));
})"""


def places(value, spec):
    """What a control offers for a field: every slider place of a number, each choice, both sides of a switch."""
    if isinstance(value, bool):
        return [True, False]
    if isinstance(value, Reset):
        return list(Reset)
    low, high, step = spec.slider
    places_of_slider = [type(value)(round(v, 9)) for v in np.arange(low, high + step / 2, step)]
    return [v for v in places_of_slider if spec.admits(v)]


def test_the_twins_give_the_numbers_that_python_gives(kit):
    """Every place of every slider, one field at a time, after rounding to the float32 that the kernel gets."""
    cases, expected = [], []
    for kind, classes in (("neuron", NEURONS), ("surrogate", SURROGATES)):
        for cls in classes.values():
            for name, spec in params(cls).items():
                for v in places(getattr(cls(), name), spec):
                    value = dataclasses.replace(cls(), **{name: v})
                    numbers = value.coefficients()
                    cases.append([kind, scenes.plain(value), formulas(cls) if kind == "neuron" else None])
                    expected.append(list(numbers.values()) if kind == "neuron" else list(numbers))
    got = kit.evaluate(TWINS, [cases, declared.surrogates()])
    assert len(cases) > 1500
    for case, from_browser, numbers in zip(cases, got, expected, strict=True):
        numbers = [float(np.float32(n)) for n in numbers]
        assert [float(t.replace("Infinity", "inf")) for t in from_browser] == numbers, case


REST = """([neuron, formulas, trace]) => {
  const { c, rest, level } = kit.derive(formulas, told(neuron)), threshold = kit.thresholdOf(formulas, c);
  return [rest, level, threshold && threshold(Math.fround(trace))];
}"""


@pytest.mark.parametrize(
    "neuron", [*ALL_NEURONS, LIF(theta=1.3, reset_amount=0.4), Izhikevich(b=0.23), QIF(v_reset=-0.7)], ids=repr
)
def test_rest_reset_level_and_threshold(kit, neuron):
    """The threshold in the bits of the reference's float32, at some value of the second state."""
    rest_, level, threshold = kit.evaluate(REST, [scenes.plain(neuron), formulas(type(neuron)), 0.3])
    assert tuple(rest_) == neuron.rest() and level == neuron.reset_level()
    c = SimpleNamespace(**{n: torch.tensor(float(v), dtype=torch.float32) for n, v in neuron.coefficients().items()})
    assert threshold == (float(neuron.threshold(c, (None, torch.tensor(0.3)))) if neuron.fires else None)


SWEEP = """({ neuron, formulas, surrogates, surrogate, kernel, states, trace, x, T }) => {
  const run = new kit.Run(kit.kernels);
  const data = { T, M: 1, kernel, states, trace, fires: true, dt: 1, formulas, surrogates, factors: [1], drawnScale: 1 };
  const scene = { neuron, surrogate, gain: 1, scale: 1.3, column: 0, loss: "target", target: 0.5 };
  run.allocate(data);
  run.compute(data, scene, floats(x), floats(x), { any: false }, true, T - 5);
  return ["slopes", "kept", "cut", "ignored", "multiplier", "unreset"].map((name) => text(run.a[name]));
}"""


@pytest.mark.parametrize("neuron", TRAINABLE, ids=repr)
def test_the_scope_looks_back_through_every_neuron(kit, neuron):
    """delta by three reset paths, the slopes and two multipliers of the page's own run are the native backend's, bit for bit."""
    steps, surrogate = 300, SingleExponential(0.5)
    x = current(steps, 1, 2 * neuron.amplitude)
    shape = {"neuron": scenes.plain(neuron), "formulas": formulas(type(neuron)), "kernel": neuron.kernel, "T": steps, "x": send(x)}
    slopes, full, cut, ignored, multiplier, unreset = kit.evaluate(SWEEP, shape | {
        "states": list(neuron.states), "trace": neuron.trace and dataclasses.asdict(neuron.trace),
        "surrogate": scenes.plain(surrogate), "surrogates": declared.surrogates(),
    })  # fmt: skip
    c, initial = coefficients(neuron), rest(neuron, 1)
    forward = NATIVE.forward(neuron, c, x, initial)
    grad = torch.zeros(steps, 1)
    grad[steps - 5] = forward.u[steps - 5] - 0.5
    expected = {
        path: NATIVE.backward(
            neuron, c, AtSpike(surrogate, gain=1.3), path, DRAW, x, initial, forward, Upstream(u=grad), record=True
        )
        for path in SWEPT
    }
    assert forward.s.sum() > 3
    same(receive(slopes, steps, 1), expected[ResetPath.KEPT].ds_du, "ds_du")
    for got, path in ((full, ResetPath.KEPT), (cut, ResetPath.CUT), (ignored, ResetPath.IGNORED)):
        same(receive(got, steps, 1), expected[path].x, f"delta, {path}")
    same(receive(multiplier, steps, 1), expected[ResetPath.KEPT].multiplier, "multiplier")
    same(receive(unreset, steps, 1), expected[ResetPath.IGNORED].multiplier, "SLAYER's multiplier")


SHAPED = """({ neuron, formulas, x, unscaled, factors, drawnScale, gain, drawn, T, M, dt }) => {
  const run = new kit.Run(kit.kernels), levels = new kit.Drawn();
  const data = { T, M, kernel: "lif", states: ["v"], trace: null, fires: true, dt, formulas, factors, drawnScale };
  levels.read(drawn);
  run.allocate(data);
  run.compute(data, { neuron, gain, column: 1 }, floats(x), floats(unscaled), levels, false, 0);
  return [run.a.x, run.inRate, run.a.sc].map(text);
}"""
WAVE = encode_drawn(-7, np.arange(128) % 9 - 2)


@pytest.mark.parametrize("gain, drawn", [(1.0, ""), (0.7, ""), (1.0, WAVE), (2.5, WAVE)])
@pytest.mark.parametrize("stimulus", [Step(0.07), Noise(), Poisson(weight=0.3)], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("dt, spread", [(1.0, 0.0), (1.0, 0.4), (0.3, 0.0), (0.3, 0.4)])
def test_the_scope_shapes_a_current_as_python_does(kit, stimulus, gain, drawn, dt, spread):
    """Gain and drawn current, the step's factor and each neuron's: the input of every neuron, bit for bit."""
    plain = Experiment(LIF(dt=dt), stimulus, steps=300, neurons=3, spread=spread)
    shaped = plain if gain == 1 and not drawn else dataclasses.replace(plain, stimulus=Shaped(stimulus, gain, drawn))
    x, _, _ = kit.evaluate(SHAPED, {
        "neuron": scenes.plain(plain.neuron), "formulas": formulas(LIF), "x": send(plain.input()), "dt": dt,
        "unscaled": send(plain.current()), "factors": plain.factors().tolist(), "drawnScale": dt if stimulus.charges else 1.0,
        "gain": gain, "drawn": drawn, "T": 300, "M": 3,
    })  # fmt: skip
    same(receive(x, 300, 3), shaped.input()[:, 0].contiguous(), "input")


def test_the_rate_of_a_regular_neuron_is_one_number(kit):
    """From its first spike to its last, one over the interval; before and after there is no number."""
    plain = Experiment(IF(dt=0.5), Step(0.1, start=30.0), steps=600, neurons=2)
    _, rate, spikes = kit.evaluate(SHAPED, {
        "neuron": scenes.plain(plain.neuron), "formulas": formulas(IF), "x": send(plain.input()), "dt": 0.5,
        "unscaled": send(plain.current()), "factors": plain.factors().tolist(), "drawnScale": 1.0,
        "gain": 1.0, "drawn": "", "T": 600, "M": 2,
    })  # fmt: skip
    rate, fired = receive(rate, 600), np.flatnonzero(receive(spikes, 600))
    gaps = np.diff(fired)
    assert len(fired) > 20 and set(gaps) <= {20, 21}
    for first, gap in zip(fired, gaps, strict=False):
        assert rate[first + 1 : first + gap] == pytest.approx(2000 / gap)
    assert np.isnan(rate[: fired[0]]).all() and np.isnan(rate[fired[-1] + 1 :]).all()


def test_the_module_is_small_and_exports_what_it_says():
    assert len(browser.module()) + len(scripts.bundle("scope/main.js")) < 300_000
    assert browser.unusable() is None
