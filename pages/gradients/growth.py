"""Growth: the first layer's gradient over the readout's, against depth, steps, the time constant, or SLAYER's scale."""

import streamlit as st

from snnviz.figures import growth
from snnviz.labels import labelled
from snnviz.studies.growth import LOGARITHMIC, OVER, sweep_point, sweep_settings
from snnviz.ui import backend, controls, methods, page
from snnviz.ui.cache import cached

TITLES = {"depth": "Depth", "steps": "Steps", "tau": "Time constant", "scale": "SLAYER's scale"}


def show(experiment, chosen, comparison):
    over = controls.option(list(TITLES), "Against", "over", segmented=True, titles=TITLES.get)
    settings = sweep_settings(over, experiment, chosen)
    points, bar = [], st.progress(0.0, "Sweeping")
    for value, changed, swept in settings:
        points.append(cached(sweep_point)(value, changed, swept, backend.chosen()))
        bar.progress(len(points) / len(settings), f"Sweeping: {OVER[over]} {value:g}")
    bar.empty()
    ratios = labelled(dict(zip(chosen, zip(*(point.ratio.values() for point in points), strict=True), strict=True)))
    values = [point.value for point in points]
    page.figure(growth.growth(values, ratios, methods.hues(chosen), OVER[over], over in LOGARITHMIC, page.dark()), "growth")
    lines = f"""points = list(sweep(sweep_settings({over!r}, experiment, methods), "{backend.chosen()}"))
for point in points:
    print(point.value, list(point.ratio.values()))       # |dL/dW| of the first layer over that of the readout, by method"""
    return lines, {"points": points}
