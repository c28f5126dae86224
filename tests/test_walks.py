"""The ways through the app: every page keeps its own state, and no page moves another's. Without a browser, and in Chromium."""

import itertools
import math
import pathlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from app import PAGES
from snnviz.runs import client, store
from snnviz.ui import uploads
from tests.stripping_proxy import stripping_proxy

ROOT = pathlib.Path(__file__).parents[1]
NAMES = [entry.file.removesuffix(".py") for entry in PAGES if entry.section != "Teach"]  # a class has no settings
START = NAMES[0]


def rounds(names):
    """Three closed rounds through all names, no ordered pair twice: down, up, and in strides. A step is one press on the menu."""
    count = len(names)
    stride = next(k for k in range(3, count) if math.gcd(k, count) == 1 and k != count - 1)
    return [names[k * i % count] for k in (1, count - 1, stride) for i in range(count)] + names[:1]


def test_the_rounds_reach_every_page_from_three_others():
    way = rounds(NAMES)
    assert way[0] == way[-1] and len(set(itertools.pairwise(way))) == 3 * len(NAMES)
    assert all(len({before for before, now in itertools.pairwise(way) if now == name}) == 3 for name in NAMES)


# ---- without a browser -----------------------------------------------------------------------------------------------------


class Tour:
    """A session of the app: pages by the menu, by a link, and what a control stands at."""

    def __init__(self, at=None):
        self.at = at or AppTest.from_file(ROOT / "app.py", default_timeout=60).run()

    def menu(self, name, **query):
        """Go to a page as the menu does, with no settings in the URL; or as a link does, with some."""
        self.at.query_params.clear()
        self.at.query_params.update(query)
        self.at.switch_page(f"pages/{name}.py").run()
        assert not self.at.exception, (name, [e.value for e in self.at.exception])
        return self

    def address(self):
        return {k: v if isinstance(v, str) else v[-1] for k, v in self.at.query_params.items()}

    def stands(self):
        """Every control of the page by the key of its widget, and what it stands at."""
        kinds = ("selectbox", "slider", "select_slider", "number_input", "toggle", "button_group", "multiselect", "text_input")
        return {w.key: w.value for kind in kinds for w in self.at.get(kind) if w.key}


# A link to a page away from its defaults. None of it may be seen on another page, and all of it on return.
AWAY = {
    "neuron": {"view": "figure", "neuron.LIF.tau_mem": "23", "stimulus": "Noise", "run.steps": "150"},
    "derivative": {"view": "surrogates", "of": "Triangle-Gaussian", "s.Triangle.width": "2", "look.reach": "3"},
    "gradients": {"methods": "cut-slayer", "surrogate": "Gaussian", "stimulus.Noise.mean": "0.08", "run.seed": "3", "log": "true"},
    "sparsity": {"view": "margins", "method": "gated", "gated.surrogate": "Triangle", "run.steps": "60"},
    "depth": {"after": "1-3", "surrogate": "Triangle", "depth.seed": "2"},
    "speed": {"view": "kernel", "neuron": "ALIF"},
    "training": {"data": "YinYang", "methods": "kept-localzo", "surrogate": "Triangle", "epochs": "3"},
    "data": {"data": "YinYang", "view": "raster", "sample": "4"},
}


@pytest.fixture(scope="module")
def fresh():
    """Address and controls of each page, opened alone."""
    pages = {}
    for name in NAMES:
        tour = Tour().menu(name)
        pages[name] = (tour.address(), tour.stands())
    return pages


def test_an_untouched_visit_equals_a_fresh_one(fresh):
    tour = Tour()
    for name in [*NAMES[1:], *NAMES[-2::-1]]:
        tour.menu(name)
        assert (tour.address(), tour.stands()) == fresh[name], name


def test_each_page_keeps_what_it_stood_at_and_moves_no_other(fresh):
    tour, left = Tour(), {}
    for name, query in AWAY.items():
        tour.menu(name, **query)
        left[name] = (tour.address(), tour.stands())
        assert left[name][0] == query and not tour.at.warning
    for name in [*reversed(AWAY), "runs", *AWAY, START]:
        tour.menu(name)
        assert (tour.address(), tour.stands()) == left.get(name, fresh[name]), name


def test_a_link_is_the_whole_truth_about_its_page(fresh):
    tour = Tour().menu("gradients", **AWAY["gradients"]).menu("data").menu("gradients", **{"run.seed": "5"})
    assert tour.address() == {"run.seed": "5"}
    assert tour.stands() == fresh["gradients"][1] | {"gradients/run.seed": 5}
    tour.menu("data").menu("gradients", link="1")
    assert (tour.address(), tour.stands()) == fresh["gradients"]


def test_a_held_run_stays_while_the_visitor_is_away_and_goes_with_a_link():
    tour = Tour().menu("neuron", view="figure")

    def labels():
        return {button.label: button for button in tour.at.button}

    labels()["Hold this run"].click().run()
    assert "Let go" in labels()
    assert "Let go" in (tour.menu("data").menu("neuron") and labels())
    assert "Let go" not in (tour.menu("neuron", view="figure", link="1") and labels())
    labels()["Hold this run"].click().run()
    labels()["Let go"].click().run()
    assert "Let go" not in labels() and not tour.at.exception


