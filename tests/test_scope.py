"""The scopes in a real browser, mounted in pages of their own: what a hand does, what the server hears of it, and how fast."""

import dataclasses
import json
import re

import numpy as np
import pytest

from snnviz import Experiment, Noise, stimuli
from snnviz.backends import BACKENDS
from snnviz.laws import LaplaceLaw
from snnviz.live import declared, scenes, scripts
from snnviz.neurons import ALIF, LIF, Izhikevich
from snnviz.neurons.base import Reset
from snnviz.places import assets
from snnviz.surrogates import Sigmoid, SingleExponential
from snnviz.zeroth_order import ZerothOrder
from tests.app_server import DESKTOP, PHONE, ROOT, Visit, running_app

pytestmark = pytest.mark.browser

# A page as the app has them: a scope, what Python then knows, and another page to go to. Settings come from the URL.
PAGE = """
import sys
sys.path.insert(0, {root!r})
import json, dataclasses
import numpy as np, streamlit as st
from snnviz.backends import browser
from snnviz import Experiment, Noise
from snnviz.neurons import NEURONS
from snnviz.live import scenes
from snnviz.ui import scope

st.set_page_config(layout="wide")
ask = st.query_params
USABLE = browser.__dict__.setdefault("USABLE", browser.unusable)
browser.unusable = (lambda: "There is no compiler.") if ask.get("compiler") == "no" else USABLE


def neuron():
    st.title("Neuron", anchor=False)
    if reason := scope.problem("scope"):
        st.info(reason)
        st.write("FIGURE FROM THE SERVER")
        return
    T, M = int(ask.get("T", 1000)), int(ask.get("M", 64))
    cls = NEURONS[ask.get("neuron", "LIF")]
    level = cls.amplitude if cls.unit else 0.07
    driven = Experiment(cls(), Noise(level, 0.8 * level), steps=T, neurons=M)
    if "scene" not in st.session_state or type(st.session_state.scene.neuron) is not cls:
        st.session_state.scene = scenes.Scene(cls(), backward=ask.get("back") == "1", drawn=ask.get("drawn", ""))
    if st.button("Preset"):
        st.session_state.scene = scenes.Scene(cls(theta=0.5))
    shown = scope.neuron_scope(st.session_state.scene, driven, key="scope")
    st.session_state.scene = shown
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    st.code(json.dumps([st.session_state.runs, scenes.plain(shown)]), language=None, wrap_lines=True)


def derivative():
    st.title("Derivative", anchor=False)
    scene = st.session_state.setdefault("estimate", scenes.DrawScene())
    st.session_state.estimate = scope.derivative_scope(scene, key="draws")
    st.code(json.dumps(scenes.plain(st.session_state.estimate)), language=None, wrap_lines=True)


def empty():
    st.title("Empty", anchor=False)


st.navigation([st.Page(neuron, default=True), st.Page(derivative), st.Page(empty)]).run()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    script = tmp_path_factory.mktemp("scope") / "page.py"
    script.write_text(PAGE.format(root=str(ROOT)), encoding="utf-8")
    with running_app(script, {"STREAMLIT_CLIENT_SHOW_SIDEBAR_NAVIGATION": "true"}) as url:
        yield url


class Open(Visit):
    """A page with a scope in it, and every frame that its websocket sends."""

    def __init__(self, page, url):
        super().__init__(page, url)
        self.sent: list[int] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: self.sent.append(len(frame))))

    def drawn(self) -> "Open":
        self.page.wait_for_function(
            "() => Number(document.querySelector('[data-testid=stBidiComponentIsolated]')"
            "?.shadowRoot?.querySelector('.scope')?.dataset.frames) > 0",
            timeout=60_000,
        )
        self.settle()
        return self

    @property
    def shown(self):
        """What the scope shows, as Python last printed it: the number of runs, the scene."""
        return json.loads(self.page.locator("[data-testid=stCode]").inner_text())

    def summary(self) -> str:
        return self.page.locator(".scope p.summary").inner_text()

    def until(self, condition: str, argument=None) -> None:
        self.page.wait_for_function(condition, arg=argument, timeout=20_000)

    def until_told(self, text: str) -> None:
        self.page.locator("[data-testid=stCode]").filter(has_text=text).wait_for(timeout=20_000)

    def slider(self, name: str):
        return self.page.locator(f".scope input[type=range][name={name}]")


@pytest.fixture
def go(chromium, server):
    pages = []

    def visit(address: str = "", size=DESKTOP, dark: bool = False, script: str | None = None) -> Open:
        page = chromium.new_page()
        pages.append(page)
        if script:
            page.add_init_script(script)
        seen = Open(page, server).size(*size).dark(dark)
        page.goto(f"{server}/{address}")
        return seen

    yield visit
    for page in pages:
        page.close()


def numbers(text: str) -> list[float]:
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+(?:\.\d+)?", text)]


def test_the_picture_is_that_of_the_settings(go):
    """The sentence under the picture tells the same spikes as the native backend."""
    import torch

    seen = go("?M=3&T=400").drawn()
    neuron = LIF()
    x = Experiment(neuron, Noise(0.07, 0.8 * 0.07), steps=400, neurons=3).input()[:, 0]
    c = torch.tensor(list(neuron.coefficients().values()), dtype=torch.float64)
    s = BACKENDS["native"].forward(neuron, c, x, torch.zeros(1, 3)).s
    count, steps, first, rate, all_, hz = numbers(seen.summary())[1:]
    assert (count, steps, all_) == (s[:, 0].sum(), 400, 3)
    assert first == s[:, 0].nonzero()[0].item()
    assert rate == pytest.approx(count / 0.4, rel=5e-3) and hz == pytest.approx(s.mean().item() * 1000, rel=5e-3)
    assert not seen.errors and not seen.outside


def test_a_drag_asks_the_server_nothing_and_its_end_tells_it_once(go):
    seen = go().drawn()
    seen.page.wait_for_timeout(500)
    runs = seen.shown[0]
    box = seen.slider("tau_mem").bounding_box()
    x, y = box["x"], box["y"] + box["height"] / 2
    seen.sent.clear()
    seen.page.mouse.move(x + 60, y)
    seen.page.mouse.down()
    before = seen.summary()
    for i in range(60):
        seen.page.mouse.move(x + 30 + 2 * i, y)
    assert seen.summary() != before
    seen.page.wait_for_timeout(400)
    assert seen.sent == []
    seen.page.mouse.up()
    seen.until_told(f"[{runs + 1},")
    seen.page.wait_for_timeout(700)
    assert seen.shown[0] == runs + 1
    assert len([n for n in seen.sent if n > 100]) == 1
    value = float(seen.page.get_by_label("Membrane time constant, typed").input_value())
    assert seen.shown[1]["neuron"]["tau_mem"] == value != 20.0


def test_threshold_and_reset_are_dragged_on_the_plot(go):
    seen = go("?M=1").drawn()
    for label, field, was in (("Threshold, on the plot", "theta", 1.0), ("Reset level, on the plot", "reset_amount", 1.0)):
        grip = seen.page.get_by_role("slider", name=label)
        box = grip.bounding_box()
        x, y = box["x"] + 12, box["y"] + 12
        seen.page.mouse.move(x, y)
        seen.page.mouse.down()
        seen.page.mouse.move(x, y - 30, steps=5)
        seen.page.mouse.up()
        seen.until(
            "([name, was]) => JSON.parse(document.querySelector('[data-testid=stCode]').innerText)[1].neuron[name] !== was",
            [field, was],
        )
    neuron = seen.shown[1]["neuron"]
    assert neuron["theta"] > 1.05 and neuron["reset_amount"] < 0.95


def test_play_step_scrub_and_zoom(go):
    seen = go("?M=1&T=300").drawn()
    press = lambda name: seen.page.get_by_role("button", name=name, exact=True).click()  # noqa: E731
    scrub = seen.page.get_by_label("Time cursor", exact=True)
    press("One step on"), press("One step on"), press("One step back")
    seen.until(
        "() => document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('.scrub').value === '1'"
    )
    seen.page.get_by_label("Speed").select_option("200")
    press("Play")
    seen.until(
        "() => Number(document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('.scrub').value) > 40"
    )
    press("Pause")
    at = int(scrub.input_value())
    seen.page.wait_for_timeout(300)
    assert int(scrub.input_value()) == at
    scrub.focus()
    seen.page.keyboard.press("End")
    seen.until(
        "() => document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('.scrub').getAttribute('aria-valuetext').startsWith('299 ms, u ')"
    )
    assert scrub.input_value() == "299"
    canvas = lambda: seen.page.locator(".scope canvas.main").screenshot()  # noqa: E731
    press("To the start")
    whole = canvas()
    press("Zoom in on the cursor")
    seen.wait(lambda: canvas() != whole)
    press("See all of it")
    seen.wait(lambda: canvas() == whole)


def test_a_ghost_is_held_and_compared(go):
    seen = go("?M=1&T=300").drawn()
    count = numbers(seen.summary())[0]
    seen.page.get_by_role("button", name="Hold").click()
    seen.slider("gain").focus()
    for _ in range(10):
        seen.page.keyboard.press("ArrowRight")
    text = seen.summary()
    assert f"Ghost: {count:g} spikes" in text
    assert numbers(text)[0] > count


def test_a_drawn_current_survives_as_a_link(go):
    seen = go("?M=2&T=256").drawn()
    seen.page.get_by_role("button", name="Draw", exact=True).click()
    box = seen.page.locator(".scope canvas.over").bounding_box()
    seen.page.mouse.move(box["x"] + 200, box["y"] + 30)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 400, box["y"] + 22, steps=8)
    seen.page.mouse.up()
    seen.until("() => JSON.parse(document.querySelector('[data-testid=stCode]').innerText)[1].drawn")
    drawn, summary = seen.shown[1]["drawn"], seen.summary()
    current = stimuli.drawn_current(drawn, 256)
    assert current.max() > 0 and 20 < np.count_nonzero(current) < 250
    again = go(f"?M=2&T=256&drawn={drawn}").drawn()
    assert again.summary() == summary
    assert again.shown[1]["drawn"] == drawn


def test_a_drawn_current_whose_step_is_no_power_of_two_goes_through_the_scope(go):
    """From a link of 0.1.0 with a time step of 0.3 ms. A level drawn beside it keeps the step."""
    levels = np.r_[np.zeros(6), np.arange(100), np.zeros(22)]
    drawn = stimuli.scaled_drawn(stimuli.encode_drawn(-7, levels), 1 / 0.3)
    seen = go(f"?M=1&T=128&drawn={drawn}").drawn()
    seen.page.get_by_role("button", name="Draw", exact=True).click()
    seen.page.get_by_label("Time cursor", exact=True).focus()
    for _ in range(5):
        seen.page.keyboard.press("ArrowRight")
    seen.page.get_by_label("Drawn current at the time cursor").focus()
    seen.page.keyboard.press("ArrowRight")
    seen.until(f"() => JSON.parse(document.querySelector('[data-testid=stCode]').innerText)[1].drawn !== '{drawn}'")
    step, now = stimuli.drawn_levels(seen.shown[1]["drawn"])
    assert step == stimuli.drawn_levels(drawn)[0] and np.flatnonzero(now != levels).tolist() == [5]


def test_a_current_is_drawn_with_keys(go):
    seen = go("?M=1&T=128").drawn()
    seen.page.get_by_role("button", name="Draw", exact=True).click()
    seen.page.get_by_label("Time cursor", exact=True).focus()
    for _ in range(5):
        seen.page.keyboard.press("ArrowRight")
    seen.page.get_by_label("Drawn current at the time cursor").focus()
    for _ in range(3):
        seen.page.keyboard.press("ArrowRight")
    seen.until("() => JSON.parse(document.querySelector('[data-testid=stCode]').innerText)[1].drawn")
    assert np.flatnonzero(stimuli.drawn_current(seen.shown[1]["drawn"], 128)).tolist() == [5]


def test_a_preset_of_the_page_reaches_the_scope(go):
    seen = go("?M=1").drawn()
    seen.slider("gain").focus()
    seen.page.keyboard.press("ArrowRight")
    seen.until_told('"gain": 1.02')
    seen.page.get_by_role("button", name="Preset").click()
    seen.until_told('"theta": 0.5')
    seen.settle()
    typed = seen.page.get_by_label("Threshold, typed")
    seen.until(
        "() => document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('input[type=range][name=theta]').getAttribute('aria-valuetext') === '0.5'"
    )
    assert typed.input_value() == "0.5"
    seen.slider("gain").focus()
    seen.page.keyboard.press("ArrowLeft")
    seen.until_told('"gain": 0.98')
    assert seen.shown[1]["neuron"]["theta"] == 0.5


def test_typed_values_are_checked(go):
    seen = go("?M=1").drawn()
    typed = seen.page.get_by_label("Threshold, typed")
    typed.fill("-3")
    typed.press("Enter")
    assert "must be above 0" in seen.page.locator(".scope .help").inner_text()
    typed.fill("0.85")
    typed.press("Tab")
    seen.until_told('"theta": 0.85')


def test_the_backward_pass_is_live(go):
    """Past k/w = 1 + 1/beta the exact gradient explodes and SLAYER's does not; cut and SLAYER agree with subtraction."""
    seen = go("?back=1&M=1").drawn()
    calm = seen.summary()
    assert "differ by at most 0. " in calm and "leaves [−1, 1] in 0 steps" in calm
    for name, value in (("Width", "0.1"), ("Scale of the surrogate", "2")):
        typed = seen.page.get_by_label(f"{name}, typed")
        typed.fill(value)
        typed.press("Tab")
    seen.until_told('"scale": 2.0')
    wild = seen.summary()
    assert int(re.search(r"in (\d+) steps? before", wild)[1]) > 3
    exact, cut = re.search(r"EXODUS (\S+), cut (\S+),", wild).groups()
    assert float(exact.replace("∞", "inf")) > 100 * float(cut)
    seen.page.get_by_label("Reset", exact=True).select_option("zero")
    seen.until_told('"reset_mode": "zero"')
    assert "differ by at most 0. " not in seen.summary()
    seen.page.locator(".scope select[name=loss]").select_option("target")
    seen.page.get_by_role("slider", name="Loss time, on the plot").focus()
    seen.page.keyboard.press("ArrowUp")
    seen.until_told('"target": 0.55')


