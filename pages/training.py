"""Training: several methods side by side, from the same weights on the same batches, live."""

import dataclasses

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.architectures import ARCHITECTURES, FeedForward
from snnviz.datasets import DATASETS
from snnviz.events import Products
from snnviz.labels import distinct
from snnviz.losses import LOSSES, AbstractTrainingLoss
from snnviz.neurons import NEURONS
from snnviz.optimisers import OPTIMISERS, SCHEDULES
from snnviz.params import Param
from snnviz.runs.values import Run
from snnviz.runs.work import Train
from snnviz.threads import THREADS
from snnviz.training import Training
from snnviz.ui import address, backend, code, controls, methods, page, recordings, runs_view, training_view, visitors

FIRING = {name: cls for name, cls in NEURONS.items() if cls.differentiable and cls.fires}
TRAINABLE = {name: cls for name, cls in LOSSES.items() if issubclass(cls, AbstractTrainingLoss)}
SETS = {name: cls for name, cls in DATASETS.items() if name not in ("TonicSet", "OwnRecordings")}
TOUCH = Param(
    "Touch only active entries", help="With a sparse method, run over the active entries alone: the same gradients, sooner."
)
PRODUCTS = Param(
    "Products",
    help="Spikes are mostly zeros: a layer can read the weights of active inputs alone (events), or all; measured: each layer and "
    "batch by its activity. The gradients are the same up to rounding.",
)
SHAPED = ("inputs", "outputs", "side")  # of a network: they follow from the data set

COMPARED = {"methods": "Methods", "widths": "Widths"}
# Each is one of the library's prepared comparisons, and opens with its recorded run (assets/recordings/).
STORY = {
    "methods": "slayer-exodus", "slayer.scale": "3", "slayer.again.on": "true", "slayer.again": "0.1",
    "optimiser": "SGD", "optimiser.SGD.lr": "0.1", "epochs": "10", "sample": "10",
}  # fmt: skip
PRESETS = {
    "Too large a step": (
        "**SLAYER at scale 3 never learns the digits; at scale 0.1 it does.** EXODUS has no scale to tune.",
        STORY,
    ),
    "Which came first?": (
        "**Which of two came first? At scale 3 SLAYER mostly stays at chance, 25 %.** At 0.1 it learns; EXODUS has no scale.",
        STORY
        | {
            "data": "TemporalOrder",
            "network.FeedForward.width": "64",
            "network.FeedForward.first_gain": "3",
            "optimiser.SGD.lr": "0.02",
            "epochs": "15",
            "sample": "0",
        },
    ),
    "Four methods": (
        "**Under Adam all four learn the digits.** BPTT and EXODUS are one gradient; LocalZO touches a part of the entries.",
        {"methods": "kept-slayer-exodus-localzo", "optimiser": "Adam", "epochs": "10", "sample": "10"},
    ),
    "Deep: with heads": (
        "**Heads shorten the road back through eight layers:** over three seeds 85.2 ± 2.2 % without, 90.7 ± 0.6 % with them.",
        {
            "methods": "kept-modules",
            "modules.after": "3-6",
            "surrogate": "Dspike",
            "data.Digits.steps": "10",
            "network.FeedForward.layers": "8",
            "network.FeedForward.width": "32",
            "network.FeedForward.gain": "3",
            "loss.CrossEntropy.over_time": "mean",
            "schedule": "Cosine",
            "epochs": "15",
            "sample": "10",
        },
    ),
}

page.heading(
    "Train several methods side by side",
    "All start from the same weights and see the same batches; only the gradient differs.",
    "training.py",
    PRESETS,
)
if runs_view.current() is None:  # after the heading: a fresh server may have run the page bare until there
    address.opens_with(STORY)
with page.stage():
    asks = page.asks()
    left, right = page.sides()
with left:
    compared = controls.option(list(COMPARED), "Compare", "compare", segmented=True, titles=COMPARED.__getitem__, bare=True)
