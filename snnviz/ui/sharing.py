"""Whose runs a visitor sees under Runs: those of a link, the switch that shares one, the server's rule, another machine's link."""

from collections.abc import Sequence

import streamlit as st

from snnviz.runs import client, store, words
from snnviz.runs.values import Access, RunState
from snnviz.ui import address, runs_view, spelling, visitors
from snnviz.ui.words import literal

LINKED = "run"  # in the address: the ids of the runs that are shown


def linked() -> tuple[list[str], list[str]]:
    """The runs that the address names and the visitor may look at, and why not the others, a sentence each."""
    runs = list(dict.fromkeys((address.Settings().get(LINKED) or "").split("-")))
    reasons = {run: client.unseen(run, visitors.me()) for run in runs if run}
    return [run for run, reason in reasons.items() if not reason], list(dict.fromkeys(filter(None, reasons.values())))


def link(runs: Sequence[str]) -> None:
    """Let the address name these runs; of none the latest is shown."""
    address.put(LINKED, spelling.spell_names(runs) if runs else None)


def whose(access: Access) -> str:
    """Whose a run is, in a word or two for a list."""
    if access.owner == visitors.visitor():
        return "yours"
    return "another's" if access.owner else "this machine's"


def switch(state: RunState) -> None:
    """The switch by which whoever may change a run lets others look at it; the link to send them."""
    run, made_once = state.run.id, state.run.work.made_once
    access = store.default().access(run)
    if access is None or not visitors.me().may_change(access):
        return
    key = f"share-{run}-{access.shared}"  # another tab may have moved it
    st.toggle(
        "Shared",
        access.shared,
        key=key,
        on_change=_share,
        args=(run, key),
        help="Off: you alone see this run. On: everybody who opens this app may look at it, run it again and download it, and "
        "nobody but you may stop, continue or delete it. Whoever runs the server sees all runs."
        + (" Who asks for just the same work sees its result in any case: it is done once for all." if made_once else ""),
    )
    if access.shared and st.context.url:
        st.markdown(f":small[The link to it: `{st.context.url.partition('?')[0]}?{LINKED}={run}`]")


def _share(run: str, key: str) -> None:
    runs_view.attempt(client.share, run, st.session_state[key], visitors.me())


def words_of(state: RunState) -> None:
    """Show what is said of a run, literally; whoever may change it says it here."""
    run = state.run.id
    now = words.of([run]).get(run, words.Words())
    if now != words.Words():
        st.markdown(f"**{literal(now.name)}** {literal(', '.join(now.tags))}" if now.name or now.tags else "")
        st.markdown(literal(now.note))
    if not visitors.me().may_change(state.run):
        return
    with st.expander("Name, note, tags", icon=":material/edit_note:"), st.form(f"words-{run}", border=False):
        st.text_input("Name", now.name, max_chars=words.LONGEST, key=f"words-name-{run}")
        st.text_area("Note", now.note, max_chars=words.NOTE, key=f"words-note-{run}")
        st.text_input("Tags", ", ".join(now.tags), key=f"words-tags-{run}", help="With commas between them.")
        st.form_submit_button("Save", icon=":material/save:", on_click=runs_view.attempt, args=(_say, run))


def _say(run: str) -> None:
    name, note, tags = (st.session_state[f"words-{what}-{run}"] or "" for what in ("name", "note", "tags"))
    words.say(run, words.Words(name.strip(), note.strip(), words.tags(tags)), visitors.me())


def settings() -> None:
    """The rule of the server, for who has its key, and the way to another machine."""
    if visitors.me().key:
        standing = store.default().all_shared()
        key = f"share-all-{standing}"
        st.toggle(
            "Everybody sees all runs",
            standing,
            key=key,
            on_change=_share_all,
            args=(key,),
            help="For a class that compares results. Off: a visitor sees their own runs and those whose owners share them. You see "
            "this switch because you have the server's key, or because the app answers this machine alone.",
        )
    with st.expander("Your runs on another machine", icon=":material/devices:"):
        st.markdown(
            "Runs belong to the browser that started them. Open the app there with this at the end of its address, and keep it "
            "secret."
        )
        st.code(visitors.link(), language=None)


def _share_all(key: str) -> None:
    runs_view.attempt(client.share_all, st.session_state[key], visitors.me())
