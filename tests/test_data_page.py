"""The Data page where a set is missing: fetched from a server in this test, cancelled, refused, in a real browser."""

import hashlib
import re
import time

import pytest

from app import PAGES
from snnviz.runs import fetch
from tests.app_server import PHONE, running_app
from tests.test_datasets import Archives, shd_archives
from tests.test_pages import clean, opened

DROP = 20_000
ENTRY = next(entry for entry in PAGES if entry.file == "data.py")
# The app with a command that fetches SHD and SSC from this machine, and finds no way to any other server.
COMMAND = """
import sys
import tonic.datasets
from snnviz.__main__ import main

tonic.datasets.SHD.base_url = tonic.datasets.SSC.base_url = {url!r}
tonic.datasets.SHD.train_md5, tonic.datasets.SHD.test_md5 = {sums!r}
sys.exit(main())
"""
APP = """
import sys
import app
from snnviz.runs import fetch

fetch.COMMAND = (sys.executable, {command!r})
app.main()
"""


class Slow(Archives):
    """Sends SHD at once, and everything else in drops, for minutes."""

    def send(self, out, name, whole):
        for start in range(0, 0 if name.startswith("shd") else len(whole), DROP):
            out.write(whole[start : start + DROP])
            time.sleep(0.02)
        if name.startswith("shd"):
            super().send(out, name, whole)


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    return tmp_path_factory.mktemp("sets")


@pytest.fixture(scope="module")
def server(sets, tmp_path_factory):
    tmp = tmp_path_factory.mktemp("app")
    files = shd_archives(tmp)
    sums = tuple(hashlib.md5(files[f"shd_{half}.h5.zip"]).hexdigest() for half in ("train", "test"))
    with Slow(files | {"ssc_train.h5.zip": bytes(10_000 * DROP)}) as archives:
        (tmp / "command.py").write_text(COMMAND.format(url=archives.url, sums=sums))
        (tmp / "start.py").write_text(APP.format(command=str(tmp / "command.py")))
        nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")} | {"no_proxy": "127.0.0.1"}
        environment = {"SNNVIZ_DATA": str(sets), "SNNVIZ_CACHE": str(tmp / "cache"), "SNNVIZ_HOME": str(tmp / "home")}
        with running_app(tmp / "start.py", nowhere | environment) as url:
            yield url


def disk(visit, server, name="", **more):
    return visit("data", base=server, **{"from": "disk"} | ({"disk": name} if name else {}), **more)


# Bytes that are here, as the page says.
BYTES = """() => { const told = [...document.querySelectorAll('.st-key-fetching p')].map(p => p.innerText).join(' ');
  const found = told.match(/([\\d.]+) (kB|MB) here after/);
  return found ? parseFloat(found[1]) * (found[2] == 'MB' ? 1000 : 1) : -1; }"""


@pytest.mark.browser
def test_a_missing_set_is_chosen_fetched_and_drawn(visit, server, sets):
    v = disk(visit, server)
    page = v.page
    page.get_by_text("No set of tonic's catalogue is in this folder").wait_for()
    page.get_by_role("combobox", name="A set that is not here").click()
    page.get_by_role("option", name="SHD", exact=True).click()
    page.wait_for_url(re.compile("disk=SHD"))
    page.get_by_text("About 0.2 GB; it goes into").wait_for()
    assert "Spoken digits in English" in page.get_by_test_id("stMain").inner_text()
    assert v.settle().violations() == []
    page.get_by_role("button", name="Fetch it").click()
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
    v.settle()
    text = page.get_by_test_id("stMain").inner_text()
    assert "20 of 8,156 training and 8 of 2,264 test recordings found" in text
    assert page.get_by_role("combobox", name="Set").input_value() == "SHD"
    assert {path.name for path in sets.iterdir()} == {"SHD"}
    assert not v.errors and not v.outside


