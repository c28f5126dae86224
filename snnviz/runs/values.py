"""A run as values: the work that somebody asked for, and how far it has come."""

import dataclasses
import datetime
import enum
import functools
import time
import uuid
from collections.abc import Sequence

import numpy as np

from snnviz.events import Products
from snnviz.labels import distinct
from snnviz.params import param
from snnviz.runs.work import Progress, Train, Work
from snnviz.training import EpochRecord, Seconds, Training

POINTS = 256  # of a live curve; when it is full, neighbours are joined: as many as a screen shows, and quick to draw


class Status(enum.Enum):
    """Where a run stands. Only the first three belong to a job that is there now."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNREADABLE = "unreadable"  # in a list, of a run that this version cannot read; never saved

    @property
    def live(self) -> bool:
        """Whether a job waits, works or is paused."""
        return self in (Status.WAITING, Status.RUNNING, Status.PAUSED)


@dataclasses.dataclass(frozen=True)
class Run:
    """What was asked for: work on one backend.

    backend: a name, or "" for the best one that the worker has. owner: the visitor who asked, for fairness and to find the
    run again; "" is whoever runs this machine, who asked by the command line. created: seconds since 1970.
    """

    work: Work
    backend: str = ""
    owner: str = ""
    title: str = ""
    id: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex[:16])
    created: float = dataclasses.field(default_factory=time.time)

    @property
    def kind(self) -> str:
        """The kind of its work: "training", "depth", ..."""
        return self.work.kind

    @property
    def trainings(self) -> tuple[Training, ...]:
        """The trainings, where it trains; else none."""
        return self.work.trainings if isinstance(self.work, Train) else ()

    @functools.cached_property
    def labels(self) -> tuple[str, ...]:
        """One label per training, no two alike: its method and whatever else differs, the seed too."""
        return distinct(self.trainings)


@dataclasses.dataclass(frozen=True)
class Access:
    """Who may look at a saved run, and who may change it. shared: with everybody who opens the app."""

    owner: str
    shared: bool


@dataclasses.dataclass(frozen=True)
class Placed:
    """A training with the backend, the pass, the products and the threads that run it: two trainings of several runs are the same
    if these are equal."""

    training: Training
    backend: str
    touch_active: bool = param(False, "Touch only active entries")
    products: Products = param(Products.DENSE, "Products")
    threads: int = param(1, "Threads")

    named_by = "training"


@dataclasses.dataclass(frozen=True)
class Group:
    """Trainings that differ in their seed alone. places: their numbers among all trainings of the runs, in order."""

    label: str
    places: tuple[int, ...]


def labels(runs: Sequence[Run]) -> tuple[str, ...]:
    """One label per training of all runs, in order, no two alike. Where a run repeats another, its start tells which."""
    placed = _placed(runs)
    return distinct(placed, [when(run.created) for run in runs for _ in run.trainings])


def groups(runs: Sequence[Run]) -> tuple[Group, ...]:
    """The trainings of all runs, grouped over seeds, in order. The same training with the same seed once more is no other
    seed: it belongs to a group of its own."""
    placed = _placed(runs)
    starts = [when(run.created) for run in runs for _ in run.trainings]
    members: dict[tuple[Placed, int], list[int]] = {}
    for place, one in enumerate(placed):
        members.setdefault((_with_seed(one, 0), placed[:place].count(one)), []).append(place)
    several = any(len(places) > 1 for places in members.values())
    named = [_with_seed(placed[places[0]], 0) if several else placed[places[0]] for places in members.values()]
    names = distinct(named, [starts[places[0]] for places in members.values()])
    return tuple(Group(name, tuple(places)) for name, places in zip(names, members.values(), strict=True))


def _placed(runs: Sequence[Run]) -> list[Placed]:
    return [
        Placed(training, run.backend, run.work.touch_active, run.work.products, run.work.threads)
        for run in runs
        if isinstance(run.work, Train)
        for training in run.trainings
    ]


def _with_seed(placed: Placed, seed: int) -> Placed:
    return dataclasses.replace(placed, training=dataclasses.replace(placed.training, seed=seed))


def when(seconds: float) -> str:
    """A moment as the visitor reads it."""
    return datetime.datetime.fromtimestamp(seconds).strftime("%d %b %H:%M")


@dataclasses.dataclass(frozen=True)
class Curve:
    """The results of every batch, thinned to at most `POINTS` points: a point that stands for several batches is their mean.

    at [P]: epochs passed; loss, accuracy [P]; seconds [P]: of training so far; rates, active, norms [P, layers].
    """

    at: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    seconds: np.ndarray
    rates: np.ndarray
    active: np.ndarray
    norms: np.ndarray

    @classmethod
    def empty(cls) -> "Curve":
        """A curve without points."""
        return cls(*(np.zeros(0, np.float32) for _ in range(4)), *(np.zeros((0, 0), np.float32) for _ in range(3)))


@dataclasses.dataclass(frozen=True)
class Line:
    """One training of a run as far as it has come.

    spikes: of the chosen test sample after the last epoch, by layer [T, N], booleans. alarms: what went wrong in the epoch
    that is going on. ended: nothing more will come; problem: why it ended early, in one sentence.
    """

    training: Training
    epochs: tuple[EpochRecord, ...] = ()
    curve: Curve = dataclasses.field(default_factory=Curve.empty)
    spikes: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    ended: bool = False
    problem: str = ""

    @property
    def accuracy(self) -> float:
        """On the test part after the last epoch; NaN before the first."""
        return self.epochs[-1].test_accuracy if self.epochs else float("nan")

    @property
    def seconds(self) -> Seconds:
        """Wall clock of its finished epochs."""
        return sum((e.seconds for e in self.epochs), Seconds())

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with its layers now, and why it ended early."""
        sentences = (self.epochs[-1].problems if self.epochs else ()) + self.alarms + ((self.problem,) if self.problem else ())
        return tuple(dict.fromkeys(sentences))


