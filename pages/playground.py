"""Playground: a spiking network that learns in the page, under several gradient methods. The page that opens first."""

import streamlit as st

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz.ui import page, playground

# Title, what to look for, page, settings in its URL, icon.
FIRST_STEPS = (
    (
        "A neuron that tires",
        "its spikes thin out: why?",
        "neuron.py",
        {"neuron": "ALIF", "stimulus.Step.amplitude": "0.15"},
        ":material/bolt:",
    ),
    ("A slope that is missing", "what stands for it?", "derivative.py", {"view": "live"}, ":material/change_history:"),
    ("Four ways, two answers", "two pairs agree: which?", "gradients.py", {}, ":material/compare_arrows:"),
    ("One layer more", "whose gradient grows?", "gradients.py", {"of": "network"}, ":material/stacked_line_chart:"),
    ("Digits, on the server", "the same, with curves", "training.py", {}, ":material/model_training:"),
)

playground.look()
with st.container(key="heading"):
    page.heading(
        "Playground",
        "A small spiking network learns in this page, under several gradient methods, from the same weights on the same batches.",
    )
with page.guarded():
    if reason := playground.problem():
        st.info(reason, icon=":material/info:")
        value = None
    else:
        value = playground.stage()

with st.container(key="steps"):
    st.subheader("First steps", anchor=False)
    for column, (title, text, file, settings, icon) in zip(st.columns(len(FIRST_STEPS)), FIRST_STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(f"pages/{file}", label=f"**{title}**", icon=icon, query_params=page.here(settings))
            st.markdown(f":small[{text}]")

if value is not None:
    with page.guarded():
        source, shows = playground.code(value)
        if (settings := playground.link(value)) is not None:
            st.page_link(
                "pages/training.py",
                label="Train this on the server",
                icon=":material/model_training:",
                query_params=page.here(settings),
                help="The Training page in the same state: the same data, network, methods and seed.",
            )
        page.code_behind(source, shows)
