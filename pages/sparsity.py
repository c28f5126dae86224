"""Sparsity: what the backward pass really touches, what that keeps, and how long it takes."""

import dataclasses
import functools

import streamlit as st

from snnviz import simulate, text
from snnviz.figures import active_raster, active_share, bytes_kept, margin_histogram, published_factors
from snnviz.figures import backward_times as curves
from snnviz.figures.theme import three_digits
from snnviz.methods import GatedZO, LocalZO, SparseGD
from snnviz.neurons import NEURONS
from snnviz.params import Param, params
from snnviz.runs.values import Run
from snnviz.runs.work import Train
from snnviz.studies import activity
from snnviz.studies import backward_times as times
from snnviz.surrogates import SURROGATES, FastSigmoid, Gaussian
from snnviz.training import Training
from snnviz.ui import backend, controls, estimates, follow, measuring, methods, page
from snnviz.ui.cache import cached

FILE = "sparsity.py"
VIEWS = {"margins": "Margins", "raster": "Raster", "share": "Share", "live": "Live", "bytes": "Bytes", "time": "Time"}
KINDS = ("localzo", "gated", "sparse")
FIRING = {name: cls for name, cls in NEURONS.items() if cls.differentiable and cls.fires}
START = activity.example()
SIZED = {"run": "This layer"} | {
    name: f"A layer of {name}, batch {batch}, {columns} neurons" for name, (_, batch, columns) in activity.SIZES.items()
}
WINDOW = 5.0  # ms that the curves over time are means of
MATCH = Param(
    "As active as LocalZO", r"B_{th} = \delta\,\mathbb{E}\max|z_k|", help="Take the band that matches a width, draws and a law."
)
BESIDE = Param("Beside it, the equal fixed band", help="Sparse gradient descent that is as active in the mean.")
NARROW = {"slider": (1e-6, 2.0, 5), "log": True}  # widths down to where nothing is left
PRESETS = {
    "Under 1 % active": (
        "The published width δ = 0.05: see which entries are touched, and that half of them never fired.",
        {"view": "raster"},
    ),
    "An empty band is dead for ever": (
        "A band of ±0.000001 holds no membrane: no gradient, and no loss can bring it back.",
        {"method": "sparse", "sparse.band": "1e-06"},
    ),
    "Does it stay sparse while it learns?": (
        "Trained on the digits at δ = 0.05, with the equal fixed band beside it: press Start.",
        {"view": "live"},
    ),
    "What 100× is measured against": ("Against a loop that slices, on the backward pass alone, of one layer.", {"view": "time"}),
}


def choose_method():
    """The method of the controls; moving these never runs the network."""
    kind = controls.option(KINDS, "Method", "method", titles=lambda name: methods.CHOICES[name][0])
    if kind == "gated":
        surrogate = controls.choose(SURROGATES, "Surrogate", "gated.surrogate", default=Gaussian(sigma=0.05))
        return controls.edit(GatedZO(surrogate), "gated", exclude=("keep_reset",))
    if kind == "sparse" and not controls.switch(False, MATCH, "match"):
        band = dataclasses.replace(params(SparseGD)["band"], **NARROW)
        return SparseGD(FastSigmoid(), controls.number(0.05, band, "sparse.band"))
    delta = controls.number(0.05, dataclasses.replace(params(LocalZO)["delta"], **NARROW), "localzo.delta")
    draws = controls.number(1, params(LocalZO)["draws"], "localzo.draws")
    law = estimates.choose_law()
    with page.guarded():
        localzo = LocalZO(estimates.law(*law), delta, draws)
        return localzo if kind == "localzo" else SparseGD.matching(localzo, FastSigmoid())


def choose_run():
    """The experiment of the controls; moving these runs it."""
    with st.expander("The network: these run it again"):
        shape = controls.edit(START.architecture, "network", only=("layers", "width", "gain", "first_gain"))
        stimulus = controls.edit(START.stimulus, "input", only=("rate",))
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=START.neuron)
        value = dataclasses.replace(START, neuron=neuron, stimulus=stimulus, architecture=shape)
        return controls.edit(value, "run", only=("steps", "batch", "seed"))


def choose_sample(batch: int) -> int:
    last = batch - 1
    return controls.number(0, Param("Sample", low=0, high=last, slider=(0, last, 1)), "sample") if last else 0