@dataclasses.dataclass(frozen=True)
class RunState:
    """A run and how far it has come.

    lines: of trainings, one each; progress: of every other kind. notes: what happened to it, in sentences. alive_at: when it
    last gave a sign of life, in seconds since 1970.
    """

    run: Run
    status: Status
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    alive_at: float = 0.0
    progress: Progress = dataclasses.field(default_factory=Progress)

    @classmethod
    def waiting(cls, run: Run) -> "RunState":
        """A run that has just been submitted and has no results."""
        return cls(run, Status.WAITING, tuple(Line(t) for t in run.trainings), alive_at=time.time())

    @property
    def share(self) -> float:
        """How much of what was asked for is done, from 0 to 1."""
        if not self.lines:
            return self.progress.share
        done = [
            1.0
            if line.ended and not line.problem
            else min(1.0, max(len(line.epochs), float(line.curve.at[-1]) if len(line.curve.at) else 0.0) / line.training.epochs)
            for line in self.lines
        ]
        return sum(done) / len(done)


@dataclasses.dataclass(frozen=True)
class Summary:
    """A saved run in a list: one row per training, one row for a run of another kind.

    Of other kinds dataset and method are empty and the numbers of training are 0 or NaN. share: of all that was asked for.
    problem: why the run cannot be read; its status is UNREADABLE then. shared: with everybody who opens the app.
    """

    run: str
    number: int
    title: str
    status: Status
    created: float
    dataset: str
    method: str
    seed: int
    backend: str
    epochs: int
    planned: int
    train_loss: float
    test_accuracy: float
    seconds: float
    owner: str
    kind: str = Train.kind
    share: float = 0.0
    problem: str = ""
    shared: bool = False

    @property
    def access(self) -> Access:
        """Whose the run is, and whether others may look at it."""
        return Access(self.owner, self.shared)
