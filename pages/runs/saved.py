"""The saved runs: what the chosen ones show, the list, and what can be done with one."""

from collections.abc import Callable, Sequence

import streamlit as st

from snnviz.runs import client, values, words
from snnviz.runs.verdict import verdict
from snnviz.runs.work import Train
from snnviz.ui import controls, page, runs_view, sharing, training_view, visitors
from snnviz.ui.kinds import KIND
from snnviz.ui.words import literal


def show(rows: Sequence[values.Summary], linked: list[str], unseen: Sequence[str], place: str) -> None:
    """rows: all that the visitor may see; linked, unseen: of the address, as `sharing.linked` has them; place: the store's name."""
    top = st.container(key="runs-picture")  # what the chosen runs show, drawn once the list has said which they are
    several_kinds = {s.kind for s in rows} != {Train.kind}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="runs-list"):
        counted = st.empty()
        filters = st.popover("Filter", icon=":material/filter_list:")
    kinds = choice(filters, "Kind", "runs_kinds", {s.kind for s in rows}, title) if several_kinds else []
    sets = choice(filters, "Data", "runs_sets", {s.dataset for s in rows})
    methods = choice(filters, "Methods", "runs_methods", {s.method for s in rows})
    statuses = choice(filters, "Status", "runs_states", {s.status.value for s in rows})
    mine = (
        filters.segmented_control(
            "Whose", ["everybody's", "mine"], default="everybody's", key="runs_whose", persist_state="session", required=True
        )
        == "mine"
    )
    groups: dict[str, list[values.Summary]] = {}
    for row in rows:
        groups.setdefault(row.run, []).append(row)
    shown = {
        run: lines
        for run, lines in groups.items()
        if (not kinds or lines[0].kind in kinds)
        and (not sets or lines[0].dataset in sets)
        and (not statuses or lines[0].status.value in statuses)
        and (not methods or any(line.method in methods for line in lines))
        and (not mine or lines[0].owner == visitors.visitor())
    }
    ids = list(shown)
    table = f"runs_table-{hash(tuple(ids))}"  # of other runs it is another table: rows are chosen by their place

    def choose() -> None:
        sharing.link([ids[row] for row in st.session_state[table].selection.rows])

    with page.guarded():
        of_runs = words.of(ids)
    named = {run: of_runs.get(run, words.Words()) for run in ids}
    st.dataframe(
        {
            **({"name": [named[run].name for run in ids]} if any(one.name for one in named.values()) else {}),
            **({"tags": [list(named[run].tags) for run in ids]} if any(one.tags for one in named.values()) else {}),
            "started": [values.when(lines[0].created) for lines in shown.values()],
            **({"kind": [title(lines[0].kind) for lines in shown.values()]} if several_kinds else {}),
            "what" if several_kinds else "data": [lines[0].dataset or lines[0].title for lines in shown.values()],
            "methods": [", ".join(dict.fromkeys(line.method for line in lines)) for lines in shown.values()],
            "status": [lines[0].status.value for lines in shown.values()],
            "done" if several_kinds else "epochs": [progress(lines) for lines in shown.values()],
            "last test accuracy": [100 * training_view.best_at_the_end(lines) for lines in shown.values()],
            "seconds": [sum(line.seconds for line in lines) for lines in shown.values()],
            "ran on": [lines[0].backend for lines in shown.values()],
            "whose": [sharing.whose(lines[0].access) for lines in shown.values()],
            "shared": [lines[0].shared for lines in shown.values()],
        },
        hide_index=True,
        key=table,
        on_select=choose,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(run) for run in linked if run in ids]}},
        height=min(36 * len(ids) + 40, 184),
        column_config={
            "last test accuracy": st.column_config.NumberColumn(
                format="%.1f %%", help="After the last epoch, of the method that ended best."
            ),
            "seconds": st.column_config.NumberColumn(format="%.1f"),
        },
    )
    counted.markdown(f":small[{len(ids)} of {len(groups)} runs; choose rows to lay their curves over one another.]")
    chosen = linked or ([] if unseen else ids[:1])
    with page.guarded():
        opened, unreadable = client.readable(chosen)
    for problem in unreadable:
        st.warning(literal(problem), icon=":material/error:")
    trainings = [state for state in opened if state.lines]
    others = [state for state in opened if not state.lines]

    with top:
        given = named.get(opened[0].run.id, words.Words()).name if opened else ""
        if trainings:
            draw_trainings(trainings, given)
        if others:
            ended = others[0].status is values.Status.FINISHED
            name_run(others[0], given, ended)
            if not ended:
                runs_view.headline(others[0])
            with page.guarded():
                KIND[others[0].run.kind].draw(others[0])
            page.several([literal(note) for note in others[0].notes], "notes")
            if len(others) > 1:
                st.caption("Only trainings are laid over one another; of the other runs that you chose the first is shown.")
    if trainings:
        if len(opened) == 1:
            training_view.table(opened[0])
        for state in trainings:
            training_view.problems(state)

    if st.session_state.pop("runs_go", False):
        go_to(opened[0].run.kind)
    if len(opened) == 1:
        with page.guarded():
            sharing.switch(opened[0])
    with st.container(horizontal=True):
        if len(opened) == 1:
            state = opened[0]
            kind = KIND[state.run.kind]
            st.button(
                "Run again",
                icon=":material/replay:",
                on_click=again,
                args=(state.run,),
                help="With the same settings, from the start.",
            )
            if visitors.me().may_change(state.run):
                runs_view.buttons(state)
            if st.button(f"Show under {kind.page}", icon=":material/model_training:"):
                runs_view.show_first(state.run.id, state.run.kind)
                go_to(state.run.kind)
            if columns := kind.columns(state):
                page.downloads("run", columns)
            training_view.animation(state)
            training_view.files(state, "run")
        own = all(visitors.me().may_change(state.run) for state in opened)
        if chosen and st.button(
            "Delete",
            icon=":material/delete:",
            key="delete",
            disabled=not own,
            help=None if own else "A run here is somebody else's.",
        ):
            confirm(chosen)

    if len(opened) == 1:
        with page.guarded():
            sharing.words_of(opened[0])
    st.markdown(f":small[Runs are kept in `{place}`.]")
    if len(opened) == 1:
        with st.expander("Settings", icon=":material/tune:"):
            st.code(training_view.settings_toml(state), language="toml")
        page.code_behind(*kind.code(state))


