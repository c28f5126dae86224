"""Sweeps: trainings over two settings and several seeds, as a table that fills while they train."""

import dataclasses

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.runs.sweep import Sweep
from snnviz.studies.grid_presets import GRIDS
from snnviz.ui import backend, controls, page, runs_view, sweeps

SWEPT = {"shape": "Surrogate", "depth": "Depth", "scale": "Scale"}
PRESETS = {
    "Does the surrogate's shape matter?": (
        "**Six shapes at three widths:** compare along a row, then down a column.",
        {"sweep": "shape"},
    ),
    "How deep can each method train?": (
        "**The same network with one to eight hidden layers,** by three methods, without normalisation.",
        {"sweep": "depth"},
    ),
    "Who needs a tuned scale?": (
        "**SLAYER's scale over three decades:** under gradient descent it decides, Adam divides it out.",
        {"sweep": "scale"},
    ),
}

page.heading(
    "Sweep settings and seeds",
    "Every cell is a training from several seeds. The epoch to report is chosen on samples held out of the training part.",
    "sweeps.py",
    PRESETS,
)
with page.stage():
    left, right = page.sides()
with left:
    swept = controls.option(list(SWEPT), "Swept", "sweep", titles=SWEPT.__getitem__, segmented=True)
    start = GRIDS[swept]()
    (training,) = start.trainings
    grid = controls.edit(start, f"{swept}.grid", only=("seeds", "validation"))
    training = controls.edit(training, f"{swept}.run", only=("epochs", "batch", "seed"))
    with st.expander("The data"):
        dataset = controls.edit(training.dataset, f"{swept}.data", only=("samples", "steps"))
with right, page.guarded():
    grid = dataclasses.replace(grid, trainings=(dataclasses.replace(training, dataset=dataset),))
    work = Sweep(grid)
    state = runs_view.bar(work, backend.chosen(), "Train them all", again="Train again")
    runs_view.note(state, work, backend.chosen())
    if state is None:
        sweeps.empty(grid)
    else:
        sweeps.draw(state, fill=True)
        with st.container(horizontal=True):
            if of_epochs := sweeps.table(state):
                page.downloads("sweep", of_epochs)
            sweeps.taken(state)
page.code_behind(*sweeps.code(grid, backend.chosen(), state if state is not None and state.run.work == work else None))
