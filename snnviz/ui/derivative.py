"""What the views of the Spike-derivative page share: the law of the controls, the numbers to take away, and the papers."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from snnviz import text
from snnviz.figures.theme import three_digits
from snnviz.laws import AbstractLaw
from snnviz.studies import derivative
from snnviz.studies.derivative import Drawing, Sampled
from snnviz.surrogates import AbstractSurrogate
from snnviz.ui import address, estimates, page
from snnviz.ui.words import literal
from snnviz.zeroth_order import ZerothOrder

FILE, LIVE = "derivative.py", "derivative"


def number(value: float) -> str:
    """A number with three digits, or "infinite"."""
    return three_digits(value) if value < float("inf") else "infinite"


def chosen_law(choice: tuple[str, AbstractSurrogate, int]) -> AbstractLaw | None:
    """The law of the controls; where there is none, why, and the way out."""
    try:
        return estimates.law(*choice)
    except ValueError as problem:
        st.warning(literal(str(problem)), icon=":material/error:")
        others = {key: value for key, value in address.query().items() if key != "alpha"}
        st.page_link(f"pages/{FILE}", label="Use alpha = 0", query_params=page.here(others), icon=":material/play_circle:")
        return None


def download_draws(sampled: Sampled) -> None:
    """Offer the curves of an estimate as a table."""
    page.downloads(
        "estimate",
        {
            "margin": sampled.margins,
            "mean": sampled.mean,
            "closed_curve": sampled.expected,
            "standard_error": sampled.errors,
            "share_active": sampled.share,
            "probability": sampled.activity,
        },
    )


def about_estimates(estimate: ZerothOrder) -> None:
    """The exercise and the equations of a zeroth-order estimate."""
    with st.expander("Predict first: how often is a value not 0?", icon=":material/quiz:"):
        for i, question in enumerate(derivative.questions()):
            guess = st.number_input(
                f"{question.text} In percent:",
                0.0,
                100.0,
                None,
                step=1.0,
                format="%g",
                key=f"guess{i}",
                placeholder="your prediction",
            )
            if guess is not None:
                off = three_digits(abs(guess - question.answer))
                st.markdown(
                    f"It is **{three_digits(question.answer)} %**; you are off by {off}. "
                    + ("The band ±|z|δ must reach u." if i == 0 else "One of the five bands must: 1 − (1 − 0.317)⁵.")
                )
    with st.expander("The equations and papers", icon=":material/function:"):
        st.latex("G = " + estimate.equation + r",\qquad z_k \sim \lambda")
        st.latex(estimate.law.equation)
        st.latex(
            r"\mathbb{E}[G] = g(u) = \frac{c}{\delta}\int_{|u|/\delta}^{\infty} z^{\alpha}\lambda(z)\,dz,\qquad "
            r"\mathrm{Var}\,G = \tfrac1m\Big(\frac{c^2}{4\delta^2}\,\mathbb{E}\big[|z|^{2\alpha};|z|>\tfrac{|u|}{\delta}\big]"
            r" - g(u)^2\Big)"
        )
        st.latex(r"P(G \neq 0) = 1 - \big(1 - P(|z| > |u|/\delta)\big)^m,\qquad B_{th} = \delta\,\mathbb{E}\max_{k \le m}|z_k|")
        page.citation("mukhoty2023localzo", "pereznieves2021sparse")


def code_of_draws(estimate: ZerothOrder, drawing: Drawing, sampled: Sampled) -> tuple[str, Mapping[str, Any]]:
    """The Python that draws this estimate, and the values that it must give."""
    source = f"""
from snnviz import *

sampled = derivative.sample({text.source(estimate)}, {text.source(drawing)})
print(sampled.running[-1], sampled.g, sampled.sigma, sampled.active)     # with .margins, .mean, .expected, .share
"""
    return source, {"sampled": sampled}
