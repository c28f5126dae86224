"""Recorded on a GPU: what the benchmark wrote there, if it ran on one."""

import streamlit as st

from snnviz.studies import backward_times
from snnviz.ui import controls, page, times


def show(left, right) -> str:
    with left:
        step = times.choose_timed()
    with right, page.guarded():
        recorded = backward_times.recorded()
        if not recorded:
            st.info(backward_times.unrecorded())
        else:
            names = {str(i): f"{series.machine}: {series.about}" for i, series in enumerate(recorded)}
            series = recorded[int(controls.option(list(names), "Recorded", "recorded", titles=names.get))]
            times.draw(series, step, "recorded")
            times.beside(series, "Recorded", "median")
    return """
from snnviz.studies.backward_times import Plan, measure

for point in measure(Plan()):
    print(point.steps, point.active, point.backward, point.forward)
"""
