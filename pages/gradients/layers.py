"""By layer: how large each layer's weight gradient is, and how far its direction is from the first method's."""

from snnviz.figures import layer_values
from snnviz.labels import labelled
from snnviz.ui import methods, page


def show(experiment, chosen, comparison):
    hues = methods.hues(chosen)
    page.figure(
        layer_values.layer_values(
            comparison.layers,
            labelled(comparison.table("norm")),
            hues,
            "Size of each layer's weight gradient",
            "‖∂L/∂W‖",
            dark=page.dark(),
        ),
        "norms",
    )
    page.figure(
        layer_values.layer_values(
            comparison.layers,
            labelled(comparison.table("cosine")),
            hues,
            f"Direction: cosine to {comparison.labels[0]}",
            "cosine",
            log=False,
            dark=page.dark(),
            height=300,
        ),
        "cosines",
    )
    return 'print(comparison.table("norm"), comparison.table("cosine"))', {}
