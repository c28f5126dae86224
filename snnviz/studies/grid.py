"""A grid: trainings times settings times seeds, as one value; its points, and the table that comes out.

grid = Grid((Training(),), (Axis("method", (BPTT(), Exodus())), Axis("architecture.layers", (1, 2, 4))), seeds=3)
for point in sweep_grid(grid):
    print(grid.labels[point.cell], point.seed, point.last, point.chosen)

The epoch to report is chosen on a part held out of the training part, never on the test part; beside it stands the last epoch.
"""

import dataclasses
import functools
import itertools
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from snnviz import text
from snnviz.backends import AbstractBackend
from snnviz.events import Products
from snnviz.labels import distinct
from snnviz.params import Declared, declared, param, shown
from snnviz.studies import machine
from snnviz.studies.intervals import Interval, interval, paired
from snnviz.studies.widths import stretched
from snnviz.surrogates import AbstractSurrogate
from snnviz.threads import checked, limited
from snnviz.training import VALUES, EpochRecord, Training, train

MOST = 1000  # trainings of one grid
SERIES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")  # of a point, after each epoch
TIMES = "times_as_wide"  # a setting of every surrogate that has a width


def changed(value: Any, setting: str, to: Any) -> Any:
    """A value with one of its settings, or a setting of one of its parts, replaced; a number or a word as TOML has it will do.

    Example:
        >>> changed(Training(), "neuron.reset_mode", "zero").neuron
        LIF(reset_mode=<Reset.ZERO: 'zero'>)

    Raises:
        ValueError: there is no such setting, or it does not take this value.
    """
    name, _, rest = setting.partition(".")
    if name == TIMES and isinstance(value, AbstractSurrogate):
        return stretched(value, float(to))
    kinds = {field: kind for field, (kind, _) in declared(type(value)).items()} if isinstance(value, Declared) else {}
    if name not in kinds:
        choices = f"it has {', '.join(kinds)}" if kinds else "it has none"
        raise ValueError(f"{type(value).__name__} has no setting {shown(name)}; {choices}.")
    whole: Any = value
    if rest:
        return dataclasses.replace(whole, **{name: changed(getattr(value, name), rest, to)})
    plain = isinstance(to, (str, int, float, tuple)) and not isinstance(to, bool)
    try:
        return dataclasses.replace(whole, **{name: text.made(to, VALUES, kinds[name]) if plain else to})
    except (ValueError, TypeError) as problem:
        raise ValueError(f"{name}: {problem}") from None


@dataclasses.dataclass(frozen=True)
class Axis(Declared):
    """One setting of a training and the values that it takes: `Axis("optimiser.lr", (0.001, 0.01))`.

    setting: its name, with dots into parts; `method.surrogate.times_as_wide` stretches a surrogate.

    Raises:
        ValueError: there is no value.
    """

    setting: str = "method"
    values: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.values:
            raise ValueError(f"The axis {self.setting} has no values: give at least one.")

    @property
    def labels(self) -> tuple[str, ...]:
        """Its values for reading."""
        if all(dataclasses.is_dataclass(value) for value in self.values):
            return distinct(self.values)
        return tuple(f"{value:g}" if isinstance(value, float) else str(value) for value in self.values)


