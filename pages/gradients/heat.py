"""Heat map: the gradient of every neuron of a layer at every step, one map a method."""

from snnviz.figures import heat_map
from snnviz.ui import controls, page


def show(experiment, chosen, comparison) -> None:
    layer = controls.option(comparison.layers[:-1], "Layer", "layer", segmented=True)
    page.figure(heat_map.heat_map({k: run[layer] for k, run in comparison.runs.items()}, dark=page.dark()), "heat")
