"""Spike derivative: what replaces the derivative of the step, and what a random replacement costs."""

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.ui import controls, derivative, estimates, page, scope

VIEWS = {
    "live": "Live draws",
    "surrogates": "Surrogates",
    "estimator": "Estimator",
    "law": "Law and surrogate",
    "cost": "Trade-off",
}
PRESETS = {
    "The mean settles on the Gaussian": (
        "**Draw after draw falls, and their mean settles** on the closed curve; a Gaussian surrogate lies dashed over it.",
        {"view": "live", "compare": "Gaussian", "compare.Gaussian.sigma": "0.5"},
    ),
    "Infinite variance": (
        "**Rare, huge values keep throwing the mean off its curve:** the authors' law for the fast sigmoid, at u = 0.",
        {"view": "estimator", "law": "SurrogateLaw", "alpha": "-1", "draw.u": "0", "draw.count": "2000"},
    ),
    "No law for a corner": (
        "**The fast sigmoid has a corner at the threshold:** LocalZO's own estimate cannot have it as its mean.",
        {"view": "law", "way": "surrogate", "alpha": "1"},
    ),
    "Five draws, not 5 ×": (
        "**At u = δ one draw is active in 31.7 % of cases, the mean of five in 85.2 %;** the variance is a fifth.",
        {"view": "estimator", "zo.delta": "0.05", "zo.draws": "5"},
    ),
    "Unequal bands": (
        "**Most membranes lie far below the threshold:** the random bands touch half as many again as the fixed band.",
        {"view": "cost", "zo.delta": "0.05", "density": "normal"},
    ),
}

page.heading(
    "In place of the step's derivative",
    "**A step has no slope to learn from:** it is zero or infinite. A surrogate takes its place, or draws whose mean is one.",
    derivative.FILE,
    PRESETS,
)
with page.stage():
    with page.asks():
        view = controls.option(list(VIEWS), "View", "view", segmented=True, titles=VIEWS.__getitem__, bare=True)
    absent = scope.problem(derivative.LIVE) if view == "live" else None
    if view == "live" and not absent:
        with st.container(key="scope"):
            shown = page.view(__file__, "live").show()
    else:
        estimates.leave_scope()
        if absent:
            st.info(absent)
        shown = page.view(__file__, "estimator" if absent else view).show(*page.sides())
page.code_behind(*shown)