def alarm(seen, method) -> None:
    """Say which layers are dead, and offer what brings them back."""
    if not seen.dead:
        return
    names = ", ".join(seen.dead)
    st.error(
        f"**{names.capitalize()}: no entry is active.** The gradient is exactly zero there and in every layer "
        f"before it, so no loss, not even one on the spikes themselves, can bring it back. {activity.help_for(method)}",
        icon=":material/skull:",
    )
    wider = {key: value for key, value in st.query_params.items() if key not in ("sparse.band", "localzo.delta")}
    st.page_link(f"pages/{FILE}", label="Rescue: back to a width of 0.05", query_params=wider, icon=":material/healing:")


def show_activity(view: str, left, right) -> str:
    with left:
        method = choose_method()
        experiment = choose_run()
    with right, page.guarded():
        experiment.check_budget()
        with st.spinner("Running; the first run of a neuron builds its kernel, once on this machine", show_time=True):
            run = cached(simulate)(experiment, backend.chosen())
        seen = activity.look(run, method, experiment.seed)
        names = [layer.name for layer in seen.layers]
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            layer = seen[controls.option(names, "Layer", "layer", segmented=True)] if view != "share" else None
            size = controls.option(list(SIZED), "Sized as", "size", titles=SIZED.get) if view == "bytes" else "run"
            sample = choose_sample(experiment.batch) if view == "raster" else 0
        alarm(seen, method)
        if view == "margins":
            bars = activity.histogram(layer, method)
            page.figure(margin_histogram.margin_histogram(layer, bars, seen.band, methods.hue(method), page.dark()), "margins")
            columns = {"margin": bars.centres, "entries": bars.entries, "active": bars.active}
        elif view == "raster":
            page.figure(active_raster.active_raster(layer, sample, page.dark()), "raster")
            columns = layer.table(sample)
        elif view == "share":
            page.figure(active_share.active_share(seen.layers, seen.band, WINDOW, page.dark()), "share")
            columns = {"time_ms": seen.layers[0].times} | {
                f"{one.name}_{what}": values
                for one in seen.layers
                for what, values in zip(("active", "spiking"), one.over_time(), strict=True)
            }
        else:
            kept = activity.kept_by(layer, size)
            page.figure(bytes_kept.bytes_kept(kept, activity.totals(kept), SIZED[size], page.dark()), "bytes")
            columns = {what: [getattr(k, what) for k in kept] for what in ("design", "array", "bytes")}
        counted(seen, layer, run, method)
        page.downloads(f"sparsity-{view}", columns)
    if view == "bytes":
        quiz()
    about(method)
    return f"""
from snnviz import *
from snnviz.studies.activity import look

run = simulate({text.source(experiment)}, "{backend.chosen()}")      # forward, once
seen = look(run, {text.source(method)}, {experiment.seed})           # call again with another width: nothing is run
for layer in seen.layers:
    print(layer.name, layer.share, layer.spike_share, layer.active.shape)
"""


def counted(seen, layer, run, method) -> None:
    """The counters, and where they come from."""
    of, name = (seen, "all layers") if layer is None else (layer, layer.name)
    band = (
        "no fixed band is equal: the random ones have no mean"
        if seen.band is None
        else (
            f"the band is ±{three_digits(seen.band)}"
            if isinstance(method, SparseGD)
            else f"the equal fixed band, ±{three_digits(seen.band)}, touches {three_digits(100 * of.within(seen.band))} %"
        )
    )
    st.markdown(
        f"{name.capitalize()}: **active {three_digits(100 * of.share)} %** · {band} · "
        f"**spiking {three_digits(100 * of.spike_share)} %**"
    )
    st.caption(
        f"The network ran once, in {three_digits(1000 * run.seconds)} ms; for this picture {seen.entries:,} stored "
        f"membranes were compared with the threshold again, in {three_digits(1000 * seen.seconds)} ms."
    )


def quiz() -> None:
    with st.expander("Predict first: how much is saved?", icon=":material/quiz:"):
        guess = st.number_input(
            "Peak memory of a backward pass falls from 205 MB to 112 MB. How much is saved, in percent?",
            0.0,
            100.0,
            None,
            step=1.0,
            format="%g",
            key="guess",
            placeholder="your prediction",
        )
        if guess is not None:
            st.markdown(
                "It is **45.4 %**. Divided the other way, 205/112 − 1, the same numbers read “83 % more memory efficient”; "
                "the “85 %” that is quoted for this method is of that kind."
            )


