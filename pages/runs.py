"""Runs: every saved run; find, lay over one another, run again, take away, delete."""

import streamlit as st

from snnviz.runs import client, store, values
from snnviz.ui import code, controls, follow, page

page.heading(
    "Saved runs",
    "Every run that was started here, finished or not. Choose rows to lay their curves over one another; open one to see all "
    "its pictures, take it away as a table or as settings, run it again, or go on with what was interrupted.",
)
with page.guarded():
    kept = store.default()
    for run in {s.run for s in kept.list(live=True)}:
        client.follow(run)  # one whose worker is gone is told apart from one that goes
    rows = kept.list()
follow.complaint()
if not rows:
    st.info("Nothing is saved yet.", icon=":material/info:")
    st.page_link("pages/training.py", label="Train something", icon=":material/model_training:")
    st.stop()

states = sorted({s.status.value for s in rows})
sets = sorted({s.dataset for s in rows})
methods_there = sorted({s.method for s in rows})
a, b, c, d = st.columns([1, 1, 1, 1])
wanted_sets = a.multiselect("Data", sets, key="runs_sets", placeholder="all")
wanted_methods = b.multiselect("Methods", methods_there, key="runs_methods", placeholder="all")
wanted_states = c.multiselect("Status", states, key="runs_states", placeholder="all")
mine = d.segmented_control("Whose", ["everybody's", "mine"], default="everybody's", key="runs_whose", required=True) == "mine"
groups: dict[str, list[values.Summary]] = {}
for row in rows:
    groups.setdefault(row.run, []).append(row)
shown = {
    run: lines
    for run, lines in groups.items()
    if (not wanted_sets or lines[0].dataset in wanted_sets)
    and (not wanted_states or lines[0].status.value in wanted_states)
    and (not wanted_methods or any(line.method in wanted_methods for line in lines))
    and (not mine or lines[0].owner == follow.visitor())
}
ids = list(shown)
picked = st.dataframe(
    {
        "started": [values.when(lines[0].created) for lines in shown.values()],
        "data": [lines[0].dataset for lines in shown.values()],
        "methods": [", ".join(dict.fromkeys(line.method for line in lines)) for lines in shown.values()],
        "status": [lines[0].status.value for lines in shown.values()],
        "epochs": [f"{min(line.epochs for line in lines)} of {lines[0].asked}" for lines in shown.values()],
        "best test accuracy": [100 * follow.best(lines) for lines in shown.values()],
        "seconds": [sum(line.seconds for line in lines) for lines in shown.values()],
        "ran on": [lines[0].backend for lines in shown.values()],
    },
    hide_index=True,
    key="runs_table",
    on_select="rerun",
    selection_mode="multi-row",
    height=min(36 * len(ids) + 40, 300),
    column_config={
        "best test accuracy": st.column_config.NumberColumn(format="%.1f %%"),
        "seconds": st.column_config.NumberColumn(format="%.1f"),
    },
)
st.markdown(f":small[{len(ids)} of {len(groups)} runs. They are kept in `{kept.name}`.]")
chosen = [ids[i] for i in picked.selection.rows if i < len(ids)] or ids[:1]
with page.guarded():
    opened = [state for run in chosen if (state := client.follow(run)) is not None]
if not opened:
    st.stop()

views = [v for v in follow.VIEWS if len(opened) == 1 or v in ("learning", "clock", "time")]
view = controls.option(views, "Picture", "view", titles=follow.VIEWS.get, segmented=True)
one = 0
if view in follow.ONE_METHOD and len(opened[0].run.labels) > 1:
    one = opened[0].run.labels.index(st.selectbox("Method", opened[0].run.labels, key="method_shown"))
follow.picture(opened, view, one, "runs")
for state in opened:
    if len(opened) == 1:
        follow.table(state)
    follow.problems(state)


def forget(runs: list[str]) -> None:
    follow.attempt(client.delete, runs)
    st.session_state.pop("runs_table", None)
    if st.session_state.get("run") in runs:
        st.session_state["run"] = None


@st.dialog("Delete for good?")
def confirm(runs: list[str]) -> None:
    st.markdown(f"{len(runs)} saved run{'s' if len(runs) > 1 else ''} and what belongs to it will be gone. This cannot be undone.")
    if st.button("Delete", type="primary", icon=":material/delete:"):
        forget(runs)
        st.rerun()


def see(run: str) -> None:
    st.session_state["run"] = run
    st.session_state["run_looked_for"] = True


def again(state: values.RunState) -> None:
    old = state.run
    run = follow.attempt(client.submit, values.Run(old.work, old.backend, follow.visitor(), old.title))
    if run is not None:
        see(run)
        st.session_state["runs_go"] = True


if st.session_state.pop("runs_go", False):
    st.switch_page("pages/training.py")
with st.container(horizontal=True):
    if len(opened) == 1:
        state = opened[0]
        st.button(
            "Run again", icon=":material/replay:", on_click=again, args=(state,), help="With the same settings, from the start."
        )
        if not state.status.live and state.status is not values.Status.FINISHED:
            st.button("Go on", icon=":material/play_arrow:", on_click=follow.attempt, args=(client.go_on, state.run.id))
        if st.button("Show under Training", icon=":material/model_training:"):
            see(state.run.id)
            st.switch_page("pages/training.py")
        page.downloads("run", follow.columns(state))
        st.download_button(
            "Settings (TOML)", follow.settings_toml(state), "run.toml", key="toml", on_click="ignore", icon=":material/download:"
        )
    if st.button("Delete", icon=":material/delete:", key="delete"):
        confirm(chosen)

if len(opened) == 1:
    with st.expander("Settings", icon=":material/tune:"):
        st.code(follow.settings_toml(state), language="toml")
    page.code_behind(*code.of_trainings(state.run.trainings, state.run.backend, state.run.work.touch_active, state))
