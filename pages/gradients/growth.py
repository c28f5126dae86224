"""Growth: the first layer's gradient over the readout's, against depth, steps, the time constant, or SLAYER's scale."""

import streamlit as st

from snnviz.figures import growth
from snnviz.labels import labelled
from snnviz.studies.growth import GrowthSweep, Over, sweep_point
from snnviz.ui import backend, controls, methods, page
from snnviz.ui.cache import cached

TITLES = {"depth": "Depth", "steps": "Steps", "tau": "Time constant", "scale": "SLAYER's scale"}


def show(experiment, chosen, comparison):
    over = Over(controls.option(list(TITLES), "Against", "over", segmented=True, titles=TITLES.get))
    study = GrowthSweep(over, experiment, tuple(chosen))
    points, bar = [], st.progress(0.0, "Sweeping")
    for value, changed, swept in study.settings:
        points.append(cached(sweep_point)(value, changed, swept, backend.chosen()))
        bar.progress(len(points) / len(study.settings), f"Sweeping: {study.label} {value:g}")
    bar.empty()
    ratios = labelled(dict(zip(chosen, zip(*(point.ratio.values() for point in points), strict=True), strict=True)))
    values, log = [point.value for point in points], over in (Over.TAU, Over.SCALE)
    page.figure(growth.growth(values, ratios, methods.hues(chosen), study.label, log, page.dark()), "growth")
    lines = f"""study = GrowthSweep({over}, experiment, tuple(methods))
points = list(sweep(study.settings, "{backend.chosen()}"))
for point in points:
    print(point.value, list(point.ratio.values()))       # |dL/dW| of the first layer over that of the readout, by method"""
    return lines, {"points": points}