def test_ten_page_switches_leave_nothing_behind(go):
    """Loops end with their page, and memory does not grow: it is measured after collection."""
    count = """() => { window.asked = 0; const was = requestAnimationFrame;
      window.requestAnimationFrame = (f) => { window.asked++; return was(f); }; }"""
    seen = go("?M=64").drawn()
    cdp = seen.page.context.new_cdp_session(seen.page)

    def heap() -> float:
        cdp.send("HeapProfiler.collectGarbage")
        return cdp.send("Runtime.getHeapUsage")["usedSize"] + cdp.send("Runtime.getHeapUsage").get("backingStorageSize", 0)

    sizes = []
    for _ in range(10):
        seen.page.get_by_role("link", name="Derivative").click()
        seen.page.get_by_role("heading", name="Derivative").wait_for()
        seen.drawn()
        seen.page.get_by_role("button", name="Play").click()
        seen.page.get_by_role("link", name="Neuron").click()
        seen.page.get_by_role("heading", name="Neuron").wait_for()
        seen.drawn()
        seen.page.get_by_role("button", name="Play").click()
        sizes.append(heap())
    seen.page.get_by_role("link", name="Empty").click()
    seen.page.get_by_role("heading", name="Empty").wait_for()
    seen.settle()
    seen.page.evaluate(count)
    seen.page.wait_for_timeout(500)
    assert seen.page.evaluate("() => window.asked") <= 1
    assert sizes[-1] < sizes[3] + 6e6, sizes
    assert not seen.errors


