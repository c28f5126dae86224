"""Gradients: one run, one loss, several methods side by side."""

import dataclasses

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz import Experiment, compare_gradients, text
from snnviz.architectures import ARCHITECTURES, FeedForward
from snnviz.labels import distinct, labelled
from snnviz.losses import SpikeAt, WeightedSpikes
from snnviz.neurons import IF, LIF, NEURONS
from snnviz.params import Param
from snnviz.stimuli import STIMULI, Noise
from snnviz.studies.growth import depth_experiment
from snnviz.ui import address, backend, controls, methods, page, trained
from snnviz.ui.cache import cached

FIRING = {name: cls for name, cls in NEURONS.items() if cls.differentiable and cls.fires}
LOSSES = {cls.__name__: cls for cls in (WeightedSpikes, SpikeAt)}
OF_A_NEURON = {"traces": "Gradient by time", "smooth": "Who is right?"}
OF_A_NETWORK = {"layers": "By layer", "growth": "Growth", "heat": "Heat map", "weights": "Weights"}
ONE = {"of": "neuron", "view": "traces", "neuron": "LIF", "neuron.LIF.reset_mode": "subtract", "surrogate": "SingleExponential"}
PRESETS = {
    "Two answers": (
        "**Four ways back give two answers.** Near the threshold BPTT and EXODUS forget; SLAYER and the cut never do.",
        ONE | {"methods": "kept-cut-slayer-exodus", "surrogate.SingleExponential.width": "1", "log": "false"},
    ),
    "EXODUS calm, SLAYER explodes": (
        "**SLAYER's gradient grows with every layer, EXODUS's does not:** by 5 to 30 times a layer, 14 on the mean of ten seeds.",
        {
            "of": "network",
            "view": "growth",
            "over": "depth",
            "network": "FeedForward",
            "neuron": "IF",
            "surrogate": "SingleExponential",
        },
    ),
    "EXODUS's own limit": (
        "**A narrow, high surrogate: even the exact gradient explodes.** Its multiplier leaves ±1 again and again.",
        ONE
        | {
            "surrogate.SingleExponential.width": "0.1",
            "log": "true",
            "run.steps": "400",
            "stimulus": "Noise",
            "stimulus.Noise.mean": "0.12",
            "stimulus.Noise.sd": "0.25",
        },
    ),
    "Equal, or not": (
        "**Reset to zero, and SLAYER is no longer BPTT with the reset cut.** EXODUS still lies on BPTT.",
        ONE | {"methods": "kept-cut-slayer-exodus", "neuron.LIF.reset_mode": "zero", "surrogate.SingleExponential.width": "1"},
    ),
    "The LocalZO mean settles": (
        "**Twenty draws a step come near the Gaussian surrogate that they stand for.** Fewer draws scatter more.",
        {
            "of": "neuron",
            "view": "traces",
            "methods": "cut-localzo",
            "surrogate": "Gaussian",
            "surrogate.Gaussian.sigma": "0.5",
            "localzo.draws": "20",
        },
    ),
    "Who is right?": (
        "**A smooth spike has a true gradient,** and finite differences find it: which curve passes through the dots?",
        {"of": "neuron", "view": "smooth"},
    ),
}

page.heading(
    "One run, several gradients",
    "Every method goes back over the same spikes: what does each put at a spike, and what does it do with the reset?",
    "gradients.py",
    PRESETS,
)
with page.stage():
    asks = page.asks()
    left, right = page.sides()
with left:
    subject = controls.option(
        ["neuron", "network", "weights"],
        "What is differentiated",
        "of",
        segmented=True,
        titles={"neuron": "One neuron", "network": "A network", "weights": "Two weights"}.__getitem__,
        bare=True,
    )
if subject == "weights":
    page.code_behind(*page.view(__file__, "loop").show(left, right))
    address.end()
    st.stop()
with asks:
    if subject == "neuron":
        picked = methods.names(methods.FOR_A_NEURON, ["kept", "cut", "slayer", "exodus"])
        view = controls.option(list(OF_A_NEURON), "View", "view", segmented=True, titles=OF_A_NEURON.__getitem__, bare=True)
    else:
        picked = methods.names(methods.FOR_A_NETWORK, ["kept", "slayer", "exodus"])
        views = [name for name in OF_A_NETWORK if name != "growth" or not trained.named()]  # a trained network has one depth
        view = controls.option(views, "View", "view", segmented=True, titles=OF_A_NETWORK.__getitem__, bare=True)
with right:
    if not picked:
        st.info("Choose a method above.")
        st.stop()

if subject == "neuron":
    with left:
        chosen = methods.settings(picked)
        front = controls.Front(st.container(), ("tau_mem",))
        with st.expander("Neuron, input, loss"):
            neuron = controls.choose(FIRING, "Neuron", "neuron", default=LIF(), front=front)
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
        experiment, below = trained.chosen(), st.container()
        if experiment is None:
            front = controls.Front(below, ("layers",))
            below = st.container()
            with st.expander("Network, neuron, run"):
                shape = controls.choose(ARCHITECTURES, "Network", "network", default=FeedForward(), front=front)
                neuron = controls.choose(FIRING, "Neuron", "neuron", default=IF())
                base = dataclasses.replace(depth_experiment(3, steps=100, neuron=neuron), architecture=shape)
                experiment = controls.edit(base, "run", only=("steps", "batch", "seed"))
        with below:
            chosen = methods.settings(picked, experiment.architecture.layers if experiment.architecture else 0)
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
