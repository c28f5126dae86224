"""By layer: how long each layer's weight gradient is, and how far its direction is from the first method's."""

from snnviz.figures import layer_values
from snnviz.labels import labelled
from snnviz.ui import methods, page


def show(experiment, chosen, comparison):
    norms, cosines, apart = (labelled(comparison.table(value)) for value in ("norm", "cosine", "largest_difference"))
    fig = layer_values.layer_values(comparison.layers, norms, cosines, apart, methods.hues(chosen), page.dark())
    page.figure(fig, "norms", fill=True)
    return 'print(comparison.table("norm"), comparison.table("cosine"))', {}
