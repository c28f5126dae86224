"""Whose runs and uploads are whose: nobody stops, continues or deletes another's, or trains on another's recordings."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from snnviz import places
from snnviz.datasets import OwnRecordings
from snnviz.runs import client, rights, store
from snnviz.runs.rights import Forbidden, Visitor
from snnviz.runs.values import Run, Status
from snnviz.runs.work import Train
from snnviz.training import Training
from tests.app_server import running_app

ROOT = Path(__file__).parents[1]
OWNER, OTHER, KEY = Visitor("a"), Visitor("b"), Visitor("b", key=True)


@pytest.fixture
def run(home):
    """A stopped run of OWNER in an empty store."""
    run = Run(Train((Training(),)), "native", OWNER.id, "Digits")
    store.default().begin(run)
    store.default().mark(run.id, Status.STOPPED)
    return run.id


def delete(run: str, by: Visitor) -> None:
    client.delete([run], by)


@pytest.mark.parametrize("action", [client.go_on, client.pause, client.resume, client.step, client.cancel, delete])
def test_nobody_changes_the_run_of_another(run, action):
    with pytest.raises(Forbidden, match="The run Digits is somebody else's"):
        action(run, OTHER)
    assert client.follow(run).status is Status.STOPPED


@pytest.mark.parametrize("by", [OWNER, KEY, None])
def test_owner_and_key_delete_it(run, by):
    client.delete([run], by)
    assert client.follow(run) is None


def test_of_several_runs_none_is_deleted_if_one_is_anothers(run):
    own = Run(Train((Training(),)), "native", OTHER.id)
    store.default().begin(own)
    store.default().mark(own.id, Status.STOPPED)
    with pytest.raises(Forbidden):
        client.delete([own.id, run], OTHER)
    assert client.follow(own.id) is not None


def test_nobody_trains_on_the_uploads_of_another(home):
    def request(folder, owner="a"):
        return Run(Train((Training(), Training(OwnRecordings(folder=str(folder))))), "native", owner)

    uploads = places.home() / "uploads"
    for folder in (uploads / "b", uploads / "a" / ".." / "b", uploads / "b" / "deeper", uploads, uploads / "a" / ".."):
        with pytest.raises(Forbidden, match="another visitor has uploaded"):
            client.submit(request(folder))
    for folder in (uploads / "a", uploads / "a" / "left", home / "elsewhere"):
        rights.check_uploads(request(folder))
    assert not store.default().list()


def test_a_link_carries_a_visitor_and_nobody_can_make_one(home, monkeypatch):
    text = rights.signed("a")
    assert rights.unsigned(text) == "a"
    for forged in ("", "a", "b" + text[1:], text[:-1], text + "x"):
        assert rights.unsigned(forged) is None
    monkeypatch.setenv("SNNVIZ_HOME", str(home / "another"))
    assert rights.unsigned(text) is None, "another server"


def test_the_secret_is_made_once_and_is_nobody_elses(home):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: rights.secret(), range(32)))) == 1
    assert stat.S_IMODE((places.home() / "secret").stat().st_mode) == 0o600
    assert [path.name for path in places.home().glob("secret*")] == ["secret"]


def test_the_key_is_the_variables_or_one_that_stays(home, monkeypatch):
    key = rights.server_key()
    assert len(key) == 32 and rights.server_key() == key and rights.is_key(key)
    assert not rights.is_key("") and not rights.is_key(key[:-1]) and not rights.is_key("ä")
    monkeypatch.setenv("SNNVIZ_KEY", "chalk")
    assert rights.is_key("chalk") and not rights.is_key(key)


def who():
    import streamlit as st

    from snnviz.ui import visitors

    visitors.arrive()
    st.text(visitors.me().id)
    st.text(str(visitors.me().key))
    st.text(str(dict(st.query_params)))


def arriving(**parameters: str) -> list[str]:
    at = AppTest.from_function(who)
    for name, value in parameters.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return [text.value for text in at.text]


def test_who_arrives_by_a_link_is_who_made_it(home):
    assert arriving(me=rights.signed("0123"), view="live") == ["0123", "False", "{'view': 'live'}"]
    assert arriving(me="0123.forged")[0] not in ("0123", "0123.forged")
    assert arriving(key=rights.server_key())[1:] == ["True", "{}"]
    assert arriving(key="wrong")[1:] == ["False", "{}"]


def test_the_page_of_runs_offers_to_change_only_ones_own(run):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/runs.py").run()
    buttons = {button.label: button for button in at.button}
    assert buttons["Delete"].disabled and "Go on" not in buttons and "Run again" in buttons
    at.query_params["key"] = rights.server_key()
    at.run()
    buttons = {button.label: button for button in at.button}
    assert not buttons["Delete"].disabled and "Go on" in buttons


@pytest.mark.browser
def test_a_browser_that_came_by_the_link_stays_that_visitor(chromium, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom tests.test_rights import who\nwho()\n")
    with running_app(script, {"SNNVIZ_HOME": str(tmp_path)}) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SNNVIZ_HOME", str(tmp_path))
        link = f"{url}?me={rights.signed('0123')}"
        page = chromium.new_page()
        try:
            for address in (link, url):
                page.goto(address)
                page.get_by_text("0123", exact=True).wait_for()
                page.wait_for_function("document.cookie.includes('snnviz-visitor=0123')")
        finally:
            page.close()
