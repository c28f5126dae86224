"""The Gradients, Spike derivative and Depth pages as a person uses them: every preset, every method."""

import json

import pytest

from snnviz.ui.methods import FOR_A_NETWORK

pytestmark = pytest.mark.browser


def pictures(seen) -> str:
    """Everything drawn on the page, as the browser has it."""
    return (
        seen.page.evaluate(
            "() => JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].map(p => p.data.map(t => [t.name, t.x, t.y, t.z])))"  # noqa: E501
        )
        + seen.page.get_by_test_id("stMain").inner_text()
    )


def lit(seen) -> list[str]:
    """The presets that are lit."""
    return seen.page.evaluate(
        """() => [...document.querySelectorAll('.st-key-presets a')].filter(a => getComputedStyle(a).backgroundColor ===
        getComputedStyle(document.querySelector('.st-key-sentence')).borderLeftColor).map(a => a.innerText)"""
    )


@pytest.mark.parametrize("address", ["gradients", "derivative", "sparsity"])
def test_every_preset_changes_the_picture(visit, address):
    seen = visit(address)
    links = seen.page.locator(".st-key-presets a:visible")
    drawn, before = set(), pictures(seen)
    for index in range(links.count()):
        if lit(seen) == [links.nth(index).inner_text()]:  # the page opens with it
            continue
        address = seen.page.url
        links.nth(index).click()
        seen.page.wait_for_function("address => location.href !== address", arg=address)
        seen.settle()
        now = pictures(seen)
        assert now != before and now not in drawn, links.nth(index).inner_text()
        assert lit(seen) == [links.nth(index).inner_text()], "its settings hold"
        drawn.add(now)
        assert not seen.page.locator("[data-testid=stException]").count()
    assert len(drawn) >= 3 and seen.errors == []


def test_a_method_joins_the_comparison_and_leaves_it(visit):
    """The first, one in the middle and the last; every method alone is drawn in `tests/test_pages.py`."""
    seen = visit("gradients", of="network", neuron="CubaLIF", network__FeedForward__layers="2", run__batch="4", run__steps="30")

    def shown() -> list[str]:
        return json.loads(
            seen.page.evaluate(
                "() => JSON.stringify([...document.querySelectorAll('.st-key-figure-norms .js-plotly-plot')]"
                ".flatMap(p => p.data.map(t => t.name)))"
            )
        )

    pills = seen.page.get_by_test_id("stButtonGroup").filter(has_text="BPTT, reset kept").get_by_role("button")
    seen.page.locator(".more-methods summary").click()
    titles = [t.strip() for t in pills.all_inner_texts()]
    assert len(titles) == len(FOR_A_NETWORK)
    for number in (0, len(titles) // 2, len(titles) - 1):
        was = shown()
        pills.nth(number).click()
        seen.page.wait_for_function(
            "n => document.querySelector('.st-key-figure-norms .js-plotly-plot')?.data.length !== n", arg=len(was)
        )
        seen.settle()
        now = shown()
        assert len(set(now) ^ set(was)) == 1, titles[number]
        if len(now) < len(was):
            pills.nth(number).click()
            seen.page.wait_for_function(
                "n => document.querySelector('.st-key-figure-norms .js-plotly-plot')?.data.length !== n", arg=len(now)
            )
            seen.settle()
    assert seen.errors == []
