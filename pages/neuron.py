"""Neuron: one neuron or a population, driven by a current."""

import dataclasses

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz import Experiment, SpikeTrain, rate_curve, simulate, text
from snnviz.figures import intervals, phase_plane, raster, traces
from snnviz.figures import rate_curve as curve
from snnviz.live import scenes
from snnviz.neurons import LIF, NEURONS
from snnviz.params import params
from snnviz.stimuli import STIMULI, Shaped, Step
from snnviz.surrogates import SURROGATES
from snnviz.ui import address, backend, controls, page, scope, spike_train, url, why
from snnviz.ui.cache import cached

# The sentence of each is what the run says of itself: `traces.says`.
PRESETS = {
    "Like a clock": ("", {"neuron": "LIF", "stimulus": "Step", "stimulus.Step.amplitude": "0.08"}),
    "Just too weak": ("", {"neuron": "LIF", "stimulus": "Step", "stimulus.Step.amplitude": "0.04"}),
    "It tires": ("", {"neuron": "ALIF", "stimulus": "Step", "stimulus.Step.amplitude": "0.15"}),
    "Noise, no clock": ("", {"neuron": "LIF", "stimulus": "Noise"}),
    "Bursts": ("", {"neuron": "Izhikevich", "neuron.Izhikevich.c": "-50", "neuron.Izhikevich.d": "2", "stimulus": "Step"}),
}

page.heading(
    "A neuron under a current",
    "The membrane gathers the input and leaks; where it reaches the threshold the neuron fires and is reset.",
    "neuron.py",
    PRESETS,
)
stage = page.stage()
with stage:
    top = st.container(key="neuron-top").columns([1, 1.2, 1, 1.2], vertical_alignment="center")
    picture = st.container(key="scope")
with top[0]:
    view = controls.option(
        ["live", "figure"],
        "View",
        "view",
        segmented=True,
        titles={"live": "Live", "figure": "Figure"}.__getitem__,
        help="Live: the kernels run in this page. Figure: they run on the server, on the chosen backend.",
        bare=True,
    )
absent = scope.problem("neuron-scope") if view == "live" else None
live = view == "live" and absent is None
address.lay_out("live" if live else "figure")
if live:
    left, right = top[1], st.container()
else:
    with stage:
        left, right = page.sides()
with left:
    if live:
        name = controls.option(list(NEURONS), "Neuron", "neuron", titles=lambda n: NEURONS[n].title, bare=True)
        neuron = address.recall(NEURONS[name](), f"neuron.{name}")
    else:
        front = controls.Front(st.container(), ("tau_mem", "theta"))
        neuron = controls.choose(NEURONS, "Neuron", "neuron", default=LIF(), front=front)
with top[2].popover("Stimulus", icon=":material/show_chart:", width="stretch") if live else left:
    stimulus = controls.choose(STIMULI, "Stimulus", "stimulus", default=Step(neuron.amplitude))
    if isinstance(stimulus, SpikeTrain):
        with page.guarded():
            stimulus = spike_train.edit(stimulus, "stimulus.SpikeTrain.times")
with top[3].popover("Run and population", icon=":material/tune:", width="stretch") if live else left:
    experiment = controls.edit(Experiment(neuron, stimulus, steps=400), "run", only=("steps", "neurons", "spread", "seed"))
    gain = None if live else controls.number(1.0, params(scenes.Scene)["gain"], "scope.gain")