@pytest.mark.parametrize("address", ["?back=1", "derivative"])
@pytest.mark.parametrize("size, dark", [(DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)])
def test_anybody_can_use_it(go, address, size, dark):
    """No serious violation, nothing cut off, and every control can be reached by the Tab key."""
    seen = go(address, size, dark).drawn()
    assert seen.violations() == []
    assert seen.cut_off() == 0
    reach = """() => {
      const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
      const all = [...root.querySelectorAll('button, input, select, summary, [tabindex]')].filter((e) => e.offsetParent !== null);
      return [all.filter((e) => e.tabIndex < 0).length, all.length];
    }"""
    unreachable, all_ = seen.page.evaluate(reach)
    assert unreachable == 0 and all_ > 10
    spoken = seen.page.locator(".scope [aria-live]").inner_text()
    assert len(numbers(spoken)) >= 3
    assert seen.page.locator(".scope canvas.main").get_attribute("aria-label") == spoken


def test_touch_moves_the_handles(server, chromium):
    """The same page under a finger, on a screen of high density."""
    page = chromium.new_page()
    try:
        cdp = chromium.new_cdp_session(page)
        cdp.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        cdp.send("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 3, "mobile": True})
        seen = Open(page, server)
        page.goto(f"{server}/?M=1")
        seen.drawn()
        wide = page.evaluate(
            "() => { const c = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
            ".querySelector('canvas.main'); return c.width / c.clientWidth; }"
        )
        assert wide == pytest.approx(3, abs=0.05)
        grip = page.get_by_role("slider", name="Threshold, on the plot")
        grip.scroll_into_view_if_needed()
        box = grip.bounding_box()
        x, y = box["x"] + 12, box["y"] + 12
        cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for i in range(1, 6):
            cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y + 6 * i}]})
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        seen.until("() => JSON.parse(document.querySelector('[data-testid=stCode]').innerText)[1].neuron.theta < 1")
    finally:
        page.close()


