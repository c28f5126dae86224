"""Raster: the entries of one sample that are active or spiked, neuron by neuron and step by step."""

from snnviz.figures import active_raster
from snnviz.ui import page, sparsity


def show(left, right):
    with left:
        method = sparsity.choose_method()
        experiment = sparsity.choose_run()
    with right, page.guarded():
        run, seen = sparsity.look(experiment, method)
        with sparsity.row():
            layer = sparsity.choose_layer(seen)
            sample = sparsity.choose_sample(experiment.batch)
        sparsity.alarm(seen, method)
        page.figure(active_raster.active_raster(layer, sample, page.dark()), "raster")
        sparsity.counted(seen, layer, run, method)
        page.downloads("sparsity-raster", layer.table(sample))
    sparsity.about(method)
    line = f"entries = seen[{layer.name!r}].table(sample={sample})"
    return sparsity.code(experiment, method, line, "print(entries)"), {"seen": seen, "entries": layer.table(sample)}