@dataclasses.dataclass(frozen=True, repr=False)
class Grid(text.Written, Declared):
    """Each of the trainings, with each combination of the axes' values, from each of the seeds.

    seeds: from each training's own on. validation: the share of the training part that is held out to choose an epoch by; 0: none.
    touch_active, products, threads: as in `train`.

    Raises:
        ValueError: a setting that does not exist or does not fit, the same training twice, or too many of them.
    """

    trainings: tuple[Training, ...] = (Training(),)
    axes: tuple[Axis, ...] = ()
    seeds: int = param(3, "Seeds", low=1, high=100, slider=(1, 10, 1), help="Each cell is trained that often, from other weights.")
    validation: float = param(
        0.2,
        "Validation part",
        low=0.0,
        high=0.9,
        slider=(0.0, 0.5, 0.05),
        help="Held out of the training part; the epoch to report is chosen on it.",
    )
    touch_active: bool = False
    products: Products = Products.DENSE
    threads: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        checked(self.threads)
        count = len(self.trainings) * self.seeds
        for axis in self.axes:
            count *= len(axis.values)
        if not count:
            raise ValueError("There is nothing to train: a grid has at least one training.")
        if count > MOST:
            raise ValueError(f"This grid has {count:,} trainings; {MOST:,} are possible: lower the seeds, or take fewer values.")
        cells = self.cells
        if len(set(cells)) < len(cells):
            twice = next(cell for place, cell in enumerate(cells) if cell in cells[:place])
            raise ValueError(f"The grid has the same training twice: {twice!r}. Give every value of an axis once.")
        for cell in cells:
            dataclasses.replace(cell, seed=cell.seed + self.seeds - 1)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES | {"Grid": cls, "Axis": Axis}

    @functools.cached_property
    def cells(self) -> tuple[Training, ...]:
        """A training for each combination, with its first seed; the last axis changes fastest."""
        cells = []
        for training in self.trainings:
            for values in itertools.product(*(axis.values for axis in self.axes)):
                cell = training
                for axis, value in zip(self.axes, values, strict=True):
                    try:
                        cell = changed(cell, axis.setting, value)
                    except ValueError as problem:
                        raise ValueError(f"The axis {axis.setting}: {problem}") from None
                cells.append(cell)
        return tuple(cells)

    @property
    def count(self) -> int:
        """How many trainings there are."""
        return self.seeds * len(self.cells)

    def point(self, number: int) -> tuple[int, int, Training]:
        """A training by its number, from 0: its cell, its seed, and itself; seed by seed, so that every cell has its first one
        early."""
        turn, cell = divmod(number, len(self.cells))
        training = self.cells[cell]
        seed = training.seed + turn
        return cell, seed, dataclasses.replace(training, seed=seed)

    @property
    def points(self) -> list[tuple[int, int, Training]]:
        """Every `point`, by its number."""
        return [self.point(number) for number in range(self.count)]

    @functools.cached_property
    def labels(self) -> tuple[str, ...]:
        """One label for each cell, no two alike."""
        return distinct(self.cells)

    @property
    def title(self) -> str:
        """The grid in a few words."""
        what = " x ".join(axis.setting.rpartition(".")[2].replace("_", " ") for axis in self.axes) or "trainings"
        first = self.trainings[0]
        return f"{what}: {first.dataset.title}, {first.epochs} epochs, {len(self.cells)} cells, seeds {self.seeds}"


@dataclasses.dataclass(frozen=True)
class GridPoint:
    """One training of a grid: its cell and seed, and after each epoch what came out; accuracies and shares from 0 to 1.

    validation_accuracy: empty where nothing was held out. active, rate: means over the layers, in the last epoch. seconds: of its
    epochs. machine: what it ran on. problem: why it ended early, in one sentence; "" where it did not.
    """

    cell: int
    seed: int
    train_loss: tuple[float, ...] = ()
    train_accuracy: tuple[float, ...] = ()
    test_loss: tuple[float, ...] = ()
    test_accuracy: tuple[float, ...] = ()
    validation_accuracy: tuple[float, ...] = ()
    active: float = float("nan")
    rate: float = float("nan")
    seconds: float = 0.0
    machine: str = ""
    problem: str = ""

    @property
    def last(self) -> float | None:
        """The test accuracy after the last epoch; None where the training ended early."""
        return self.test_accuracy[-1] if self.test_accuracy and not self.problem else None

    @property
    def epoch(self) -> int | None:
        """The epoch that is best on the validation part, counted from 1, the first of several; None where there is none."""
        return int(np.argmax(self.validation_accuracy)) + 1 if self.validation_accuracy and not self.problem else None

    @property
    def chosen(self) -> float | None:
        """The test accuracy after that epoch."""
        return None if self.epoch is None else self.test_accuracy[self.epoch - 1]