def test_draws_settle_on_the_closed_curve(go):
    seen = go("derivative").drawn()
    seen.page.get_by_label("Law of z").select_option("LaplaceLaw")
    typed = seen.page.get_by_label("Width, typed")
    typed.fill("0.4")
    typed.press("Tab")
    seen.until_told('"LaplaceLaw"')
    seen.until_told('"delta": 0.4')
    seen.page.get_by_label("Speed").select_option("3000")
    seen.page.get_by_role("button", name="Play").click()
    seen.until(
        "() => { const text = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('p.summary').innerText; return Number(text.match(/of (.*) draws/)[1].replace(/\\s/g, '')) > 5000; }"
    )
    seen.page.get_by_role("button", name="Pause").click()
    estimate = ZerothOrder(LaplaceLaw(), 0.4)
    text = seen.summary()
    mean, curve, noise = (float(re.search(p, text)[1]) for p in (r"draws is ([\d.]+),", r"curve ([\d.]+) ", r"± ([\d.]+) \(2σ"))
    assert curve == pytest.approx(estimate.mean(0.05).item(), rel=5e-3)
    assert abs(mean - curve) < 2.5 * noise + 0.003
    active, share = (float(n) for n in re.findall(r"([\d.]+) %", text))
    assert active == pytest.approx(100 * estimate.activity(0.05).item(), rel=5e-3) and abs(active - share) < 2
    band = float(re.search(r"average: ±([\d.]+)\.", text)[1])
    assert band == pytest.approx(0.4 * estimate.law.mean_abs, rel=5e-3)


