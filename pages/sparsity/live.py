"""Live: train with the width of the controls, computing active entries only, and plot the share that was computed."""

import dataclasses

import streamlit as st

from snnviz.methods import LocalZO, SparseGD
from snnviz.params import Param
from snnviz.runs.values import Run
from snnviz.runs.work import Train
from snnviz.surrogates import FastSigmoid
from snnviz.training import Training
from snnviz.ui import backend, code, controls, page, sparsity, training_view, visitors

BESIDE = Param("Equal band beside it", help="Sparse gradient descent that is as active in the mean.")


def show(left, right):
    with left:
        method = sparsity.choose_method()
        chosen = [method]
        if isinstance(method, LocalZO) and controls.switch(True, BESIDE, "beside"):
            with page.guarded():
                chosen.append(SparseGD.matching(method, FastSigmoid()))
        base = Training()
        with st.expander("The training"):
            shape = controls.edit(base.architecture, "trained", only=("layers", "width"))
            base = controls.edit(dataclasses.replace(base, architecture=shape), "run", only=("epochs", "batch", "seed"))
    with right, page.guarded():
        trainings = tuple(dataclasses.replace(base, method=one) for one in chosen)
        work = Train(trainings, touch_active=True)
        state = training_view.watch(
            Run(work, backend.chosen(), visitors.visitor(), "Active share in training"),
            lambda now, changed: training_view.picture([now], "active", key="sparsity", fill=True),
            "Nothing has run with these settings. Start trains the digits; the share appears here, batch by batch.",
            prepared="sparsity",
        )
        st.caption(
            "Of a sparse method over active entries the share is what its backward pass touched, batch by batch; of others "
            "it is looked at now and then. Where a layer falls to zero, it is named."
        )
        if state is not None and not state.status.live:
            page.downloads("sparsity-live", training_view.columns(state))
        st.page_link("pages/training.py", label="The same run from all sides", icon=":material/model_training:")
    sparsity.about(method)
    return code.of_trainings(work, backend.chosen(), state, short=True)
