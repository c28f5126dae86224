"""Neuron: one neuron or a population, driven by a current."""

import numpy as np
import streamlit as st

from snnviz import Experiment, SpikeTrain, rate_curve, simulate, text
from snnviz.experiments import current_range
from snnviz.figures import intervals, phase_plane, raster, traces
from snnviz.figures import rate_curve as curve
from snnviz.neurons import LIF, NEURONS, Izhikevich
from snnviz.stimuli import STIMULI, Step
from snnviz.ui import backend, controls, page, spike_train
from snnviz.ui.runs import cached

page.heading(
    "A neuron under a current",
    "The membrane gathers the input and leaks; where it reaches the threshold the neuron fires and is reset. Move a control and "
    "watch what changes. Hold a run to compare the next one with it.",
)
left, right = page.sides()

with left:
    neuron = controls.choose(NEURONS, "Neuron", "neuron", default=LIF())
    strong = Step(amplitude=10.0) if isinstance(neuron, Izhikevich) else Step()
    stimulus = controls.choose(STIMULI, "Stimulus", "stimulus", default=strong)
    if isinstance(stimulus, SpikeTrain):
        with page.guarded():
            stimulus = spike_train.edit(stimulus, "stimulus.SpikeTrain.times")
    experiment = controls.edit(Experiment(neuron, stimulus, steps=400), "run", only=("steps", "neurons", "spread", "seed"))

with right, page.guarded():
    experiment.check_budget()
    with st.spinner("Running; the first run of a neuron builds its kernel, once on this machine", show_time=True):
        layer = cached(simulate)(experiment, backend.chosen()).layers[0]
    held = st.session_state.get("held")
    ghost = None if held is None else cached(simulate)(held, backend.chosen()).layers[0]
    if ghost is not None and ghost.neuron.kernel == "izhikevich" and layer.neuron.kernel != "izhikevich":
        ghost = None
    shown = st.slider("Neuron shown", 0, experiment.neurons - 1, 0, key="shown") if experiment.neurons > 1 else 0
    page.figure(traces.traces(layer, shown, ghost, page.dark()), "traces")
    with st.container(horizontal=True):
        if st.button("Hold this run", icon=":material/push_pin:", help="Draw it faintly behind the runs to come."):
            st.session_state["held"] = experiment
            st.rerun()
        if held is not None and st.button("Let go", icon=":material/close:"):
            del st.session_state["held"]
            st.rerun()
        one = (slice(None), 0, shown)
        columns = {"time_ms": layer.times, "input": layer.current[one], "membrane_before_reset": layer.u[one],
                   "membrane_after_reset": layer.v[one], "threshold": layer.theta[one]}
        if layer.spikes is not None:
            columns["spikes"] = layer.spikes[one]
        if layer.trace is not None:
            columns[layer.trace_name] = layer.trace[one]
        page.downloads("neuron", columns)

with right:
    if experiment.neurons > 1 and layer.spikes is not None:
        page.figure(raster.raster(layer, dark=page.dark()), "raster")
    if layer.spikes is not None:
        a, b = st.columns(2)
        currents = np.linspace(0, current_range(neuron), 60)
        rates = cached(rate_curve)(neuron, tuple(currents.tolist()), 1000, backend.chosen())
        with a:
            page.figure(curve.rate_curve(currents, rates, getattr(stimulus, "amplitude", None), dark=page.dark()), "rates")
        with b:
            if isinstance(neuron, Izhikevich):
                page.figure(phase_plane.phase_plane(layer, shown, page.dark()), "phase")
            else:
                page.figure(intervals.intervals(layer, page.dark()), "intervals")

with st.expander("The equations", icon=":material/function:"):
    st.latex(neuron.equation)
    st.latex(stimulus.equation)
    page.citation(neuron.cite)
page.code_behind(f"""
from snnviz import *

record = simulate({text.source(experiment)}, "{backend.chosen()}")
membrane = record.layers[0].u        # [step, sample, neuron]
""")
