"""The kernels in a real browser against the native backend: the same bits, and the JavaScript twins' numbers against Python's."""

import base64
import dataclasses
import math

import numpy as np
import pytest
import torch

from snnviz.backends import BACKENDS, browser
from snnviz.backends.base import Upstream
from snnviz.draws import Draw
from snnviz.laws import LAWS
from snnviz.methods.base import AtSpike, ResetPath
from snnviz.neurons import ALIF, IF, LIF, NEURONS, CubaLIF, Izhikevich, LeakyReadout
from snnviz.neurons.base import Reset
from snnviz.params import params
from snnviz.places import assets
from snnviz.surrogates import SURROGATES, Gaussian, SingleExponential
from snnviz.ui import scope
from snnviz.zeroth_order import ZerothOrder

pytestmark = pytest.mark.browser
NATIVE = BACKENDS["native"]
DRAW = Draw(seed=7, layer=3)

# Puts the scope's own modules and one instance of the kernels into an empty page.
START = """async ([kernels, coefficients, packed]) => {
  const load = (text) => import("data:text/javascript;base64," + text);
  const k = await load(kernels), module = await k.compile(packed);
  window.kit = { Kernels: k.Kernels, kernels: new k.Kernels(module), ...(await load(coefficients)) };
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

FORWARD = """({ neuron, kernel, T, M, x, initial, hasTrace, fires, column }) => {
  const S = floats(initial).length / M, all = T * M, n = told(neuron), c = kit.NEURONS[neuron.is].c(n);
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

BACKWARD = """({ neuron, kernel, d, T, M, u, gradS, gradU, reset, gain, window: wide, gate, afterReset, seed, first, table }) => {
  const all = T * M, c = kit.NEURONS[neuron.is].c(told(neuron)), given = table ? floats(table) : new Float32Array(0);
  const a = kit.kernels.layout({ u: all, gradS: all, gradU: all, initial: M, zeros: M, delta: all, gradInitial: M,
                                 slopes: all, multiplier: all, given: given.length });
  a.u.set(floats(u));
  if (gradS) a.gradS.set(floats(gradS));
  if (gradU) a.gradU.set(floats(gradU));
  a.given.set(given);
  kit.kernels.backward(kernel, { c, d, T, M, reset, gain, window: wide ?? Infinity, gate, afterReset, seed, layer: 3, first },
    { ...a, gradS: gradS && a.gradS, gradU: gradU && a.gradU, given: given.length ? a.given : null });
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
    texts = [base64.b64encode((assets() / "scope" / f"{n}.js").read_bytes()).decode() for n in ("kernels", "coefficients")]
    imports = page.evaluate(START, [*texts, browser.payload()])
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


CASES = [
    (LIF(), 0.15),
    (LIF(reset_mode=Reset.ZERO, v_min=-0.4), 0.15),
    (LIF(tau_mem=3.7, theta=0.3, max_spikes=5, reset_amount=0.8), 0.3),
    (LIF(reset_mode=Reset.NONE), 0.15),
    (IF(v_min=-1.0), 0.1),
    (CubaLIF(tau_syn=7.0), 0.05),
    (CubaLIF(early_decay=True, reset_mode=Reset.ZERO), 0.05),
    (ALIF(), 0.2),
    (ALIF(kappa=4.0, tau_adapt=30.0, reset_mode=Reset.ZERO), 0.3),
    (LeakyReadout(tau_mem=12.0), 0.2),
    (Izhikevich(), 8.0),
    (Izhikevich(a=0.1, d=2.0, c=-55.0, dt=0.2), 12.0),
]


@pytest.mark.parametrize("neuron, level", CASES, ids=lambda v: repr(v)[:40] if dataclasses.is_dataclass(v) else "")
@pytest.mark.parametrize("steps, columns", [(1, 1), (1, 64), (2, 3), (63, 300), (2000, 33)], ids=lambda n: str(n))
def test_the_browser_and_the_cpu_give_the_same_bits(kit, neuron, level, steps, columns):
    x, initial = current(steps, columns, level), rest(neuron, columns)
    expected = NATIVE.forward(neuron, coefficients(neuron), x, initial)
    column = columns // 2
    states = len(neuron.states)
    u, s, trace, last, one, kept = kit.evaluate(FORWARD, {
        "neuron": scope.plain(neuron), "kernel": neuron.kernel, "T": steps, "M": columns, "x": send(x), "initial": send(initial),
        "hasTrace": bool(neuron.trace), "fires": neuron.fires, "column": column,
    })  # fmt: skip
    same(receive(u, steps, columns), expected.u, "u")
    if neuron.fires:
        same(receive(s, steps, columns), expected.s, "spikes")
        assert expected.s.sum() > 0 or steps < 60, "nothing was compared: no neuron fired"
    if neuron.trace:
        same(receive(trace, steps, columns), expected.trace, neuron.trace)
    same(receive(last, states, columns), expected.last, "last state")
    same(receive(one, steps), expected.u[:, column].contiguous(), "u of one neuron, step by step")
    same(receive(kept, steps + 1, states)[-1].copy(), expected.last[:, column].contiguous(), "its last state")


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("path", ResetPath)
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
        kernel = at_spike.derivative.kernel
        delta, slopes, multiplier, first = kit.evaluate(BACKWARD, {
            "neuron": scope.plain(neuron), "kernel": kernel, "d": list(at_spike.derivative.coefficients()), "T": steps,
            "M": columns,
            "u": send(forward.u), "gradS": send(up.s), "gradU": send(up.u), "reset": path.value, "gain": at_spike.gain,
            "window": None if math.isinf(at_spike.window) else at_spike.window, "gate": at_spike.gate,
            "afterReset": at_spike.after_reset, "seed": draw.seed, "first": draw.first, "table": send(table),
        })  # fmt: skip
        same(receive(slopes, steps, columns), expected.ds_du, "ds_du")
        same(receive(delta, steps, columns), expected.x, "delta")
        same(receive(multiplier, steps, columns), expected.multiplier, "multiplier")
        same(receive(first, 1, columns), expected.initial, "gradient of the initial state")


TWINS = """([cases, surrogates]) => cases.map(([kind, value]) => {
  const list = kind === "neuron" ? kit.NEURONS[value.is].c(told(value)) : kit.slopesOf(surrogates, value);
  return list.map((v) => String(Math.fround(v)));
})"""


def places(value, known):
    """What a control offers for a field: every slider place of a number, each choice, both sides of a switch."""
    if isinstance(value, bool):
        return [True, False]
    if isinstance(value, Reset):
        return list(Reset)
    low, high, step = known.slider
    found = [type(value)(round(v, 9)) for v in np.arange(low, high + step / 2, step)]
    return [v for v in found if known.admits(v)]


def test_the_twins_give_the_numbers_that_python_gives(kit):
    """Every place of every slider, one field at a time, after rounding to the float32 that the kernel gets."""
    cases, expected = [], []
    for kind, classes in (("neuron", NEURONS), ("surrogate", SURROGATES)):
        for cls in classes.values():
            for name, known in params(cls).items():
                for v in places(getattr(cls(), name), known):
                    value = dataclasses.replace(cls(), **{name: v})
                    numbers = value.coefficients()
                    cases.append([kind, scope.plain(value)])
                    expected.append(list(numbers.values()) if kind == "neuron" else list(numbers))
    got = kit.evaluate(TWINS, [cases, scope._surrogates()])
    assert len(cases) > 1500
    for case, told, numbers in zip(cases, got, expected, strict=True):
        numbers = [float(np.float32(n)) for n in numbers]
        assert [float(t.replace("Infinity", "inf")) for t in told] == numbers, case


def test_rest_and_threshold_twins(kit):
    got = kit.evaluate(
        """(n) => [kit.NEURONS.Izhikevich.rest(n), kit.NEURONS.ALIF.threshold({ theta: 1.1, kappa: 0.7 })(0.3)]""",
        scope.plain(Izhikevich(b=0.23)),
    )
    assert got[0] == list(Izhikevich(b=0.23).rest())
    assert got[1] == 1.1 + 0.7 * 0.3


def test_the_module_is_small_and_exports_what_it_says():
    assert len(browser.module()) + len(scope.script()) < 300_000
    assert browser.unusable() is None
