"""The file without a server: what it computes against Python, and what a person does with it, opened from a disk."""

import base64
import dataclasses
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest
import torch

from snnviz import Experiment, simulate, stimuli
from snnviz.__main__ import main
from snnviz.live import declared, playground, scenes, scripts, static
from snnviz.live.playground import Coding, Descent, Neuron, Playground, PointSet, Stand, Way
from snnviz.live.scenes import OWN, PLAIN, DrawScene, Scene
from snnviz.neurons import ALIF, IF, LIF, NEURONS, CubaLIF, Izhikevich
from snnviz.neurons.formula import formulas
from snnviz.stimuli import STIMULI, Noise, Poisson, Pulses, Ramp, Sine, SpikeTrain, Step
from snnviz.surrogates import SURROGATES, Gaussian, Sigmoid
from snnviz.ui import estimates, links, url
from tests.app_server import DESKTOP, PHONE, Visit
from tests.helpers import ALL_NEURONS

pytestmark = pytest.mark.browser


# ---- the numbers ---------------------------------------------------------------------------------------------------------

DRIVE = """([formulas, charges, neuron, stimulus, population]) => {
  const text = (buffer) => buffer && btoa(Array.from(new Uint8Array(buffer), (c) => String.fromCharCode(c)).join(""));
  const fields = Object.fromEntries(Object.entries(neuron).map(([k, v]) => [k, v === null ? -Infinity : v]));
  const { samples, unscaledSamples, factors, drawnScale } = window.drive(formulas, charges, fields, stimulus, population);
  return [text(samples), text(unscaledSamples), factors, drawnScale];
}"""


@pytest.fixture(scope="module")
def twin(chromium):
    """An empty page with the functions that the file has for what the app's server computes."""
    page = chromium.new_page()
    load = "async (text) => Object.assign(window, await import('data:text/javascript;base64,' + text))"
    for name in ("static/stimuli.js", "static/random.js"):
        page.evaluate(load, base64.b64encode(scripts.bundle(name).encode()).decode())
    yield page
    page.close()


STRENGTHS = [
    Step(0.08), Step(0.123, start=7.3), Ramp(0.2, start=50.0), Ramp(0.2, start=1e4), Sine(0.1, 0.03, 17.0), Pulses(0.3, 25.0, 5.0),
    Pulses(0.2, 3.3, 1.1), Poisson(100.0), Poisson(1000.0, -0.3), Poisson(9000.0), Poisson(0.0), Noise(), Noise(-0.2, 0.5),
    SpikeTrain(), SpikeTrain((0.0, 0.3, 0.9, 0.9, 48.3, 1e6), 0.7), SpikeTrain(()),
]  # fmt: skip


@pytest.mark.parametrize("neuron", [LIF(), LIF(dt=0.3), LIF(dt=2.0), CubaLIF(dt=0.5), Izhikevich()], ids=repr)
def test_every_current_is_the_one_that_python_makes(twin, neuron):
    """Inputs in the bits of float32, factors in those of float64; a sine, which is each machine's own, within a rounding."""
    assert {type(stimulus) for stimulus in STRENGTHS} == set(STIMULI.values())
    for i, stimulus in enumerate(STRENGTHS):
        for neurons, spread in ((1, 0.0), (1, 0.4), (7, 0.0), (7, 0.35)):
            seed = [0, 7, 2**32 - 1][(i + neurons + bool(spread)) % 3]
            experiment = Experiment(neuron, stimulus, steps=120, neurons=neurons, spread=spread, seed=seed)
            population = {"steps": 120, "neurons": neurons, "spread": spread, "seed": seed}
            value = scenes.plain(stimulus) | ({"times": list(stimulus.times)} if isinstance(stimulus, SpikeTrain) else {})
            call = [formulas(type(neuron)), stimulus.charges, scenes.plain(neuron), value, population]
            samples, unscaled, factors, drawn = twin.evaluate(DRIVE, call)
            assert factors == experiment.factors().tolist(), experiment
            assert drawn == (neuron.dt if stimulus.charges else 1.0)
            near(samples, experiment.input()[:, 0].numpy(), isinstance(stimulus, Sine), experiment)
            if unscaled is None:
                assert (experiment.factors() == 1).all()
            else:
                near(unscaled, experiment.current()[:, 0].astype(np.float32), isinstance(stimulus, Sine), experiment)


