"""The code behind a picture of a training, with what it shows."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from snnviz import text
from snnviz.runs.values import RunState
from snnviz.runs.work import Train, Work
from snnviz.training import Training


def of_trainings(work: Train, backend: str, state: RunState | None, short: bool = False) -> tuple[str, Mapping[str, Any]]:
    """The Python that does this work, and the epochs that it must give: those of `state`, where it is a whole run of them.

    short: the trainings are each method with each seed, and differ in nothing else: they are written so. An epoch is (number
    of the training, epoch, test accuracy, train loss, active share of each layer).
    """
    trainings, how = work.trainings, {"touch_active": work.touch_active, "products": work.products}
    options = "".join(f", {name}={text.source(value)}" for name, value in how.items() if value != getattr(Train(), name))
    options += f", threads={work.threads}"  # always: the library's own default is as many as torch finds
    source = f"""
from snnviz import *

{_short(trainings) if short else _listed(trainings)}
labels, epochs = distinct(trainings), []
for number, record in compare_training(trainings, "{backend}"{options}):
    if isinstance(record, EpochRecord):
        epochs.append((number, record.epoch, record.test_accuracy, record.train_loss, record.active))
        print(labels[number], *epochs[-1][1:])
"""
    same = state is not None and state.run.backend == backend and _alike(state.run.work, work)
    if state is None or state.status.live or not same:
        return source, {"len(trainings)": len(trainings)}
    epochs = [
        (number, e.epoch, e.test_accuracy, e.train_loss, e.active) for number, line in enumerate(state.lines) for e in line.epochs
    ]
    return source, {"trainings": list(trainings), "sorted(epochs)": epochs}


def _alike(one: Work, other: Train) -> bool:
    """Whether both give the same epochs: the sample that is watched changes none."""
    return isinstance(one, Train) and dataclasses.replace(one, sample=other.sample) == other


def _listed(trainings: Sequence[Training]) -> str:
    lines = "\n".join(f"    {text.source(training)}," for training in trainings)
    return f"trainings = [\n{lines}\n]"


def _short(trainings: Sequence[Training]) -> str:
    methods, seeds = (list(dict.fromkeys(getattr(t, name) for t in trainings)) for name in ("method", "seed"))
    common = dataclasses.replace(trainings[0], method=Training().method)
    one_seed = len(seeds) == 1
    each = "replace(common, method=method)" if one_seed else "replace(common, method=method, seed=seed)"
    return f"""common = {text.source(common)}
methods = [{", ".join(map(text.source, methods))}]
trainings = [{each} for method in methods{"" if one_seed else f" for seed in {tuple(seeds)}"}]"""
