"""The playground in a real browser: it draws and learns, keeps its settings in the address, and is what the library computes."""

import itertools

import pytest
from streamlit.testing.v1 import AppTest

from app import PAGES
from snnviz import text
from snnviz.live import played, small
from snnviz.live.playground import Descent, Neuron, Playground, PointSet, Reading, Stand, Way
from snnviz.ui import playground
from tests.app_server import PHONE, ROOT

STAGE = "e => { const s = e.stage; return "
LOOK = (
    STAGE
    + "s.frame && ({updates: s.frame.updates, stride: Object.values(s.frame.methods)[0].curve.stride, losses: "
    + (
        "Object.fromEntries(Object.entries(s.frame.methods).map(([k, m]) => [k, m.curve.values])), "
        "tests: Object.fromEntries(Object.entries(s.frame.methods).map(([k, m]) => [k, m.test.accuracy]))}) }"
    )
)


def opened(visit, **more):
    """The playground, drawn: its element."""
    seen = visit("", **more)
    seen.play = seen.page.locator(".playground")
    until(seen, "s?.meter.first")
    return seen


def updates(seen) -> int:
    return seen.play.evaluate(LOOK)["updates"]


def until(seen, condition: str, timeout: int = 60_000) -> None:
    """Wait until a condition of the stage `s` holds."""
    handle = seen.play.element_handle()
    seen.page.wait_for_function(f"e => {{ const s = e.stage; return {condition}; }}", arg=handle, timeout=timeout)


def test_the_settings_are_those_of_the_engine():
    facts = played.facts()
    for choices, name in (
        (PointSet, "sets"),
        (Way, "methods"),
        (Neuron, "neurons"),
        (Descent, "optimisers"),
        (Stand, "surrogates"),
    ):
        assert {c.value: c.title for c in choices} == {key: row["title"] for key, row in facts[name].items()}
        assert all(c.value.lower() == c.name.lower() for c in choices), "an address spells the name, the page the value"


@pytest.mark.parametrize(
    "value",
    [
        Playground(),
        Playground(set=PointSet.DIGITS, hidden=(24,), neuron=Neuron.ALIF, methods=(Way.EXODUS, Way.LOCALZO), draws=3),
        Playground(
            set=PointSet.SPIRALS, optimiser=Descent.MOMENTUM, surrogate=Stand.GAUSSIAN, batch=16, seed=4, overTime=Reading.MAX
        ),
    ],
    ids=["moons", "digits", "spirals"],
)
def test_the_training_page_opens_in_the_same_state(value):
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params.update(playground.link(value))
    at.switch_page("pages/training.py").run()
    assert not at.exception and not at.warning, [w.value for w in at.warning]
    source = "".join(code.value for code in at.code)
    parts = [small.dataset(value), small.optimiser(value), *(small.method(value, way) for way in value.methods)]
    if value.neuron is not Neuron.LIF:
        parts.append(small.neuron(value))
    for part in parts:
        assert text.source(part) in source, source


def test_own_points_have_no_training_page():
    assert playground.link(Playground(set=PointSet.OWN, points="0,0,0;0.5,0.5,1")) is None


