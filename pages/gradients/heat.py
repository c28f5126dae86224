"""Heat map: the gradient of every neuron of a layer at every step, one map a method."""

from snnviz.figures import heat_map
from snnviz.labels import labelled
from snnviz.ui import controls, page


def show(experiment, chosen, comparison):
    layer = controls.option(comparison.layers[:-1], "Layer", "layer", segmented=True, bare=True)
    maps = labelled({method: run[layer] for method, run in comparison.runs.items()})
    page.figure(heat_map.heat_map(maps, dark=page.dark()), "heat", fill=True)
    lines = f"""for run in comparison.runs.values():
    print(run[{layer!r}].delta[:, 0])                    # [step, neuron] of the first sample"""
    return lines, {}
