"""Glossary: the words and symbols of the field, each in a sentence or two."""

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz import glossary
from snnviz.ui import page

page.heading("Glossary", "The words and symbols of the pages. Where a sentence has one with dots below, hover, tap or tab to it.")
part = st.text_input("Find", key="glossary-find", placeholder="a word or a symbol", label_visibility="collapsed").casefold()
shown = [word for word in glossary.words() if part in f"{word.name} {word.symbol} {' '.join(word.also)} {word.says}".casefold()]
if not shown:
    st.markdown("No word here has that in its name or its explanation.")
rows = "".join(f"<dt>{word.name}{f' <i>{word.symbol}</i>' if word.symbol else ''}</dt><dd>{word.says}</dd>" for word in shown)
st.html(f'<dl class="glossary">{rows}</dl>')