@pytest.mark.browser
def test_it_opens_first_draws_and_learns_by_hand_and_by_keys(visit):
    assert PAGES[0].file == "playground.py"
    seen = opened(visit)
    assert seen.play.evaluate(STAGE + "s.training }") is False, "who asks for less motion starts it by hand"
    assert updates(seen) == 0
    drawn = "e => { const c = e.getContext('2d').getImageData(0, 0, e.width, e.height).data; return new Set(c).size }"
    for name in ("graph", "raster", "loss"):
        assert seen.play.locator(f"canvas.{name}").evaluate(drawn) > 8, name
    assert seen.play.locator(".note").count() == 3
    seen.page.keyboard.press("ArrowRight")
    until(seen, "s.frame.updates === 1 && !s.waiting")
    assert seen.play.locator(".note").count() == 0, "the captions leave at the first touch"
    seen.play.evaluate("""e => {
      const s = e.stage, run = (on) => s.worker.postMessage({ type: "run", on, settings: s.s });
      s.waiting = true;
      run(true);
      s.worker.postMessage({ type: "frame", shown: s.s.shown, generation: s.generation });
      run(false);
    }""")
    until(seen, "!s.waiting")  # what is asked just before a pause is answered
    seen.page.keyboard.press("Space")
    until(seen, "s.training && s.frame.updates > 150 && s.frame.methods.bptt.test.accuracy > 0.7")
    seen.page.keyboard.press("Space")
    until(seen, "!s.training")
    seen.page.keyboard.press("p")
    until(seen, "s.play.on")
    seen.page.keyboard.press("r")
    until(seen, "s.frame.updates === 0 && s.frame.generation === s.generation")
    seen.page.keyboard.press("?")
    assert "train or pause" in seen.play.locator(".sheet").inner_text()
    seen.page.keyboard.press("Escape")
    assert seen.play.locator(".sheet").is_hidden()
    assert seen.errors == [] and seen.outside == []


@pytest.mark.browser
def test_the_losses_are_those_of_the_code_behind_it(visit):
    """Fifty updates of every method in the page, and of the code that the page shows, run here."""
    query = {"play.methods": "bptt-exodus-bptt_cut-slayer-localzo-sparse", "play.speed": "0", "play.seed": "3", "play.scale": "0.5"}
    seen = opened(visit, **query)
    source = seen.page.locator("[data-testid=stCode] code").last.text_content()
    seen.play.evaluate("e => { for (let i = 0; i < 60; i++) e.stage.step() }")
    until(seen, "s.frame.updates === 60")
    page = seen.play.evaluate(LOOK)
    assert page["stride"] == 1, "each value is one update's loss"
    namespace: dict = {}
    exec(compile(source, "the code behind the playground", "exec"), namespace)
    titles = {way.title: way.value for way in Way}
    assert len(namespace["losses"]) == 6
    for title, losses in namespace["losses"].items():
        assert losses == pytest.approx(page["losses"][titles[title]][:50], rel=1e-5), title
    assert page["losses"]["bptt"] == page["losses"]["exodus"]


@pytest.mark.browser
def test_the_address_carries_what_a_hand_has_set_and_restores_it(visit):
    seen = opened(visit)
    seen.play.get_by_role("radio", name="Circles").click()
    seen.play.get_by_role("button", name="EXODUS", exact=True).click()
    seen.play.get_by_role("button", name="More neurons in hidden layer 2").click()
    seen.play.get_by_role("slider", name="Learning rate").press("ArrowRight")
    seen.page.wait_for_function("() => location.search.includes('play.hidden=8-9') && location.search.includes('play.rate')")
    seen.settle()
    query = dict(pair.split("=") for pair in seen.page.url.partition("?")[2].split("&"))
    assert query["play.set"] == "circles" and query["play.methods"] == "bptt-exodus-slayer-localzo-sparse"
    before = seen.play.evaluate(STAGE + "s.codec.write(s.s) }")
    again = opened(visit, **query)
    assert again.play.evaluate(STAGE + "s.codec.write(s.s) }") == before
    bad = opened(visit, **{"play.noise": "lots", "play.hidden": "99", "play.set": "xor"})
    assert "play.noise" in bad.page.locator("main").inner_text()
    assert bad.play.evaluate(STAGE + "s.codec.write(s.s) }") == {"play.set": "xor"}