if compared == "widths":
    page.code_behind(*page.view(__file__, "widths").show(left, right))
    address.end()
    st.stop()
with asks:
    picked = methods.names(methods.FOR_A_NETWORK, ["kept", "slayer", "exodus", "localzo"])
    titles = training_view.VIEWS.__getitem__
    view = controls.option(list(training_view.VIEWS), "Picture", "view", titles=titles, segmented=True, bare=True)
with left:
    dataset = controls.choose(
        SETS, "Data", "data", default=Training().dataset, exclude=("folder",), more="More of the data", folded="The data"
    )
    own = st.session_state.get("own_recordings")
    if own and st.toggle(
        "Train on your uploaded recordings", key="train_own", persist_state="session", help="Those of the Data page."
    ):
        dataset = own
    epochs = controls.number(8, Param("Epochs", low=1, high=10_000, slider=(1, 50, 1)), "epochs")
    front = controls.Front(st.container(), ("lr",))
    with st.expander("Network"):
        shape = controls.choose(ARCHITECTURES, "Network", "network", default=Training().architecture, exclude=SHAPED)
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=Training().neuron, exclude=("dt",))
        touch_active = isinstance(shape, FeedForward) and controls.switch(False, TOUCH, "network.FeedForward.touch_active")
        products = controls.member(Products.MEASURED, PRODUCTS, "products")
        threads = int(controls.number(1, THREADS, "threads"))
    with st.expander("Learning"):
        optimiser = controls.choose(OPTIMISERS, "Optimiser", "optimiser", default=Training().optimiser, front=front)
        schedule = controls.choose(SCHEDULES, "Learning rate over time", "schedule", default=Training().schedule)
        loss = controls.choose(TRAINABLE, "Loss", "loss", default=Training().loss)
        base = controls.edit(Training, "run", only=("batch", "seed", "clip"))
        repeats = int(
            controls.number(
                1,
                Param(
                    "Repeats over seeds",
                    low=1,
                    high=20,
                    slider=(1, 10, 1),
                    help="Each method is trained that often, from other weights.",
                ),
                "repeats",
            )
        )
        sample = int(controls.number(0, Param("Test sample shown", low=0, high=100_000), "sample"))
    with st.expander("Methods"):
        chosen = methods.settings(picked, shape.layers, head=1, again=True)

with right, page.guarded():
    if not chosen:
        st.info("Choose a method above.")
        st.stop()
    trainings = tuple(
        dataclasses.replace(
            base,
            dataset=dataset,
            architecture=shape,
            neuron=neuron,
            method=method,
            loss=loss,
            optimiser=optimiser,
            schedule=schedule,
            epochs=epochs,
            seed=base.seed + repeat,
        )
        for method in chosen
        for repeat in range(repeats)
    )
    work = Train(trainings, sample, touch_active, products, threads)
    recordings.before_training(dataset)
    state = runs_view.current()
    one = 0
    if view in training_view.ONE_METHOD and state is not None and len(state.run.labels) > 1:
        one = state.run.labels.index(st.selectbox("Method", state.run.labels, key="training/method_shown", persist_state="session"))

    state = training_view.watch(
        Run(work, backend.chosen(), visitors.visitor(), dataset.title),
        lambda now, changed: training_view.picture([now], view, one, "training", changed),
        "Nothing has run with these settings. Start trains; the curves and one test sample appear here, epoch by epoch.",
        prepared="training",
    )
    if state is not None and not state.status.live:
        with st.container(horizontal=True):
            page.downloads("training", training_view.columns(state))
            training_view.files(state, "training")
            st.page_link("pages/runs.py", label="All saved runs", icon=":material/folder_open:")

with st.expander("What differs between the methods", icon=":material/function:"):
    for label, method in zip(distinct(chosen), chosen, strict=True):
        st.markdown(f"**{label}**")
        st.latex(method.equation)
        page.citation(method.cite)
page.code_behind(*code.of_trainings(work, backend.chosen(), state, short=True))
