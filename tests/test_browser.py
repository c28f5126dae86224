"""The real app in a real Chromium: what a person does, and what they may stumble over."""

import re

import pytest

from app import PAGES
from tests.app_server import PHONE
from tests.test_walks import stand_of

pytestmark = pytest.mark.browser
ADDRESSES = [entry.address for entry in PAGES]
NAMES = [entry.file.removesuffix(".py") for entry in PAGES]


@pytest.mark.parametrize("address", ADDRESSES, ids=NAMES)
def test_page_draws(visit, alone, address):
    """Every page: a heading, no complaint, nothing asked of the outside, nothing axe finds serious, in both themes; and it fits a
    phone."""
    seen = visit(address)
    alone[address] = stand_of(seen)
    assert seen.page.locator("h1").count() == 1
    assert seen.page.get_by_test_id("stException").count() == 0
    assert seen.page.locator("[data-testid=stAlertContentError], [data-testid=stAlertContentWarning]").count() == 0
    assert seen.violations() == []
    seen.dark().settle()
    assert seen.violations() == []
    assert seen.size(*PHONE).settle().cut_off() == 0
    assert seen.errors == []
    assert seen.outside == []


def test_the_menu_and_the_cards_lead_somewhere(visit):
    seen = visit()
    for link in seen.page.get_by_test_id("stPageLink-NavLink").all():
        assert link.get_attribute("href")
    seen.page.get_by_role("link", name="A leaky bucket").click()
    seen.page.wait_for_url(re.compile(r"/neuron\?.*lesson=leaky-bucket"))
    seen.settle()
    assert seen.page.get_by_test_id("stAlert").count() == 0, "the page does not know its own link"
    assert seen.errors == []


def figure_of(seen, key):
    """The data of a figure as the browser has it."""
    return seen.page.evaluate("key => JSON.stringify(document.querySelector(`.st-key-figure-${key} .js-plotly-plot`).data)", key)


def wait_for_another(seen, key, before):
    """Until the figure is another one, and drawn."""
    seen.page.wait_for_function(
        "([key, before]) => JSON.stringify(document.querySelector(`.st-key-figure-${key} .js-plotly-plot`).data) !== before",
        arg=[key, before],
    )
    seen.settle()


def test_a_slider_moves_the_picture_and_the_url(visit):
    seen = visit("neuron", view="figure")
    before = figure_of(seen, "traces")
    seen.page.get_by_role("slider", name="Membrane time constant").press("ArrowRight")
    seen.page.wait_for_url(re.compile(r"neuron\.LIF\.tau_mem=21"))
    wait_for_another(seen, "traces", before)
    assert seen.errors == []
    moved = figure_of(seen, "traces")

    again = visit("neuron", view="figure", neuron__LIF__tau_mem="21")
    assert figure_of(again, "traces") == moved, "the link does not restore the screen"


def test_a_zoom_stays_while_controls_move_and_ends_with_its_axis(visit):
    seen = visit("gradients")
    page, picture = seen.page, ".st-key-figure-deltas .js-plotly-plot"

    def ranges() -> list[list[float]]:
        return page.evaluate("p => [p.xaxis.range, p.yaxis.range]", page.locator(picture).evaluate_handle("p => p._fullLayout"))

    element = page.locator(picture).element_handle()
    whole, before = ranges(), figure_of(seen, "deltas")
    box = page.locator(f"{picture} .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    seen.settle()
    zoomed = ranges()
    assert zoomed[0] != whole[0] and zoomed[1] != whole[1]
    page.get_by_role("slider", name="Membrane time constant").press("ArrowRight")
    wait_for_another(seen, "deltas", before)
    assert ranges() == zoomed
    assert element.evaluate("p => p.isConnected"), "the picture was built anew: it blinks"
    before = figure_of(seen, "deltas")
    page.get_by_text("Logarithmic gradient").click()
    wait_for_another(seen, "deltas", before)
    assert ranges()[0] == whole[0] and ranges()[1] != zoomed[1]
    assert seen.errors == []


def test_nonsense_in_a_link_is_told_and_the_page_goes_on(visit):
    seen = visit("neuron", view="figure", neuron__LIF__tau_mem="soon", colour="blue")
    message = seen.page.get_by_test_id("stAlert").inner_text()
    assert "tau_mem=soon" in message and "colour" in message
    thumb = seen.page.get_by_role("slider", name="Membrane time constant")
    assert thumb.input_value() == "20"
    thumb.focus()
    seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_url(re.compile(r"neuron\.LIF\.tau_mem=21"))
    seen.settle()
    assert "soon" not in seen.page.get_by_test_id("stAlert").inner_text()
    assert seen.errors == []


def test_back_undoes_a_choice(visit):
    seen = visit("neuron", view="figure")
    seen.page.get_by_role("combobox", name="Neuron").click()
    seen.page.get_by_role("option").nth(3).click()
    seen.page.wait_for_url(re.compile("neuron=ALIF"))
    seen.settle()
    seen.page.go_back()
    seen.page.wait_for_url(re.compile(r"/neuron\?view=figure$"))
    seen.settle()
    assert seen.page.get_by_role("slider", name="Membrane time constant").input_value() == "20"
    assert "ALIF" not in seen.page.url