def show_live(left, right) -> str:
    """Train with the width of the controls, over active entries alone, and follow the share that is really touched."""
    with left:
        method = choose_method()
        chosen = [method]
        if isinstance(method, LocalZO) and controls.switch(True, BESIDE, "beside"):
            with page.guarded():
                chosen.append(SparseGD.matching(method, FastSigmoid()))
        base = dataclasses.replace(Training(), architecture=dataclasses.replace(Training().architecture, touch_active=True))
        with st.expander("The training"):
            shape = controls.edit(base.architecture, "trained", only=("layers", "width"))
            base = controls.edit(dataclasses.replace(base, architecture=shape), "run", only=("epochs", "batch", "seed"))
    with right, page.guarded():
        trainings = tuple(dataclasses.replace(base, method=one) for one in chosen)
        state = follow.watch(
            Run(Train(trainings), backend.chosen(), follow.visitor(), "Active share in training"),
            lambda now: follow.picture([now], "active", key="sparsity"),
            "Nothing is being trained. Press Start: the digits, with the method of the controls.",
        )
        st.caption(
            "Of a sparse method over active entries the share is what its backward pass touched, batch by batch; of others "
            "it is looked at now and then. A layer at zero has no point on a logarithmic axis, and is named."
        )
        if state is not None and not state.status.live:
            page.downloads("sparsity-live", follow.columns(state))
        st.page_link("pages/training.py", label="The same run from all sides", icon=":material/model_training:")
    about(method)
    return f"""
{follow.IMPORTS}

common = {text.source(dataclasses.replace(base, method=method))}
for method in [{", ".join(map(text.source, chosen))}]:
    for record in train(dataclasses.replace(common, method=method), "{backend.chosen()}"):
        if isinstance(record, BatchRecord) and record.active is not None:
            print(method.label, record.epoch, record.batch, record.active)
"""


def show_time(left, right) -> str:
    with right:
        source = controls.option(
            ["published", "here", "gpu"],
            "Whose times",
            "source",
            segmented=True,
            titles={"published": "Published", "here": "Measured here", "gpu": "Recorded on a GPU"}.get,
        )
    if source == "published":
        with left:
            st.markdown("**What 100× is measured against**")
            st.markdown(
                "- A Python loop over `h[:, t, :]`. For *each* step autograd fills a whole `[B, T, N]` array with zeros "
                "and adds it: time grows as **T²**. With `h.unbind(1)` it is linear.\n"
                "- The **second hidden layer** only; first layer, readout and loss are left out.\n"
                "- The **backward pass** only. Forward is untouched: at ±0.05 it is 96 % of the time that remains."
            )
        with right:
            rows = times.PUBLISHED_BANDS
            page.figure(published_factors.published_factors(rows, page.dark()), "published")
            st.caption(
                "Source: the raw results published with Perez-Nieves & Goodman 2021, medians recomputed; SHD, T = 500, "
                "N = 400, batch 128; the dense times are those of a GTX 1080 Ti. Below ±0.01 accuracy falls: 0.515 at "
                "±0.001, against 0.734 dense."
            )
            st.dataframe(published_table(times.PUBLISHED), hide_index=True)
            page.downloads(
                "published", {f.name: [getattr(r, f.name) for r in (*rows, *times.PUBLISHED)] for f in dataclasses.fields(rows[0])}
            )
        about_times()
        return """
from snnviz.studies.backward_times import PUBLISHED, PUBLISHED_BANDS

for row in (*PUBLISHED_BANDS, *PUBLISHED):
    print(row)
"""
    with left:
        step = (
            controls.option(
                ["backward", "step"], "Time of", "timed", segmented=True, titles={"backward": "Backward", "step": "Whole step"}.get
            )
            == "step"
        )
        if source == "here":
            over = controls.option(
                ["activity", "steps"],
                "Against",
                "against",
                segmented=True,
                titles={"activity": "Active share", "steps": "Steps"}.get,
            )
            plan = controls.edit(times.Plan(over_steps=over == "steps"), "plan")

    def draw(series, key):
        if len({t.steps for t in series.timings}) > 1:
            fig = curves.against_steps(series.timings, times.exponents(series.timings, step), step, page.dark())
        else:
            fig = curves.against_activity(series.timings, times.crossover(series.timings, step), step, page.dark())
        page.figure(fig, key)

    with right, page.guarded():
        if source == "here":
            series = measuring.series(plan, draw)
            if series is None:
                st.info(
                    "Nothing is measured yet. Four passes will be timed here: autograd through a slicing loop, autograd "
                    "through `unbind`, the fused dense kernel, and the sparse kernel; all compute the same gradient."
                )
        else:
            found = times.recorded()
            if not found:
                st.info(
                    "No GPU result is recorded yet. On a machine with one, `python -m bench.sparsity --device cuda` writes one "
                    "to bench/results, and it appears here."
                )
            else:
                names = {str(i): f"{s.machine}: {s.about}" for i, s in enumerate(found)}
                series = found[int(controls.option(list(names), "Recorded", "recorded", titles=names.get))]
                draw(series, "recorded")
        if (source == "here" and series is not None) or (source == "gpu" and found):
            how = ("Measured here", "fastest") if source == "here" else ("Recorded", "median")
            st.caption(f"{how[0]}: {series.machine}; {series.date}; {series.about}; the {how[1]} of several.")
            beside(series)
            page.downloads("times", times.table(series))
    about_times()
    return f"""
from snnviz.studies.backward_times import Plan, measure

for point in measure({text.source(plan) if source == "here" else "Plan()"}):
    print(point.steps, point.active, point.backward, point.forward)
"""


