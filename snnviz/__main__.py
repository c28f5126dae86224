"""The command `snnviz`, which is also `python -m snnviz`: the app, and training without a browser.

snnviz app                                  # the pages; builds the kernels first, where they are not built
snnviz build                                # the kernels alone
snnviz settings > settings.toml             # the settings of a training, ready to be changed
snnviz train settings.toml                  # results go into the store that the app reads
snnviz compare settings.toml --methods BPTT Exodus Slayer LocalZO --seeds 3 --csv results.csv
snnviz fetch SHD --folder recordings        # a set of tonic's catalogue
"""

import argparse
import csv
import dataclasses
import pathlib
import signal
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence

from snnviz.commands import Wrong
from snnviz.commands.app import app
from snnviz.commands.build import build

BAR = 24  # characters of the progress bar
COMPARED = ("BPTT", "Exodus", "Slayer", "LocalZO")
EVERY = 0.2  # seconds between two drawings of it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it went well, 1 if a training failed or what came out could not be kept, 2 if what was asked for
    cannot be done, 130 if it was interrupted."""
    given = _parser().parse_args(arguments)
    try:
        return given.command(given)
    except Wrong as problem:
        print(f"snnviz: {problem}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="snnviz", description="See how a spiking network is trained: in a browser, or without one."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, example: str, **kwargs) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=f"Example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )
        made.set_defaults(command=run)
        return made

    opened = command("app", app, "open the app: pages in the browser", "snnviz app --port 8600")
    opened.add_argument("--port", type=int, default=8501, help="where the app answers (8501)")
    opened.add_argument("--host", default="127.0.0.1", help="who may open it: this machine alone (127.0.0.1), or a class (0.0.0.0)")
    opened.add_argument("streamlit", nargs="*", help="after --, options of `streamlit run`: snnviz app -- --server.baseUrlPath=snn")
    command("build", build, "compile the kernels that the app needs on this machine, so that no page has to", "snnviz build")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("settings", type=pathlib.Path, help="a TOML file: what `settings` prints, or the app's Settings (TOML)")
    shared.add_argument("--backend", help="native (the default), cuda or reference")
    shared.add_argument("--no-save", action="store_true", help="do not keep the run in the store")
    shared.add_argument("--touch-active", action="store_true", help="run sparse methods over their active entries alone")
    one = command(
        "train", _train, "train what the settings say", "snnviz train settings.toml --checkpoint run.safetensors", parents=[shared]
    )
    one.add_argument("--checkpoint", type=pathlib.Path, help="a .safetensors file to write after every epoch and go on from")
    several = command(
        "compare",
        _compare,
        "the same training with several methods and seeds",
        "snnviz compare settings.toml --methods BPTT Exodus --seeds 3 --csv results.csv",
        parents=[shared],
    )
    several.add_argument("--methods", nargs="+", help=f"names of methods ({' '.join(COMPARED)}; of settings with several: theirs)")
    several.add_argument("--seeds", type=int, default=1, help="how many seeds, from that of the settings on")
    several.add_argument("--csv", type=pathlib.Path, help="where to write one line for every method, seed and epoch")
    command("settings", _settings, "print the settings of a training, ready to be changed", "snnviz settings > settings.toml")
    away = command("fetch", _fetch, "fetch a set of recordings through tonic", "snnviz fetch SHD --folder recordings")
    away.add_argument("name", help="tonic's name of the set: NMNIST, SHD, ...")
    away.add_argument("--folder", default="", help="where it goes (SNNVIZ_DATA, else a folder beside the cache)")
    away.add_argument("--part", default="", help="which one, of the sets that are lists of recordings")
    return parser


def _settings(given: argparse.Namespace) -> int:
    from snnviz.training import Training

    print(Training().to_toml(), end="")
    return 0


def _train(given: argparse.Namespace) -> int:
    settings = _read(given.settings)
    if given.checkpoint is not None and len(settings.trainings) > 1:
        raise Wrong(f"--checkpoint: {given.settings} holds {len(settings.trainings)} trainings, and a checkpoint is of one.")
    lines, status = _run(settings, given, [given.checkpoint] * len(settings.trainings))
    _table(lines)
    return status


def _compare(given: argparse.Namespace) -> int:
    from snnviz.methods import METHODS

    settings = _read(given.settings)
    names = given.methods or (COMPARED if len(settings.trainings) == 1 else ())
    for name in names:
        if name not in METHODS:
            raise Wrong(f"--methods: there is no method '{name}'; there are {', '.join(METHODS)}.")
    twice = next((n for place, n in enumerate(names) if n in names[:place]), None)
    if twice is not None:
        raise Wrong(f"--methods: {twice} is there twice; name each method once, and repeat over seeds with --seeds.")
    if given.seeds < 1:
        raise Wrong(f"--seeds = {given.seeds}: give at least one.")
    # The settings' own methods keep their fields where they are among those asked for.
    own = {type(t.method).__name__: t.method for t in reversed(settings.trainings)}
    methods = [own.get(n) or METHODS[n]() for n in names]
    each = [dataclasses.replace(t, method=m) for t in settings.trainings for m in methods] if methods else settings.trainings
    each = list(dict.fromkeys(each))
    try:
        trainings = tuple(dataclasses.replace(t, seed=t.seed + k) for k in range(given.seeds) for t in each)
    except ValueError as problem:
        raise Wrong(f"--seeds = {given.seeds}: {problem}") from None
    settings = dataclasses.replace(settings, trainings=tuple(dict.fromkeys(trainings)))
    if given.csv is not None and not given.csv.parent.is_dir():
        raise Wrong(f"--csv: there is no folder {given.csv.parent}.")
    lines, status = _run(settings, given, [None] * len(settings.trainings))
    _table(lines)
    if given.csv is not None:
        try:
            _write(given.csv, lines)
        except OSError as problem:
            print(f"--csv: {given.csv} cannot be written: {problem.strerror}.", file=sys.stderr)
            return status or 1
    return status


def _fetch(given: argparse.Namespace) -> int:
    ended = signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped by another program as by Ctrl-C
    try:
        from snnviz import places
        from snnviz.datasets.catalogue import by_hand, named

        dataset = named(given.name, given.folder, given.part)
        root = places.data(given.folder)
        try:
            listing, note = dataset.find(), "Nothing was fetched; name another folder for a fresh copy."
        except (OSError, ValueError):
            if reason := by_hand(dataset):
                raise Wrong(reason) from None
            print(f"Fetching {given.name} into {root}: {dataset.size}.", file=sys.stderr)
            dataset.fetch()
            listing, note = dataset.find(), ""
        print(f"{listing.have.rstrip(';')}, in {root}. {note}".rstrip())
    except (OSError, ValueError) as problem:
        raise Wrong(" ".join(str(problem).split())) from None
    except KeyboardInterrupt:
        print("Stopped; what had arrived is removed.", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGTERM, ended)
    return 0


def _read(path: pathlib.Path):
    from snnviz.training.settings import Settings

    try:
        return Settings.from_toml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise Wrong(f"{path} cannot be read: {reason}.") from None
    except ValueError as problem:
        raise Wrong(" ".join(str(problem).split())) from None


class _Line:
    """What is known of one training while it runs."""

    def __init__(self, training):
        self.training, self.batches, self.epochs, self.problem = training, [], [], ""

    @property
    def done(self) -> float:
        now = self.batches[-1] if self.batches else None
        at = 0.0 if now is None else now.epoch - 1 + now.batch / now.batches
        return 1.0 if self.problem else max(at, self.epochs[-1].epoch if self.epochs else 0) / self.training.epochs


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


def _run(settings, given, checkpoints) -> tuple[list[_Line], int]:
    """Train with a progress bar and keep the run; what came out, and the exit status."""
    from snnviz.backends import resolve
    from snnviz.labels import distinct
    from snnviz.training import BatchRecord, EpochRecord, Failure, compare_training

    try:
        backend = resolve(given.backend or settings.backend or None)
    except (ValueError, RuntimeError) as problem:
        raise Wrong(str(problem)) from None
    for dataset in dict.fromkeys(training.dataset for training in settings.trainings):
        for note in _notes(dataset):
            print(f"snnviz: {note}", file=sys.stderr)
    lines, shown, stopped = [_Line(t) for t in settings.trainings], _Progress(), 0
    touch_active = given.touch_active or settings.touch_active
    records = compare_training(settings.trainings, backend, checkpoints=checkpoints, touch_active=touch_active)
    try:
        for number, record in records:
            line = lines[number]
            if isinstance(record, Failure):
                line.problem = record.problem
                if not line.batches and len(lines) == 1:
                    raise Wrong(f"{given.settings}: {record.problem}")
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
        print("Stopped." + (f" {checkpoints[0]} goes on from the last whole epoch." if checkpoints[0] else ""), file=sys.stderr)
    for label, line in zip(distinct([line.training for line in lines]), lines, strict=True):
        if line.problem:
            print(f"{label}: {line.problem}", file=sys.stderr)
    saved = given.no_save or _keep(lines, backend.name, given.settings.stem, bool(stopped), touch_active)
    failed = any(line.problem for line in lines)
    return lines, stopped or int(failed or not saved)


class _Progress:
    """One line on stderr that is drawn over; where stderr is no terminal, a line for every epoch."""

    def __init__(self):
        self.start = self.drawn = time.perf_counter()
        self.terminal = sys.stderr.isatty()
        self.width = 0

    def draw(self, lines: list[_Line], epoch: bool) -> None:
        now = time.perf_counter()
        if not (epoch or (self.terminal and now - self.drawn > EVERY)):
            return
        done = sum(line.done for line in lines) / len(lines)
        if not self.terminal and any(len(line.epochs) < len(lines[0].epochs) and not line.problem for line in lines):
            return  # where nothing can be drawn over: one line when all are there
        self.drawn = now
        passed = now - self.start
        parts = [f"[{'#' * round(BAR * done):{BAR}}] {100 * done:3.0f} %", f"{passed:.0f} s"]
        if 0.02 < done < 1:
            parts.append(f"{passed * (1 - done) / done:.0f} s to go")
        latest = [line for line in lines if line.batches]
        if latest:
            parts.append("loss " + " ".join(f"{line.batches[-1].loss:.3f}" for line in latest[:4]))
        tested = [line for line in lines if line.epochs]
        if tested:
            parts.append("test " + " ".join(f"{100 * line.epochs[-1].test_accuracy:.1f}" for line in tested[:4]) + " %")
        text = "  ".join(parts)
        print(f"\r{text:{self.width}}" if self.terminal else text, end="" if self.terminal else "\n", file=sys.stderr, flush=True)
        self.width = len(text)

    def end(self) -> None:
        if self.terminal and self.width:
            print(file=sys.stderr)


def _table(lines: list[_Line]) -> None:
    """Accuracy, loss and time for every method: mean, and spread over seeds where there are several."""
    from snnviz.training import Seconds

    rows = [("method", "epochs", "train loss", "test accuracy", "seconds", "active", "what went wrong")]
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


def _labels(lines: list[_Line]) -> dict:
    """Each method's label, by method, in order."""
    from snnviz.labels import distinct

    methods = list(dict.fromkeys(line.training.method for line in lines))
    return dict(zip(methods, distinct(methods), strict=True))


