"""Estimator: values of a random derivative at every margin, their mean beside the exact curve, and one margin in detail."""

import streamlit as st

from snnviz import text
from snnviz.figures import estimator, running_mean
from snnviz.figures.theme import percent, three_digits
from snnviz.studies.derivative import Drawing, along, sample
from snnviz.ui import controls, derivative, estimates, page
from snnviz.ui.cache import cached
from snnviz.zeroth_order import ZerothOrder


def show(left, right):
    with left:
        choice = estimates.choose_law()
        width = estimates.choose_width(choice[0])
        front = controls.Front(st.container(), ("u",))
        with st.expander("How many are drawn"):
            drawing = controls.edit(Drawing, "draw", front=front)
        with st.expander("Compare"):
            compare = estimates.choose_comparison()
    with right, page.guarded():
        if (chosen := derivative.chosen_law(choice)) is None:
            st.stop()
        estimate = ZerothOrder(chosen, width.delta, width.draws)
        sampled = cached(sample)(estimate, drawing)
        over = None if compare is None else (compare.title, along(compare, sampled.margins))
        page.figure(estimator.estimator(sampled, over, page.dark()), "estimator", fill=True)
        band = f"±{three_digits(sampled.band)}" if sampled.band < float("inf") else "none: |z| has no mean"
        st.markdown(
            f"At *u* = {drawing.u:g}: **active** with probability **{percent(sampled.active)}** · "
            f"**g = {three_digits(sampled.g)}** · **σ = {derivative.number(sampled.sigma)}** · fixed band **{band}**"
        )
        page.figure(running_mean.running_mean(sampled, page.dark()), "running")
        derivative.download_draws(sampled)
    derivative.about_estimates(estimate)
    source, shows = derivative.code_of_draws(estimate, drawing, sampled)
    if compare is None or over is None:
        return source, shows
    source += f"dashed = derivative.along({text.source(compare)}, sampled.margins)\n"
    return source, {**shows, "dashed": over[1]}