def near(text: str, expected: np.ndarray, rounded: bool, what: object) -> None:
    got = np.frombuffer(base64.b64decode(text), np.float32).reshape(len(expected), -1)
    expected = expected if got.shape == expected.shape else expected[:, :1]
    apart = np.abs(got.view(np.int32).astype(np.int64) - expected.view(np.int32))
    assert got.shape == expected.shape and apart.max(initial=0) <= rounded, f"{what}: {(apart > 0).sum()} of {got.size} differ"


NUMBERS = """([seed, name, mean, count]) => {
  const random = new window.Random(seed);
  return Array.from({ length: count }, () => random[name](mean));
}"""


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**32 - 1])
def test_the_random_numbers_are_numpys(twin, seed):
    """Uniform and Poisson exactly; the normal law within the rounding of its tables."""
    expected = np.random.default_rng(seed)
    assert twin.evaluate(NUMBERS, [seed, "uniform", 0, 500]) == expected.random(500).tolist()
    expected = np.random.default_rng(seed)
    assert twin.evaluate(NUMBERS, [seed, "normal", 0, 20_000]) == pytest.approx(expected.standard_normal(20_000), rel=1e-13)
    for mean in (0.01, 1.0, 9.999, 10.0, 12.5, 300.0):
        assert twin.evaluate(NUMBERS, [seed, "poisson", mean, 5000]) == np.random.default_rng(seed).poisson(mean, 5000).tolist()


# ---- the file --------------------------------------------------------------------------------------------------------------


class Opened(Visit):
    """The file in a browser that is offline; every request that it makes is in `requests`."""

    def __init__(self, page, file):
        super().__init__(page, file.as_uri())
        self.requests: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))

    def at(self, address: str = "") -> "Opened":
        self.page.goto(f"{self.url}{address}")
        return self.drawn()

    def follow(self, address: str) -> "Opened":
        """Change the address of the open file, as a hand would."""
        self.page.evaluate("(hash) => { location.hash = hash; }", address)
        return self.drawn()

    def drawn(self) -> "Opened":
        """Wait until the page that is shown has drawn a frame of what it stands at."""
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('main > section:not([hidden]) :is(.scope, .playground)')]"
            ".some((e) => Number(e.dataset.frames) > 0 || e.dataset.updates)"
        )
        self.page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
        return self

    @property
    def settings(self) -> dict[str, str]:
        """What the address says after the page's name."""
        return dict(parse_qsl(urlsplit(self.page.url).fragment.partition("?")[2], keep_blank_values=True))

    @property
    def summary(self) -> str:
        return self.page.locator("main > section:not([hidden]) :is(.summary, .says)").inner_text()

    @property
    def complaint(self) -> str:
        return self.page.locator("#problems").inner_text()

    def slider(self, name: str):
        return self.page.locator(f"main > section:not([hidden]) input[type=range][name={name}]")

    def until(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=20_000)

    def until_settled(self, text: str) -> None:
        self.page.wait_for_function("(text) => location.hash.includes(text)", arg=text, timeout=20_000)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("static") / "class.html"
    assert main(["static", str(path)]) == 0
    return path


@pytest.fixture
def go(chromium, file):
    pages = []

    def visit(address: str = "", size=DESKTOP, dark: bool = False) -> Opened:
        page = chromium.new_page()
        pages.append(page)
        seen = Opened(page, file)
        seen.size(*size).dark(dark)
        return seen.at(address)

    chromium.set_offline(True)
    yield visit
    chromium.set_offline(False)
    for page in pages:
        page.close()


