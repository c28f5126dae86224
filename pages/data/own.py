"""Yours: recordings that the visitor uploads."""

import streamlit as st

from snnviz.datasets import OwnRecordings
from snnviz.ui import controls, recordings, runs_view


def choose():
    """The visitor's recordings as a set, and what else to draw: how to begin, or where to train on them."""
    visitor = runs_view.visitor()
    recordings.upload(visitor)
    mine = recordings.files(visitor)
    if not mine:
        return None, lambda: st.info("Choose a set at the left, or add a recording.", icon=":material/info:")
    st.dataframe({"class": [f.parent.name for f in mine], "recording": [f.name for f in mine]}, hide_index=True, height=180)
    if st.button("Remove all", icon=":material/delete:"):
        recordings.forget(visitor)
        st.session_state.pop("own_recordings", None)
        st.rerun()
    everything = OwnRecordings(folder=str(recordings.folder(visitor)))
    dataset = controls.edit(everything, "own", exclude=recordings.HIDDEN, more="Transforms and more")
    st.session_state["own_recordings"] = dataset
    return dataset, lambda: st.page_link("pages/training.py", label="Train on your recordings", icon=":material/model_training:")
