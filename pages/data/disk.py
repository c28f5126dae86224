"""On disk: the sets of tonic's catalogue that are in a folder, and fetching one that is not."""

import streamlit as st

from snnviz.ui import address, controls, fetching, page, recordings
from snnviz.ui.words import literal


def _choose() -> None:
    if name := st.session_state.get("disk_get"):
        address.put("disk", name)


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
    entries = {e.name: e for e in catalogue}
    here = [e.name for e in catalogue if e.have]
    wish = address.Settings().get("disk")  # a set that is not here stands in the menu once it was chosen below, or by a link
    offered = here + ([wish] if wish in entries and wish not in here else [])
    widget = address.own("disk")
    if st.session_state.get("disk_here", here) != here and widget in st.session_state:
        st.session_state[widget] = st.session_state[widget]  # else the browser keeps the words of before
    st.session_state["disk_here"] = here
    titles = {"": "Choose one below"} | {name: name if name in here else f"{name} (not here)" for name in offered}
    entry = entries.get(controls.option(offered if here else ["", *offered], "Set", "disk", titles=titles.__getitem__))
    dataset = None
    if entry is not None and entry.have:
        st.caption(literal(entry.have.rstrip(";") + "."))
        with st.expander("The set"):
            dataset = controls.edit(entry.dataset, f"disk.{entry.name}", exclude=recordings.HIDDEN, more="Transforms and more")
    with st.expander("Get more", icon=":material/download:", expanded=not here and entry is None):
        missing = [e.name for e in catalogue if not e.have]
        st.selectbox(
            "A set that is not here", missing, index=None, key="disk_get", placeholder="Choose one", on_change=_choose,
            help="What it is and how large, before it is fetched.",
        )  # fmt: skip
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
