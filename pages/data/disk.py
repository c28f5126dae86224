"""On disk: the sets of tonic's catalogue that are in a folder, and fetching one that is not."""

import streamlit as st

from snnviz.ui import address, controls, fetching, page, recordings
from snnviz.ui.words import literal


def choose():
    """The chosen set, and a function that draws more: if the set is not on disk, how to get it."""
    place = st.text_input(
        "Folder",
        key="data_folder",
        persist_state="session",
        placeholder="SNNVIZ_DATA, or the usual place",
        help="On the machine that runs this app. Part of a set is enough.",
    )
    with st.spinner("Looking through tonic's catalogue", show_time=True), page.guarded():
        catalogue = recordings.on_disk(place)
    entries = {e.name: e for e in sorted(catalogue, key=lambda e: not e.have)}  # what is here comes first
    here = [e.name for e in catalogue if e.have]
    widget = address.own("disk")
    if st.session_state.get("disk_here", here) != here and widget in st.session_state:
        st.session_state[widget] = st.session_state[widget]  # else the browser keeps the words of before
    st.session_state["disk_here"] = here
    titles = {"": "Choose one"} | {name: name if e.have else f"{name} (not here)" for name, e in entries.items()}
    entry = entries.get(controls.option(list(entries) if here else ["", *entries], "Set", "disk", titles=titles.__getitem__))
    dataset = None
    if entry is not None and entry.have:
        st.caption(literal(entry.have.rstrip(";") + "."))
        hidden = recordings.HIDDEN
        dataset = controls.edit(entry.dataset, f"disk.{entry.name}", exclude=hidden, more="Transforms and more")
    with st.expander("What tonic knows"):
        st.dataframe(
            {
                "set": [e.name for e in catalogue],
                "what": [e.about for e in catalogue],
                "here": [e.have.rstrip(";") or "no" for e in catalogue],
            },
            hide_index=True,
        )

    def fetch() -> None:
        if entry is None:
            st.info("No set of tonic's catalogue is in this folder. Choose one to fetch it.", icon=":material/folder_off:")
        elif dataset is None:
            fetching.panel(entry, place)

    return dataset, fetch
