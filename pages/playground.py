"""Playground: a spiking network that learns in the page, under several gradient methods. The page that opens first."""

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.ui import lesson_cards, page, playground

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

lesson_cards.doors()
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
