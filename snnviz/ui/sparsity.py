"""What the views of the Sparsity page share: the method and the run of the controls, what a look counts, and the papers."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from snnviz import simulate, text
from snnviz.experiments import Experiment
from snnviz.figures.theme import percent, three_digits
from snnviz.methods import AbstractGradientMethod, GatedZO, LocalZO, SparseGD
from snnviz.neurons import NEURONS
from snnviz.params import Param, params
from snnviz.records import RunRecord
from snnviz.studies import activity
from snnviz.surrogates import SURROGATES, FastSigmoid, Gaussian
from snnviz.ui import address, backend, controls, estimates, methods, page, trained
from snnviz.ui.cache import cached, remembered

FILE = "sparsity.py"
KINDS = ("localzo", "gated", "sparse")
FIRING = {name: cls for name, cls in NEURONS.items() if cls.differentiable and cls.fires}
START = activity.example()
MATCH = Param(
    "As active as LocalZO", r"B_{th} = \delta\,\mathbb{E}\max|z_k|", help="Take the band that matches a width, draws and a law."
)
NARROW = {"slider": (1e-6, 2.0, 5), "log": True}  # widths down to where nothing is left


def choose_method() -> AbstractGradientMethod:
    """The method of the controls; moving these never runs the network."""
    kind = controls.option(KINDS, "Method", "method", titles=methods.title)
    if kind == "gated":
        surrogate = controls.choose(SURROGATES, "Surrogate", "gated.surrogate", default=Gaussian(sigma=0.05))
        with page.guarded(advice=True):
            return controls.edit(GatedZO(surrogate), "gated", exclude=("keep_reset",))
    if kind == "sparse" and not controls.switch(False, MATCH, "match"):
        band = dataclasses.replace(params(SparseGD)["band"], **NARROW)
        return SparseGD(FastSigmoid(), controls.number(0.05, band, "sparse.band"))
    delta = controls.number(0.05, dataclasses.replace(params(LocalZO)["delta"], **NARROW), "localzo.delta")
    draws = controls.number(1, params(LocalZO)["draws"], "localzo.draws")
    with st.expander("What is drawn"):
        law = estimates.choose_law()
    with page.guarded(advice=True):
        localzo = LocalZO(estimates.law(*law), delta, int(draws))
        return localzo if kind == "localzo" else SparseGD.matching(localzo, FastSigmoid())


def choose_run() -> Experiment:
    """The experiment of the controls; moving these runs it. With a trained network in the address: that."""
    if (network := trained.chosen()) is not None:
        return network
    with st.expander("The network: runs again"):
        shape = controls.edit(START.architecture, "network", only=("layers", "width", "gain", "first_gain"))
        stimulus = controls.edit(START.stimulus, "input", only=("rate",))
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=START.neuron)
        value = dataclasses.replace(START, neuron=neuron, stimulus=stimulus, architecture=shape)
        return controls.edit(value, "run", only=("steps", "batch", "seed"))


def look(experiment: Experiment, method: AbstractGradientMethod) -> tuple[RunRecord, activity.Look]:
    """Run the network, once for all widths, and see which entries the method would touch."""
    experiment.check_budget()
    run = cached(simulate)(experiment, backend.chosen())
    key = f"look {experiment!r} {method!r} {backend.chosen()}"
    return run, remembered(key, lambda: activity.look(run, method, experiment.seed))


def choose_layer(look: activity.Look) -> activity.LayerLook:
    """Draw a choice of one of the network's layers."""
    return look[controls.option([layer.name for layer in look.layers], "Layer", "layer", segmented=True)]


def choose_sample(batch: int) -> int:
    """Draw the choice of one of the batch's samples, where there are several."""
    last = batch - 1
    return int(controls.number(0, Param("Sample", low=0, high=last, slider=(0, last, 1)), "sample")) if last else 0


