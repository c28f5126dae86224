"""Growth: the first layer's gradient over the readout's, against depth, steps, the time constant, or SLAYER's scale."""

import streamlit as st

from snnviz.figures import growth
from snnviz.labels import labelled
from snnviz.ui import backend, controls, methods, page
from snnviz.ui.cache import cached


def show(experiment, chosen, comparison) -> None:
    over = controls.option(
        ["depth", "steps", "tau", "scale"],
        "Against",
        "over",
        segmented=True,
        titles={"depth": "Depth", "steps": "Steps", "tau": "Time constant", "scale": "SLAYER's scale"}.get,
    )
    values, settings, label = methods.sweep_over(over, experiment, chosen)
    points, bar = [], st.progress(0.0, "Sweeping")
    for i, (value, setting, swept) in enumerate(zip(values, *settings, strict=True), 1):
        points.append(cached(methods.ratios)(setting, swept, backend.chosen()))
        bar.progress(i / len(values), f"Sweeping: {label} {value:g}")
    bar.empty()
    ratios = labelled({method: [point[j] for point in points] for j, method in enumerate(chosen)})
    page.figure(growth.growth(values, ratios, methods.hues(chosen), label, over in ("tau", "scale"), page.dark()), "growth")
