"""Gradient by time: every method's gradient of one neuron's input, and the factor that multiplies it from step to step back."""

import streamlit as st

from snnviz.figures import gradient_traces
from snnviz.labels import labelled
from snnviz.ui import backend, methods, page, why


def show(experiment, chosen, comparison, log):
    runs = labelled({method: run.layers[0] for method, run in comparison.runs.items()})
    step, picture = why.step(experiment.steps), st.container()
    lines, shows = why.of_comparison(comparison, step, backend.chosen())  # it is sent before the picture, which takes longer
    fig = gradient_traces.gradient_traces(runs, methods.hues(chosen), log=log, dark=page.dark(), step=step)
    with picture:
        page.figure(fig, "deltas", fill=True, picked=why.picked("figure-deltas", experiment.neuron.dt, experiment.steps))
    st.caption(
        f"The strips show what one step back multiplies by, {experiment.neuron.multiplier}: blank is 0 (the past is forgotten), "
        "grey is near ±1, ink lies beyond, and there a gradient grows on its way back."
    )
    source = """for run in comparison.runs.values():
    print(run.layers[0].delta[:, 0, 0])                  # dL/dx by time"""
    return source + lines, shows
