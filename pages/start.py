"""Start: what snnviz is, which backends run on this machine, and three first steps."""

import streamlit as st

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz.runs import client, store, values
from snnviz.ui import backend, page, visitors

# Title, what to look for, page, settings in its URL, icon.
FIRST_STEPS = (
    (
        "A neuron that tires",
        "A steady current into a neuron whose threshold rises with every spike: the spikes thin out. Which setting brings "
        "them back?",
        "neuron.py",
        {"neuron": "ALIF", "stimulus.Step.amplitude": "0.15"},
        ":material/bolt:",
    ),
    (
        "The same spikes, other gradients",
        "Four ways back through one run. Two pairs lie on each other, to the last digits: find them, and what parts the pairs.",
        "gradients.py",
        {},
        ":material/compare_arrows:",
    ),
    (
        "Gradients that grow with depth",
        "A network, layer after layer: watch one method's gradient grow on its way to the input while another stays calm.",
        "gradients.py",
        {"of": "network"},
        ":material/stacked_line_chart:",
    ),
)

page.heading(
    "How a spiking network is trained",
    "Choose a neuron and a way to compute its gradient, run it, and see what happens inside: membranes, spikes, the gradient of "
    "every neuron at every step. Compare methods on the same batch. Every number was computed by the run whose settings you see.",
)

st.subheader("Three first steps", anchor=False)
for column, (title, text, file, settings, icon) in zip(st.columns(len(FIRST_STEPS)), FIRST_STEPS, strict=True):
    with column.container(border=True, height="stretch"):
        st.page_link(f"pages/{file}", label=f"**{title}**", icon=icon, query_params=page.here(settings))
        st.markdown(text)

st.subheader("What runs here", anchor=False)
for report in backend.report():
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if report.usable:
            st.badge("ready", icon=":material/check:", color="green")
            st.markdown(f"**{report.title}**")
        else:
            st.badge("not here", icon=":material/remove:", color="gray")
            st.markdown(f"**{report.title}**: {report.reason}")

try:
    saved = {line.run: line for line in client.listed(visitors.me())}
except store.StoreError as away:
    st.info(str(away), icon=":material/info:")
    saved = {}
if saved:
    st.subheader("Latest runs", anchor=False)
    for line in list(saved.values())[:3]:
        st.markdown(f"{values.when(line.created)}: {line.title}, {line.status.value}")
    st.page_link("pages/runs.py", label="All saved runs", icon=":material/folder_open:")