def beside(series) -> None:
    """The factor of the backward pass with the whole step's beside it, at the point nearest to 1 % active."""
    at = times.nearest(series, 0.01)
    st.markdown(f"**At {three_digits(100 * at.active)} % active, T = {at.steps}: backward pass and whole step**")
    st.dataframe(
        times.factors(at),
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.3g") for name in ("backward, ms", "whole step, ms")},
    )
    st.caption(
        "What sparsity itself brings is the factor over the fused dense kernel, which does the same work without Python's "
        "loop; the factors over autograd are mostly that loop's."
    )


def published_table(rows) -> dict:
    return {
        "data": [f"{r.data}, T = {r.steps}" for r in rows],
        "N": [r.hidden for r in rows],
        "slicing loop, backward": [f"{r.dense_ms:g} ms" for r in rows],
        "backward": [f"{r.backward:g}×" for r in rows],
        "whole step": [f"{r.step:g}×" for r in rows],
        "memory saved": [f"{r.saved:g} %" for r in rows],
    }


def about_times() -> None:
    with st.expander("Why slicing is quadratic", icon=":material/function:"):
        st.code(
            "for t in range(T):                 # the published baseline\n    u = beta * u + h[:, t, :]\n\n"
            "for x in h.unbind(1):              # one word, and it is linear\n    u = beta * u + x",
            language="python",
        )
        st.markdown(
            "The derivative of `h[:, t, :]` by `h` is an array of `h`'s size, zero but for one step. Autograd makes one "
            "for each of the T steps and adds it to the sum so far:"
        )
        st.latex(r"\text{bytes moved} \approx 4\ \text{passes} \times 4BTN\ \text{bytes} \times T\ \text{steps} \;\propto\; T^2")
        st.markdown(
            "In the published raw results the slicing loop's backward pass takes 135, 1,151 and 3,162 ms for T = 100, 300 "
            "and 500 (N = 1000): exponents of 1.95 and 1.98. Its peak memory is two full arrays: the sum and the zeros."
        )
        page.citation("pereznieves2021sparse", "mukhoty2023localzo")


def about(method) -> None:
    with st.expander("The equations and papers", icon=":material/function:"):
        st.latex(method.equation)
        st.latex(r"B_{th} = \tfrac12\int P(\text{active}\mid u)\,du = \delta\,\mathbb{E}\max_{k \le m}|z_k|\ \text{ for LocalZO}")
        st.markdown(
            "The fixed band B_th touches as many entries where membranes are equally dense near the threshold. Where their "
            "density falls towards the threshold, the random bands reach further down and touch more."
        )
        page.citation("mukhoty2023localzo", "pereznieves2021sparse")


page.heading(
    "What the backward pass touches",
    "Only entries near the threshold get a gradient, whether they fired or nearly did. Move the width: the stored membranes are "
    "compared again, nothing is run. Watch the orange part, what it keeps, and what it costs.",
)
page.presets(FILE, PRESETS)
view = controls.option(list(VIEWS), "View", "view", segmented=True, titles=VIEWS.get)
sides = page.sides()
page.code_behind({"time": show_time, "live": show_live}.get(view, functools.partial(show_activity, view))(*sides))