@dataclasses.dataclass(frozen=True)
class GridRow:
    """One cell of the table. last, chosen: the test accuracy after the last epoch and after the one chosen on the validation part;
    against_last, against_chosen: the difference from the first cell on the same seeds. seconds: of one training, the mean."""

    cell: int
    label: str
    seeds: int
    last: Interval | None
    chosen: Interval | None
    against_last: Interval | None
    against_chosen: Interval | None
    seconds: float
    problems: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class GridRecord:
    """The points of a grid so far, in the order in which they ended."""

    points: tuple[GridPoint, ...] = ()

    @property
    def done(self) -> set[tuple[int, int]]:
        """Cell and seed of every point."""
        return {(point.cell, point.seed) for point in self.points}

    def of(self, cell: int) -> list[GridPoint]:
        """The points of one cell, seed by seed."""
        return sorted((point for point in self.points if point.cell == cell), key=lambda point: point.seed)

    def values(self, cell: int, chosen: bool) -> dict[int, float]:
        """A cell's test accuracies by seed: after the chosen epoch, or after the last; not of trainings that ended early."""
        pairs = ((point.seed, point.chosen if chosen else point.last) for point in self.of(cell))
        return {seed: value for seed, value in pairs if value is not None}

    def rows(self, grid: Grid) -> list[GridRow]:
        """A row for each cell that has a point."""
        rows = []
        for cell, label in enumerate(grid.labels):
            points = self.of(cell)
            if not points:
                continue
            last, chosen = self.values(cell, False), self.values(cell, True)
            against: list[Interval | None] = [None, None]
            if cell:
                offset = grid.cells[cell].seed - grid.cells[0].seed
                first = [{seed + offset: v for seed, v in self.values(0, which).items()} for which in (False, True)]
                against = [paired(last, first[0]), paired(chosen, first[1])]
            seconds = float(np.mean([point.seconds for point in points]))
            problems = tuple(dict.fromkeys(point.problem for point in points if point.problem))
            means = interval(list(last.values())), interval(list(chosen.values()))
            rows.append(GridRow(cell, label, len(points), *means, against[0], against[1], seconds, problems))
        return rows


def columns(grid: Grid, record: GridRecord) -> dict[str, list]:
    """Every epoch of every training as the columns of a table, in the grid's order; a cell's settings are columns, too."""
    cells, labels = grid.cells, grid.labels
    rows = [(point, epoch) for cell in range(len(cells)) for point in record.of(cell) for epoch in range(len(point.test_accuracy))]
    axes = [axis.setting for axis in grid.axes]
    chosen = list(itertools.product(*(axis.labels for axis in grid.axes))) * len(grid.trainings)
    return (
        {"training": [labels[p.cell] for p, _ in rows]}
        | {name: [chosen[p.cell][n] for p, _ in rows] for n, name in enumerate(axes)}
        | {"seed": [p.seed for p, _ in rows], "epoch": [e + 1 for _, e in rows]}
        | {name: [getattr(p, name)[e] for p, e in rows] for name in SERIES}
        | {"validation_accuracy": [p.validation_accuracy[e] if p.validation_accuracy else float("nan") for p, e in rows]}
        | {"chosen": [p.epoch == e + 1 for p, e in rows]}
        | {"seconds": [p.seconds for p, _ in rows], "machine": [p.machine for p, _ in rows]}
    )


def steps_of_point(
    grid: Grid, number: int, backend: AbstractBackend | str | None = None
) -> Generator[GridPoint | None, None, None]:
    """Train the point of a number (`Grid.point`): yields None after each batch, and the point at the end."""
    cell, seed, training = grid.point(number)
    epochs: list[EpochRecord] = []
    problem = ""
    try:
        how = {"touch_active": grid.touch_active, "products": grid.products, "validation": grid.validation}
        for record in train(training, backend, threads=grid.threads, **how):
            if isinstance(record, EpochRecord):
                epochs.append(record)
            yield None
    except (ValueError, RuntimeError, OSError) as trouble:
        problem = " ".join(str(trouble).split())
    series: dict[str, Any] = {name: tuple(float(getattr(e, name)) for e in epochs) for name in SERIES}
    held = tuple(e.validation_accuracy for e in epochs if e.validation_accuracy is not None)
    active, rate = (float(np.mean(v)) for v in (epochs[-1].active, epochs[-1].rates)) if epochs else (float("nan"),) * 2
    seconds = sum(e.seconds.total for e in epochs)
    with limited(grid.threads):
        place = machine.here()[0]
    yield GridPoint(
        cell, seed, **series, validation_accuracy=held, active=active, rate=rate, seconds=seconds, machine=place, problem=problem
    )


def sweep_grid(grid: Grid, backend: AbstractBackend | str | None = None) -> Iterator[GridPoint]:
    """Train each point of a grid, one after the other, in this process."""
    for number in range(grid.count):
        yield from (point for point in steps_of_point(grid, number, backend) if point is not None)