@pytest.mark.browser
def test_presets_own_points_and_a_drawn_digit(visit):
    seen = opened(visit)
    names = seen.play.locator(".presets button").all_inner_texts()
    assert len(names) == 6
    for name in names:
        button = seen.play.get_by_role("button", name=name, exact=True)
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        until(seen, "s.training && s.frame.generation === s.generation && s.frame.updates > 2")
    seen.play.get_by_role("radio", name="Own points").click()
    until(seen, "s.frame.generation === s.generation && s.train.n === 40")
    seen.play.get_by_role("button", name="Clear").click()
    until(seen, "s.train.n === 0")
    box = seen.play.locator(".pad .field").bounding_box()
    for cls, (x, y) in zip("1212", itertools.product((0.2, 0.8), (0.2, 0.8)), strict=True):
        seen.page.keyboard.press(cls)
        seen.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    until(seen, "s.train.n === 4 && s.frame.generation === s.generation && s.frame.updates > 5")
    assert seen.play.evaluate(STAGE + "[...s.train.c] }") == [0, 1, 0, 1]
    seen.page.wait_for_function("() => location.search.includes('play.points')")
    # Until the digits are there, no frame of the network before is taken for theirs.
    seen.play.evaluate("""e => {
      const unpack = e.stage.unpackDigits.bind(e.stage);
      e.stage.unpackDigits = () => new Promise((go) => (window.letGo = go)).then(unpack);
    }""")
    seen.play.get_by_role("radio", name="Digits").click()
    frames = "async () => { for (let i = 0; i < 20; i++) await new Promise(requestAnimationFrame) }"
    seen.page.evaluate(frames)
    assert seen.play.evaluate(STAGE + "s.frame.generation !== s.generation }") and seen.errors == []
    seen.page.evaluate("() => window.letGo()")
    until(seen, "s.frame.generation === s.generation && s.frame.updates > 30 && s.frame.methods.bptt.answer?.length === 10")
    box = seen.play.locator(".pad .field").bounding_box()
    seen.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"], steps=6)
    seen.page.mouse.up()
    until(seen, "s.s.image.length === 64 && s.run.spikes[0].some(Boolean)")
    assert seen.errors == []


@pytest.mark.browser
def test_ten_visits_leave_no_worker_and_no_memory_behind(visit):
    seen = opened(visit)
    cdp = seen.page.context.new_cdp_session(seen.page)
    used = []
    menu = seen.page.get_by_test_id("stSidebarNav")
    for visits in range(10):
        menu.get_by_role("link", name="Runs", exact=True).click()
        seen.page.get_by_role("heading", name="Saved runs").wait_for()
        seen.wait(lambda: len(seen.page.workers) == 0)
        if visits in (4, 9):
            for _ in range(3):  # what the first finds dead holds more that only then is
                cdp.send("HeapProfiler.collectGarbage")
            used.append(cdp.send("Runtime.getHeapUsage")["usedSize"] / 1e6)
        menu.get_by_role("link", name="Playground", exact=True).click()
        seen.play.locator("canvas.graph").wait_for()
        until(seen, "s?.frame")
        seen.wait(lambda: len(seen.page.workers) == 1)
    cdp.detach()
    assert used[1] < used[0] + 3, f"megabytes after the fifth and the tenth leaving: {used}"
    assert seen.errors == []


@pytest.mark.browser
@pytest.mark.parametrize(("size", "dark"), [((1280, 720), False), ((1280, 720), True), (PHONE, False)])
def test_everybody_can_use_it(visit, size, dark):
    seen = opened(visit, size=size, dark=dark)
    assert seen.violations() == []
    assert seen.cut_off() == 0
    if size == PHONE:  # data first; no button of a layer lies over another
        height = {name: seen.play.locator(f".{name}").bounding_box()["y"] for name in ("sets", "graph")}
        boxes = [box.bounding_box() for box in seen.play.locator(".over button").all()]
        assert height["sets"] < height["graph"] and all(
            a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1 or abs(a["y"] - b["y"]) >= a["height"]
            for a, b in itertools.combinations(boxes, 2)
        )
    if size != PHONE:
        bottom = seen.play.locator(".body").bounding_box()
        assert bottom["y"] + bottom["height"] <= 720, "four methods are seen without scrolling"
        seen.size(853, 480)
        until(seen, "['graph', 'raster', 'cards'].every(part => s.e[part].getBoundingClientRect().bottom <= 480)")


@pytest.mark.browser
def test_a_link_to_the_start_of_0_1_0_leads_here(visit):
    seen = visit("start", backend="reference")
    seen.page.wait_for_url("**/?backend=reference")
    seen.page.locator(".playground canvas.graph").wait_for()
    assert seen.page.get_by_role("dialog").count() == 0 and seen.errors == []
