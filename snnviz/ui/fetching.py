"""Fetching a set of tonic's catalogue from a page: one run for each set and folder, the same for every visitor."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from snnviz import places
from snnviz.datasets.catalogue import Entry, TonicSet
from snnviz.runs import client, fetch
from snnviz.runs.values import RunState, Status
from snnviz.runs.work import FetchSet
from snnviz.ui import runs_view, visitors
from snnviz.ui.words import literal


def panel(entry: Entry, place: str) -> None:
    """Draw what a missing set is and how large, and the button that fetches it, how far that is, or why it cannot be done."""
    ours = not isinstance(entry.dataset, TonicSet)
    work = FetchSet(entry.name, str(places.data(place).absolute()))
    title, link = entry.dataset.title if ours else entry.about, f" [Its page]({entry.page})." if entry.page else ""
    st.markdown(f"**{title}.** {entry.dataset.description if ours else ''}{link}")
    if entry.broken:
        st.warning(literal(entry.missing), icon=":material/warning:")
    state = client.find(work, "")
    if state is not None and state.status.live:
        st.fragment(_going, run_every=runs_view.EVERY)(state, f"; the download is {entry.dataset.size}" if ours else "")
    elif entry.by_hand:
        st.info(literal(entry.by_hand), icon=":material/back_hand:")
    elif not fetch.allowed():
        st.info(
            "Whoever runs this app has turned downloads off (`SNNVIZ_DOWNLOADS=no`). Name a folder that holds the set.",
            icon=":material/cloud_off:",
        )
    elif reason := fetch.refused(Path(work.folder)):
        st.info(literal(reason), icon=":material/folder_off:")
    else:
        with _row():
            st.button(
                "Fetch it",
                icon=":material/download:",
                type="primary",
                key="fetch",
                on_click=runs_view.start,
                args=(work, ""),
            )
            st.markdown(f"{entry.dataset.size[0].upper()}{entry.dataset.size[1:]}; it goes into `{work.folder}`.")
        if state is not None and state.status in (Status.FAILED, Status.INTERRUPTED):
            st.error(literal(state.notes[-1]), icon=":material/error:")


def _row() -> Any:
    """A button and a sentence at its right, at the same height whichever they are."""
    return st.container(horizontal=True, vertical_alignment="center", key="fetching")


def _going(before: RunState, size: str) -> None:
    """The button that cancels a fetch, what has arrived and is unpacked, and since when."""
    state = client.follow(before.run.id)
    if state is None or not state.status.live:
        st.rerun()
        return
    arrived, seconds = state.progress.result or fetch.Arrived(0), max(0, int(time.time() - state.run.created))
    with _row():
        if visitors.me().may_change(state.run):
            st.button("Cancel", icon=":material/close:", key="cancel_fetch", on_click=_cancel, args=(state.run.id,))
        waits = f"{state.progress.doing}. " if not arrived.size and state.progress.doing.startswith("Waiting") else ""
        st.markdown(f"{waits}**{arrived.amount}** here after {seconds // 60}:{seconds % 60:02}{size}. You may close this tab.")


def _cancel(run: str) -> None:
    """Stop a fetch and wait until its process has removed what it had."""
    runs_view.attempt(client.cancel, run, visitors.me())
    runs_view.attempt(client.wait, run, lambda state: not state.status.live, fetch.PATIENCE)
