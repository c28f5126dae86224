"""What the page Runs shows of each kind of work: its name, its own page, its picture, its numbers."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from snnviz import text
from snnviz.runs.values import Run, RunState
from snnviz.runs.work import KINDS, Train
from snnviz.ui import depth, growth, times, training_view


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of work on the page Runs.

    title: its name in the list; page: the title of its own page, with its file and the settings that show such a run there.
    draw: its picture; columns: its numbers as a table, empty while there are none; code: the Python that does the same.
    """

    title: str
    page: str
    file: str
    settings: Mapping[str, str]
    draw: Callable[[RunState], None]
    columns: Callable[[RunState], Mapping[str, Sequence]]
    code: Callable[[Run], str]


def _draw_depth(state: RunState) -> None:
    if (record := state.progress.result) and record.checkpoints:
        depth.bars(record)
    else:
        st.info("The bars come after the training.", icon=":material/hourglass_empty:")


def _depth_columns(state: RunState) -> dict[str, list]:
    record = state.progress.result
    return depth.columns(record) if record and record.checkpoints else {}


def _draw_growth(state: RunState) -> None:
    growth.curves(state.run.work.sweep, state.progress.result)


def _growth_columns(state: RunState) -> dict[str, list]:
    return growth.columns(state.run.work.sweep, state.progress.result)


def _draw_times(state: RunState) -> None:
    if state.progress.result is None:
        st.info("Nothing is measured yet.", icon=":material/hourglass_empty:")
        return
    times.draw(state.progress.result, False, "times")
    times.beside(state.progress.result, "Measured", "fastest", downloads=False)


def _times_columns(state: RunState) -> dict[str, list]:
    from snnviz.studies.backward_times import table

    return table(state.progress.result) if state.progress.result else {}


def _draw_fetch(state: RunState) -> None:
    arrived, work = state.progress.result, state.run.work
    amount = arrived.amount if arrived else "0 kB"
    st.markdown(f"**{work.name}**: {amount} {'fetched' if arrived and arrived.whole else 'had arrived'}, into `{work.folder}`.")


def _depth_code(run: Run) -> str:
    return f"""
from snnviz import *
from snnviz.studies.depth import DepthStudy, measure_depth

for record in measure_depth({text.source(run.work.study)}, "{run.backend}"):
    print(f"{{record.progress:.0%}}", record.doing)
for row in record.checkpoints[-1].errors.rows:
    print(row.layer, row.variant, row.error, row.reliability)
"""


def _growth_code(run: Run) -> str:
    return f"""
from snnviz import *
from snnviz.studies.growth import GrowthSweep, Over, sweep

for point in sweep({text.source(run.work.sweep)}.settings, "{run.backend}"):
    print(point.value, list(point.ratio.values()))
"""


def _times_code(run: Run) -> str:
    return f"""
from snnviz.studies.backward_times import Plan, measure

for point in measure({text.source(run.work.plan)}):
    print(point.steps, point.active, point.backward, point.forward)
"""


def _fetch_code(run: Run) -> str:
    return f"""
import subprocess
import sys

subprocess.run([sys.executable, "-m", "snnviz", "fetch", {run.work.name!r}, "--folder", {run.work.folder!r}], check=True)
"""


KIND = {
    "training": Kind("Training", "Training", "training.py", {}, lambda _: None, training_view.columns, training_view.code),
    "depth": Kind("Depth", "Depth", "depth.py", {}, _draw_depth, _depth_columns, _depth_code),
    "growth": Kind(
        "Growth", "Gradients", "gradients.py", {"of": "network", "view": "growth"}, _draw_growth, _growth_columns, _growth_code
    ),
    "times": Kind("Times", "Sparsity", "sparsity.py", {"view": "time", "source": "here"}, _draw_times, _times_columns, _times_code),
    "fetch": Kind("Fetch", "Data", "data.py", {"from": "disk"}, _draw_fetch, lambda _: {}, _fetch_code),
}
if KIND.keys() != KINDS.keys() or Train.kind not in KIND:
    raise LookupError(f"Each kind of work has an entry here; there are {', '.join(KINDS)}.")
