"""A trained network on a page that else draws one at random: that of a saved run, as the address names it (`trained=<run>-<1>`)."""

import streamlit as st

from snnviz.labels import distinct
from snnviz.params import Param
from snnviz.runs import client, store, weights
from snnviz.runs.values import RunState
from snnviz.training import TrainedNetwork, trained
from snnviz.ui import address, controls, page, visitors
from snnviz.ui.words import literal

KEY = "trained"
SAMPLES = Param("Test samples", low=1, high=10_000, slider=(1, 64, 1), help="The first ones of the test part, in their order.")
OPENS = {"Gradients": ("gradients.py", {"of": "network"}), "Sparsity": ("sparsity.py", {})}


def named() -> bool:
    """Whether the address names a trained network."""
    return bool(address.Settings().get(KEY))


def chosen() -> TrainedNetwork | None:
    """Draw which trained network is looked at, and on how many samples, and return it; None: the page's own network."""
    text = address.Settings().get(KEY)
    if not text:
        return None
    run, _, number = text.rpartition("-")
    with page.guarded():
        reason = client.unseen(run, visitors.me()) if run and number.isdecimal() else "The link names no training of a saved run."
        state = None if reason else store.default().open(run)
        if state is not None and not 1 <= int(number) <= len(state.lines):
            reason = f"The run has no training {number}."
    if reason or state is None:
        st.warning(literal(reason), icon=":material/lock:")
        return None
    line = state.lines[int(number) - 1]
    with st.container(border=True, key="trained"), page.guarded():
        (label,) = distinct([line.training])
        after = f"{100 * line.accuracy:.1f} % right on the test part" if line.epochs else ""
        st.markdown(f"**This trained network:** {literal(label)}, {literal(line.training.dataset.title)}; {after}")
        samples = int(controls.number(8, SAMPLES, f"{KEY}.samples"))
        st.button("A random network instead", icon=":material/casino:", on_click=address.put, args=(KEY, None))
        return trained(weights.file(run, int(number) - 1), samples)


def offer(state: RunState) -> None:
    """Draw the button under which a run's weights are taken away, or opened on other pages; of a run without weights, nothing."""
    run, labels = state.run.id, state.run.labels
    have = [n for n in weights.available(run, len(labels)) if state.lines[n].epochs] if labels and not state.status.live else []
    if not have:
        return
    with st.popover("Weights", icon=":material/hub:"):
        number = have[0]
        if len(have) > 1:
            number = st.selectbox("Of which training", have, format_func=labels.__getitem__, key=f"weights-of-{run}")
        st.download_button(
            "Weights (safetensors)", lambda: weights.of(run, number) or b"", f"{run}-{number + 1}.safetensors",
            "application/octet-stream", key="weights", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
        st.markdown("**This trained network**, on its first test samples:")
        for title, (file, settings) in OPENS.items():
            link = page.here(settings | {KEY: f"{run}-{number + 1}"})
            st.page_link(f"pages/{file}", label=f"Open under {title}", query_params=link, icon=":material/open_in_new:")
