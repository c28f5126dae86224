"""`snnviz compare`: trainings times methods, settings and seeds, on this machine's cores or a Dask cluster."""

import argparse
import csv
import dataclasses
import importlib.util
import os
import pathlib
import sys
import time
from collections.abc import Sequence

from snnviz.commands import Wrong
from snnviz.commands.progress import Progress
from snnviz.commands.train import read, say_of_sets

COMPARED = ("BPTT", "Exodus", "Slayer", "LocalZO")
LOOK = 0.3  # seconds between two looks at a run


def compare(options: argparse.Namespace) -> int:
    """The command `snnviz compare`: train a grid of methods, settings and seeds; its exit status."""
    grid, backend = _grid(options)
    for name in ("csv", "parquet", "html"):
        file = getattr(options, name)
        if file is not None and not file.parent.is_dir():
            raise Wrong(f"--{name}: there is no folder {file.parent}.")
    say_of_sets(training.dataset for training in grid.trainings)
    run, keeps = "", not options.no_save and _can_keep()
    if keeps:
        run, record, stopped = _kept(grid, backend, options)
    else:
        record, stopped = _here(grid, backend)
    return _hand_out(grid, record, backend, run, options) or stopped or int(any(point.problem for point in record.points))


def _grid(options: argparse.Namespace):
    """The grid that a file and the options describe, and the name of the backend."""
    from snnviz.backends import resolve
    from snnviz.events import Products
    from snnviz.studies.grid import Axis, Grid

    value = read(options.settings)
    backend = options.backend
    if isinstance(value, Grid):
        grid = value
    else:
        backend = backend or value.backend
        grid = Grid(value.trainings, (), 1, 0.2, value.touch_active, value.products, value.threads or 1)
    try:
        names = options.methods or (COMPARED if not isinstance(value, Grid) and len(grid.trainings) == 1 else ())
        if names:
            if any(axis.setting == "method" for axis in grid.axes):
                raise Wrong(f"--methods: {options.settings} has methods of its own; say them in one of the two places.")
            grid = dataclasses.replace(grid, axes=(Axis("method", _methods(names, grid.trainings)), *grid.axes))
        changes = {"seeds": options.seeds, "validation": options.validation, "touch_active": options.touch_active or None}
        changes |= {"products": Products(options.products) if options.products else None, "threads": options.threads}
        grid = dataclasses.replace(grid, **{name: value for name, value in changes.items() if value is not None})
    except ValueError as problem:
        raise Wrong(" ".join(str(problem).split())) from None
    try:
        return grid, resolve(backend or None).name
    except (ValueError, RuntimeError) as problem:
        raise Wrong(str(problem)) from None


def _methods(names, trainings) -> tuple:
    """Methods by name; those of the trainings keep their fields."""
    from snnviz.methods import METHODS

    for name in names:
        if name not in METHODS:
            raise Wrong(f"--methods: there is no method '{name}'; there are {', '.join(METHODS)}.")
    twice = next((n for place, n in enumerate(names) if n in names[:place]), None)
    if twice is not None:
        raise Wrong(f"--methods: {twice} is there twice; name each method once, and repeat over seeds with --seeds.")
    own = {type(t.method).__name__: t.method for t in reversed(trainings)}
    return tuple(own.get(n) or METHODS[n]() for n in names)


def _can_keep() -> bool:
    """Whether what runs and keeps runs is installed; says what is missing."""
    missing = [name for name in ("distributed", "sqlalchemy") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"The run is not kept: {missing[0]} is not installed.", file=sys.stderr)
    return not missing


def _here(grid, backend: str):
    """The grid, one training after the other in this process, kept nowhere; 130 if it was interrupted."""
    from snnviz.studies.grid import GridRecord, sweep_grid

    record, shown, stopped = GridRecord(), Progress(), 0
    try:
        for point in sweep_grid(grid, backend):
            record = GridRecord((*record.points, point))
            shown.show(len(record.points) / grid.count, (f"{len(record.points)} of {grid.count} trainings",), True)
    except KeyboardInterrupt:
        stopped = 130
    finally:
        shown.end()
    return record, stopped


