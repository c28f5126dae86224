"""Rows of the database as values, and values as rows."""

import dataclasses
import io
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from snnviz.runs.schema import NUMBERS
from snnviz.runs.values import Curve, Line, Run, RunState, Status, Summary
from snnviz.runs.work import KINDS, Progress, Train, Work
from snnviz.training import EpochRecord, Look, Seconds, Training

_LAYERS = ("rates", "active", "norms")


def work_column(work: Work) -> str | None:
    """What the table of runs keeps of the work. Trainings are lines of their own; the rest is left out where it is the default,
    as version 0.1.0 did."""
    if isinstance(work, Train):
        rest = dataclasses.replace(work, trainings=(), sample=0)
        return None if rest == Train() else rest.to_toml()
    return work.to_toml()


def state(row: Any, lines: tuple[Line, ...]) -> RunState:
    """A row of the table of runs, with the lines that belong to it."""
    work_class = KINDS.get(row["kind"])
    if work_class is None:
        raise ValueError(f"The saved run {row['id']} is of a kind that this snnviz has not: {row['kind']}.")
    progress = Progress()
    if work_class is Train:
        rest = Train.from_toml(row["work"], f"the saved run {row['id']}") if row["work"] else Train()
        work: Work = dataclasses.replace(rest, trainings=tuple(line.training for line in lines), sample=row["sample"])
    else:
        work = work_class.from_toml(row["work"], f"the saved run {row['id']}")
        result = work_class.decode(row["result"] or b"")
        progress = Progress(row["share"] or 0.0, row["doing"] or "", result, row["seconds"] or 0.0)
    run = Run(work, row["backend"], row["owner"], row["title"], row["id"], row["created"])
    return RunState(run, Status(row["status"]), lines, tuple(json.loads(row["notes"])), row["seen"], progress)


def summary(row: Any) -> Summary:
    """A row of the list. What this version cannot read (`state` raises ValueError) is listed as that."""
    nan = float("nan")
    training, status, problem = row["line"] is not None, row["status"], ""
    if row["kind"] not in KINDS:
        problem = f"it is of a kind that this snnviz has not: {row['kind']}"
    elif status not in [s.value for s in Status]:
        problem = f"it has a status that this snnviz has not: {status}"
    return Summary(
        row["id"],
        row["line"] if training else 0,
        row["title"] or "",
        Status.UNREADABLE if problem else Status(status),
        row["created"],
        row["dataset"] or "",
        row["method"] or "",
        row["seed"] or 0,
        row["backend"],
        row["epochs"] or 0,
        row["asked"] or 0,
        nan if row["train_loss"] is None else row["train_loss"],
        nan if row["test_accuracy"] is None else row["test_accuracy"],
        (row["seconds"] if training else row["run_seconds"]) or 0.0,
        row["owner"],
        row["kind"],
        min(1.0, (row["epochs"] or 0) / row["asked"]) if training else row["share"] or 0.0,
        problem,
        bool(row["shared"]),
    )


def of_line(line: Line) -> dict[str, Any]:
    """What of a training is replaced as it grows."""
    return {
        "ended": line.ended,
        "problem": line.problem,
        "curve": packed(dataclasses.asdict(line.curve)),
        "spikes": packed(
            {k: np.packbits(v.astype(bool), axis=0) for k, v in line.spikes.items()}
            | {f"{k}|steps": np.array(len(v)) for k, v in line.spikes.items()}
        ),
    }


def of_progress(work: Work, progress: Progress) -> dict[str, Any]:
    """What of any other run is replaced as it grows."""
    values = {"share": progress.share, "doing": progress.doing, "seconds": progress.seconds}
    return values | {"result": work.encode(progress.result)}


def of_status(status: Status, notes: Sequence[str]) -> dict[str, Any]:
    """Where a run stands, and that it is alive now."""
    return {"status": status.value, "seen": time.time(), "notes": json.dumps(list(notes))}


def line(row: Any, epochs: Sequence[Any]) -> Line:
    """One training from its row and those of its epochs."""
    training = Training.from_toml(row["settings"], f"the saved run {row['run']}")
    steps = unpacked(row["spikes"])
    spikes = {
        k: np.unpackbits(v, axis=0, count=int(steps[f"{k}|steps"])).astype(bool)
        for k, v in steps.items()
        if not k.endswith("|steps")
    }
    curve = unpacked(row["curve"])
    made = Curve(**curve) if curve else Curve.empty()
    return Line(training, tuple(map(epoch, epochs)), made, spikes, (), bool(row["ended"]), row["problem"])


def of_epoch(run: str, number: int, epoch: EpochRecord) -> dict[str, Any]:
    """The row of an epoch. What is no number of a column stands in `rest` as JSON."""
    rest = {name: _listed(getattr(epoch, name)) for name in (*_LAYERS, "confusion", "classes", "problems", "epochs")}
    if epoch.look is not None:
        rest["look"] = epoch.look.to_plain()
    rest["seconds"] = list(dataclasses.astuple(epoch.seconds))
    # A loss that is not finite has no place in some databases' numbers; it stands in the text instead.
    numbers = {name: float(getattr(epoch, name)) for name in NUMBERS[:-1]} | {"seconds": epoch.seconds.total}
    rest |= {name: repr(value) for name, value in numbers.items() if not np.isfinite(value)}
    return {"run": run, "line": number, "epoch": epoch.epoch, "rest": json.dumps(rest)} | {
        name: value if np.isfinite(value) else None for name, value in numbers.items()
    }


def epoch(row: Any) -> EpochRecord:
    """The record of an epoch from its row, as `of_epoch` wrote it; its sample is not saved."""
    rest = json.loads(row["rest"])
    numbers: dict[str, Any] = {name: float(rest[name]) if row[name] is None else row[name] for name in NUMBERS[:-1]}
    layers: dict[str, Any] = {name: tuple(rest[name]) for name in _LAYERS}
    confusion: Any = None if rest["confusion"] is None else np.array(rest["confusion"], np.int64)
    return EpochRecord(
        epoch=row["epoch"],
        epochs=rest["epochs"],
        **numbers,
        **layers,
        confusion=confusion,
        sample=None,
        seconds=Seconds(*rest["seconds"]),
        problems=tuple(rest["problems"]),
        classes=tuple(rest.get("classes", ())),
        look=Look.from_plain(rest["look"]) if "look" in rest else None,
    )


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [_listed(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """Arrays by name as the bytes of one compressed .npz."""
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # pyright: ignore[reportArgumentType]  its stub takes every name for allow_pickle
    return out.getvalue()


def unpacked(data: bytes) -> dict[str, np.ndarray]:
    """The arrays that `packed` wrote, by name; none where there are no bytes."""
    if not data:
        return {}
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