def test_without_webassembly_the_server_draws(go):
    seen = go(script="delete window.WebAssembly")
    seen.page.get_by_text("FIGURE FROM THE SERVER").wait_for(timeout=20_000)
    seen.settle()
    assert "does not run WebAssembly" in seen.page.locator("[data-testid=stAlert]").inner_text()


def test_without_a_compiler_the_server_draws(go):
    page = go("?compiler=no").page
    page.get_by_text("FIGURE FROM THE SERVER").wait_for(timeout=20_000)
    assert "There is no compiler." in page.locator("[data-testid=stAlert]").inner_text()
    assert go().drawn().summary(), "another visitor has one"


# ---- without a browser ---------------------------------------------------------------------------------------------------


def test_what_the_page_says_is_read_back_as_it_was():
    given = scenes.Scene(
        ALIF(tau_mem=7.5, reset_mode=Reset.ZERO), gain=1.5, backward=True, surrogate=Sigmoid(3.0), loss=scenes.Loss.TARGET
    )
    assert scenes.read(scenes.plain(given), scenes.Scene()) == given
    whole = scenes.plain(scenes.Scene(Izhikevich()))
    whole["neuron"]["a"] = 1  # JSON does not tell 1 from 1.0
    assert scenes.read(whole, scenes.Scene(Izhikevich())).neuron.a == 1.0
    slow = scenes.Scene(LIF(dt=0.5, v_min=-1.0))
    sent = scenes.plain(slow)
    del sent["neuron"]["dt"]  # a field without a control in the page
    sent["neuron"]["v_min"] = None  # JSON has no infinity
    assert scenes.read(sent, slow).neuron == LIF(dt=0.5)


