"""The gradient of what? A loop in the plane of two weights, and what each method's slopes add up to on the way round."""

import streamlit as st

from snnviz import text
from snnviz.figures import loop as figures
from snnviz.params import Param
from snnviz.studies import loops
from snnviz.studies.loops import SMOOTH, Loop, Way
from snnviz.surrogates import SURROGATES, FastSigmoid
from snnviz.ui import controls, page
from snnviz.ui.cache import cached

MAP = Param("Where does it point uphill?", help="Compares with the loss smoothed over noise on both weights; takes some seconds.")
CUT, THROUGH, CONTROL = "reset cut (SLAYER)", "reset kept (BPTT, EXODUS)", "smooth network"


def show(left, right):
    with left:
        loop = controls.edit(Loop(), "loop")
        surrogate = controls.choose(SURROGATES, "Surrogate", "surrogate", default=FastSigmoid())
        mapped = controls.switch(False, MAP, "map")
    ways = {CUT: Way(surrogate, keep_reset=False), THROUGH: Way(surrogate), CONTROL: Way(SMOOTH, smooth=True)}
    with right, page.guarded():
        walks = {label: cached(loops.walk)(loop, way) for label, way in ways.items()}
        ground = cached(loops.land)()
        _, w1, w2 = loop.places()
        page.figure(
            figures.loop(
                ground.weights,
                ground.loss,
                (w1, w2),
                {
                    label: (walk.degrees, walk.so_far, hue)
                    for (label, walk), hue in zip(walks.items(), ("bptt_cut", "bptt", None), strict=True)
                },
                page.dark(),
            ),
            "loop",
            fill=True,
        )
        if mapped:
            signs = cached(loops.signs)(ways[CUT])
            page.figure(figures.signs(signs.weights, signs.angle, CUT, signs.against, page.dark()), "signs")
        page.downloads("loop", {"degrees": next(iter(walks.values())).degrees} | {k: walk.so_far for k, walk in walks.items()})
    with st.expander("The network and the sum", icon=":material/function:"):
        st.latex(r"I = \oint \Big(G_1\,dw_1 + G_2\,dw_2\Big),\qquad \text{share} = \frac{|I|}{\oint |G|\,ds}")
        st.markdown(
            "One input of 100 steps, two LIF neurons in a row with β = 0.9 and threshold 1, and a loss that compares the filtered "
            "spikes of the second with wanted ones. G is what a method gives as the gradient. The smooth network has the "
            "sigmoid's primitive in place of the step, and its own derivative."
        )
        page.citation("gygax2025surrogate")
    source = f"""
from snnviz import *

loop = {text.source(loop)}
walks = [loops.walk(loop, way) for way in ({", ".join(f"loops.{text.source(way)}" for way in ways.values())})]
for walk in walks:
    print(f"{{walk.share:.4%}}")
"""
    source = source.replace("= Loop(", "= loops.Loop(")
    return source, {"walks": list(walks.values())}
