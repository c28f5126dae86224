"""Start: what this is, what runs here, and where to begin."""

import streamlit as st

from snnviz.ui import backend, page

# Title, what one sees there, page file, settings in its URL.
FIRST_STEPS: tuple[tuple[str, str, str, dict[str, str]], ...] = ()

page.heading(
    "How a spiking network is trained",
    "Choose a neuron and a way to compute its gradient, run it, and see what happens inside: membranes, spikes, the gradient "
    "of every neuron at every step. Compare methods on the same batch. Every number here was computed by the run on the screen.",
)

if FIRST_STEPS:
    st.subheader("Three first steps", anchor=False)
    for column, (title, text, file, settings) in zip(st.columns(len(FIRST_STEPS)), FIRST_STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(f"pages/{file}", label=f"**{title}**", query_params=settings)
            st.markdown(text)

st.subheader("What runs here", anchor=False)
for found in backend.report():
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if found.usable:
            st.badge("ready", icon=":material/check:", color="green")
            st.markdown(f"**{found.title}**")
        else:
            st.badge("not here", icon=":material/remove:", color="gray")
            st.markdown(f"**{found.title}**: {found.reason}")