def test_files_that_wait_to_be_added_and_their_class_are_there_on_return(home):
    tour, own = Tour(), {"from": "own"}
    visitor = tour.menu("data", **own).at.session_state["_visitor"]
    tour.at.text_input(key="data/own_label").set_value("left")
    tour.at.file_uploader[0].set_value([("a.csv", b"0,1\n5,2\n9,3\n", "text/csv")]).run()
    tour.menu("neuron").menu("data")
    assert tour.address() == own and tour.at.text_input(key="data/own_label").value == "left"
    assert any("a.csv" in caption.value for caption in tour.at.caption) and uploads.everything(visitor) == []
    add = next(button for button in tour.at.button if button.label == "Add these recordings")
    add.click().run()
    assert [(label, name) for label, name, _ in uploads.everything(visitor)] == [("left", "a.csv")]
    assert next(button for button in tour.at.button if button.label == "Add these recordings").disabled and not tour.at.error


def test_a_control_that_nobody_moved_follows_its_default():
    tour = Tour().menu("gradients")
    assert tour.stands()["gradients/methods"] == ["kept", "cut", "slayer", "exodus"]
    tour.at.button_group(key="gradients/of").set_value("network").run()
    assert tour.stands()["gradients/methods"] == ["kept", "slayer", "exodus"] and tour.address() == {"of": "network"}


def test_the_picture_of_a_training_names_its_run_once_the_settings_are_others(home):
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    small = {"data": "YinYang", "data.YinYang.samples": "300", "methods": "kept", "epochs": "1", "network.FeedForward.width": "8"}
    at.query_params.update(small)
    at.switch_page("pages/training.py").run()
    at.button(key="start").click().run()
    (row,) = store.default().list()
    assert client.wait(row.run, lambda s: not s.status.live, 120)
    at.run()
    assert not at.exception and not any("The picture is of" in m.value for m in at.markdown)
    at.slider(key="training/epochs").set_value(2).run()
    (says,) = [m.value for m in at.markdown if "The picture is of" in m.value]
    assert "Yin-Yang" in says and "BPTT" in says


# ---- in Chromium -----------------------------------------------------------------------------------------------------------

# What every control of the page stands at, by its name and place on the screen: drawn by Streamlit or by a scope.
STANDS = """() => [...document.querySelectorAll(
  'main input, main textarea, main [role=slider], main [role=combobox], main [role=radio], main [role=switch], main [aria-pressed]'
)].filter(e => !['file', 'hidden'].includes(e.type)).map(e => [
  e.getAttribute('aria-label') || e.closest('label')?.innerText || e.innerText || e.id.slice(0, 0),
  e.type === 'checkbox' || e.type === 'radio' ? e.checked : e.value ?? null,
  e.getAttribute('aria-valuenow'), e.getAttribute('aria-checked'), e.getAttribute('aria-pressed'),
])"""


def address_of(seen):
    parts = urlsplit(seen.page.url)
    return parts.path, {key: value[-1] for key, value in parse_qs(parts.query, keep_blank_values=True).items()}


def stand_of(seen):
    """Where a page is, and what its controls stand at."""
    return address_of(seen), seen.page.evaluate(STANDS)


def by_the_menu(seen, name):
    """Press a page's name in the menu and wait until it stands still."""
    title = next(entry.title for entry in PAGES if entry.file == f"{name}.py")
    address = "" if name == START else name
    seen.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    seen.page.wait_for_url(re.compile(rf"/{address}(\?.*)?$"), timeout=60_000)
    return seen.settle()


@pytest.mark.browser
def test_untouched_pages_are_as_a_fresh_session_shows_them(visit, alone):
    """All pages by the menu, there and back; opened alone they were by the test that every page draws, if it has run."""
    for entry in PAGES:
        if entry.address not in alone:
            first = visit(entry.address)
            alone[entry.address] = stand_of(first)
            first.page.close()
    seen = visit()
    for name in [*NAMES[1:], *NAMES[-2::-1]]:
        by_the_menu(seen, name)
        assert stand_of(seen) == alone["" if name == START else name], name
    assert seen.page.get_by_test_id("stException").count() == 0 and seen.errors == []


@pytest.mark.browser
def test_each_page_comes_back_as_it_was_left(visit):
    """One slider moved on each page that has one, then three rounds by the menu."""
    seen, left = visit(), {START: None}
    for name in NAMES[1:]:
        by_the_menu(seen, name)
        before = seen.page.url
        if (sliders := seen.page.locator("main").get_by_role("slider")).count():
            sliders.first.press("ArrowRight")
            seen.page.wait_for_function("before => location.href !== before", arg=before, timeout=60_000)
            seen.settle()
        left[name] = stand_of(seen)
    assert sum(bool(stood and stood[0][1]) for stood in left.values()) == 9, "every page with sliders says so in its address"
    by_the_menu(seen, START)
    left[START] = stand_of(seen)
    for name in rounds(NAMES)[1:]:
        by_the_menu(seen, name)
        assert stand_of(seen) == left[name], name
    assert seen.page.get_by_test_id("stException").count() == 0 and seen.errors == []


@pytest.mark.browser
@pytest.mark.parametrize(("address", "query"), [("derivative", {"view": "surrogates"}), ("neuron", {})])
def test_a_page_behind_a_proxy_that_strips_a_path_draws(visit, app_url, address, query):
    """JupyterHub, a sub-path of nginx, a code server: the server never hears of the path that the browser sees."""
    with stripping_proxy(urlsplit(app_url).port, "/user/ada/proxy/8501") as base:
        seen = visit(address, base=base, **query)
        if address == "neuron":
            seen.page.get_by_test_id("stSidebarNav").get_by_role("link", name="Gradients", exact=True).click()
            seen.page.wait_for_url(re.compile(r"/proxy/8501/gradients$"), timeout=60_000)
            seen.settle()
        figures = seen.page.locator('[class*="st-key-figure-"] .js-plotly-plot .main-svg')
        assert figures.count() and "could not be drawn" not in seen.page.locator("main").inner_text()
        assert seen.errors == []
