"""Where version 0.1.0 began: whoever has that link begins where this version does. As a file, a fresh server knows it, too."""

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.ui import streamlit_private

if streamlit_private.route_by_app():
    st.rerun()
st.switch_page("pages/playground.py")
