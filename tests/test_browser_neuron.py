"""The Neuron page in a real browser: Live and Figure are one run, an old link is converted once, a held run stays in sight."""

import pytest

pytestmark = pytest.mark.browser


def sentence(seen) -> str:
    return seen.page.locator(".scope p.summary").inner_text()


def to_figure(seen) -> str:
    """Go to Figure and give the sentence above its picture."""
    seen.page.get_by_role("radio", name="Figure").click()
    seen.page.locator(".st-key-figure-traces .js-plotly-plot").wait_for(timeout=30_000)
    seen.settle()
    return seen.page.locator(".st-key-sentence").inner_text()


def test_the_gain_goes_from_live_to_figure_and_back(visit):
    seen = visit("neuron", **{"scope.gain": "0.5"})
    assert "0 spikes" in sentence(seen)
    assert to_figure(seen).startswith("It stays silent: the membrane comes to ")
    assert "Input gain" in seen.page.locator("[data-testid=stMain]").inner_text()
    seen.page.get_by_role("button", name="Hold this run").click()
    seen.page.get_by_role("button", name="Let go").wait_for(timeout=30_000)
    seen.settle()
    assert "stimulus" not in seen.page.url, "controls that a closed popover had never shown stand where they stood"
    seen.page.get_by_role("radio", name="Live").click()
    seen.page.locator(".scope p.summary").wait_for(timeout=30_000)
    seen.settle()
    assert "0 spikes" in sentence(seen) and "scope.gain=0.5" in seen.page.url


def test_a_link_of_0_1_0_shows_what_it_showed_and_stays(visit):
    seen = visit("neuron", **{"neuron.LIF.dt": "0.25", "stimulus.Step.start": "0", "run.steps": "1600"})
    assert "117 spikes" in sentence(seen)
    assert "per=ms" in seen.page.url and "stimulus.Step.amplitude=0.32" in seen.page.url
    seen.page.reload()
    seen.page.locator(".scope p.summary").wait_for(timeout=30_000)
    seen.settle()
    assert "117 spikes" in sentence(seen) and "stimulus.Step.amplitude=0.32" in seen.page.url
    assert to_figure(seen).startswith("It fires like a clock: 117 spikes in 400 ms")


def test_a_held_run_is_not_cut_when_the_threshold_was_dragged(visit):
    """The range of the membrane still reaches the held run's threshold of 1 after a fall to 0.3: a handle says where a value is."""
    seen = visit("neuron")
    seen.page.get_by_role("button", name="Hold").click()
    grip = seen.page.get_by_role("slider", name="Threshold, on the plot")
    before = grip.bounding_box()["y"]
    grip.focus()
    for _ in range(14):
        seen.page.keyboard.press("ArrowDown")
    seen.page.wait_for_function("() => location.search.includes('theta=0.3')", timeout=20_000)
    seen.settle()
    membrane = seen.page.locator(".scope canvas.main").bounding_box()
    # With a range from 0 to 0.3 the handle would stand where it stood at a threshold of 1.
    seen.wait(lambda: grip.bounding_box()["y"] - before > 0.1 * membrane["height"])
