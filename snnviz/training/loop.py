"""The loop: one epoch, one training, several side by side."""

import dataclasses
import itertools
import pathlib
import time
from collections.abc import Generator, Iterator, Sequence

import numpy as np

from snnviz.backends import AbstractBackend, resolve
from snnviz.datasets import Samples
from snnviz.events import Products
from snnviz.threads import drawn
from snnviz.training.checkpoints import resume, save
from snnviz.training.records import EpochRecord, Failure, Record, Seconds, TestRecord
from snnviz.training.step import RunningTraining
from snnviz.training.value import Training

EXPLODED = 1e4  # a problem is reported if a layer's gradient norm is this many times the readout's


def train(
    training: Training,
    backend: AbstractBackend | str | None = None,
    *,
    checkpoint: pathlib.Path | None = None,
    record_sample: int | None = None,
    touch_active: bool = False,
    products: Products = Products.DENSE,
    threads: int | None = None,
    validation: float = 0.0,
) -> Generator[Record, None, None]:
    """Train. A generator: it yields a `BatchRecord` after every step, a `TestRecord` after every test batch and an `EpochRecord`
    after every epoch. It computes only while the caller asks for the next record; closing it ends the training.

    checkpoint: a .safetensors file. It is written (by rename) before the first epoch, and after every epoch once the caller has
        taken that epoch's record. If the file exists, training continues after its last epoch and gives the same numbers as a
        training without a stop; only `epochs` may differ.
    record_sample: the number of a test sample; every `EpochRecord` contains the records of all layers for it, and a
        `Look`: what each layer fires and what the network says.
    touch_active: with a sparse method, compute only the active entries where the network allows it (`Network.dense_because`
        says why not). The gradients are the same up to the order of sums, and it is faster. Both ways read the same checkpoint.
    products: whether layers multiply densely or over the events of their input, where the network allows it
        (`Network.events_because` says why not) and `touch_active` does not take the pass over.
    threads: of the CPU, from 1 on; None: as many as torch is set to. Over events the number changes no bit of the result;
        torch's dense products may add in another order.
    validation: hold this share of each class out of the training part, by the seed; every `EpochRecord` says how right the network
        is on it, so that an epoch can be chosen without the test part.

    Raises:
        ValueError: the settings contradict each other or the checkpoint, a batch exceeds the memory budget, or the weights grew
            so large that the membrane is not finite, or threads is below 1. FileNotFoundError: the data set is not on disk.
            RuntimeError: the backend cannot run on this machine. Each message is one sentence with the reason.
    """
    records = _train(training, backend, checkpoint, record_sample, touch_active, products, validation)
    yield from drawn(records, threads)


def _train(training, backend, checkpoint, record_sample, touch_active, products, validation) -> Generator[Record, None, None]:
    if validation and checkpoint is not None:
        raise ValueError("validation: a checkpoint does not say what was held out; train with one of the two.")
    run = RunningTraining(training, resolve(backend), touch_active, products, validation)
    if record_sample is not None and not 0 <= record_sample < len(run.test):
        raise ValueError(f"record_sample = {record_sample}: the test part has samples 0 to {len(run.test) - 1}.")
    first = 1
    if checkpoint is not None:
        checkpoint = pathlib.Path(checkpoint)
        if checkpoint.exists():
            first = 1 + resume(run, checkpoint)
        else:
            save(run, checkpoint, 0)
    for epoch in range(first, training.epochs + 1):
        yield from _epoch(run, epoch, record_sample, checkpoint)


def _epoch(run: RunningTraining, epoch: int, record_sample: int | None, checkpoint: pathlib.Path | None) -> Iterator[Record]:
    training, seconds, records = run.training, Seconds(), []
    source = run.in_batches(run.train, epoch)
    for batch in itertools.count(1):
        start = time.perf_counter()
        following = next(source, None)
        if following is None:
            break
        x, y = following
        try:
            record = run.step(epoch, batch, x, y, time.perf_counter() - start)
        except ValueError as problem:
            raise ValueError(f"{training.method.label} stopped in epoch {epoch}, batch {batch}: {problem}") from problem
        records.append((len(y), record))
        seconds += record.seconds
        yield record
    confusion, total, testing = yield from _test(run, run.test, epoch)
    right = None
    if run.held is not None:
        held, _, more = yield from _test(run, run.held, epoch)
        right, testing = _share_right(held), testing + more
    start = time.perf_counter()
    sample, look = (None, None) if record_sample is None else run.look_at(record_sample)
    seconds += Seconds(test=testing + time.perf_counter() - start)
    try:
        yield dataclasses.replace(
            _summary(run, epoch, records, total, confusion, sample, seconds), look=look, validation_accuracy=right
        )
    finally:
        # The record is yielded before the checkpoint is written, so a killed worker repeats at most one epoch. In the other order
        # the record of that epoch could be lost for ever. `finally`: the caller may close the generator after this record.
        if checkpoint is not None:
            save(run, checkpoint, epoch)


