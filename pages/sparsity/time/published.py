"""Published: what "100 times faster" is measured against."""

import dataclasses

import streamlit as st

from snnviz.figures import published_factors
from snnviz.studies import backward_times
from snnviz.ui import page


def show(left, right):
    with left:
        st.markdown("**What 100× is measured against**")
        st.markdown(
            "- A Python loop over `h[:, t, :]`. For *each* step autograd fills a whole `[B, T, N]` array with zeros "
            "and adds it: time grows as **T²**. With `h.unbind(1)` it is linear.\n"
            "- The **second hidden layer** only; first layer, readout and loss are left out.\n"
            "- The **backward pass** only. Forward is untouched: at ±0.05 it is 96 % of the time that remains."
        )
    with right:
        rows = backward_times.PUBLISHED_BANDS
        page.figure(published_factors.published_factors(rows, page.dark()), "published")
        st.caption(
            "Source: the raw results published with Perez-Nieves & Goodman 2021, medians recomputed; SHD, T = 500, "
            "N = 400, batch 128; the dense times are those of a GTX 1080 Ti. Below ±0.01 accuracy falls: 0.515 at "
            "±0.001, against 0.734 dense."
        )
        st.dataframe(published_table(backward_times.PUBLISHED), hide_index=True)
        columns = [field.name for field in dataclasses.fields(rows[0])]
        page.downloads("published", {name: [getattr(r, name) for r in (*rows, *backward_times.PUBLISHED)] for name in columns})
    source = """
from snnviz import *

bands, sets = backward_times.PUBLISHED_BANDS, backward_times.PUBLISHED
for row in (*bands, *sets):
    print(row)
"""
    return source, {"bands": rows, "sets": backward_times.PUBLISHED}


def published_table(rows) -> dict:
    return {
        "data": [f"{r.data}, T = {r.steps}" for r in rows],
        "N": [r.hidden for r in rows],
        "slicing loop, backward": [f"{r.dense_ms:g} ms" for r in rows],
        "backward": [f"{r.backward:g}×" for r in rows],
        "whole step": [f"{r.step:g}×" for r in rows],
        "memory saved": [f"{r.saved:g} %" for r in rows],
    }
