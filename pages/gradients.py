"""Gradients: one run, one loss, several methods side by side."""

import dataclasses

import streamlit as st

from snnviz import Experiment, compare_gradients, text
from snnviz.experiments import depth_experiment
from snnviz.figures import gradient_traces, growth, layer_values
from snnviz.losses import SpikeAt, WeightedSpikes
from snnviz.neurons import LIF, NEURONS
from snnviz.stimuli import STIMULI, Noise
from snnviz.ui import backend, controls, methods, page
from snnviz.ui.runs import cached

FIRING = {name: cls for name, cls in NEURONS.items() if cls.differentiable and cls.fires}
LOSSES = {cls.__name__: cls for cls in (WeightedSpikes, SpikeAt)}

page.heading(
    "One run, several gradients",
    "Every method goes back over the same spikes; what differs is what it puts at a spike, and what it does with the reset. "
    "Look where the curves part, and at the multiplier below them: beyond ±1 a gradient grows on its way back.",
)
left, right = page.sides()
with left:
    subject = controls.option(["neuron", "network"], "What is differentiated", "of", segmented=True,
                              titles={"neuron": "One neuron", "network": "A network"}.get)
with right:
    if subject == "neuron":
        picked = methods.names(methods.FOR_A_NEURON, ["kept", "cut", "slayer", "exodus"])
    else:
        picked = methods.names(methods.FOR_A_NETWORK, ["kept", "slayer", "exodus"])

if subject == "neuron":
    with left:
        chosen = methods.settings(picked)
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=LIF())
        stimulus = controls.choose(STIMULI, "Stimulus", "stimulus", default=Noise(mean=0.06, sd=0.15))
        loss = controls.choose(LOSSES, "Loss", "loss")
        experiment = controls.edit(Experiment(neuron, stimulus, steps=200, loss=loss), "run", only=("steps", "seed"))
        log = st.toggle("Logarithmic gradient", key="log", bind="query-params", help="For gradients that explode.")
    with right, page.guarded():
        if not chosen:
            st.info("Choose a method above.")
            st.stop()
        comparison = cached(compare_gradients)(experiment, tuple(chosen), backend.chosen(), None, True)
        runs = {label: run.layers[0] for label, run in comparison.runs.items()}
        page.figure(gradient_traces.gradient_traces(runs, methods.hues(chosen), log=log, dark=page.dark()), "deltas")
        st.caption("The strips show each method's multiplier β ∂v/∂u, step by step: blank is 0 (the past is forgotten), blue goes "
                   "up to 1, yellow down to −1; orange and pink lie beyond, and there a gradient grows on its way back.")
        first = chosen[0].label
        st.dataframe(
            {"method": [r.method for r in comparison.rows], "computed by": [run.backend for run in comparison.runs.values()],
             "norm": [r.norm for r in comparison.rows], f"cosine to {first}": [r.cosine for r in comparison.rows],
             "largest difference, relative": [r.largest_difference for r in comparison.rows]},
            hide_index=True, column_config={
                "norm": st.column_config.NumberColumn(format="%.4g"),
                f"cosine to {first}": st.column_config.NumberColumn(format="%.6f"),
                "largest difference, relative": st.column_config.NumberColumn(format="%.2e")})
        page.downloads("gradients", {"time_ms": next(iter(runs.values())).times} | {k: r.delta[:, 0, 0] for k, r in runs.items()})
    st.caption("BPTT is torch autograd through the neuron's own step; the others are the kernel's sweep; both in float64. That is "
               "what makes their agreement mean something.")
else:
    with left:
        chosen = methods.settings(picked)
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=LIF(tau_mem=20.0))
        base = depth_experiment(3, steps=100, neuron=neuron)
        shape = controls.edit(base.architecture, "network")
        experiment = controls.edit(dataclasses.replace(base, architecture=shape), "run", only=("steps", "batch", "seed"))
    with right, page.guarded():
        if not chosen:
            st.info("Choose a method above.")
            st.stop()
        with st.spinner("Comparing", show_time=True):
            comparison = cached(compare_gradients)(experiment, tuple(chosen), backend.chosen())
        page.figure(layer_values.layer_values(comparison.layers, comparison.table("norm"), methods.hues(chosen),
                                              "Size of each layer's weight gradient", "‖∂L/∂W‖", dark=page.dark()), "norms")
        page.downloads("layers", {k: [getattr(r, k) for r in comparison.rows] for k in
                                  ("method", "layer", "norm", "cosine", "largest_difference")})
        over = controls.option(["depth", "steps", "tau", "scale"], "The gradient's growth against", "over", segmented=True,
                               titles={"depth": "depth", "steps": "steps", "tau": "time constant", "scale": "SLAYER's scale"}.get)
        values, settings, label = methods.sweep_over(over, experiment, chosen)
        points, bar = [], st.progress(0.0, "Sweeping")
        for i, (value, setting, swept) in enumerate(zip(values, settings[0], settings[1], strict=True), 1):
            points.append(cached(methods.ratios)(setting, swept, backend.chosen()))
            bar.progress(i / len(values), f"Sweeping: {label} {value:g}")
        bar.empty()
        ratios = {m.label: [p[j] for p in points] for j, m in enumerate(chosen)}
        page.figure(growth.growth(values, ratios, methods.hues(chosen), label, over in ("tau", "scale"), page.dark()), "growth")

with st.expander("Three choices make a method", icon=":material/function:"):
    st.latex(r"\delta_t = \underbrace{g_t\,s'_t}_{\text{at the spike}} + "
             r"\underbrace{\beta\,\tfrac{\partial v_t}{\partial u_t}}_{\text{along time}}\,\delta_{t+1},\qquad "
             r"\underbrace{W^{\top}\delta}_{\text{across layers}}")
    for method in chosen:
        st.markdown(f"**{method.label}**")
        st.latex(method.equation)
        page.citation(method.cite)
page.code_behind(f"""
from snnviz import *

comparison = compare_gradients(
    {text.source(experiment)},
    [{', '.join(map(text.source, chosen))}],
    "{backend.chosen()}",
)
for row in comparison.rows:
    print(row)
""")
