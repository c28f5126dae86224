"""Who is right? The gradient of a smooth spike by each method, and by finite differences of the run."""

import numpy as np
import streamlit as st

from snnviz.figures import smooth_spike
from snnviz.studies.smooth_spike import smooth_spike_gradients
from snnviz.ui import methods, page


def show(experiment, chosen, comparison, log) -> None:
    exact = [m for m in chosen if not m.sparse]
    if not exact:
        st.info("Sampled and banded methods have no smooth spike to be right about: choose BPTT, SLAYER or EXODUS too.")
        st.stop()
    current = next(iter(comparison.runs.values())).layers[0].current[:, 0, 0]
    weights = np.random.default_rng(experiment.seed).standard_normal(len(current))
    smooth = smooth_spike_gradients(experiment.neuron, exact[0].surrogate, current, weights, exact)
    page.figure(smooth_spike.smooth_spike(smooth, methods.hues(exact), page.dark()), "smooth")
    st.caption(
        "Here the step itself is replaced by the surrogate's primitive, so that a true gradient exists. The dots "
        "are central differences of the run; no method is involved in them."
    )
