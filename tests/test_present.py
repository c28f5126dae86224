"""Present mode: its keys, what it takes away, and how it enlarges a figure."""

import copy

import plotly.graph_objects as go
import pytest

from snnviz.figures.theme import finish
from snnviz.ui import present

PRESENTS = "() => new URLSearchParams(location.search).get('present')"


@pytest.mark.browser
def test_keys_enter_step_and_leave_and_no_key_fires_while_somebody_types(visit):
    seen = visit("gradients", dark=True)
    page = seen.page
    box = page.get_by_role("combobox").first
    box.focus()
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    seen.settle()
    assert page.evaluate(PRESENTS) is None, "a letter in a field is a letter"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("f")
    page.wait_for_function("() => new URLSearchParams(location.search).get('present') === '1'")
    seen.settle()
    assert not page.get_by_test_id("stSidebar").is_visible() and page.locator(".snn-present img").is_visible()
    assert not any(slider.is_visible() for slider in page.get_by_role("slider").all())
    sizes = page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot [class$=tick] text')].map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert sizes and min(sizes) >= 22
    assert seen.violations() == []

    # Arrows step through the presets; present mode stays on, and the address is that of the preset.
    presets = page.locator(".st-key-presets a")
    steps = []
    for _ in range(2):
        before = page.url
        page.keyboard.press("ArrowRight")
        page.wait_for_function("before => location.href !== before", arg=before)
        seen.settle()
        assert page.evaluate(PRESENTS) == "1"
        steps.append(page.url)
    assert presets.count() > 2 and len(set(steps)) == 2
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(steps[0])
    seen.settle()
    page.keyboard.press("Escape")
    page.wait_for_function("() => !new URLSearchParams(location.search).has('present')")
    seen.settle()
    assert page.get_by_test_id("stSidebar").is_visible() and seen.errors == []


def test_a_figure_gets_large_letters_and_lines_and_the_next_one_its_own(monkeypatch):
    fig = finish(go.Figure(go.Scatter(y=[1, 2], line={"width": 2}, marker={"size": 5})), "title", "alt", x="x", y="y")
    fig.add_annotation(text="here", font={"size": 14})
    before = copy.deepcopy(fig.to_dict())
    monkeypatch.setattr(present, "on", lambda: True)
    monkeypatch.setattr(present.st, "session_state", {present._FIRST: True})
    drawn = fig.to_dict()
    assert present.enlarge(drawn) and not present.enlarge(fig.to_dict()), "the first figure of a page fills the screen"
    look = drawn["layout"]["template"]["layout"]
    assert min(look["font"]["size"], look["xaxis"]["tickfont"]["size"], drawn["layout"]["annotations"][0]["font"]["size"]) >= 22
    assert drawn["data"][0]["line"]["width"] > 3 and drawn["data"][0]["marker"]["size"] > 5
    assert fig.to_dict() == before, "other sessions draw it as it was"
    monkeypatch.setattr(present, "on", lambda: False)
    drawn = fig.to_dict()
    assert not present.enlarge(drawn) and drawn == before
