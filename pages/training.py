"""Training: several methods side by side, from the same weights on the same batches, live."""

import dataclasses

import streamlit as st

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
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

page.heading(
    "Train several methods side by side",
    "All start from the same weights and see the same batches; only the gradient differs. Press Start and watch who learns, "
    "how fast, and what it costs. A run goes on when you leave the page, and is saved.",
)
COMPARED = {"methods": "Methods", "widths": "Shapes and widths"}
if controls.option(list(COMPARED), "Compare", "compare", segmented=True, titles=COMPARED.__getitem__) == "widths":
    page.code_behind(*page.view(__file__, "widths").show(*page.sides()))
    address.end()
    st.stop()
left, right = page.sides()
with left:
    picked = methods.names(methods.FOR_A_NETWORK, ["kept", "slayer", "exodus", "localzo"])
    dataset = controls.choose(SETS, "Data", "data", default=Training().dataset, exclude=("folder",), more="More of the data")
    own = st.session_state.get("own_recordings")
    if own and st.toggle(
        "Train on your uploaded recordings", key="train_own", persist_state="session", help="Those of the Data page."
    ):
        dataset = own
    epochs = controls.number(8, Param("Epochs", low=1, high=10_000, slider=(1, 50, 1)), "epochs")
    with st.expander("Network"):
        shape = controls.choose(ARCHITECTURES, "Network", "network", default=Training().architecture, exclude=SHAPED)
        neuron = controls.choose(FIRING, "Neuron", "neuron", default=Training().neuron, exclude=("dt",))
        touch_active = isinstance(shape, FeedForward) and controls.switch(False, TOUCH, "network.FeedForward.touch_active")
        products = controls.member(Products.MEASURED, PRODUCTS, "products") if isinstance(shape, FeedForward) else Products.DENSE
    with st.expander("Learning"):
        optimiser = controls.choose(OPTIMISERS, "Optimiser", "optimiser", default=Training().optimiser)
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
    chosen = methods.settings(picked)

with right, page.guarded():
    if not chosen:
        st.info("Choose a method at the left.")
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
    work = Train(trainings, sample, touch_active, products)
    recordings.before_training(dataset)
    state = runs_view.current()
    view = controls.option(list(training_view.VIEWS), "Picture", "view", titles=training_view.VIEWS.__getitem__, segmented=True)
    one = 0
    if view in training_view.ONE_METHOD and state is not None and len(state.run.labels) > 1:
        one = state.run.labels.index(st.selectbox("Method", state.run.labels, key="training/method_shown", persist_state="session"))

    state = training_view.watch(
        Run(work, backend.chosen(), visitors.visitor(), dataset.title),
        lambda now: training_view.picture([now], view, one, "training"),
        "Nothing has run yet. The settings are good to begin with: press Start.",
    )
    if state is not None and not state.status.live:
        with st.container(horizontal=True):
            page.downloads("training", training_view.columns(state))
            st.download_button(
                "Settings (TOML)",
                training_view.settings_toml(state),
                "training.toml",
                key="toml",
                on_click="ignore",
                icon=":material/download:",
            )
            st.page_link("pages/runs.py", label="All saved runs", icon=":material/folder_open:")

with st.expander("What differs between the methods", icon=":material/function:"):
    for label, method in zip(distinct(chosen), chosen, strict=True):
        st.markdown(f"**{label}**")
        st.latex(method.equation)
        page.citation(method.cite)
page.code_behind(*code.of_trainings(work, backend.chosen(), state, short=True))
