"""Measured here: four passes that compute the same gradient, on this machine, at the press of a button."""

import streamlit as st

from snnviz import text
from snnviz.runs.work import MeasureTimes
from snnviz.studies import backward_times
from snnviz.studies.backward_times import Plan
from snnviz.ui import controls, page, runs_view, times


def show(left, right):
    with left:
        step = times.choose_timed()
        against = {"activity": "Active share", "steps": "Steps"}
        over = controls.option(list(against), "Against", "against", segmented=True, titles=against.__getitem__)
        plan = controls.edit(Plan(over_steps=over == "steps"), "plan")
    with right, page.guarded():
        work, state = MeasureTimes(plan), None
        if reason := backward_times.unmeasurable():
            st.info(reason)
        else:
            work.check()
            about = "Some seconds on this machine's CPU, one measurement at a time. Nothing is measured until you ask."
            state = runs_view.bar(work, "", "Measure here", again="Measure again", icon=":material/timer:", help=about)
        runs_view.note(state, work, "")
        if state is None or state.progress.result is None:
            st.info(
                "Nothing is measured yet. Four passes will be timed here: autograd through a slicing loop, autograd "
                "through `unbind`, the fused dense kernel, and the sparse kernel; all compute the same gradient."
            )
        else:
            times.draw(state.progress.result, step, "times")
            if not state.status.live:
                times.beside(state.progress.result, "Measured here", "fastest")
    source = f"""
from snnviz import *

plan = {text.source(plan)}
for point in backward_times.measure(plan):
    print(point.steps, point.active, point.backward, point.forward)      # ms, of this machine and of this moment
"""
    return source, {"plan.points": plan.points}
