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
        near = activity.histogram(layer, method, activity.reach(layer, look.band))
        picture, share = sparsity.beside()
        with picture:
            fig = margin_histogram.margin_histogram(layer, bars, near, methods.hue(method), look.band, page.dark())
            page.figure(fig, "margins", fill=True)
        with share:
            sparsity.to_scale(layer)
        sparsity.counted(look, layer, run, method)
        page.downloads("sparsity-margins", {"margin": bars.centres, "entries": bars.entries, "active": bars.active})
    sparsity.about(method)
    lines = (
        f"layer = look[{layer.name!r}]",
        f"bars = activity.histogram(layer, {text.source(method)})",
        f"near = activity.histogram(layer, {text.source(method)}, activity.reach(layer, look.band))",
        "print(bars.entries.sum(), bars.active.sum())",
    )
    return sparsity.code(experiment, method, *lines), {"look": look, "bars": bars, "near": near}
