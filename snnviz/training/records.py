"""The records that a running training yields."""

import dataclasses

import numpy as np

from snnviz.records import LayerRecord
from snnviz.training.look import Look


@dataclasses.dataclass(frozen=True)
class Seconds:
    """Wall-clock seconds of: making the batch (data), forward and loss, backward, optimiser step and recording (update), test."""

    data: float = 0.0
    forward: float = 0.0
    backward: float = 0.0
    update: float = 0.0
    test: float = 0.0

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))

    @property
    def total(self) -> float:
        """The sum of all parts, in seconds."""
        return sum(dataclasses.astuple(self))


@dataclasses.dataclass(frozen=True)
class BatchRecord:
    """One step of training. epoch and batch count from 1, of `epochs` and `batches`.

    loss: what was minimised, regulariser included. rates: spikes per neuron and step of each hidden layer. active: the
    share of entries [T, B, N] with ds_du not 0 of each hidden layer, every twentieth batch, else None. norms: the 2-norm of
    dL/dW of each hidden layer (with its recurrent weights) and of the readout, before clipping. lr: the learning rate.
    problems: sentences on what went wrong in this batch.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    accuracy: float
    seconds: Seconds
    rates: tuple[float, ...]
    active: tuple[float, ...] | None
    norms: tuple[float, ...]
    lr: float
    problems: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class TestRecord:
    """A batch of the test part is done. Brings no values; it shows that the run still works."""

    __test__ = False  # tells pytest that this is no test class

    epoch: int
    epochs: int
    batch: int
    batches: int


@dataclasses.dataclass(frozen=True, eq=False)
class EpochRecord:
    """One epoch. train_loss, train_accuracy, rates, active, norms: means over its batches, while the weights moved.

    confusion: int64 [classes, classes], test samples of class i (row) taken for class j (column); classes: their names.
    sample: the layers' records (forward only) of the test sample `record_sample`, or None. problems: sentences, each naming a layer
    and a reason. look: what the network does with that sample, small enough to be kept; None without `record_sample`.
    validation_accuracy: on what was held out of the training part; None where nothing was.
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: Seconds
    rates: tuple[float, ...]
    active: tuple[float, ...]
    norms: tuple[float, ...]
    confusion: np.ndarray
    sample: tuple[LayerRecord, ...] | None = None
    problems: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    look: Look | None = None
    validation_accuracy: float | None = None


Record = BatchRecord | TestRecord | EpochRecord


@dataclasses.dataclass(frozen=True)
class Failure:
    """One of several trainings could not go on; the sentence says why."""

    problem: str