@pytest.mark.parametrize("spoil", [
    {"neuron": {"is": "os.system"}}, {"neuron": {"is": "LIF", "tau_mem": -1}}, {"neuron": {"is": "LIF", "theta": "x"}},
    {"surrogate": {"is": "Nothing"}}, {"loss": "everything"}, {"drawn": "!!"}, {"loss_at": 7}, {"gain": [1]},
])  # fmt: skip
def test_nonsense_from_a_page_is_refused(spoil):
    with pytest.raises((ValueError, TypeError, KeyError)):
        scenes.read(scenes.plain(scenes.Scene()) | spoil, scenes.Scene())


def test_a_drawn_current_is_exact_and_checked():
    random = np.random.default_rng(1).integers(-127, 128, stimuli.BINS).astype(np.int8)
    text = stimuli.encode_drawn(-7, random)
    for steps in (1, 100, 128, 1000):
        got = stimuli.drawn_current(text, steps)
        assert got.dtype == np.float32
        assert (got == random[np.arange(steps) * 128 // steps].astype(np.float64) / 128).all()
    with pytest.raises(ValueError, match="no drawn current"):
        scenes.Scene(drawn="abc")
    with pytest.raises(ValueError, match="no drawn current"):
        dataclasses.replace(scenes.Scene(), drawn=text + "AA")


def test_every_field_has_what_a_control_needs():
    for value in (LIF(), ALIF(), Izhikevich(), SingleExponential(), scenes.Scene(), ZerothOrder(), scenes.DrawScene()):
        for control in declared.declare(value):
            assert control["label"] and control["kind"] in ("number", "whole", "switch", "choice")
            assert control["kind"] in ("switch", "choice") or len(control["slider"]) == 3


def test_the_script_is_one_module():
    """Every file of the folder is in it, once."""
    text = scripts.bundle("scope/main.js")
    for path in (assets() / "scope").glob("*.js"):
        assert text.count(f"const $scope_{path.stem} = ") == 1
    assert "import {" not in text and re.findall(r"^export .*", text, re.MULTILINE) == ["export default $scope_main.default;"]


@pytest.mark.parametrize("files, complaint", [
    ({"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";\nexport const b = 1;'}, "imports itself"),
    ({"a.js": 'import { c } from "./b.js";', "b.js": "export const b = 1, c = 2;"}, "c from b.js, which exports no such name"),
    ({"a.js": "export let now = 1;"}, "a.js says 'export let now = 1;'"),
    ({"a.js": 'import("./b.js");'}, "a.js says"),
    ({"a.js": "".join(f'new Worker(new URL("./{n}.js", import.meta.url), {{ type: "module" }});' for n in "bc"),
      "b.js": "", "c.js": ""}, "a.js begins a second worker, c.js"),
], ids=["circle", "no such name", "a variable", "at run time", "two workers"])  # fmt: skip
def test_a_script_that_cannot_be_put_together_is_refused(tmp_path, monkeypatch, files, complaint):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(scripts, "assets", lambda: tmp_path)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        scripts.bundle.__wrapped__("a.js")
