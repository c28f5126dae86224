"""Whose runs and uploads are whose: nobody sees what is not shared, stops or deletes another's, or trains on another's uploads."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from snnviz import places
from snnviz.commands import results
from snnviz.datasets import OwnRecordings
from snnviz.runs import client, rights, store
from snnviz.runs.rights import Forbidden, Visitor
from snnviz.runs.values import Access, Run, Status
from snnviz.runs.work import Train
from snnviz.training import Training
from snnviz.ui import visitors
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


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("all_shared", [False, True])
def test_others_see_what_is_shared_and_change_nothing_of_it(run, shared, all_shared):
    client.share(run, shared, OWNER)
    client.share_all(all_shared, KEY)
    for by, sees in ((OWNER, True), (KEY, True), (OTHER, shared or all_shared)):
        assert [s.run for s in client.listed(by)] == [run] * sees
        assert client.unseen(run, by) == ("" if sees else rights.NOT_SHARED)
    assert client.listed(OWNER)[0].shared is shared
    for action in (client.cancel, client.go_on, delete, lambda run, by: client.share(run, not shared, by)):
        with pytest.raises(Forbidden, match="somebody else's"):
            action(run, OTHER)
    with pytest.raises(Forbidden, match="server's key"):
        client.share_all(not all_shared, OTHER)
    assert store.default().access(run) == Access(OWNER.id, shared) and store.default().all_shared() is all_shared
    assert "no such run" in client.unseen("0" * 16, KEY)


def test_a_run_of_the_command_line_belongs_to_who_runs_the_server(home):
    lines = [results.Line(Training())]
    assert results.keep(lines, "native", "settings", True, {})
    (saved,) = store.default().list()
    assert client.unseen(saved.run, OTHER) == rights.NOT_SHARED and not client.unseen(saved.run, KEY)
    with pytest.raises(Forbidden):
        client.delete([saved.run], OTHER)
    client.share(saved.run, True, KEY)
    assert not client.unseen(saved.run, OTHER)
    client.delete([saved.run], KEY)
    assert not store.default().list()


HERE = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}


@pytest.mark.parametrize(
    ("listens", "headers", "runs_it"),
    [
        ("127.0.0.1", HERE, True),
        ("::1", {"Host": "[::1]:8501", "Origin": "http://[::1]:8501"}, True),
        ("0.0.0.0", HERE, False),
        (None, HERE, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", HERE | {"Origin": "https://class.example"}, False),
        ("127.0.0.1", HERE | {"Host": "class.example"}, False),
        ("127.0.0.1", HERE | {"Origin": "http://["}, False),
        ("127.0.0.1", HERE | {"X-Forwarded-For": "10.0.0.7"}, False),
    ],
)
def test_who_sits_at_a_machine_that_answers_nobody_else_runs_the_server(listens, headers, runs_it, monkeypatch):
    assert visitors.runs_the_server(listens, headers) is runs_it
    monkeypatch.setenv("SNNVIZ_KEY", "chalk")
    assert not visitors.runs_the_server(listens, headers), "a key says who does"


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


def test_the_page_of_runs_shows_what_is_shared_and_offers_to_change_only_ones_own(run):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.query_params["run"] = run
    at.switch_page("pages/runs.py").run()
    assert [w.value for w in at.warning] == [rights.NOT_SHARED] and not at.dataframe
    assert any("Runs that you start appear here" in line.value for line in at.markdown)
    at.query_params["run"], at.query_params["link"] = f"{run}-nonsense", "1"
    client.share(run, True)
    at.run()
    assert "no such run" in at.warning[0].value and len(at.dataframe) == 2
    assert not [toggle for toggle in at.toggle if toggle.label == "Shared"]
    buttons = {button.label: button for button in at.button}
    assert buttons["Delete"].disabled and "Go on" not in buttons and "Run again" in buttons
    at.query_params["key"] = rights.server_key()
    at.run()
    buttons = {button.label: button for button in at.button}
    assert not buttons["Delete"].disabled and "Go on" in buttons
    next(toggle for toggle in at.toggle if toggle.label == "Shared").set_value(False).run()
    assert store.default().access(run) == Access(OWNER.id, False) and not at.exception
    next(toggle for toggle in at.toggle if toggle.label == "Everybody sees all runs").set_value(True).run()
    assert store.default().all_shared() and not client.unseen(run, OTHER)


def test_the_page_of_trainings_lets_go_of_a_run_that_is_shared_no_more(run):
    client.share(run, True)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/training.py")
    at.session_state["_runs_shown"] = {"training": run}
    at.run()
    assert not at.exception and not [i for i in at.info if i.value == rights.NOT_SHARED]
    client.share(run, False)
    at.run()
    assert not at.exception and [i for i in at.info if i.value == rights.NOT_SHARED]


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