def test_the_command_says_what_it_cannot_do(tmp_path, capsys):
    for place, why in ((tmp_path, "it is a folder"), (tmp_path / "no" / "a.html", "its folder does not exist")):
        assert main(["static", str(place)]) == 2
        assert why in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_it_is_small_and_asks_nobody_for_anything(go, file):
    """Every page draws, from a disk and without a network; the browser itself would forbid a request."""
    assert file.stat().st_size <= 500_000
    seen = go()
    for page in static.PAGES:
        seen.page.get_by_role("link", name=page.tab, exact=True).click()
        seen.drawn()
        assert seen.summary and seen.page.get_by_role("heading", level=1).inner_text() == page.title
        painted = "(c) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size"
        assert seen.page.locator(f"#{page.name} :is(canvas.main, canvas.graph)").evaluate(painted) > 20
    assert [url for url in seen.requests if not url.startswith("blob:")] == [file.as_uri()]
    assert not seen.errors
    seen.page.evaluate("() => fetch('https://example.org/').catch(() => null)")
    assert any("Content Security Policy" in error for error in seen.errors)


def numbers(text: str) -> list[float]:
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+(?:\.\d+)?", text)]


def address_of(scene: Scene, experiment: Experiment) -> dict[str, str]:
    """As the app's Neuron page spells it."""
    neuron, stimulus = scene.neuron, experiment.stimulus
    return (
        url.write(neuron, "neuron", default="LIF", tables=[NEURONS])
        | url.write(stimulus, "stimulus", default=Step(neuron.amplitude), tables=[STIMULI])
        | url.write(experiment, "run", default=Experiment(neuron, stimulus, steps=400), tables=[NEURONS, STIMULI])
        | url.write(scene, "scope", tables=[SURROGATES], exclude={"neuron"})
    )


def read_back(settings: dict[str, str]) -> tuple[Scene, Experiment]:
    """As the app's Neuron page reads it; a setting that it does not have fails, and one that version 0.1.0 took otherwise."""
    assert not links.is_old("neuron", settings)
    settings = {key: text for key, text in settings.items() if key != links.MARK}
    seen: set[str] = set()

    class Read(dict):
        def get(self, key, default=None):
            seen.add(key)
            return super().get(key, default)

    query, wrong = Read(settings), []

    def of(*what, **how):
        value, misread = url.read(query, *what, **how)
        wrong.extend(misread)
        return value

    name = url.read_name(query, "neuron", "LIF", list(NEURONS))[0]
    neuron = of(f"neuron.{name}", NEURONS[name]())
    stimulus = of("stimulus", Step(neuron.amplitude), tables=[STIMULI])
    scene = of("scope", Scene(neuron), tables=[SURROGATES], exclude={"neuron"})
    experiment = of("run", Experiment(neuron, stimulus, steps=400), exclude={"neuron", "stimulus", "architecture", "batch", "loss"})
    assert not wrong and settings.keys() <= seen, (wrong, settings.keys() - seen)
    return scene, experiment


SEEN = [
    (Scene(LIF()), Experiment(LIF(), Step(0.08), steps=400)),
    (Scene(ALIF(tau_mem=12.5), gain=1.3, column=2), Experiment(ALIF(tau_mem=12.5), Noise(0.09, 0.2), 310, 5, 0.25, seed=4)),
    (Scene(LIF(v_min=-0.5, max_spikes=3)), Experiment(LIF(v_min=-0.5, max_spikes=3), Poisson(400.0), 500, 3)),
    (Scene(Izhikevich(c=-50.0, d=2.0)), Experiment(Izhikevich(c=-50.0, d=2.0), Step(10.0), steps=1000)),
    (Scene(IF(dt=0.5)), Experiment(IF(dt=0.5), SpikeTrain((5.0, 6.5, 7.0, 40.0, 41.5)), steps=200)),
    (Scene(CubaLIF(early_decay=True)), Experiment(CubaLIF(early_decay=True), Pulses(0.4), steps=400)),
]


