"""`snnviz settings` and `snnviz train`: training without a browser."""

import argparse
import importlib.util
import pathlib
import sys
import tempfile
import warnings
from collections.abc import Iterable

from snnviz.commands import Wrong
from snnviz.commands.progress import Line, Progress
from snnviz.commands.results import keep, table


def settings(options: argparse.Namespace) -> int:
    """The command `snnviz settings`: print the settings of a training as TOML, or those of a prepared grid."""
    from snnviz.studies.grid_presets import GRIDS
    from snnviz.training import Training

    print(GRIDS[options.grid]().to_toml() if options.grid else Training().to_toml(), end="")
    return 0


def train(options: argparse.Namespace) -> int:
    """The command `snnviz train`: train what a file of settings describes; its exit status."""
    from snnviz.training.settings import Settings

    settings = read(options.settings)
    if not isinstance(settings, Settings):
        raise Wrong(f"{options.settings} holds a grid of trainings: snnviz compare {options.settings} trains it.")
    if options.checkpoint is not None and len(settings.trainings) > 1:
        raise Wrong(f"--checkpoint: {options.settings} holds {len(settings.trainings)} trainings, and a checkpoint is of one.")
    lines, threads, status = _run(settings, options, options.checkpoint)
    table(lines, threads)
    return status


def read(path: pathlib.Path):
    """The settings of a file of TOML (`training.Settings`), or the grid (`studies.grid.Grid`) where it is one."""
    from snnviz import text
    from snnviz.studies.grid import Grid
    from snnviz.training.settings import Settings

    try:
        toml = path.read_text(encoding="utf-8")
        cls = Grid if text.parsed(toml, str(path)).get("is") == "Grid" else Settings
        return cls.from_toml(toml, str(path))
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise Wrong(f"{path} cannot be read: {reason}.") from None
    except ValueError as problem:
        raise Wrong(" ".join(str(problem).split())) from None


def say_of_sets(datasets: Iterable) -> None:
    """Say what there is to know of the sets before a training, each once."""
    for dataset in dict.fromkeys(datasets):
        for note in _notes(dataset):
            print(f"snnviz: {note}", file=sys.stderr)


def _notes(dataset) -> tuple[str, ...]:
    """What to know of a set before the training. One of recordings is read for that; the training finds it in the cache."""
    from snnviz.datasets import Split

    try:
        if not dataset.offline:
            with warnings.catch_warnings(action="ignore"):  # they are said by the training
                dataset.load(Split.TRAIN)
        return dataset.notes()
    except (OSError, ValueError):
        return ()  # the training says what is wrong


def _run(settings, options, checkpoint=None) -> tuple[list[Line], int, int]:
    """Train with a progress bar and keep the run with its weights; what came out, the number of threads, and the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        keeps = not options.no_save and importlib.util.find_spec("safetensors") is not None
        aside = [pathlib.Path(folder) / f"{n}.safetensors" if keeps else None for n in range(len(settings.trainings))]
        return _train(settings, options, [checkpoint or file for file in aside])


def _train(settings, options, checkpoints) -> tuple[list[Line], int, int]:
    import torch

    from snnviz.backends import resolve
    from snnviz.events import Products
    from snnviz.labels import distinct
    from snnviz.training import BatchRecord, EpochRecord, Failure, compare_training

    if options.threads is not None and options.threads < 1:
        raise Wrong(f"--threads = {options.threads}: give at least one.")
    try:
        backend = resolve(options.backend or settings.backend or None)
    except (ValueError, RuntimeError) as problem:
        raise Wrong(str(problem)) from None
    say_of_sets(training.dataset for training in settings.trainings)
    lines, shown, stopped = [Line(t) for t in settings.trainings], Progress(), 0
    products = Products(options.products) if options.products else settings.products
    threads = options.threads or settings.threads or torch.get_num_threads()
    how = {
        "touch_active": options.touch_active or settings.touch_active,
        "products": products,
        "threads": threads,
    }
    records = compare_training(settings.trainings, backend, checkpoints=checkpoints, **how)
    try:
        for number, record in records:
            line = lines[number]
            if isinstance(record, Failure):
                line.problem = record.problem
                if not line.batches and len(lines) == 1:
                    raise Wrong(f"{options.settings}: {record.problem}")
            elif isinstance(record, BatchRecord):
                line.batches.append(record)
            elif isinstance(record, EpochRecord):
                line.epochs.append(record)
            shown.draw(lines, isinstance(record, EpochRecord))
    except KeyboardInterrupt:
        stopped = 130
    finally:
        records.close()
        shown.end()
    if stopped:
        goes_on = getattr(options, "checkpoint", None)
        print("Stopped." + (f" {goes_on} goes on from the last whole epoch." if goes_on else ""), file=sys.stderr)
    for label, line in zip(distinct([line.training for line in lines]), lines, strict=True):
        if line.problem:
            print(f"{label}: {line.problem}", file=sys.stderr)
    saved = options.no_save or keep(lines, backend.name, options.settings.stem, bool(stopped), how, checkpoints)
    failed = any(line.problem for line in lines)
    return lines, threads, stopped or int(failed or not saved)
