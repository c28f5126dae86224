"""Yours: recordings that the visitor uploads."""

import streamlit as st

from snnviz.datasets import OwnRecordings
from snnviz.ui import controls, page, recordings, uploads, visitors

EMPTY = (
    "Add recordings at the left, of each class some: tables of spikes as text, NPZ, MAT, HDF5 or Parquet, or files of event "
    "cameras, AEDAT, RAW, DAT or BIN."
)


def choose():
    """The visitor's recordings as a set, and a function that draws more: how to begin, or a link to train on them."""
    visitor = visitors.visitor()
    uploads.take_in(visitor)
    mine = uploads.everything(visitor)
    if not mine:
        return None, lambda: st.info(EMPTY, icon=":material/info:")
    labels, names, _ = zip(*mine, strict=True)
    st.dataframe({"class": labels, "recording": names}, hide_index=True, height=180)
    if st.button("Remove all", icon=":material/delete:"):
        uploads.forget(visitor)
        st.session_state.pop("own_recordings", None)
        st.rerun()
    dataset = OwnRecordings(folder=str(uploads.folder(visitor)))
    if (table := uploads.layout(mine)) is not None:
        with page.guarded():
            dataset = OwnRecordings(folder=dataset.folder, columns=uploads.choose_columns(table), unit=uploads.choose_unit(table))
    dataset = controls.edit(dataset, "own", exclude=(*recordings.HIDDEN, "columns", "unit"), more="Transforms and more")
    st.caption("Times count from each recording's first event." if dataset.align else "Times count from the zero of their clock.")
    st.session_state["own_recordings"] = dataset
    return dataset, lambda: st.page_link("pages/training.py", label="Train on your recordings", icon=":material/model_training:")
