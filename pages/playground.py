"""Playground: a spiking network that learns in the page, under several gradient methods. The page that opens first."""

import streamlit as st

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz.ui import page, playground

# Title, what to look for, page, settings in its URL.
FIRST_STEPS = (
    (
        "A neuron that tires",
        "its spikes thin out: why?",
        "neuron.py",
        {"neuron": "ALIF", "stimulus.Step.amplitude": "0.15"},
    ),
    ("A slope that is missing", "what stands for it?", "derivative.py", {"view": "live"}),
    ("Four ways, two answers", "two pairs agree: which?", "gradients.py", {}),
    ("One layer more", "whose gradient grows?", "gradients.py", {"of": "network"}),
    ("Digits, on the server", "the same, with curves", "training.py", {}),
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
    for column, (number, (title, text, file, settings)) in zip(st.columns(len(FIRST_STEPS)), enumerate(FIRST_STEPS), strict=True):
        with column.container(border=True, height="stretch", key=f"step-{number}"):
            st.page_link(f"pages/{file}", label=f"**{title}**", query_params=page.here(settings))
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
