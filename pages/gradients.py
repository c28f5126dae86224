"""Gradients: one run, one loss, several methods side by side."""

import dataclasses

import streamlit as st

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz import Experiment, compare_gradients, text
from snnviz.architectures import ARCHITECTURES, FeedForward
from snnviz.labels import distinct, labelled
from snnviz.losses import SpikeAt, WeightedSpikes
from snnviz.neurons import IF, LIF, NEURONS
from snnviz.params import Param
from snnviz.stimuli import STIMULI, Noise
from snnviz.studies.growth import depth_experiment
from snnviz.ui import backend, controls, methods, page
from snnviz.ui.cache import cached

FIRING = {name: cls for name, cls in NEURONS.items() if cls.differentiable and cls.fires}
LOSSES = {cls.__name__: cls for cls in (WeightedSpikes, SpikeAt)}
OF_A_NEURON = {"traces": "Gradient by time", "smooth": "Who is right?"}
OF_A_NETWORK = {"layers": "By layer", "growth": "Growth", "heat": "Heat map", "weights": "Weights"}
PRESETS = {
    "EXODUS calm, SLAYER explodes": (
        "SLAYER's gradient grows by a factor of 5 to 30 from layer to layer, 14 on the mean of ten seeds; EXODUS's does not.",
        {"of": "network", "view": "growth"},
    ),
    "EXODUS's own limit": (
        "A narrow, high surrogate: the exact multiplier leaves ±1 and the exact gradient explodes.",
        {
            "surrogate.SingleExponential.width": "0.1",
            "log": "true",
            "run.steps": "400",
            "stimulus.Noise.mean": "0.12",
            "stimulus.Noise.sd": "0.25",
        },
    ),
    "Equal, or not": ("Reset to zero: SLAYER is no longer BPTT with the reset cut.", {"neuron.LIF.reset_mode": "zero"}),
    "The LocalZO mean settles": (
        "Twenty draws a step, beside the Gaussian surrogate they stand for.",
        {"methods": "cut-localzo", "surrogate": "Gaussian", "surrogate.Gaussian.sigma": "0.5", "localzo.draws": "20"},
    ),
    "Who is right?": ("Finite differences of a smooth spike: the exact gradient passes through them.", {"view": "smooth"}),
}

page.heading(
    "One run, several gradients",
    "Every method goes back over the same spikes; what differs is what it puts at a spike, and what it does with the reset. "
    "Look where the curves part, and at the multiplier below them: beyond ±1 a gradient grows on its way back.",
)
page.presets("gradients.py", PRESETS)
left, right = page.sides()
with left:
    subject = controls.option(
        ["neuron", "network"],
        "What is differentiated",
        "of",
        segmented=True,
        titles={"neuron": "One neuron", "network": "A network"}.__getitem__,
    )
with right:
    if subject == "neuron":
        picked = methods.names(methods.FOR_A_NEURON, ["kept", "cut", "slayer", "exodus"])
        view = controls.option(list(OF_A_NEURON), "View", "view", segmented=True, titles=OF_A_NEURON.__getitem__)
    else:
        picked = methods.names(methods.FOR_A_NETWORK, ["kept", "slayer", "exodus"])
        view = controls.option(list(OF_A_NETWORK), "View", "view", segmented=True, titles=OF_A_NETWORK.__getitem__)
    if not picked:
        st.info("Choose a method above.")
        st.stop()

if subject == "neuron":
    with left:
        chosen = methods.settings(picked)
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=LIF())
        stimulus = controls.choose(STIMULI, "Stimulus", "stimulus", default=Noise(mean=0.06, sd=0.15))
        loss = controls.choose(LOSSES, "Loss", "loss")
        experiment = controls.edit(Experiment(neuron, stimulus, steps=200, loss=loss), "run", only=("steps", "seed"))
        log = controls.switch(False, Param("Logarithmic gradient", help="For gradients that explode."), "log")
    with right, page.guarded():
        comparison = cached(compare_gradients)(experiment, tuple(chosen), backend.chosen(), None, True)
        lines, shows = page.view(__file__, view).show(experiment, chosen, comparison, log)
        first = comparison.labels[0]
        st.dataframe(
            {
                "method": [r.label for r in comparison.rows],
                "computed by": [run.backend for run in comparison.runs.values()],
                "norm": [r.norm for r in comparison.rows],
                f"cosine to {first}": [r.cosine for r in comparison.rows],
                "largest difference, relative": [r.largest_difference for r in comparison.rows],
            },
            hide_index=True,
            column_config={
                "norm": st.column_config.NumberColumn(format="%.4g"),
                f"cosine to {first}": st.column_config.NumberColumn(format="%.6f"),
                "largest difference, relative": st.column_config.NumberColumn(format="%.2e"),
            },
        )
        runs = labelled({method: run.layers[0] for method, run in comparison.runs.items()})
        page.downloads(
            "gradients",
            {"time_ms": next(iter(runs.values())).times} | {k: r.delta[:, 0, 0] for k, r in runs.items() if r.delta is not None},
        )
        st.caption(
            "BPTT is torch autograd through the neuron's own step; the others are the kernel's sweep; both in float64. "
            "That is what makes their agreement mean something."
        )
else:
    with left:
        shape = controls.choose(ARCHITECTURES, "Network", "network", default=FeedForward())
        chosen = methods.settings(picked, shape.layers)
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=IF())
        base = dataclasses.replace(depth_experiment(3, steps=100, neuron=neuron), architecture=shape)
        experiment = controls.edit(base, "run", only=("steps", "batch", "seed"))
    with right, page.guarded():
        comparison = cached(compare_gradients)(experiment, tuple(chosen), backend.chosen(), None, False, 1)
        lines, shows = page.view(__file__, view).show(experiment, chosen, comparison)
        page.downloads(
            "layers",
            {"method": [row.label for row in comparison.rows]}
            | {k: [getattr(row, k) for row in comparison.rows] for k in ("layer", "norm", "cosine", "largest_difference")},
        )

st.subheader("Three choices make a method", anchor=False)
st.latex(
    r"\delta_t = \underbrace{g_t\,s'_t}_{\text{1. at the spike}} + "
    r"\underbrace{\beta\,\tfrac{\partial v_t}{\partial u_t}}_{\text{2. along time}}\,\delta_{t+1},\qquad "
    r"\underbrace{W^{\top}\delta}_{\text{3. across layers}}"
)
st.markdown(methods.terms(comparison.active))
with st.expander("The methods' equations and papers", icon=":material/function:"):
    for label, method in zip(distinct(chosen), chosen, strict=True):
        st.markdown(f"**{label}**")
        st.latex(method.equation)
        page.citation(method.cite)
page.code_behind(
    f"""
from snnviz import *

experiment = {text.source(experiment)}
methods = [{", ".join(map(text.source, chosen))}]
comparison = compare_gradients(experiment, methods, "{backend.chosen()}", {"autograd=True" if subject == "neuron" else "samples=1"})
for row in comparison.rows:
    print(row)
{lines}
""",
    {"comparison": comparison} | shows,
)