def _test(run: RunningTraining, samples: Samples, epoch: int) -> Generator[TestRecord, None, tuple[np.ndarray, float, float]]:
    """Test on samples: their confusion int64 [classes, classes], their summed loss, and the seconds that it took."""
    confusion, total, seconds, start = np.zeros((len(samples.classes),) * 2, np.int64), 0.0, 0.0, time.perf_counter()
    for batch, (x, y) in enumerate(run.in_batches(samples), 1):
        loss, predicted = run.evaluate(x, y)
        total += loss
        np.add.at(confusion, (y.numpy(), predicted), 1)
        seconds += time.perf_counter() - start
        yield TestRecord(epoch, run.training.epochs, batch, -(-len(samples) // run.training.batch))
        start = time.perf_counter()
    return confusion, total, seconds


def _share_right(confusion: np.ndarray) -> float:
    return float(confusion.trace() / confusion.sum())


def _summary(run, epoch, records, test_loss, confusion, sample, seconds) -> EpochRecord:
    n = np.array([size for size, _ in records], float)
    rows = [r for _, r in records]

    def mean(values, weights=n):
        return np.average(np.array(values, float), 0, weights)

    looked = [r.active for r in rows if r.active is not None]
    rates, norms = mean([r.rates for r in rows]), mean([r.norms for r in rows])
    active = np.mean(looked, 0)
    problems = [p for r in rows for p in r.problems][:3]
    hidden = len(run.network.blocks)
    for name, rate, share in zip(run.names, rates, active, strict=False):
        if rate == 0:
            problems.append(
                f"{name}: no spike in the whole epoch; its current stays below the threshold. Raise the weight gain, "
                "or lower the threshold."
            )
        elif share == 0:
            problems.append(
                f"{name}: no neuron was near enough to its threshold to get a gradient, so that the layer cannot "
                "learn. Widen the method's band."
            )
    if norms[-1] and np.isfinite(norms).all():
        ratio = norms[:hidden] / norms[-1]
        worst = int(ratio.argmax())
        if ratio[worst] > EXPLODED:
            problems.append(
                f"{run.names[worst]}: its gradient is {ratio[worst]:.0e} times the readout's; it explodes on its way "
                "back through time and layers."
            )
    return EpochRecord(
        epoch,
        run.training.epochs,
        float(mean([r.loss for r in rows])),
        float(mean([r.accuracy for r in rows])),
        test_loss / len(run.test),
        _share_right(confusion),
        seconds,
        tuple(rates.tolist()),
        tuple(active.tolist()),
        tuple(norms.tolist()),
        confusion,
        sample,
        tuple(problems),
        tuple(run.test.classes),
    )


def compare_training(
    trainings: Sequence[Training],
    backend: AbstractBackend | str | None = None,
    *,
    checkpoints: Sequence[pathlib.Path | None] | None = None,
    record_sample: int | None = None,
    touch_active: bool = False,
    products: Products = Products.DENSE,
    threads: int | None = None,
) -> Generator[tuple[int, Record | Failure], None, None]:
    """Several trainings in turns: yields (number of the training, its record). In a turn every training computes one record, so
    all methods are at the same batch. A training that fails yields a `Failure`; the others continue."""
    checkpoints = [None] * len(trainings) if checkpoints is None else checkpoints
    how = {"record_sample": record_sample, "touch_active": touch_active, "products": products, "threads": threads}
    runs = {
        number: train(training, backend, checkpoint=path, **how)
        for number, (training, path) in enumerate(zip(trainings, checkpoints, strict=True))
    }
    try:
        while runs:
            for number, run in list(runs.items()):
                try:
                    yield number, next(run)
                except StopIteration:
                    del runs[number]
                except (ValueError, RuntimeError, OSError) as problem:
                    del runs[number]
                    yield number, Failure(" ".join(str(problem).split()))
    finally:
        for run in runs.values():
            run.close()
