"""Each page's picture is seen whole when the page opens: in a window of 1280 x 720, and where the browser enlarges it to 150 %."""

import pytest

from snnviz.figures import theme

pytestmark = pytest.mark.browser
DESKTOP, ENLARGED, PHONE = (1280, 720), (853, 480), (390, 844)
# Each page with the part of it that is its picture.
PICTURES = {
    "gradients": ".figure.fills",
    "sparsity": ".figure.fills",
    "derivative": ".scope .picture",
    "neuron": ".scope .picture",
    "depth": ".figure.fills",
}
# Of the live draws the part above the mean's history counts, where the window is low.
WHERE = """picture => {
  const box = picture.getBoundingClientRect();
  const height = innerHeight > 500 ? box.height : Number(picture.dataset.upper ?? box.height);
  return [box.left, box.top, innerWidth - box.right, innerHeight - box.top - height, height];
}"""
# The figure of an open page follows a change of the system's theme.
DARK = "paper => document.querySelector('.js-plotly-plot')._fullLayout.paper_bgcolor.toLowerCase() === paper.toLowerCase()"


@pytest.mark.parametrize("address", PICTURES)
def test_the_picture_is_seen_whole(visit, address):
    seen = visit(address)
    picture = seen.page.wait_for_selector(PICTURES[address])
    for size, least in ((DESKTOP, 400), (ENLARGED, 230)):
        seen.size(*size).settle()
        seen.page.wait_for_function(f"picture => ({WHERE})(picture)[3] >= 0", arg=picture, timeout=5000)
        *free, height = picture.evaluate(WHERE)
        assert min(free) >= 0 and height >= least, (size, free, height)
        below = seen.page.get_by_test_id("stSidebarUserContent").bounding_box()
        assert size != DESKTOP or below["y"] + below["height"] <= DESKTOP[1], "the sidebar is whole, too"
    if address == "gradients":  # in the low window
        slider, fold = seen.page.get_by_role("slider", name="Width"), seen.page.locator("details.fold summary")
        assert not slider.is_visible(), "what the page asks is folded away"
        fold.click()
        slider.wait_for()
        fold.click()
        slider.wait_for(state="hidden")
        seen.dark()
        seen.page.wait_for_function(DARK, arg=theme.DARK.paper)
    assert seen.cut_off() == 0 and seen.errors == []


def test_the_frame_works_on_a_phone(visit):
    """The tab names the page; the menu closes after a tap and shows the keyboard's place; the theme is switched where it stands."""
    seen = visit("runs", size=PHONE)
    page = seen.page
    assert page.title() == "Runs · snnviz"
    page.get_by_test_id("stExpandSidebarButton").click()
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="Glossary")
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert link.evaluate("a => getComputedStyle(a).outlineStyle") == "solid"
    link.click()
    page.wait_for_url("**/glossary")
    page.get_by_test_id("stExpandSidebarButton").wait_for()  # it is there while the menu is closed
    seen.settle()
    assert page.title() == "Glossary · snnviz" and seen.cut_off() == 0
    ground = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function(f"light => document.querySelector('.stApp') && {ground} !== light", arg=light)
    page.evaluate("localStorage.clear()")  # the browser is shared
    assert seen.errors == []
