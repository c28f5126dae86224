"""Measured here: four passes that compute the same gradient, on this machine, when asked."""

import streamlit as st

from snnviz import text
from snnviz.studies.backward_times import Plan
from snnviz.ui import controls, measuring, page, times


def show(left, right):
    with left:
        step = times.choose_timed()
        against = {"activity": "Active share", "steps": "Steps"}
        over = controls.option(list(against), "Against", "against", segmented=True, titles=against.get)
        plan = controls.edit(Plan(over_steps=over == "steps"), "plan")
    with right, page.guarded():
        series = measuring.series(plan, lambda series, key: times.draw(series, step, key))
        if series is None:
            st.info(
                "Nothing is measured yet. Four passes will be timed here: autograd through a slicing loop, autograd "
                "through `unbind`, the fused dense kernel, and the sparse kernel; all compute the same gradient."
            )
        else:
            times.beside(series, "Measured here", "fastest")
    source = f"""
from snnviz import *

plan = {text.source(plan)}
for point in backward_times.measure(plan):
    print(point.steps, point.active, point.backward, point.forward)      # ms, of this machine and of this moment
"""
    return source, {"plan.points": plan.points}
