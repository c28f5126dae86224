"""Who is right? The gradient of a smooth spike by each method, and by finite differences of the run."""

import streamlit as st

from snnviz.figures import smooth_spike
from snnviz.studies.smooth_spike import smooth_gradients
from snnviz.ui import methods, page
from snnviz.ui.cache import cached


def show(experiment, chosen, comparison, log):
    exact = [m for m in chosen if not m.sparse]
    if not exact:
        st.info("Sampled and banded methods have no smooth spike to be right about: choose BPTT, SLAYER or EXODUS too.")
        st.stop()
    smooth = cached(smooth_gradients)(experiment, tuple(exact))
    page.figure(smooth_spike.smooth_spike(smooth, methods.hues(exact), page.dark()), "smooth", fill=True)
    st.caption(
        "Here the step itself is replaced by the surrogate's primitive, so that a true gradient exists. The dots "
        "are central differences of the run; no method is involved in them."
    )
    lines = """smooth = smooth_gradients(experiment, [method for method in methods if not method.sparse])
for method in smooth.gradients:
    print(method.label, smooth.error(method))            # its largest deviation from the finite differences, relative"""
    return lines, {"smooth": smooth}