def test_what_it_says_of_a_run_is_what_python_computes(go):
    """The address as the app writes it; count, first spike and rates as the native backend has them."""
    seen = go("#/neuron")
    for scene, plain in SEEN:
        seen.follow(f"#/neuron?{urlencode(address_of(scene, plain))}")
        assert not seen.complaint
        stimulus = plain.stimulus if scene.gain == 1 else stimuli.Shaped(plain.stimulus, scene.gain)
        layer = simulate(dataclasses.replace(plain, stimulus=stimulus)).layers[0]
        own = layer.spikes[:, 0, scene.column]
        spoken = numbers(seen.summary)[plain.neurons > 1 :]
        seconds = plain.steps * plain.neuron.dt / 1000
        expected = [own.sum(), 1000 * seconds, layer.times[own > 0][0], own.sum() / seconds]
        if plain.neurons > 1:
            expected += [plain.neurons, layer.spikes.sum() / plain.neurons / seconds]
        assert own.sum() > 0 and spoken == pytest.approx(expected, rel=5e-3), seen.summary


def test_an_address_means_what_it_means_in_the_app(go):
    """Python writes it, the file reads and writes it, Python reads the same values from that: every neuron, its choices, every
    stimulus and surrogate."""
    seen, strengths, surrogates = go("#/neuron"), list(STRENGTHS), [cls() for cls in SURROGATES.values()]
    drawn = stimuli.encode_drawn(-7, np.arange(128) % 9 - 2)
    for i, neuron in enumerate(ALL_NEURONS):
        plain = Experiment(neuron, strengths[i % len(strengths)], 50 + 10 * i, 1 + i % 3, [0.0, 0.15][i % 2], seed=i)
        scene = Scene(neuron, [1.0, 0.34][i % 2], drawn * (i % 4 == 1), i % 3, bool(i % 2), surrogates[i % len(surrogates)],
                      [1.0, 2.5][i % 2], list(scenes.Loss)[i % 2], 0.9 - 0.01 * i, [0.5, -0.25][i % 2])  # fmt: skip
        seen.follow(f"#/neuron?{urlencode(address_of(scene, plain))}")
        assert not seen.complaint
        assert read_back(seen.settings) == (scene, plain)
    fine = Experiment(LIF(dt=0.5), Noise(0.1), steps=400)
    seen.follow(f"#/neuron?{urlencode(address_of(Scene(LIF(dt=0.5)), fine))}")
    assert read_back(seen.settings) == (Scene(LIF(dt=0.5)), fine)


DRAWN = [
    DrawScene(),
    DrawScene(dataclasses.replace(PLAIN, delta=0.05, draws=5), 0.05, Gaussian(0.5), 3),
    DrawScene(dataclasses.replace(PLAIN, law=declared.laws()["LaplaceLaw"]), -0.31, Sigmoid(), 99),
    DrawScene(dataclasses.replace(OWN, law=declared.laws()["SurrogateLaw.FastSigmoid"]), 1.2),
    DrawScene(dataclasses.replace(OWN, law=declared.laws()["SurrogateLaw.Triangle"], delta=0.3, draws=2), 0.2),
]


def test_an_address_of_draws_means_what_it_means_in_the_app(go):
    """As the app spells a scene of the live draws; what the sentence says of it is what the estimate has in closed form."""
    seen = go("#/derivative")
    for scene in DRAWN:
        query = estimates.query(scene)
        seen.follow(f"#/derivative?{urlencode(query)}")
        assert not seen.complaint
        assert seen.settings == {"view": "live"} | query
        margin = torch.tensor([scene.u], dtype=torch.float64)
        spoken = numbers(seen.summary)
        values = scene.estimate.mean(margin).item(), 100 * scene.estimate.activity(margin).item()
        assert spoken[0] == pytest.approx(scene.u) and (spoken[3], spoken[6]) == pytest.approx(values, rel=6e-3, abs=1e-6), (
            seen.summary
        )