def _kept(grid, backend: str, options: argparse.Namespace):
    """The grid as a run in the store: the name of the run, its record, and 130 if it was interrupted.

    A run of just this grid that was interrupted goes on, one that has ended is read, and one that goes is watched.
    """
    if options.scheduler:
        os.environ["SNNVIZ_SCHEDULER"] = options.scheduler
    from snnviz.runs import client, scheduler
    from snnviz.runs.sweep import Sweep
    from snnviz.runs.values import Run, Status
    from snnviz.studies.grid import GridRecord

    work, shown, stopped = Sweep(grid), Progress(), 0
    scheduler.at_once(os.cpu_count() or 1)
    try:
        state = None if options.again else client.find(work, backend)
        if state is None:
            run = client.submit(Run(work, backend, title=f"{options.settings.stem}: {work.title}"))
        else:
            run = state.run.id
            words = {Status.FINISHED: "is done: --again trains anew", Status.RUNNING: "goes already"}
            print(f"The run {run} of this grid {words.get(state.status, 'goes on')}.", file=sys.stderr)
            client.go_on(run)
        try:
            before = -1.0
            while (state := client.follow(run)) is not None and state.status.live:
                shown.show(state.share, (state.progress.doing,), state.share != before)
                before = state.share
                time.sleep(LOOK)
        except KeyboardInterrupt:
            stopped = 130
            client.cancel(run)
            client.wait(run, lambda now: not now.status.live, 30)
            state = client.follow(run)
        finally:
            shown.end()
        if state is None:
            raise Wrong(f"The run {run} was deleted meanwhile.")
        record = state.progress.result or GridRecord()
        if stopped:
            print(f"Stopped after {len(record.points)} of {grid.count}; the same command goes on.", file=sys.stderr)
        elif state.status is not Status.FINISHED:
            print(f"{state.notes[-1] if state.notes else 'It ended early.'} The same command goes on.", file=sys.stderr)
            stopped = 1
        return run, record, stopped
    except ValueError as problem:
        raise Wrong(str(problem)) from None
    finally:
        client.close()


def _hand_out(grid, record, backend: str, run: str, options: argparse.Namespace) -> int:
    """Print the table and write the files that were asked for; 1 if one could not be written."""
    from snnviz.studies.grid import columns
    from snnviz.studies.grid_table import HEADS, line

    rows = record.rows(grid)
    _print([HEADS, *map(line, rows)])
    for row in rows:
        for problem in row.problems:
            print(f"{row.label}: {problem}", file=sys.stderr)
    writers = {
        "csv": lambda file: _write_csv(file, columns(grid, record)),
        "parquet": lambda file: _write_parquet(file, columns(grid, record)),
        "html": lambda file: _write_html(file, grid, record, backend, run),
    }
    failed = 0
    for name, write in writers.items():
        file = getattr(options, name)
        try:
            if file is not None:
                write(file)
        except (OSError, ImportError) as problem:
            print(f"--{name}: {file} cannot be written: {getattr(problem, 'strerror', None) or problem}.", file=sys.stderr)
            failed = 1
    return failed


def _print(rows: Sequence[Sequence[str]]) -> None:
    if len(rows) > 1:
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for first, *rest in rows:
            print("  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]).rstrip())


def _write_csv(file: pathlib.Path, columns: dict[str, list]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(columns)
        table.writerows(zip(*columns.values(), strict=True))


def _write_parquet(file: pathlib.Path, columns: dict[str, list]) -> None:
    import pandas

    pandas.DataFrame(columns).to_parquet(file, index=False)


def _write_html(file: pathlib.Path, grid, record, backend: str, run: str) -> None:
    from snnviz.runs.report import html_of

    file.write_text(html_of(grid, record, backend, run, " ".join(["snnviz", *sys.argv[1:]])), encoding="utf-8")
