"""`snnviz settings`, `snnviz train` and `snnviz compare`: training without a browser."""

import argparse
import dataclasses
import importlib.util
import pathlib
import sys
import tempfile
import warnings

from snnviz.commands import Wrong
from snnviz.commands.progress import Line, Progress
from snnviz.commands.results import keep, table, write_csv

COMPARED = ("BPTT", "Exodus", "Slayer", "LocalZO")


def settings(options: argparse.Namespace) -> int:
    """The command `snnviz settings`: print the settings of a training as TOML."""
    from snnviz.training import Training

    print(Training().to_toml(), end="")
    return 0


def train(options: argparse.Namespace) -> int:
    """The command `snnviz train`: train what a file of settings describes; its exit status."""
    settings = _read(options.settings)
    if options.checkpoint is not None and len(settings.trainings) > 1:
        raise Wrong(f"--checkpoint: {options.settings} holds {len(settings.trainings)} trainings, and a checkpoint is of one.")
    lines, threads, status = _run(settings, options, options.checkpoint)
    table(lines, threads)
    return status


def compare(options: argparse.Namespace) -> int:
    """The command `snnviz compare`: train with several methods and seeds; its exit status."""
    from snnviz.methods import METHODS

    settings = _read(options.settings)
    names = options.methods or (COMPARED if len(settings.trainings) == 1 else ())
    for name in names:
        if name not in METHODS:
            raise Wrong(f"--methods: there is no method '{name}'; there are {', '.join(METHODS)}.")
    twice = next((n for place, n in enumerate(names) if n in names[:place]), None)
    if twice is not None:
        raise Wrong(f"--methods: {twice} is there twice; name each method once, and repeat over seeds with --seeds.")
    if options.seeds < 1:
        raise Wrong(f"--seeds = {options.seeds}: give at least one.")
    # The settings' own methods keep their fields where they are among those asked for.
    own = {type(t.method).__name__: t.method for t in reversed(settings.trainings)}
    methods = [own.get(n) or METHODS[n]() for n in names]
    each = [dataclasses.replace(t, method=m) for t in settings.trainings for m in methods] if methods else settings.trainings
    each = list(dict.fromkeys(each))
    try:
        trainings = tuple(dataclasses.replace(t, seed=t.seed + k) for k in range(options.seeds) for t in each)
    except ValueError as problem:
        raise Wrong(f"--seeds = {options.seeds}: {problem}") from None
    settings = dataclasses.replace(settings, trainings=tuple(dict.fromkeys(trainings)))
    if options.csv is not None and not options.csv.parent.is_dir():
        raise Wrong(f"--csv: there is no folder {options.csv.parent}.")
    lines, threads, status = _run(settings, options)
    table(lines, threads)
    if options.csv is not None:
        try:
            write_csv(options.csv, lines)
        except OSError as problem:
            print(f"--csv: {options.csv} cannot be written: {problem.strerror}.", file=sys.stderr)
            return status or 1
    return status


def _read(path: pathlib.Path):
    from snnviz.training.settings import Settings

    try:
        return Settings.from_toml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise Wrong(f"{path} cannot be read: {reason}.") from None
    except ValueError as problem:
        raise Wrong(" ".join(str(problem).split())) from None


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
    for dataset in dict.fromkeys(training.dataset for training in settings.trainings):
        for note in _notes(dataset):
            print(f"snnviz: {note}", file=sys.stderr)
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