def test_an_impossible_address_is_answered_by_a_sentence(go):
    seen = go("#/neuron?neuron=LIF&neuron.LIF.tau_mem=-3&scope.loss=x&stimulus=Kettle&run.steps=2.5&scope.drawn=zz&colour=red")
    for words in (
        "tau_mem=-3, but it must be a number, above 0 ms. 20 is used",
        "scope.loss=x, but it must be one of spike, target",
        "stimulus=Kettle",
        "run.steps=2.5, but it must be a whole number",
        "scope.drawn=zz",
        "sets colour, which",
    ):
        assert words in seen.complaint
    assert not seen.errors and "20 spikes" in seen.summary
    seen.follow("#/kettle")
    assert 'no page "kettle"' in seen.complaint and seen.page.title().startswith("Playground")
    seen.follow("#/neuron")
    assert not seen.complaint


PLAYED = [
    Playground(),
    Playground(PointSet.SPIRALS, hidden=(12, 3, 2), methods=(Way.EXODUS, Way.SPARSE), shown=Way.SPARSE, seed=7, T=20),
    Playground(PointSet.YINYANG, coding=Coding.CONSTANT, neuron=Neuron.CUBALIF, optimiser=Descent.SGD, rate=0.3, mirrored=False),
    Playground(PointSet.OWN, points="0.1,0.2,0;-0.5,0.25,1", surrogate=Stand.GAUSSIAN, width=0.35, px=-0.5, py=0.25, tau=7.0),
    Playground(scale=3.0, band=0.02, delta=0.05, draws=3, noise=0.21, race=True),
    Playground(PointSet.DIGITS, hidden=(24,), sample=5, batch=16),
]


def test_an_address_of_the_playground_means_what_it_means_in_the_app(go):
    seen = go()
    for value in PLAYED:
        seen.follow(f"#/playground?{urlencode(url.write(value, playground.KEY, Playground()))}")
        assert not seen.complaint
        assert url.read(seen.settings, playground.KEY, Playground()) == (value, [])
    seen.follow("#/playground?play.noise=-1&play.set=kettle&play.hidden=8-1&colour=red")
    for words in ("play.noise=-1, which is not possible. 0.05 is used", "play.set=kettle", "play.hidden=8-1", "sets colour, which"):
        assert words in seen.complaint


def test_the_playground_learns_in_a_worker_of_the_file(go):
    """By keys alone: one update, training, a pause; on another page the space bar is not its; it goes on where it was left."""
    seen = go("#/playground?play.methods=bptt-exodus&play.speed=0")
    count = lambda: int(seen.page.locator(".playground").get_attribute("data-updates"))  # noqa: E731
    assert count() == 0
    seen.page.keyboard.press("ArrowRight")
    seen.until("() => document.querySelector('.playground').dataset.updates === '1'")
    seen.page.keyboard.press(" ")
    seen.until("() => Number(document.querySelector('.playground').dataset.updates) > 100")
    seen.page.keyboard.press(" ")
    seen.page.get_by_role("button", name="Train", exact=True).wait_for()
    shares = seen.page.locator(".playground .card .numbers b").all_inner_texts()
    assert len(shares) == 2 and shares[0] == shares[1] and numbers(shares[0])[0] > 60
    seen.page.get_by_role("link", name="Neuron", exact=True).click()
    seen.drawn()
    before = count()
    seen.page.evaluate("() => document.activeElement.blur()")
    seen.page.keyboard.press(" ")
    seen.page.get_by_role("link", name="Playground", exact=True).click()
    assert seen.page.get_by_role("button", name="Train", exact=True).count() == 1
    assert count() == before and {"play.methods": "bptt-exodus", "play.speed": "0"}.items() <= seen.settings.items()
    seen.page.reload()
    seen.drawn()
    assert {"play.methods": "bptt-exodus", "play.speed": "0"}.items() <= seen.settings.items() and not seen.errors


