"""Weights: the gradient of each weight of a layer, each method's against the first one's."""

from snnviz.figures import weight_scatter
from snnviz.labels import labelled
from snnviz.ui import controls, methods, page


def show(experiment, chosen, comparison):
    layer = controls.option(comparison.layers[:-1], "Layer", "layer", segmented=True, bare=True)
    gradients = labelled({method: run.weight_gradients[layer] for method, run in comparison.runs.items()})
    page.figure(weight_scatter.weight_scatter(gradients, methods.hues(chosen), page.dark()), "weights", fill=True)
    lines = f"""for run in comparison.runs.values():
    print(run.weight_gradients[{layer!r}])"""
    return lines, {}
