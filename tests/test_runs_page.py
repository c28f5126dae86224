"""Work that outlives a look, in a real browser: it goes on when its page is left and after a reload, is stopped, is under Runs."""

import re

import pytest

from tests.app_server import running_app

pytestmark = pytest.mark.browser

DEPTH = {"depth__layers": "4", "depth__draws": "8192", "depth__looks": "6", "depth__training": "60"}
SHARE = """() => parseFloat(document.querySelector('.st-key-run-KIND [role=progressbar]')?.getAttribute('aria-valuenow') ?? 0)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An app with an empty store of its own."""
    with running_app(environment={"SNNVIZ_HOME": str(tmp_path_factory.mktemp("home")), "SNNVIZ_STORE": ""}) as url:
        yield url


def test_a_depth_measurement_goes_on_is_stopped_and_is_under_runs(visit, server):
    v = visit("depth", base=server, **DEPTH)
    page, share = v.page, SHARE.replace("KIND", "depth")
    page.get_by_role("button", name="Train and measure").click()
    page.wait_for_function(f"() => ({share})() > 0", timeout=60_000)
    page.get_by_role("link", name="Neuron").first.click()
    page.get_by_role("heading", level=1, name="neuron").wait_for()
    page.get_by_role("link", name="Depth").first.click()
    page.get_by_role("button", name="Stop").wait_for()
    first = page.evaluate(share)
    page.reload()
    page.wait_for_function(f"() => ({share})() > {first}", timeout=60_000)
    assert v.violations() == []
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name=re.compile("Train and measure")).wait_for(timeout=30_000)
    runs = visit("runs", base=server)
    assert runs.violations() == []
    runs.page.get_by_text("1 of 1 runs").wait_for()
    runs.page.get_by_text("stopped").filter(visible=True).first.wait_for()
    table = runs.page.get_by_test_id("stDataFrame").first.bounding_box()
    runs.page.mouse.click(table["x"] + 17, table["y"] + 52)  # the box of the first row: the address names the run
    runs.page.wait_for_url(re.compile(r"/runs\?run=[0-9a-f]{16}$"))
    runs.settle()
    runs.page.get_by_role("button", name="Show under Depth").click()
    runs.page.get_by_role("heading", name="A short road to early layers").wait_for()
    runs.page.get_by_text("These are from 4 layers").wait_for()
    runs.page.go_back()
    runs.settle()
    runs.page.get_by_role("button", name="Delete").click()
    runs.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    runs.page.get_by_text("Nothing is saved yet.").wait_for(timeout=30_000)
    for one in (v, runs):
        assert not one.errors and not one.outside