def test_a_reload_finds_the_screen_as_it_was(go):
    """What a hand moved is in the address: controls of the page and of the scope, what was drawn, the colours."""
    seen = go("#/neuron")
    press = seen.page.keyboard.press
    seen.page.get_by_role("combobox", name="Neuron").select_option("ALIF")
    seen.page.get_by_role("combobox", name="Stimulus").select_option("Noise")
    seen.page.get_by_label("Mean, typed").fill("0.11")
    press("Enter")
    seen.slider("tau_mem").focus()
    press("ArrowRight")
    seen.page.get_by_text("Run and population").click()
    seen.page.get_by_label("Neurons, typed").fill("12")
    press("Enter")
    seen.page.get_by_label("Look back: the gradient").check()
    seen.page.get_by_role("button", name="Dark colours").click()
    seen.until_settled("theme=dark")
    seen.until_settled("scope.backward=true")
    seen.until_settled("neuron.ALIF.tau_mem")
    before, address, ground = seen.summary, seen.page.url, "() => getComputedStyle(document.body).backgroundColor"
    assert "All 12 neurons" in before and seen.settings["stimulus.Noise.mean"] == "0.11"
    dark = seen.page.evaluate(ground)
    seen.page.reload()
    seen.drawn()
    assert (seen.summary, seen.page.url, seen.page.evaluate(ground)) == (before, address, dark)
    seen.page.get_by_role("button", name="Light colours").click()
    assert seen.page.evaluate(ground) != dark
    seen.page.get_by_role("link", name="Spike derivative", exact=True).click()
    seen.drawn()
    seen.page.go_back()
    seen.until_settled("#/neuron?")
    seen.drawn()
    assert seen.summary == before


def test_a_hand_on_the_stimulus_moves_the_picture_before_it_lets_go(go):
    seen = go("#/neuron")
    before, address = seen.summary, seen.page.url
    box = seen.slider("amplitude").bounding_box()
    y = box["y"] + box["height"] / 2
    seen.page.mouse.move(box["x"] + 40, y)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + 120, y, steps=8)
    seen.drawn()
    assert numbers(seen.summary)[0] > numbers(before)[0] and seen.page.url == address
    seen.page.mouse.up()
    seen.until_settled("stimulus.Step.amplitude=")


def test_everything_by_keys_alone(go):
    """From the top of the file by Tab: the menu, every control and every example; a change with the arrows; another page."""
    seen = go("#/neuron")
    press = seen.page.keyboard.press
    name = "() => ((e) => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText)(document.activeElement)"
    reached = []
    for _ in range(80):
        press("Tab")
        reached.append(re.sub(r"\s+", " ", seen.page.evaluate(name) or "").strip())
        if reached[-1] == "Amplitude I":
            count = numbers(seen.summary)[0]
            for _ in range(8):
                press("ArrowRight")
            seen.drawn()
            assert numbers(seen.summary)[0] > count
        if reached[-1] == "Run and population":
            press("Enter")
        if reached[-1] == "Play":
            press("Space")
            seen.until("() => document.querySelector('.clock').textContent !== '0 ms'")
        if len(reached) > 5 and reached[-1] == reached[0]:
            break
    some = ["To the content", "Playground", "Neuron", "Spike derivative", "Dark colours", "Stimulus", "Seed", "Input gain"]
    some += ["Threshold θ", "Draw", "Time cursor", "Threshold, on the plot", "Look back: the gradient"]
    assert all(any(label.startswith(one) for label in reached) for one in some), reached
    assert all(any(label.startswith(e.title) for label in reached) for e in page_of("neuron").examples)
    seen.page.get_by_role("link", name="Spike derivative", exact=True).focus()
    press("Enter")
    seen.drawn()
    assert seen.page.url.endswith("#/derivative?view=live")