def _spread(values: list[float], unit: str = "") -> str:
    mean = f"{statistics.fmean(values):.3g}"
    return mean + (f" +- {statistics.stdev(values):.2g}" if len(values) > 1 else "") + unit


def _write(path: pathlib.Path, lines: list[_Line]) -> None:
    names = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["method", "seed", "epoch", *names, "seconds"])
        labels = _labels(lines)
        for line in lines:
            for e in line.epochs:
                values = [getattr(e, n) for n in names]
                table.writerow([labels[line.training.method], line.training.seed, e.epoch, *values, e.seconds.total])


def _keep(lines: list[_Line], backend: str, title: str, stopped: bool, touch_active: bool) -> bool:
    """Keep the run in the store; whether that went well. A store that cannot be used is no reason to lose the table."""
    try:
        from snnviz.runs import store, values, work
    except ImportError as missing:
        print(f"The run is not kept: {missing}.", file=sys.stderr)
        return False
    status = values.Status.STOPPED if stopped else values.Status.FINISHED
    if all(line.problem for line in lines):
        status = values.Status.FAILED
    run = values.Run(work.Train(tuple(line.training for line in lines), None, touch_active), backend, title=title)
    try:
        saved = store.default()
        saved.begin(run)
        for number, line in enumerate(lines):
            saved.save_line(
                run.id,
                number,
                values.Line(line.training, tuple(line.epochs), _curve(line.batches), ended=not stopped, problem=line.problem),
            )
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


if __name__ == "__main__":
    sys.exit(main())
