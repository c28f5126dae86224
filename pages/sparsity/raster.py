"""Raster: the entries of one sample that are active or spiked, neuron by neuron and step by step."""

import streamlit as st

from snnviz.figures import active_raster
from snnviz.ui import page, sparsity


def show(left, right):
    with left:
        method = sparsity.choose_method()
        shown = st.container()
        experiment = sparsity.choose_run()
    with right, page.guarded():
        run, look = sparsity.look(experiment, method)
        with shown:
            layer = sparsity.choose_layer(look)
            sample = sparsity.choose_sample(experiment.batch)
        sparsity.alarm(look, method)
        random = method.at_spike.derivative.random
        picture, share = sparsity.beside()
        with picture:
            page.figure(active_raster.active_raster(layer, sample, page.dark(), random=random), "raster", fill=True)
        with share:
            sparsity.to_scale(layer)
        sparsity.counted(look, layer, run, method)
        page.downloads("sparsity-raster", layer.table(sample))
    sparsity.about(method)
    line = f"entries = look[{layer.name!r}].table(sample={sample})"
    return sparsity.code(experiment, method, line, "print(entries)"), {"look": look, "entries": layer.table(sample)}