@pytest.mark.browser
def test_a_fetch_is_seen_by_all_outlives_the_tab_and_can_be_cancelled(visit, server, sets):
    v = disk(visit, server, "SSC")
    page = v.page
    place = page.get_by_role("button", name="Fetch it").bounding_box()
    page.get_by_role("button", name="Fetch it").click()
    page.wait_for_function(f"() => ({BYTES})() > 20", timeout=60_000)
    first = page.evaluate(BYTES)
    page.wait_for_function(f"() => ({BYTES})() > {first}")
    at = page.get_by_role("button", name="Cancel").bounding_box()
    assert (at["x"], at["y"], at["height"]) == (place["x"], place["y"], place["height"]), "the page has jumped"
    page.close()

    one, other = disk(visit, server, "SSC", size=PHONE), disk(visit, server, "SSC")
    first = one.page.evaluate(BYTES)
    one.page.wait_for_function(f"() => ({BYTES})() > Math.max({first}, 20)")
    assert one.cut_off() == 0 and one.violations() == []
    other.page.wait_for_function(f"() => ({BYTES})() > 20")
    assert (sets / ".fetching").is_dir()
    other.page.get_by_role("button", name="Cancel").click()
    for seen in (one, other):
        seen.page.get_by_role("button", name="Fetch it").wait_for()
        assert not seen.settle().errors and seen.page.get_by_test_id("stAlert").count() == 0
    assert not (sets / ".fetching").exists() and not (sets / "SSC").exists(), "what had arrived is still there"


@pytest.mark.browser
def test_a_fetch_that_fails_says_so_in_one_sentence_and_nothing_else_is_lost(visit, server):
    v = disk(visit, server, "NMNIST")
    page = v.page
    page.get_by_role("button", name="Fetch it").click()
    page.get_by_text("NMNIST could not be fetched into").wait_for(timeout=60_000)
    message = v.settle().page.get_by_test_id("stAlert").inner_text()
    assert "no connection to its server (Connection refused). Try again" in message and "Traceback" not in message
    assert page.get_by_role("button", name="Fetch it").is_enabled()
    assert page.get_by_role("combobox", name="Set").input_value() == "NMNIST (not here)"
    assert v.violations() == [] and v.size(*PHONE).settle().cut_off() == 0
    assert not v.errors and not v.outside


def test_the_command_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(ConnectionError) as failure:
        list(fetch.follow("SHD", tmp_path / "sets"))
    assert str(failure.value) == (
        f"SHD could not be fetched into {tmp_path / 'sets'}: no connection to its server (Connection refused). Try again, or fetch "
        "it by hand and name its folder."
    )
    assert not any((tmp_path / "sets").iterdir())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("DVSLip", "DVS-Lip.zip must be laid into"), ("DSEC", "with tonic itself"), ("MVSEC", "--part outdoor_night")],
)
def test_a_set_that_tonic_cannot_fetch_has_no_button(name, sentence, tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_DATA", str(tmp_path))
    at = opened(ENTRY, **{"from": "disk", "disk": name})
    clean(at)
    assert any(sentence in message.value for message in at.info) and "Fetch it" not in [button.label for button in at.button]


def test_downloads_can_be_forbidden(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_DATA", str(tmp_path))
    at = opened(ENTRY, **{"from": "disk", "disk": "SHD"})
    clean(at)
    assert "Fetch it" in [button.label for button in at.button]
    monkeypatch.setenv("SNNVIZ_DOWNLOADS", "no")
    at.run()
    clean(at)
    assert "Fetch it" not in [button.label for button in at.button] and "turned downloads off" in at.info[0].value


def test_what_is_damaged_is_named_and_can_be_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_DATA", str(tmp_path))
    (tmp_path / "shd_train.h5").write_text("not HDF5")
    at = opened(ENTRY, **{"from": "disk", "disk": "SHD"})
    clean(at)
    assert "shd_train.h5: is cut short" in at.warning[0].value and "Fetch it" in [button.label for button in at.button]
