"""Runs: every saved run of every kind, to find, compare, run again, download or delete."""

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.runs import client, store
from snnviz.ui import page, runs_view, sharing, visitors

page.heading("Saved runs", "Your runs and those that others share, finished or not.")
with page.guarded():
    saved = store.default()
    for run in {s.run for s in saved.list(live=True)}:
        client.readable([run])  # marks one whose worker is gone as interrupted
    rows = client.listed(visitors.me())
    linked, unseen = sharing.linked()
runs_view.complaint()
for reason in unseen:
    st.warning(reason, icon=":material/lock:")
if rows:
    page.view(__file__, "saved").show(rows, linked, unseen, saved.name)
else:
    page.view(__file__, "empty").show()
with page.guarded():
    sharing.settings()