with right, page.guarded():
    experiment.check_budget()
    if absent:
        st.info(absent, icon=":material/info:")
    step = why.step(experiment.steps)
    shown = address.recall(scenes.Scene(), "scope", [SURROGATES])
    if gain is not None:
        shown = dataclasses.replace(shown, gain=gain)
        if shown.drawn and st.button("Clear the current drawn in the live view", icon=":material/ink_eraser:"):
            address.put("scope.drawn", None)
            st.rerun()
    if live:
        scene = dataclasses.replace(shown, neuron=neuron)
        with picture:
            shown = scope.neuron_scope(
                scene, experiment, key="neuron-scope", step=step, picked=why.picked("neuron-scope", 1, experiment.steps)
            )
        neuron, column = shown.neuron, shown.column
        query = url.write(neuron, "neuron", default=name, tables=[NEURONS])
        query |= url.write(shown, "scope", tables=[SURROGATES], exclude={"neuron"})
        address.remember(query, f"neuron.{name}.", "scope.")
    if shown.gain != 1 or shown.drawn:
        stimulus = Shaped(stimulus, shown.gain, shown.drawn)
    experiment = dataclasses.replace(experiment, neuron=neuron, stimulus=stimulus)
    layer = cached(simulate)(experiment, backend.chosen()).layers[0]
    if not live:
        held = address.held("run")
        ghost = None if held is None else cached(simulate)(held, backend.chosen()).layers[0]
        if ghost is not None and ghost.neuron.unit != layer.neuron.unit:
            ghost = None
        column = controls.one_of(experiment.neurons, "Neuron shown", "shown")
        fig = traces.traces(layer, column, ghost, page.dark(), step=step)
        page.figure(fig, "traces", fill=True, picked=why.picked("figure-traces", layer.dt, experiment.steps))
        if experiment.neurons > 1 and layer.spikes is not None:
            page.figure(raster.raster(layer, dark=page.dark()), "raster")
    page.says(traces.says(layer, column))
    explained = why.of_run(layer, step, dataclasses.replace(shown, neuron=neuron, column=column), backend.chosen())
    with st.container(horizontal=True):
        if not live:
            st.button(
                "Hold this run",
                icon=":material/push_pin:",
                help="Draw it faintly behind the runs to come.",
                on_click=address.hold,
                args=("run", experiment),
            )
        if not live and held is not None:
            st.button("Let go", icon=":material/close:", on_click=address.hold, args=("run", None))
        one = (slice(None), 0, column)
        columns = {
            "time_ms": layer.times,
            "input": layer.current[one],
            "membrane_before_reset": layer.u[one],
            "membrane_after_reset": layer.v[one],
            "threshold": layer.theta[one],
        }
        if layer.spikes is not None:
            columns["spikes"] = layer.spikes[one]
        if layer.trace is not None and layer.trace_name is not None:
            columns[layer.trace_name] = layer.trace[one]
        page.downloads("neuron", columns)

    if layer.spikes is not None:
        a, b = st.columns(2)
        here = experiment.level(column)
        currents, rates = cached(rate_curve)(neuron, backend=backend.chosen(), here=here)
        with a:
            page.figure(curve.rate_curve(currents, rates, here, neuron.rheobase(), dark=page.dark()), "rates")
            if here is None:
                st.caption(f"The current of this run is not constant ({stimulus.title.lower()}), so it is not marked.")
        with b:
            if neuron.phase_range:
                page.figure(phase_plane.phase_plane(layer, column, page.dark()), "phase")
            else:
                page.figure(intervals.intervals(layer, page.dark()), "intervals")

with st.expander("The equations", icon=":material/function:"):
    st.latex(neuron.equation)
    st.latex(stimulus.equation)
    page.citation(neuron.cite)
lines, shows = "", {"layer": layer}
if not live and ghost is not None:
    lines += f'\nheld = simulate({text.source(held)}, "{backend.chosen()}").layers[0]'
    shows["held"] = ghost
if layer.spikes is not None:
    lines += f'\ncurrents, rates = rate_curve(layer.neuron, backend="{backend.chosen()}", here={here!r})'
    shows |= {"currents": currents, "rates": rates}
lines, shows = lines + explained[0], {**shows, **explained[1]}
page.code_behind(
    f"""
from snnviz import *

record = simulate({text.source(experiment)}, "{backend.chosen()}")
layer = record.layers[0]
print(layer.u[:, 0, {column}])               # the membrane before reset: [step, sample, neuron]{lines}
""",
    shows,
)
