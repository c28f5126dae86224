"""What the page Runs shows of each kind of work: its name, its own page, its picture, its numbers."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import streamlit as st

from snnviz import text
from snnviz.runs.sweep import Sweep
from snnviz.runs.values import RunState, Status
from snnviz.runs.work import KINDS, FetchSet, MeasureDepth, MeasureSpeed, MeasureTimes, SweepGrowth, SweepWidths, Train
from snnviz.ui import code, depth, growth, speed, sweeps, times, training_view, widths


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of work on the page Runs.

    title: its name in the list; page: the title of its own page, with its file and the settings that show such a run there.
    draw: its picture; columns: its numbers as a table, empty while there are none; code: the
    Python that does the same, and by expression what it must give.
    """

    title: str
    page: str
    file: str
    settings: Mapping[str, str]
    draw: Callable[[RunState], None]
    columns: Callable[[RunState], Mapping[str, Sequence]]
    code: Callable[[RunState], tuple[str, Mapping[str, Any]]]


def _draw_depth(state: RunState) -> None:
    if (record := state.progress.result) and record.checkpoints:
        depth.curves(record)
        st.markdown(depth.verdict(record))
    else:
        st.info("The curves come after the training.", icon=":material/hourglass_empty:")


def _depth_columns(state: RunState) -> dict[str, list]:
    record = state.progress.result
    return depth.columns(record) if record and record.checkpoints else {}


def _draw_growth(state: RunState) -> None:
    growth.curves(cast(SweepGrowth, state.run.work).sweep, state.progress.result)


def _growth_columns(state: RunState) -> dict[str, list]:
    return growth.columns(cast(SweepGrowth, state.run.work).sweep, state.progress.result)


def _draw_widths(state: RunState) -> None:
    if state.progress.result is not None:
        widths.table(cast(SweepWidths, state.run.work).sweep, state.progress.result)


def _widths_columns(state: RunState) -> dict[str, list]:
    return widths.columns(state.progress.result) if state.progress.result else {}


def _draw_times(state: RunState) -> None:
    if state.progress.result is None:
        st.info("Nothing is measured yet.", icon=":material/hourglass_empty:")
        return
    times.draw(state.progress.result, False, "times")
    times.beside(state.progress.result, "Measured", "fastest", downloads=False)


def _times_columns(state: RunState) -> dict[str, list]:
    from snnviz.studies.backward_times import table

    return table(state.progress.result) if state.progress.result else {}


def _draw_speed(state: RunState) -> None:
    speed.draw(state.progress.result, cast(MeasureSpeed, state.run.work).plan.grows.value)


def _speed_columns(state: RunState) -> dict[str, list]:
    from snnviz.studies.speed import table

    return table(state.progress.result) if state.progress.result else {}


def _draw_fetch(state: RunState) -> None:
    arrived, work = state.progress.result, cast(FetchSet, state.run.work)
    amount = arrived.amount if arrived else "0 kB"
    st.markdown(f"**{work.name}**: {amount} {'fetched' if arrived and arrived.whole else 'had arrived'}, into `{work.folder}`.")


def _training_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    return code.of_trainings(cast(Train, state.run.work), state.run.backend, state)


def _depth_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    source = f"""
from snnviz import *

for record in measure_depth({text.source(cast(MeasureDepth, state.run.work).study)}, "{state.run.backend}"):
    print(f"{{record.progress:.0%}}", record.doing)
for row in record.checkpoints[-1].errors.rows:
    print(row.layer, row.variant, row.error, row.reliability)
"""
    if state.status is Status.FINISHED:
        return source, {"record.checkpoints": state.progress.result.checkpoints}
    return source, {"record.study": cast(MeasureDepth, state.run.work).study}


def _growth_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    source = f"""
from snnviz import *

study = {text.source(cast(SweepGrowth, state.run.work).sweep)}
ratios = [tuple(point.ratio.values()) for point in sweep(study.settings, "{state.run.backend}")]
for point, row in zip(study.settings, ratios, strict=True):
    print(point[0], row)
"""
    if state.status is Status.FINISHED:
        return source, {"ratios": [point.ratios for point in state.progress.result.points]}
    return source, {"len(ratios)": len(cast(SweepGrowth, state.run.work).sweep.settings)}


def _widths_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    sweep = cast(SweepWidths, state.run.work).sweep
    source = f"""
from snnviz import *

study = {text.source(sweep)}
points = list(sweep_widths(study, "{state.run.backend}"))
for point in points:
    print(point)
"""
    if state.status is Status.FINISHED:
        return source, {"tuple(points)": state.progress.result.points}
    return source, {"len(points)": len(sweep.trainings)}


def _sweep_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    return sweeps.code(cast(Sweep, state.run.work).grid, state.run.backend, state)


def _times_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    source = f"""
from snnviz import *

plan = {text.source(cast(MeasureTimes, state.run.work).plan)}
for point in backward_times.measure(plan):
    print(point.steps, point.active, point.backward, point.forward)      # ms, of this machine and of this moment
"""
    return source, {"plan.points": cast(MeasureTimes, state.run.work).plan.points}


def _speed_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    return speed.code(cast(MeasureSpeed, state.run.work).plan)


def _fetch_code(state: RunState) -> tuple[str, Mapping[str, Any]]:
    work = cast(FetchSet, state.run.work)
    source = f"""
import subprocess
import sys

command = [sys.executable, "-m", "snnviz", "fetch", {work.name!r}, "--folder", {work.folder!r}]
subprocess.run(command, check=True)
"""
    return source, {"command[4:]": [work.name, "--folder", work.folder]}


KIND = {
    "training": Kind("Training", "Training", "training.py", {}, lambda _: None, training_view.columns, _training_code),
    "depth": Kind("Depth", "Depth", "depth.py", {}, _draw_depth, _depth_columns, _depth_code),
    "growth": Kind(
        "Growth", "Gradients", "gradients.py", {"of": "network", "view": "growth"}, _draw_growth, _growth_columns, _growth_code
    ),
    "widths": Kind("Widths", "Training", "training.py", {"compare": "widths"}, _draw_widths, _widths_columns, _widths_code),
    "sweep": Kind("Sweep", "Sweeps", "sweeps.py", {}, sweeps.draw, sweeps.table, _sweep_code),
    "times": Kind("Times", "Sparsity", "sparsity.py", {"view": "time", "source": "here"}, _draw_times, _times_columns, _times_code),
    "speed": Kind("Speed", "Speed", "speed.py", {}, _draw_speed, _speed_columns, _speed_code),
    "fetch": Kind("Fetch", "Data", "data.py", {"from": "disk"}, _draw_fetch, lambda _: {}, _fetch_code),
}
if KIND.keys() != KINDS.keys() or Train.kind not in KIND:
    raise LookupError(f"Each kind of work has an entry here; there are {', '.join(KINDS)}.")
