"""Law and surrogate: from the law of the draws to the surrogate that is their mean, and back."""

import streamlit as st

from snnviz import text
from snnviz.figures import law, surrogates
from snnviz.figures.theme import three_digits
from snnviz.studies import derivative as study
from snnviz.studies.derivative import Drawing
from snnviz.ui import controls, derivative, estimates, page
from snnviz.ui.cache import cached
from snnviz.zeroth_order import ZerothOrder


def show(left, right):
    with left:
        made = (
            controls.option(
                ["law", "surrogate"],
                "From",
                "way",
                segmented=True,
                titles=str.capitalize,
                help="A law gives a surrogate by its mean; most surrogates give a law.",
            )
            == "surrogate"
        )
        choice = estimates.choose_law(only_made=made)
        width = estimates.choose_width(choice[0], draws=False)
        front = controls.Front(st.container(), ("u",))
        with st.expander("How many are drawn"):
            drawing = controls.edit(Drawing, "draw", front=front)
    with right, page.guarded():
        if (chosen := derivative.chosen_law(choice)) is None:
            shapes = cached(study.shapes)((choice[1],))
            page.figure(surrogates.surrogates(shapes, page.dark()), "surrogates", fill=True)
            st.caption("Look at the tip: where the slope does not vanish, −g′(s)/s has no finite integral.")
            return code_without_law(choice, shapes)
        curves = cached(study.law_curves)(chosen, width.delta, drawing.u)
        sampled = cached(study.sample)(ZerothOrder(chosen, width.delta), drawing)
        page.figure(law.law(curves, drawing.u, width.delta, sampled, page.dark()), "law", fill=True)
        st.markdown(
            f"Constant **c = {three_digits(curves.constant)}** · E|z| = {derivative.number(curves.mean_abs)} · E z² = "
            f"{derivative.number(curves.mean_square)} · area of *g* = c E|z|¹⁺ᵅ = **{derivative.number(curves.area)}**"
        )
        page.downloads(
            "law", {"z": curves.z, "density": curves.density, "weight": curves.weight, "margin": curves.margins, "g": curves.g}
        )
    with st.expander("From a law to its surrogate, and back", icon=":material/function:"):
        st.latex(
            r"g(u) = \mathbb{E}[G] = \frac{c}{\delta}\int_{|u|/\delta}^{\infty} z^{\alpha}\lambda(z)\,dz,\qquad "
            r"\delta = 1:\quad \lambda(t) = -\frac{g'(t)}{c\,t^{\alpha}},\quad "
            r"c = -2\int_0^\infty g'(s)\,s^{-\alpha}\,ds"
        )
        st.latex(chosen.equation)
        page.citation("mukhoty2023localzo")
    source = f"""
from snnviz import *

law = {text.source(chosen)}
curves = derivative.law_curves(law, {width.delta!r}, {drawing.u!r})
sampled = derivative.sample(ZerothOrder(law, {width.delta!r}), {text.source(drawing)})
print(curves.constant, curves.mean_abs, curves.mean_square, curves.area)     # with curves.z, .density, .margins and .g
"""
    return source, {"curves": curves, "sampled": sampled}


def code_without_law(choice, shapes):
    """The code for a surrogate that is not the mean of any law."""
    _, surrogate, alpha = choice
    source = f"""
from snnviz import *

shapes = derivative.shapes([{text.source(surrogate)}])
try:
    SurrogateLaw({text.source(surrogate)}, {alpha})
except ValueError as problem:
    print(problem)
"""
    return source, {"shapes": shapes}
