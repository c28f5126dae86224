"""Shape against width: one training under six surrogates, each at its width, ten times narrower and ten times wider."""

import dataclasses
from typing import cast

import streamlit as st

from snnviz import text
from snnviz.runs import recorded
from snnviz.runs.values import Status
from snnviz.runs.work import SweepWidths
from snnviz.studies.widths import WidthSweep
from snnviz.ui import backend, controls, page, runs_view, widths


def show(left, right):
    with left:
        sweep = controls.edit(WidthSweep(), "sweep", only=("seeds", "keep_reset"))
        with st.expander("The training"):
            dataset = controls.edit(sweep.base.dataset, "data", only=("samples",))
            base = controls.edit(sweep.base, "run", only=("epochs", "seed"))
        sweep = dataclasses.replace(sweep, base=dataclasses.replace(base, dataset=dataset))
        st.caption(
            f"{sweep.base.dataset.title}, {sweep.base.dataset.samples:,} samples; two layers of 64, τ 10 ms, Adam, "
            f"{sweep.base.epochs} epochs. Base widths: triangle 0.6, boxcar 0.3, Gaussian 0.25, sigmoid of slope 6 (of one width "
            "at half their height), arctan of α = 2, fast sigmoid of slope 10."
        )
    work = SweepWidths(sweep)
    lines = f"""
from snnviz import *

study = {text.source(sweep)}
points = []
for point in sweep_widths(study, "{backend.chosen()}"):
    points.append(point)
    print(point)
"""
    with right, page.guarded():
        state = runs_view.bar(work, backend.chosen(), "Train them all")
        past, first = recorded.recording(work), runs_view.comes_first(state, work)
        if state is not None and state.progress.result is not None and (past is None or state.run.work == work or first):
            runs_view.note(state, work, backend.chosen())
            widths.table(cast(SweepWidths, state.run.work).sweep, state.progress.result)
            page.downloads("widths", widths.columns(state.progress.result))
            if state.status is Status.FINISHED and state.run.work == work:
                return lines, {"tuple(points)": state.progress.result.points}
        elif past is not None:
            widths.table(sweep, past.result)
            st.caption(f"{past.words} Press to train anew.")
            page.downloads("widths", widths.columns(past.result))
        else:
            st.info("Eighteen trainings of one to two seconds for each seed. Press “Train them all”.")
    return lines, {"study.trainings": sweep.trainings}