def alarm(look: activity.Look, method: AbstractGradientMethod) -> None:
    """Say which layers are dead, and offer what brings them back."""
    if not look.dead:
        return
    names = ", ".join(look.dead)
    st.error(
        f"**{names.capitalize()}: no entry is active.** The gradient is exactly zero there and in every layer "
        f"before it, so no loss, not even one on the spikes themselves, can bring it back. {activity.help_for(method)}",
        icon=":material/skull:",
    )
    wider = {key: value for key, value in address.query().items() if key not in ("sparse.band", "localzo.delta")}
    st.page_link(f"pages/{FILE}", label="Rescue: back to a width of 0.05", query_params=page.here(wider), icon=":material/healing:")


def counted(look: activity.Look, layer: activity.LayerLook | None, run: RunRecord, method: AbstractGradientMethod) -> None:
    """The counters of a layer, or of all, and where they come from."""
    of, name = (look, "all layers") if layer is None else (layer, layer.name)
    band = (
        "no fixed band is equal: the random ones have no mean"
        if look.band is None
        else (
            f"the band is ±{three_digits(look.band)}"
            if isinstance(method, SparseGD)
            else f"the equal fixed band, ±{three_digits(look.band)}, touches {three_digits(100 * of.within(look.band))} %"
        )
    )
    st.markdown(
        f"{name.capitalize()}: **active {three_digits(100 * of.share)} %** · {band} · "
        f"**spiking {three_digits(100 * of.spike_share)} %**"
    )
    st.caption(
        f"The network ran once, in {three_digits(1000 * run.seconds)} ms; for this picture {look.entries:,} stored "
        f"membranes were compared with the threshold again, in {three_digits(1000 * look.seconds)} ms."
    )


def beside() -> Sequence[Any]:
    """The places of a picture and, at its right, of a share drawn to scale."""
    return st.container(key="with-share").columns([5, 1])


def to_scale(layer: activity.LayerLook) -> None:
    """The share of a layer's active entries as a number, and as an area in that of all entries; beside it that of its spikes."""
    silent = int((layer.active & ~layer.spikes).sum())
    sides = [100 * math.sqrt(share) for share in (layer.share, layer.spike_share)]
    fits = sum(sides) <= 96 and layer.spike_share > 0
    squares = [("touched", 0.0, sides[0]), *([("spiking", sides[0] + 4, sides[1])] if fits else [])]
    place = "left:{:.2f}%;width:{:.2f}%;height:{:.2f}%"
    drawn = "".join(f'<i class="{name}" style="{place.format(left, side, side)}"></i>' for name, left, side in squares)
    vain = f"; {percent(silent / layer.number)} of these did not fire" if layer.number else ""
    numbers = f"{three_digits(100 * layer.share)} % of the entries get a gradient, {three_digits(100 * layer.spike_share)} % spike."
    st.html(
        f'<div class="to-scale"><p><b>{three_digits(100 * layer.share)} %</b>of the entries get a gradient</p>'
        f'<div class="all" role="img" aria-label="To scale: {numbers}">{drawn}</div>'
        f"<p><small>To scale: all {layer.entries:,} entries{', spikes in grey' if fits else ''}.</small></p>"
        f"<p>{layer.number:,} touched{vain}.</p></div>"
    )


def about(method: AbstractGradientMethod) -> None:
    """Draw the method's equation, what the equal band is, and the papers."""
    with st.expander("The equations and papers", icon=":material/function:"):
        st.latex(method.equation)
        st.latex(r"B_{th} = \tfrac12\int P(\text{active}\mid u)\,du = \delta\,\mathbb{E}\max_{k \le m}|z_k|\ \text{ for LocalZO}")
        st.markdown(
            "The fixed band B_th touches as many entries where membranes are equally dense near the threshold. Where their "
            "density falls towards the threshold, the random bands reach further down and touch more."
        )
        page.citation("mukhoty2023localzo", "pereznieves2021sparse")


def code(experiment: Experiment, method: AbstractGradientMethod, *lines: str) -> str:
    """The Python of a look, ended by a view's own lines."""
    return "\n".join(
        (
            "from snnviz import *",
            "",
            f'run = simulate({text.source(experiment)}, "{backend.chosen()}")      # forward, once',
            f"look = activity.look(run, {text.source(method)}, {experiment.seed})           # reads what was stored",
            "for layer in look.layers:",
            "    print(layer.name, layer.share, layer.spike_share)",
            *lines,
        )
    )
