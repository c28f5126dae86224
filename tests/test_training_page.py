"""The Training, Data and Runs pages in a real browser: a newcomer's path, with the smallest settings."""

import re

import pytest

from tests.app_server import PHONE, Visit, running_app

pytestmark = pytest.mark.browser

SETTINGS = {
    "view": "learning",
    "epochs": "600",
    "data": "YinYang",
    "data.YinYang.samples": "300",
    "methods": "kept-exodus",
    "network.FeedForward.width": "16",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An app with an empty store of its own."""
    with running_app(environment={"SNNVIZ_HOME": str(tmp_path_factory.mktemp("home")), "SNNVIZ_STORE": ""}) as url:
        yield url


def trained(page) -> float:
    """Seconds of training, as the page says."""
    match = re.search(r"([\d.]+) s of training", page.locator('[data-testid="stProgress"]').inner_text())
    return float(match[1]) if match else 0.0


def until(page, what: str, timeout: int = 60_000) -> None:
    page.wait_for_function(what, timeout=timeout)


SECONDS = r"""() => parseFloat(
  (document.querySelector('[data-testid="stProgress"]')?.innerText.match(/([\d.]+) s of/) ?? [0, 0])[1])"""
# Points in all curves of the picture.
POINTS = """() => (document.querySelector('.js-plotly-plot')?.data ?? [])
  .reduce((n, t) => n + (t.y?._inputArray?.length ?? t.y?.length ?? 0), 0)"""


def height(page) -> float:
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    return page.evaluate("() => document.querySelector('.js-plotly-plot').getBoundingClientRect().height")


def test_start_watch_stop_reload_and_find_it_again(visit, server):
    v: Visit = visit("training", base=server, **SETTINGS)
    page = v.page
    page.get_by_role("button", name="Start").last.click()
    until(page, f"() => ({SECONDS})() > 0.2", 120_000)
    first, points = trained(page), page.evaluate(POINTS)
    until(page, f"() => ({SECONDS})() > {first}")
    until(page, f"() => ({POINTS})() > {points}")
    tall = height(page)
    # The curves move on their own between two answers of the server: more often than the line that tells how far it is.
    page.evaluate(f"""() => {{
      window.seen = {{ looks: new Set(), moves: new Set() }};
      const note = () => {{
        window.seen.looks.add(({SECONDS})());
        window.seen.moves.add(({POINTS})());
        requestAnimationFrame(note);
      }};
      note();
    }}""")
    until(page, "() => window.seen.moves.size > window.seen.looks.size + 3")

    page.reload()  # the tab is closed and opened again: the run is still there, and goes on
    page.get_by_role("button", name="Pause").wait_for(timeout=60_000)
    until(page, f"() => ({SECONDS})() > {first}")
    assert height(page) == tall
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").wait_for()
    page.get_by_text("paused").first.wait_for()
    held = trained(page)
    page.get_by_role("button", name="Step", exact=True).click()
    until(page, f"() => ({SECONDS})() >= {held}")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Go on").wait_for(timeout=30_000)
    page.get_by_text("stopped").first.wait_for()
    assert page.get_by_role("button", name="Start").last.is_enabled()

    runs = visit("runs", base=server)
    runs.page.get_by_text("1 of 1 runs").wait_for()
    runs.page.get_by_role("button", name="Delete").click()
    dialog = runs.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete").click()
    runs.page.get_by_text("Runs that you start appear here").wait_for(timeout=30_000)
    for one in (v, runs):
        assert not one.errors and not one.outside


DEPTH = {"depth__layers": "4", "depth__draws": "8192", "depth__looks": "6", "depth__training": "60"}
SHARE = """() => parseFloat(document.querySelector('.st-key-run-KIND [role=progressbar]')?.getAttribute('aria-valuenow') ?? 0)"""


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
    runs.page.get_by_text("Runs that you start appear here").wait_for(timeout=30_000)
    for one in (v, runs):
        assert not one.errors and not one.outside


def test_the_active_share_is_followed_while_it_trains(visit, server):
    v: Visit = visit("sparsity", base=server, **{"view": "live", "run.epochs": "3", "trained.width": "32"})
    page = v.page
    page.get_by_role("button", name="Start").last.click()
    page.get_by_text("3 of 3 epochs").wait_for(timeout=120_000)
    v.settle()
    rows = page.evaluate("""() => document.querySelector('.js-plotly-plot').data.map(
      t => [t.name, t.yaxis, Array.from(t.y._inputArray ?? t.y)])""")
    share = {(name, axis): values for name, axis, values in rows if axis != "y"}
    assert set(share) == {(name, axis) for name in ("LocalZO", "Sparse gradient descent") for axis in ("y2", "y3")}
    for values in share.values():  # of every batch, in percent, and sparse
        assert len(values) > 10 and min(values) > 0 and max(values) < 10
    assert [len(values) for _, axis, values in rows if axis == "y"] == [3, 3]
    page.get_by_role("link", name="The same run from all sides").click()
    page.get_by_role("heading", name="Train several methods").wait_for()
    page.get_by_text("3 of 3 epochs").wait_for()
    assert not v.errors and not v.outside


def test_a_recording_of_ones_own_and_a_bad_one(visit, server):
    v: Visit = visit("data", base=server, **{"from": "own", "view": "raster"})
    page = v.page
    rows = "\n".join(f"{t},{t % 5}" for t in range(40))
    for label in ("left", "right"):
        page.get_by_label("Class of these recordings").fill(label)
        page.get_by_label("Class of these recordings").press("Enter")
        page.locator("input[type=file]").set_input_files(
            [{"name": f"{label}{i}.csv", "mimeType": "text/csv", "buffer": f"t,neuron\n{rows}\n".encode()} for i in (1, 2)]
            + [{"name": "bad.csv", "mimeType": "text/csv", "buffer": b"t,neuron\n1,two\n"}]
        )
        v.settle()
        page.get_by_role("button", name="Add these").click()
        page.get_by_text("bad.csv: line 2 holds 'two' where a number is expected").wait_for(timeout=30_000)
        v.settle()
    page.get_by_text("4 recordings in 2 classes").first.wait_for(timeout=30_000)
    page.locator(".js-plotly-plot").wait_for()
    assert not v.errors


def test_the_pages_fit_a_phone_and_are_accessible(visit, server):
    for address in ("training", "data", "runs"):
        v = visit(address, base=server, size=PHONE, **({"data": "YinYang", "view": "raster"} if address == "data" else {}))
        assert v.cut_off() == 0, address
        assert not v.violations(), address
        if address == "training":  # the picture of a run of other settings than the page's
            v.page.locator(".theatre").first.evaluate("theatre => theatre.classList.add('changed')")
            assert not v.violations(), "changed"
            assert not v.dark().settle().violations(), "changed, in the dark"
        assert not v.errors, address
