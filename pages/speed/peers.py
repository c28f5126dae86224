"""Peers: how many times as long other libraries take for the same layer, as recorded by a benchmark."""

import streamlit as st

from snnviz.figures import speed as figures
from snnviz.studies import speed
from snnviz.ui import controls, page


def show(left, right):
    rows = speed.peers()
    works = list(dict.fromkeys(row.work for row in rows))
    with left:
        if works:
            titles = {str(i): work for i, work in enumerate(works)}
            chosen = works[int(controls.option(list(titles), "Layer", "layer", titles=titles.__getitem__))]
            rows = [row for row in rows if row.work == chosen]
        st.markdown(
            "One layer's loop over time, forward and backward, without the product of weights and spikes. All compute the same "
            "recursion; the benchmark compares their spikes and gradients before it takes times."
        )
    with right:
        if rows:
            page.figure(figures.peers(rows, page.dark()), "peers", fill=True)
            st.caption(
                f"Recorded, not measured now: {rows[0].machine}; {rows[0].date}; `python -m bench.peers`. Ours takes "
                f"{rows[0].ours_ms:.3g} ms there."
            )
        else:
            st.info("No comparison is recorded in this copy of snnviz: `python -m bench.peers` makes one.", icon=":material/info:")
    source = """
from snnviz import *

for row in speed.peers():
    print(row.peer, row.work, row.times)
"""
    return source, {"len(speed.peers())": len(speed.peers())}
