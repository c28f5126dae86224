"""Surrogates: their derivatives and primitives, laid over each other."""

import streamlit as st

from snnviz import text
from snnviz.figures import surrogates
from snnviz.studies import derivative
from snnviz.surrogates import SURROGATES
from snnviz.ui import controls, page
from snnviz.ui.cache import cached


def show(left, right):
    with left:
        names = controls.several(
            list(SURROGATES),
            "Surrogates",
            "of",
            default=["FastSigmoid", "Triangle", "Gaussian"],
            titles=lambda n: SURROGATES[n].title,
        )
    with left:
        with st.expander("Each one's width"):
            chosen = []
            for name in names:
                st.markdown(f"**{SURROGATES[name].title}**")
                chosen.append(controls.edit(SURROGATES[name], f"s.{name}"))
        look = controls.edit(derivative.Look, "look")
    with right, page.guarded():
        if not chosen:
            st.info("Choose a surrogate above.")
            st.stop()
        shapes = cached(derivative.shapes)(tuple(chosen), look)
        page.figure(surrogates.surrogates(shapes, page.dark()), "surrogates", fill=True)
        st.dataframe(
            {
                "surrogate": [s.label for s in shapes],
                "peak": [s.peak for s in shapes],
                "area": [s.area for s in shapes],
                "halved at": [s.half for s in shapes],
            },
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.3g") for name in ("peak", "area", "halved at")},
        )
        page.downloads(
            "surrogates",
            {"margin": shapes[0].margins}
            | {f"{n}_{part}": getattr(s, part) for n, s in zip(names, shapes, strict=True) for part in ("derivative", "primitive")},
        )
    with st.expander("The equations and papers", icon=":material/function:"):
        for surrogate in chosen:
            st.latex(r"\text{" + surrogate.title + r":}\quad \frac{\partial s}{\partial u} \approx " + surrogate.equation)
            page.citation(surrogate.cite)
    source = f"""
from snnviz import *

shapes = derivative.shapes({text.source(tuple(chosen))}, {text.source(look)})
for shape in shapes:
    print(shape.label, shape.peak, shape.area, shape.half)      # with shape.margins, .derivative and .primitive
"""
    return source, {"shapes": shapes}
