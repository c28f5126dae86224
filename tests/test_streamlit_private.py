"""What Streamlit does not promise and the app needs: each test fails when a version of Streamlit changed it."""

import re
import sys
import urllib.request
from pathlib import Path

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from snnviz.ui import streamlit_private
from tests.app_server import running_app

ROOT = Path(__file__).parents[1]


def test_a_page_run_bare_is_run_again_by_the_app(monkeypatch):
    assert "uses_pages_directory" in vars(PagesManager)
    monkeypatch.setattr(PagesManager, "uses_pages_directory", True)
    assert streamlit_private.route_by_app()
    assert PagesManager.uses_pages_directory is False and not streamlit_private.route_by_app()
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    assert not streamlit_private.route_by_app()


def cached_pages():
    import streamlit as st

    from snnviz.ui import streamlit_private

    place = st.empty()

    @st.cache_data
    def compute(aside):
        draw = lambda: place.caption("building")  # noqa: E731
        streamlit_private.draw_aside(draw) if aside else draw()
        return 1

    compute(st.toggle("directly") is False)


@pytest.mark.parametrize("aside", [True, False])
def test_what_is_drawn_aside_is_on_the_page_and_not_in_the_cache(aside):
    at = AppTest.from_function(cached_pages).run()
    if not aside:
        at.toggle[0].set_value(True).run()
    assert not at.exception and [c.value for c in at.caption] == ["building"]
    at.run()
    assert bool(at.exception) is not aside, "the cache keeps no drawing: draw_aside() is needed no longer"
    assert not at.caption


SERVING = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
import streamlit as st
from snnviz.ui import streamlit_private
st.code(streamlit_private.serve_folder("files", Path({folder!r})), language=None)
"""


@pytest.mark.browser
@pytest.mark.parametrize("base", ["", "some/where"])
def test_a_folder_is_served_to_the_browser(chromium, tmp_path, base):
    (tmp_path / "script.py").write_text(SERVING.format(root=str(ROOT), folder=str(tmp_path)), encoding="utf-8")
    (tmp_path / "hello.txt").write_text("hello", encoding="utf-8")
    with running_app(tmp_path / "script.py", {"STREAMLIT_SERVER_BASE_URL_PATH": base}) as url:
        page = chromium.new_page()
        try:
            page.goto(url)
            address = page.locator("[data-testid=stCode]").inner_text().strip()
        finally:
            page.close()
        with urllib.request.urlopen(f"{url}/{address}/hello.txt") as answer:
            assert answer.read() == b"hello"


def test_a_process_can_become_the_server(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    with pytest.raises(SystemExit) as end:
        streamlit_private.run(ROOT / "app.py", ["--help"])
    assert not end.value.code and "Usage: streamlit run" in capsys.readouterr().out


SEEN = {}


def left():
    import threading
    import time

    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from snnviz import Experiment, simulate, waiting
    from snnviz.ui import streamlit_private
    from tests.test_streamlit_private import SEEN

    requests, gone = get_script_run_ctx().script_requests, streamlit_private.abandoned()
    if "at first" not in SEEN:
        SEEN["at first"], began = gone(), time.monotonic()
        threading.Timer(0.3, requests.request_rerun, [RerunData()]).start()
        try:
            with waiting.watched(waiting.Watch(gone)):
                simulate(Experiment(steps=300_000), "reference")
        except waiting.Abandoned:
            SEEN["waited for"], SEEN["seconds"] = gone(), time.monotonic() - began
            streamlit_private.give_way()
    elif "stop" in SEEN:
        requests.request_stop()
        SEEN["stop"] = gone()
    st.title("drawn")
    SEEN["drawn"] = SEEN.get("drawn", 0) + 1


def test_a_computation_ends_when_another_run_of_the_page_waits_or_nobody_does():
    SEEN.clear()
    AppTest.from_function(left, default_timeout=60).run()
    assert SEEN["drawn"] == 1, "the run that waited has begun, and is the one that was drawn"
    assert SEEN["waited for"] and not SEEN["at first"] and SEEN["seconds"] < 5
    SEEN["stop"] = False
    AppTest.from_function(left, default_timeout=60).run()
    assert SEEN["stop"] and SEEN["drawn"] == 1, "whose visitor has gone draws nothing more"


def test_every_option_of_the_configuration_is_known():
    """An unknown one is only a warning: collection after each run would come back unnoticed."""
    import tomllib

    from streamlit import config

    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    options_of_streamlit = set(config.get_config_options())
    for section in ("browser", "client", "runner", "server"):
        assert {f"{section}.{name}" for name in options[section]} <= options_of_streamlit


def test_no_other_module_uses_what_streamlit_does_not_promise():
    private = re.compile(r"streamlit\.(runtime|components|web|elements|config|proto)\b|get_script_run_ctx")
    for path in [*(ROOT / "snnviz").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]:
        if path.name != "streamlit_private.py":
            assert not private.search(path.read_text(encoding="utf-8")), path
