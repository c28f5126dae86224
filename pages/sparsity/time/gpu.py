"""Recorded on a GPU: the saved results of the benchmark, if it has run on a GPU."""

import streamlit as st

from snnviz.studies import backward_times
from snnviz.ui import controls, page, times


def show(left, right):
    with left:
        step = times.choose_timed()
    with right, page.guarded():
        recorded = backward_times.recorded()
        if not recorded:
            st.info(backward_times.unrecorded())
        else:
            names = {str(i): f"{series.machine}: {series.about}" for i, series in enumerate(recorded)}
            series = recorded[int(controls.option(list(names), "Recorded", "recorded", titles=names.__getitem__))]
            times.draw(series, step, "recorded")
            times.beside(series, "Recorded", "median")
    source = """
from snnviz import *

recorded = backward_times.recorded()
print(len(recorded), "recorded")
for series in recorded:
    print(series.machine, series.about, series.timings)
"""
    return source, {"recorded": recorded}
