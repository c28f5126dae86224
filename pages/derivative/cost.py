"""Trade-off: what a sparse gradient costs, in variance or in bias, for the share of entries that it computes."""

import streamlit as st

from snnviz import text
from snnviz.figures import cost_sweep, trade_off
from snnviz.studies import derivative as study
from snnviz.studies.derivative import Density
from snnviz.ui import controls, derivative, estimates, page
from snnviz.ui.cache import cached


def show(left, right):
    with left:
        choice = estimates.choose_law()
        over = controls.option(
            ["pareto", "draws", "delta"],
            "Show",
            "over",
            titles={
                "pareto": "Error against activity",
                "draws": "Both against the draws",
                "delta": "Both against the width",
            }.__getitem__,
        )
        width = estimates.choose_width(choice[0], draws=over == "delta")
        flat = (
            controls.option(
                ["flat", "normal"],
                "Density of the margins",
                "density",
                segmented=True,
                titles={"flat": "Flat", "normal": "Normal"}.__getitem__,
                help="How many neurons are how far from their threshold.",
            )
            == "flat"
        )
        density = None if flat else controls.edit(Density, "margins")
    with right, page.guarded():
        if (chosen := derivative.chosen_law(choice)) is None:
            st.stop()
        points = cached(study.trade_off)(chosen, width.delta, density=density)
        if over == "pareto":
            page.figure(trade_off.trade_off(points, flat, page.dark()), "cost", fill=True)
        else:
            swept = cached(study.sweep)(chosen, width.delta, width.draws, over, density)
            page.figure(cost_sweep.cost_sweep(swept, flat, page.dark()), f"cost-{over}", fill=True)
        table = {
            "estimator": [p.label for p in points],
            "active width" if flat else "active, %": [p.activity if flat else p.percent for p in points],
            "variance": [p.variance for p in points],
            "squared bias": [p.squared_bias for p in points],
        }
        st.dataframe(
            table,
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.3g") for name in table if name != "estimator"},
        )
        page.downloads("trade-off", table)
        st.caption(
            "The gate is active with probability p = min(1, s g) and then has the value g/p: no unbiased estimate with that "
            "activity has less variance. It is this project's own extra, in no paper. The fixed bands are those the LocalZO "
            "authors match to m draws; they match where membranes are equally dense everywhere."
        )
        page.citation("mukhoty2023localzo", "pereznieves2021sparse")
    source = f"""
from snnviz import *

law, density = {text.source(chosen)}, {text.source(density)}
points = derivative.trade_off(law, {width.delta!r}, density=density)
for point in points:
    print(point.label, point.activity, point.variance, point.squared_bias)
"""
    if over == "pareto":
        return source, {"points": points}
    source += f"swept = derivative.sweep(law, {width.delta!r}, {width.draws}, {over!r}, density)\nprint(swept)\n"
    return source, {"points": points, "swept": swept}
