"""Shared by the benchmarks that train: trainings with several seeds, their mean and spread."""

import argparse
import dataclasses
import pathlib
import statistics
import time
from collections.abc import Sequence

import torch

from snnviz.labels import distinct
from snnviz.training import EpochRecord, Training, train


@dataclasses.dataclass(frozen=True)
class Result:
    """One training: its label and seed, test accuracy by epoch, wall clock and CPU seconds up to each epoch's end, and
    from the last epoch: train loss, rates, active shares and gradient norms by layer."""

    label: str
    seed: int
    accuracy: tuple[float, ...]
    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    train_loss: float
    rates: tuple[float, ...]
    active: tuple[float, ...]
    norms: tuple[float, ...]
    problems: tuple[str, ...]

    def until(self, accuracy: float) -> int | None:
        """The first epoch after which the test accuracy is at least this."""
        return next((i + 1 for i, a in enumerate(self.accuracy) if a >= accuracy), None)


def result(training: Training, label: str, checkpoint: pathlib.Path | None = None) -> Result:
    """Train; print the final accuracy and times, return them."""
    accuracy, wall, cpu, start, used = [], [], [], time.perf_counter(), time.process_time()
    last: EpochRecord | None = None
    for record in train(training, checkpoint=checkpoint):
        if isinstance(record, EpochRecord):
            last = record
            accuracy.append(record.test_accuracy)
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
    if last is None:
        raise ValueError(f"{label}, seed {training.seed}: there is no epoch left to train; is its checkpoint a finished one?")
    print(
        f"{label}, seed {training.seed}: {100 * accuracy[-1]:.1f} % after {len(accuracy)} epochs, {wall[-1]:.0f} s "
        f"({cpu[-1]:.0f} s of CPU) {' '.join(last.problems)}",
        flush=True,
    )
    return Result(
        label,
        training.seed,
        tuple(accuracy),
        tuple(wall),
        tuple(cpu),
        last.train_loss,
        last.rates,
        last.active,
        last.norms,
        last.problems,
    )


def results(trainings: Sequence[Training], seeds: int) -> list[Result]:
    """Every training with every seed. The loop over seeds is outside, so after an interruption the finished seeds are complete."""
    named = list(zip(distinct(trainings), trainings, strict=True))
    return [result(dataclasses.replace(training, seed=seed), label) for seed in range(seeds) for label, training in named]


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Mean and sample standard deviation."""
    text = f"{statistics.fmean(values):.{digits}f}"
    return text + (f" +- {statistics.stdev(values):.{digits}f}" if len(values) > 1 else "")


def rows(results: Sequence[Result], passing: float | None = None) -> list[dict]:
    """One row for each label: accuracy in per cent, CPU seconds, rates, active shares of the layers."""
    out = []
    for label in dict.fromkeys(r.label for r in results):
        mine = [r for r in results if r.label == label]
        row = {
            "method": label,
            "test accuracy, %": spread([100 * r.accuracy[-1] for r in mine]),
            "train loss": spread([r.train_loss for r in mine], 3),
        }
        if passing is not None:
            at = [r.until(passing) for r in mine]
            row[f"epochs to {100 * passing:.0f} %"] = "/".join("-" if e is None else str(e) for e in at)
            seconds = [r.cpu[e - 1] for r, e in zip(mine, at, strict=True) if e is not None]
            row[f"CPU s to {100 * passing:.0f} %"] = spread(seconds, 0) if len(seconds) == len(mine) else "-"
        row["CPU s"] = spread([r.cpu[-1] for r in mine], 0)
        rates, active = zip(*(r.rates for r in mine), strict=True), zip(*(r.active for r in mine), strict=True)
        row["spikes per neuron and step"] = " ".join(f"{statistics.fmean(v):.3f}" for v in rates)
        row["active, %"] = " ".join(f"{100 * statistics.fmean(v):.0f}" for v in active)
        out.append(row)
    return out


def arguments(description: str | None, epochs: int) -> argparse.ArgumentParser:
    """--seeds, --epochs, --threads, --no-save."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0: as it is")
    parser.add_argument("--no-save", action="store_true", help="do not write bench/results")
    return parser


def begin(parser: argparse.ArgumentParser, command_line: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments and set torch's threads."""
    chosen = parser.parse_args(command_line)
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    return chosen