@pytest.mark.parametrize("page", [page.name for page in static.PAGES])
@pytest.mark.parametrize("size, dark", [(DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)])
def test_anybody_can_use_it(go, page, size, dark):
    """No serious violation, nothing cut off, something said for whoever does not see it."""
    seen = go(f"#/{page}?scope.backward=true" if page == "neuron" else f"#/{page}", size, dark)
    assert seen.violations() == []
    assert seen.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    if page != "playground":  # which says something once it has learned
        assert numbers(seen.page.locator(f"#{page} [aria-live]").inner_text())
    light = seen.page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light != dark


@pytest.mark.parametrize("example", [e for page in static.PAGES for e in page.examples], ids=lambda e: e.title)
def test_an_example_shows_what_it_says(go, example):
    seen = go()
    home = next(page for page in static.PAGES if example in page.examples)
    seen.page.get_by_role("link", name=home.tab, exact=True).click()
    seen.drawn()
    seen.page.get_by_role("link", name=example.title).click()
    seen.drawn()
    assert not seen.complaint and example.settings.items() <= seen.settings.items()
    CLAIMS[example.title](seen)


def page_of(name: str) -> static.Page:
    return next(page for page in static.PAGES if page.name == name)


def run_of(seen: Opened, **changes):
    plain = read_back(seen.settings)[1]
    return simulate(dataclasses.replace(plain, **changes)).layers[0]


def thins_out(seen):
    layer = run_of(seen)
    gaps = np.diff(np.flatnonzero(layer.spikes[:, 0, 0]))
    assert len(gaps) > 3 and (np.diff(gaps[:4]) > 0).all()


def needs_noise(seen):
    noise = read_back(seen.settings)[1].stimulus
    assert run_of(seen).spikes.sum() > 40 and run_of(seen, stimulus=Step(noise.mean)).spikes.sum() == 0


def in_order(seen):
    firsts = run_of(seen).spikes[:, 0].argmax(0)
    assert len(firsts) == 50 and (np.diff(firsts) <= 0).all() and firsts[-1] < firsts[0]


def explodes(seen):
    exact, cut = (float(n.replace("∞", "inf")) for n in re.search(r"EXODUS (\S+), cut (\S+),", seen.summary).groups())
    assert exact > 1000 * cut


def gaussian(seen):
    margins = torch.linspace(-2, 2, 41, dtype=torch.float64)
    assert PLAIN.mean(margins).numpy() == pytest.approx(Gaussian(0.5).derivative(margins).numpy(), rel=1e-6)


def looks_back(seen):
    assert "Largest |δ|: BPTT" in seen.summary


def mostly_zero(seen):
    margins = torch.linspace(-1.5, 1.5, 31, dtype=torch.float64)
    assert dataclasses.replace(PLAIN, delta=0.3).activity(margins).mean() < 0.5


def five(seen):
    margin = torch.tensor([0.05], dtype=torch.float64)
    shares = [dataclasses.replace(PLAIN, delta=0.05, draws=m).activity(margin).item() for m in (1, 5)]
    assert [f"{100 * share:.1f}" for share in shares] == ["31.7", "85.2"] and "probability 85.2 %" in seen.summary


def triangle(seen):
    margins = torch.linspace(-1.5, 1.5, 31, dtype=torch.float64)
    estimate = dataclasses.replace(OWN, law=declared.laws()["SurrogateLaw.Triangle"])
    assert estimate.mean(margins).numpy() == pytest.approx(SURROGATES["Triangle"]().derivative(margins).numpy(), abs=1e-6)


CLAIMS = {
    "Spikes that thin out": thins_out, "Noise alone makes it fire": needs_noise, "Stronger is sooner": in_order,
    "A neuron that tires": thins_out, "A slope that is missing": looks_back, "Random, and right on average": mostly_zero,
    "A gradient that explodes": explodes, "The mean settles on the Gaussian": gaussian, "Five draws, not 5 ×": five,
    "A law for any surrogate": triangle,
}  # fmt: skip
