"""The code behind a picture of a training, with what it shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from snnviz import text
from snnviz.runs.values import RunState
from snnviz.training import Training


def of_trainings(trainings: Sequence[Training], backend: str, state: RunState | None) -> tuple[str, Mapping[str, Any]]:
    """The Python that trains these, and the epochs that it must give: those of `state`, where it is a whole run of them.

    An epoch is (number of the training, epoch, test accuracy, train loss, active share of each layer).
    """
    listed = "\n".join(f"    {text.source(training)}," for training in trainings)
    source = f"""
from snnviz import *

trainings = [
{listed}
]
labels, epochs = distinct(trainings), []
for number, record in compare_training(trainings, "{backend}"):
    if isinstance(record, EpochRecord):
        epochs.append((number, record.epoch, record.test_accuracy, record.train_loss, record.active))
        print(labels[number], *epochs[-1][1:])
"""
    if state is None or state.status.live or state.run.trainings != tuple(trainings) or state.run.backend != backend:
        return source, {"len(trainings)": len(trainings)}
    epochs = [
        (number, e.epoch, e.test_accuracy, e.train_loss, e.active) for number, line in enumerate(state.lines) for e in line.epochs
    ]
    return source, {"sorted(epochs)": epochs}
