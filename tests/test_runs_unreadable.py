"""The pages of runs as scripts: what cannot be read is said and can be deleted; a run that is gone is said to be."""

import pytest

from snnviz.runs import client, rights, store
from snnviz.runs.rights import Forbidden, Visitor
from snnviz.runs.values import Run
from snnviz.runs.work import Train
from snnviz.training import Training
from tests.test_pages import PAGES, clean, opened

ENTRIES = {entry.file: entry for entry in PAGES}


def test_a_run_that_cannot_be_read_blocks_nothing_and_is_deleted(home):
    good, bad = (Run(Train((Training(),)), "native", "me", title) for title in ("good", "bad"))
    saved = store.default()
    for run in (good, bad):
        saved.begin(run, "elsewhere/1")
    with saved._transaction() as database:
        database.execute(saved._runs.update().where(saved._runs.c.id == bad.id), {"status": "sleeping"})
    at = opened(ENTRIES["runs.py"], key=rights.server_key())  # the latest is chosen
    clean(at)
    assert not at.error and "sleeping" in at.warning[0].value
    assert at.button(key="delete")
    with pytest.raises(Forbidden, match="somebody else's"):
        client.delete([bad.id], Visitor("another"))
    client.delete([bad.id], Visitor("me"))
    at.run()
    clean(at)
    assert not at.warning
    assert [s.run for s in saved.list()] == [good.id] and client.readable([good.id])[0]


def test_a_page_says_that_its_run_was_deleted(home):
    run = Run(Train((Training(),)), "native", "me", "mine")
    store.default().begin(run, "elsewhere/1")
    store.default().share(run.id, True)
    at = opened(ENTRIES["training.py"], epochs="3")  # no recorded run is of these settings
    assert any("Nothing has run with these settings" in i.value for i in at.info)
    at.session_state["_runs_shown"] = {"training": run.id}
    at.run()
    clean(at)
    assert not any("Nothing has run with these settings" in i.value for i in at.info)
    store.default().delete([run.id])
    at.run()
    clean(at)
    assert any("was deleted" in i.value for i in at.info)
