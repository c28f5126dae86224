"""What came out of trainings: a table, and the run in the store."""

import pathlib
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from snnviz.commands.progress import Line


def table(lines: list[Line], threads: int) -> None:
    """Accuracy, loss and time with so many threads for every method: mean, and spread over seeds where there are several."""
    from snnviz.threads import in_words
    from snnviz.training import Seconds

    seconds_with = f"seconds with {in_words(threads)}"
    rows = [("method", "epochs", "train loss", "test accuracy", seconds_with, "active", "what went wrong")]
    for method, label in _labels(lines).items():
        mine = [line for line in lines if line.training.method == method and line.epochs]
        if not mine:
            continue
        last = [line.epochs[-1] for line in mine]
        seconds = [sum((e.seconds for e in line.epochs), Seconds()).total for line in mine]
        wrong = dict.fromkeys(p for e in last for p in e.problems)
        rows.append(
            (
                label,
                str(last[0].epoch),
                _spread([e.train_loss for e in last]),
                _spread([100 * e.test_accuracy for e in last], " %"),
                _spread(seconds),
                " ".join(f"{100 * a:.0f} %" for a in last[0].active),
                " ".join(wrong),
            )
        )
    if len(rows) > 1:
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
        for row in rows:
            cells = [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=False)]
            print("  ".join([row[0].ljust(widths[0]), *cells, row[-1]]).rstrip())


def _labels(lines: list[Line]) -> dict:
    """Each method's label, by method, in order."""
    from snnviz.labels import distinct

    methods = list(dict.fromkeys(line.training.method for line in lines))
    return dict(zip(methods, distinct(methods), strict=True))


def _spread(values: list[float], unit: str = "") -> str:
    mean = f"{statistics.fmean(values):.3g}"
    return mean + (f" +- {statistics.stdev(values):.2g}" if len(values) > 1 else "") + unit


def keep(
    lines: list[Line], backend: str, title: str, stopped: bool, how: dict[str, Any], checkpoints: Sequence[pathlib.Path | None] = ()
) -> bool:
    """Keep the run in the store; whether that went well. A store that cannot be used is no reason to lose the table.

    how: the settings with which the run was executed, as `work.Train` has them. checkpoints: of each training the file with its
    weights.
    """
    try:
        from snnviz.runs import store, values, weights, work
    except ImportError as missing:
        print(f"The run is not kept: {missing}.", file=sys.stderr)
        return False
    status = values.Status.STOPPED if stopped else values.Status.FINISHED
    if all(line.problem for line in lines):
        status = values.Status.FAILED
    run = values.Run(work.Train(tuple(line.training for line in lines), None, **how), backend, title=title)
    try:
        saved = store.default()
        saved.begin(run)
        for number, line in enumerate(lines):
            saved.save_line(
                run.id,
                number,
                values.Line(line.training, tuple(line.epochs), _curve(line.batches), ended=not stopped, problem=line.problem),
            )
            checkpoint = checkpoints[number] if checkpoints else None
            if line.epochs and checkpoint is not None:
                weights.save(saved, run.id, number, checkpoint)
        saved.mark(run.id, status)
    except (store.StoreError, ImportError) as problem:
        print(f"The run is not kept: {problem}", file=sys.stderr)
        return False
    print(f"Kept as {run.id} in {saved.name}.", file=sys.stderr)
    return True


def _curve(batches: list):
    """What every batch told, thinned by means over neighbours."""
    import numpy as np

    from snnviz.runs.values import POINTS, Curve

    if not batches:
        return Curve.empty()
    size = -(-len(batches) // POINTS)
    nothing = (float("nan"),) * len(batches[0].rates)
    columns = [
        [b.epoch - 1 + b.batch / b.batches for b in batches],
        [b.loss for b in batches],
        [b.accuracy for b in batches],
        np.cumsum([b.seconds.total for b in batches]),
        [b.rates for b in batches],
        [nothing if b.active is None else b.active for b in batches],
        [b.norms for b in batches],
    ]
    starts = range(0, len(batches), size)

    def joined(part):
        present = ~np.isnan(part)
        return np.where(present, part, 0).sum(0) / np.where(present.any(0), present.sum(0), np.nan)

    return Curve(*(np.array([joined(np.asarray(c[i : i + size], np.float32)) for i in starts], np.float32) for c in columns))
