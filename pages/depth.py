"""Depth: surrogate module learning, and how much of each layer's gradient is error."""

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz import text
from snnviz.figures import chain, closeness, with_and_without
from snnviz.figures.theme import empty_figure
from snnviz.methods import Route
from snnviz.runs import recorded
from snnviz.runs.work import MeasureDepth
from snnviz.studies.depth import against_closeness
from snnviz.ui import address, backend, controls, depth, page, runs_view

SIX = {"depth.layers": "6", "after": "2-4", "modules.route": "both", "depth.looks": "1"}
PRESETS = {
    "A head helps early layers": (
        "**A head gives early layers a shorter road:** before the heads less of the gradient is error.",
        SIX,
    ),
    "Eight layers, one head": (
        "**Deeper, with one head after layer 3:** behind it the last layers are left alone.",
        SIX | {"depth.layers": "8", "after": "3"},
    ),
    "Heads alone": (
        "**Detached: what is in front of a head** never hears of the network's own loss.",
        SIX | {"modules.route": "detach"},
    ),
    "Closer head, less error?": (
        "**Four measurements during the training:** does the error fall while a head comes closer to the network?",
        SIX | {"depth.looks": "4"},
    ),
}

page.heading(
    "A short road to early layers",
    "Every layer on the way back puts a surrogate where there is no derivative, and their errors multiply. Look at the left.",
    "depth.py",
    PRESETS,
)
with page.stage():
    left, right = page.sides()
with left, page.guarded():
    top = st.container()  # what to press; while measuring, how far it has come
    study = depth.settings()
    study.check_budget()

work = MeasureDepth(study)
with top, page.guarded():
    state = runs_view.bar(work, backend.chosen(), "Train and measure")
going = state is not None and state.status.live
record = state.progress.result if state is not None else None
own = state is not None and (going or state.run.work == work or runs_view.comes_first(state, work))
past = None if own else recorded.recording(work)
if past is not None:
    record = past.result
look = record.checkpoints[-1] if record and record.checkpoints else None
with right:
    picture, below = st.container(key="depth-picture"), st.container(horizontal=True, vertical_alignment="bottom")
with below:
    what = "error"
    address.note("shown")
    if record is not None and look is not None and not going:
        what = controls.option(
            ["error", "fall"],
            "Shown",
            "shown",
            segmented=True,
            titles={"error": "Share of error", "fall": "Fall of the loss"}.__getitem__,
        )
        st.button(
            "Hold this", icon=":material/push_pin:", on_click=depth.hold, args=(record,), help="Draw it behind what comes next."
        )
        if depth.held():
            st.button("Let go", icon=":material/close:", on_click=depth.let_go)
        page.downloads("depth", depth.columns(record))
with picture, page.guarded():
    modules = study.modules
    page.figure(chain.chain(study.layers, modules.after, modules.route is Route.DETACH, page.dark(), 140), "chain")
    if record is None or look is None:
        waiting = "The curves come after the training." if going else "Press “Train and measure”: it takes a minute or two."
        page.figure(empty_figure(waiting, dark=page.dark(), height=330), "errors", fill=True)
    else:
        depth.curves(record, what, depth.held(), fill=True)
with right:
    if past is None:
        runs_view.note(state, work, backend.chosen())
    else:
        st.caption(f"{past.words} Press “Train and measure” to do it anew.")
    if record is not None and look is not None:
        st.markdown(depth.verdict(record))

if record is not None and look is not None and not going:
    a, b = st.columns(2, gap="medium")
    with a:
        curves = {"without heads": record.plain.accuracy, "with heads": record.modules.accuracy}
        page.figure(
            with_and_without.with_and_without(
                {name: row for name, row in curves.items() if row},
                {"without heads": "bptt", "with heads": "modules"},
                record.study.training,
                page.dark(),
            ),
            "curves",
        )
    with b:
        if len(record.checkpoints) > 1:
            tracks = {
                layer: [(p.step, p.divergence, p.error, p.plain) for p in points]
                for layer, points in against_closeness(record).items()
            }
            page.figure(closeness.closeness(tracks, page.dark(), 300), "closeness")
            st.caption("Each point is a measurement, over the layers between a head and the one before it; the last are large.")
        else:
            st.markdown("**How close each head is to the network**")
            st.table(depth.heads(look))
            st.caption("On the digits measured on. For error against closeness, choose more measurements during training.")
    st.markdown("**What it costs**")
    st.table(depth.costs(record))

st.markdown(
    "**Predict, then look.** Move one head from the end to the middle: which layers improve, and which get worse? Hold the "
    "first measurement before you move it."
)
with st.expander("The loss, the reference and its limits", icon=":material/function:"):
    st.latex(study.modules.equation)
    st.markdown(
        "q are the network's logits and qᵢ a head's; each KL term trains its second argument only. The true gradient of a "
        "spiking network is zero almost everywhere, so a reference has to be chosen. Ours is that of the loss smoothed "
        "over noise on one layer's weights, from forward passes alone, in two independent halves a and b:"
    )
    st.latex(
        r"\frac{\mathbb{E}[L(W_l + \sigma\varepsilon)\,\varepsilon]}{\sigma},\qquad r = \cos(a, b),\qquad "
        r"\text{error} = 1 - \cos^2,\quad \cos = \frac{\cos(g, a+b)}{\sqrt{2r/(1+r)}}"
    )
    st.markdown(
        "It is the gradient of the network's own loss. Next to the output the heads' gradient may look worse, because λ "
        "weighs another aim there: agreement. One seed is a lead, not a proof: try others."
    )
    page.citation(study.modules.cite)
is_whole = record is not None and past is None and record.done and (record.study, record.backend) == (study, backend.chosen())
page.code_behind(
    f"""
from snnviz import *

study = {text.source(study)}
for record in measure_depth(study, "{backend.chosen()}"):
    print(f"{{record.progress:.0%}}", record.doing)
rows = record.checkpoints[-1].errors.rows
for row in rows:
    print(row.layer, row.variant, row.error, row.reliability)
""",
    {"study": study} | ({"rows": look.errors.rows} if look is not None and is_whole else {}),
)
