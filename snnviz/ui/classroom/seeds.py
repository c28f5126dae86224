"""The class as an experiment: one training, and each browser of the class has it done with a seed of its own."""

import dataclasses
import math
from collections.abc import Mapping

import streamlit as st

from snnviz.classroom import rooms, shared
from snnviz.classroom.values import Experiment, Room
from snnviz.figures import seeds as figures
from snnviz.labels import distinct
from snnviz.methods import Slayer
from snnviz.runs import client, store
from snnviz.runs.values import Run, RunState
from snnviz.runs.work import Train
from snnviz.training import Training
from snnviz.training.value import presets
from snnviz.ui import methods, page, visitors
from snnviz.ui.classroom import look
from snnviz.ui.classroom.role import Role
from snnviz.ui.words import literal

_TAKEN, _CHANCE, _REFUSED = "_class_taken", "_class_chance", "_class_refused"
RUNS = 5  # of the teacher's own runs are offered


def offered() -> Mapping[str, Training]:
    """What a class may do together, by its title: trainings of the teacher's latest runs, then prepared ones, the one whose seeds
    differ most first."""
    trainings: dict[str, Training] = {}
    own = dict.fromkeys(row.run for row in store.default().list(owner=visitors.visitor(), kind=Train.kind))
    states, _ = client.readable(list(own)[:RUNS])
    for state in states:
        for training, label in zip(state.run.trainings, state.run.labels, strict=True):
            trainings.setdefault(f"Your run of {state.run.title}: {label}", training)
    order = presets()["Temporal order: EXODUS and SLAYER"][0]
    trainings["Temporal order: SLAYER, k = 1"] = dataclasses.replace(order, method=Slayer(scale=1.0))
    for title, several in presets().items():
        for training, label in zip(several, distinct(several), strict=True):
            trainings.setdefault(f"{title.partition(':')[0]}: {label}", training)
    return trainings


def begun(before: Experiment, title: str, training: Training, backend: str) -> Experiment:
    """The experiment of a training, after another one."""
    return Experiment(before.count + 1, dataclasses.replace(training, seed=0).to_toml(), title, backend)


def take_part(room: Room, mine: Role) -> None:
    """Have this student's browser ask for its run of the class's experiment, once."""
    experiment, state = room.stage.experiment, st.session_state
    taken = (mine.room, experiment.number)
    if experiment.number < 1 or state.get(_TAKEN) == taken:
        return
    state[_TAKEN] = taken
    if mine.number in room.seeds.get(experiment.number, {}):
        return
    training = dataclasses.replace(Training.from_toml(experiment.training, "the class's experiment"), seed=mine.number)
    run = Run(Train((training,), None), experiment.backend, visitors.visitor(), f"Class {room.code}, seed {mine.number}")
    if rooms.default().take_seed(mine.room, visitors.visitor(), experiment.number, run.id):
        try:
            client.submit(run)
            state.pop(_REFUSED, None)
        except (ValueError, OSError) as problem:  # too many runs of this visitor, or no scheduler: the next look tries again
            rooms.default().give_seed_back(mine.room, visitors.visitor(), experiment.number)
            state[_REFUSED] = str(problem)
            del state[_TAKEN]
    shared.changed(mine.room)


def _chance(room: Room) -> float | None:
    """The accuracy of guessing: one over the number of classes; None before a run has an epoch."""
    experiment = room.stage.experiment.number
    chances = st.session_state.setdefault(_CHANCE, {})
    if (room.id, experiment) not in chances:
        runs = room.seeds.get(experiment, {})
        tested = store.default().tested(list(runs.values())) if runs else {}
        state = store.default().open(next(iter(tested))) if tested else None
        if state is None or not state.lines or not state.lines[0].epochs or not state.lines[0].epochs[0].classes:
            return None
        chances[room.id, experiment] = 1 / len(state.lines[0].epochs[0].classes)
    return chances[room.id, experiment]


def picture(room: Room, key: str, height: int = 360) -> None:
    """Draw the runs of all as one picture, how many are done, and what they say."""
    experiment = room.stage.experiment
    training = Training.from_toml(experiment.training, "the class's experiment")
    lines, chance = shared.tested(room), _chance(room)
    done = sum(len(line) >= training.epochs for line in lines)
    title = f"{experiment.title}: {done} of {len(lines)} seeds are done"
    page.figure(figures.seeds(lines, methods.hue(training.method), title, training.epochs, chance, page.dark(), height), key)
    if chance is not None and (sentence := figures.verdict(lines, training.epochs, chance)):
        counted, _, rest = sentence.partition(". ")
        look.draw(f"<div class=sentence><b>{counted}.</b> {rest}</div>")


def own(room: Room, mine: Role) -> None:
    """How far the run of this student has come, in a line."""
    run = room.seeds.get(room.stage.experiment.number, {}).get(mine.number)
    state: RunState | None = client.follow(run) if run else None
    if state is None:
        if reason := st.session_state.get(_REFUSED):
            st.warning(literal(f"Your run waits: {reason}"), icon=":material/error:")
        return
    line = state.lines[0]
    accuracy = "" if math.isnan(line.accuracy) else f", {100 * line.accuracy:.0f} % of the test part right"
    st.markdown(
        f"**Your seed is {mine.number}.** {literal(room.stage.experiment.title)}: "
        f"{len(line.epochs)} of {line.training.epochs} epochs{accuracy}."
    )
    st.progress(min(1.0, state.share))