def choice(where, label: str, key: str, choices: set[str], titles: Callable[[str], str] = str) -> list[str]:
    """Draw one filter of the list and return its choices; an empty list means all runs."""
    return where.multiselect(label, sorted(choices - {""}), key=key, persist_state="session", placeholder="all", format_func=titles)


def title(kind: str) -> str:
    """Of a kind of work; one that this version has not is named as it is."""
    return KIND[kind].title if kind in KIND else kind


def progress(lines: list[values.Summary]) -> str:
    """The progress of a run: epochs done of all, or a percentage."""
    epochs = lines[0].planned
    return f"{min(line.epochs for line in lines)} of {epochs}" if epochs else f"{100 * lines[0].share:.0f} %"


def name_run(state: values.RunState, given: str, status: bool) -> None:
    """Say which run the picture shows, by the name given to it or its title; status: and where it stands."""
    name = given or state.run.title or KIND[state.run.kind].title
    stands, colour, icon = runs_view.WORDS[state.status]
    badge = f" :{colour}-badge[{icon} {stands}]" if status else ""
    with st.container(key="run-name"):
        st.markdown(f"**{literal(name)}** :small[{values.when(state.run.created)}]{badge}")


def draw_trainings(trainings: list[values.RunState], given: str) -> None:
    """The curves of the chosen trainings, of several over one another; the page's sentence says what came out."""
    views = [v for v in training_view.VIEWS if len(trainings) == 1 or v in ("learning", "clock", "time")]
    with page.asks():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if len(trainings) == 1:
                name_run(trainings[0], given, True)
            else:
                st.markdown(f"**{len(trainings)} runs** laid over one another")
        view = controls.option(
            views, "Picture", "view", default="learning", titles=training_view.VIEWS.__getitem__, segmented=True, bare=True
        )
    one, labels = 0, trainings[0].run.labels
    if view in training_view.ONE_METHOD and len(labels) > 1:
        one = labels.index(st.selectbox("Method", labels, key="runs/method_shown", persist_state="session"))
    training_view.picture(trainings, view, one, "runs", height=training_view.BESIDE_A_LIST)
    if len(trainings) == 1 and (sentences := verdict(trainings[0])):
        page.says(f"**{literal(sentences[0])}** {literal(' '.join(sentences[1:]))}")


def forget(runs: list[str]) -> None:
    runs_view.attempt(client.delete, runs, visitors.me())
    sharing.link([])
    for kind in KIND:
        if (state := runs_view.current(kind)) is None or state.run.id in runs:
            runs_view.show(None, kind)


@st.dialog("Delete for good?")
def confirm(runs: list[str]) -> None:
    st.markdown(f"{len(runs)} saved run{'s' if len(runs) > 1 else ''} and what belongs to it will be gone. This cannot be undone.")
    if st.button("Delete", type="primary", icon=":material/delete:"):
        forget(runs)
        st.rerun()


def again(old: values.Run) -> None:
    before = runs_view.current(old.kind)
    runs_view.start(old.work, old.backend, old.title)
    after = runs_view.current(old.kind)
    st.session_state["runs_go"] = after is not None and (before is None or after.run.id != before.run.id)


def go_to(kind: str) -> None:
    """A link to the page of this kind of run, with its settings."""
    entry = KIND[kind]
    st.switch_page(f"pages/{entry.file}", query_params=dict(entry.settings))
