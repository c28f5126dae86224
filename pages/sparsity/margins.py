"""Margins: how far the membranes of a layer are from the threshold, and which of them get a gradient."""

import streamlit as st

from snnviz import text
from snnviz.figures import margin_histogram
from snnviz.studies import activity
from snnviz.ui import methods, page, sparsity


def show(left, right):
    with left:
        method = sparsity.choose_method()
        shown = st.container()
        experiment = sparsity.choose_run()
    with right, page.guarded():
        run, look = sparsity.look(experiment, method)
        with shown:
            layer = sparsity.choose_layer(look)
        sparsity.alarm(look, method)
        bars = activity.histogram(layer, method)
        page.figure(
            margin_histogram.margin_histogram(layer, bars, look.band, methods.hue(method), page.dark()), "margins", fill=True
        )
        sparsity.counted(look, layer, run, method)
        page.downloads("sparsity-margins", {"margin": bars.centres, "entries": bars.entries, "active": bars.active})
    sparsity.about(method)
    line = f"bars = activity.histogram(look[{layer.name!r}], {text.source(method)})"
    return sparsity.code(experiment, method, line, "print(bars.entries.sum(), bars.active.sum())"), {"look": look, "bars": bars}
