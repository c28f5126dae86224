"""The work of a run, as values: one class for each kind. `KINDS` lists them.

A `Work` is written as TOML and read back, so that the store can keep it and a run with the same settings can be found again.
It is done by a generator: a worker draws one record after another, and between two records it obeys orders and lets others
have their turn. A training yields the records of its batches and epochs; every other kind yields `Progress`: what it has so
far, as one frozen value that grows.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snnviz import heads, threads
from snnviz.events import Products
from snnviz.runs import fetch
from snnviz.runs.asked import Progress as Progress
from snnviz.runs.asked import Work as Work
from snnviz.runs.sweep import Sweep
from snnviz.studies import backward_times, depth, growth, machine, reference_gradients, speed, widths
from snnviz.training import VALUES as TRAINED
from snnviz.training import Failure, Record, Training, compare_training


@dataclasses.dataclass(frozen=True, repr=False)
class Train(Work):
    """Trainings side by side. sample: the test sample whose spikes are kept at each epoch; None: of no sample. touch_active:
    whether sparse methods run over their active entries alone, products: how layers multiply,
    and threads: of the CPU, all as in `train`."""

    kind = "training"
    can_step = True
    goes_on = True
    made_once = False

    trainings: tuple[Training, ...] = ()
    sample: int | None = 0
    touch_active: bool = False
    products: Products = Products.DENSE
    threads: int = 1

    @classmethod
    def parts(cls) -> dict[str, type]:
        return TRAINED | {"Train": cls}

    @property
    def title(self) -> str:
        return self.trainings[0].dataset.title if self.trainings else ""

    def check(self) -> None:
        if not self.trainings:
            raise ValueError("There is nothing to train: choose at least one method.")
        threads.checked(self.threads)

    @staticmethod
    def checkpoint(folder: Path, number: int) -> Path:
        """The file that a training goes on from."""
        return folder / f"{number}.safetensors"

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[tuple[int, Record | Failure]]:
        """result: the numbers of the trainings that have not ended; each goes on from its checkpoint."""
        numbers = list(range(len(self.trainings))) if result is None else list(result)
        folder.mkdir(parents=True, exist_ok=True)
        records = compare_training(
            [self.trainings[i] for i in numbers],
            backend or None,
            checkpoints=[self.checkpoint(folder, i) for i in numbers],
            record_sample=self.sample,
            touch_active=self.touch_active,
            products=self.products,
            threads=self.threads,
        )
        for number, record in records:
            yield numbers[number], record


@dataclasses.dataclass(frozen=True, repr=False)
class MeasureDepth(Work):
    """A depth study (`studies.depth`). Its result is a `DepthRecord`. Interrupted, it starts again: it has no checkpoints."""

    kind = "depth"

    study: depth.DepthStudy = dataclasses.field(default_factory=depth.DepthStudy)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return TRAINED | {"MeasureDepth": cls, "DepthStudy": depth.DepthStudy}

    @property
    def title(self) -> str:
        return self.study.title

    def check(self) -> None:
        self.study.check_budget()

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Progress]:
        for record in depth.measure_depth(self.study, backend or None):
            yield Progress(record.progress, record.doing, record)

    def visible(self, result: Any) -> Any:
        return None if result is None else (result.checkpoints, result.without)

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        own = (depth.DepthRecord, depth.Training, depth.Look, reference_gradients.DepthErrors, reference_gradients.GradientError)
        return cls.parts() | {one.__name__: one for one in (*own, heads.Closeness)}


@dataclasses.dataclass(frozen=True, repr=False)
class SweepGrowth(Work):
    """A sweep of the gradient's growth (`studies.growth`). Its result is a `GrowthRecord`; it goes on after its last point."""

    kind = "growth"
    goes_on = True

    sweep: growth.GrowthSweep = dataclasses.field(default_factory=growth.GrowthSweep)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return TRAINED | {"SweepGrowth": cls, "GrowthSweep": growth.GrowthSweep}

    @property
    def title(self) -> str:
        return self.sweep.title

    def check(self) -> None:
        for _, experiment, _ in self.sweep.settings:
            experiment.check_budget()

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Progress]:
        settings = self.sweep.settings
        record = growth.GrowthRecord() if result is None else result
        while len(record.points) < len(settings):
            done = len(record.points)
            yield Progress(done / len(settings), f"Sweeping: {self.sweep.label} {settings[done][0]:g}", record)
            (point,) = growth.sweep([settings[done]], backend or None)
            record = growth.GrowthRecord((*record.points, growth.GrowthPoint(point.value, tuple(point.ratio.values()))))
        yield Progress(1.0, f"{len(settings)} points", record)

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        return {"GrowthRecord": growth.GrowthRecord, "GrowthPoint": growth.GrowthPoint}


@dataclasses.dataclass(frozen=True, repr=False)
class SweepWidths(Work):
    """A sweep over shapes and widths of surrogates (`studies.widths`). Its result is a `WidthRecord`; it goes on after its last
    training."""

    kind = "widths"
    goes_on = True

    sweep: widths.WidthSweep = dataclasses.field(default_factory=widths.WidthSweep)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return TRAINED | {"SweepWidths": cls, "WidthSweep": widths.WidthSweep}

    @property
    def title(self) -> str:
        return self.sweep.title

    def check(self) -> None:
        """Every sweep can be done: its size has limits of its own."""

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Progress]:
        record = widths.WidthRecord() if result is None else result
        count = len(self.sweep.trainings)
        yield Progress(len(record.points) / count, "Training", record)
        for point in widths.sweep_widths(self.sweep, backend or None, done=len(record.points)):
            record = widths.WidthRecord((*record.points, point))
            yield Progress(len(record.points) / count, f"{len(record.points)} of {count} trainings", record)

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        return {"WidthRecord": widths.WidthRecord, "WidthPoint": widths.WidthPoint}


@dataclasses.dataclass(frozen=True, repr=False)
class MeasureTimes(Work):
    """Times of a backward pass on the worker's machine (`studies.backward_times`), one such measurement at a time. Its result
    is a `Series`. Interrupted, it starts again: points of one curve are measured one after another."""

    kind = "times"
    can_pause = False
    alone = True

    plan: backward_times.Plan = dataclasses.field(default_factory=backward_times.Plan)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return {"MeasureTimes": cls, "Plan": backward_times.Plan}

    @property
    def title(self) -> str:
        return self.plan.title

    def check(self) -> None:
        self.plan.check_budget()

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Progress]:
        plan, timings, series = self.plan, (), None
        this_machine, date = machine.here()
        about = f"batch {plan.batch}, {plan.hidden} to {plan.hidden} neurons"
        yield Progress(0.0, "Measuring")
        for timing in backward_times.measure(plan):
            timings = (*timings, timing)
            series = backward_times.Series(this_machine, date, about, timings)
            yield Progress(len(timings) / len(plan.points), f"Measured {len(timings)} of {len(plan.points)} points", series)

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        return {"Series": backward_times.Series, "Timing": backward_times.Timing}


@dataclasses.dataclass(frozen=True, repr=False)
class MeasureSpeed(Work):
    """Times of a layer's loop on the worker's machine (`studies.speed`), one such measurement at a time. Its result is a
    `SpeedRecord`. Interrupted, it starts again, as `MeasureTimes` does."""

    kind = "speed"
    can_pause = False
    alone = True

    plan: speed.SpeedPlan = dataclasses.field(default_factory=speed.SpeedPlan)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return TRAINED | {"MeasureSpeed": cls, "SpeedPlan": speed.SpeedPlan}

    @property
    def title(self) -> str:
        return self.plan.title

    def check(self) -> None:
        self.plan.check_budget()

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Progress]:
        plan = self.plan
        record = speed.begin(plan)
        yield Progress(0.0, "Measuring", record)
        for point in speed.measure(plan):
            record = dataclasses.replace(record, points=(*record.points, point))
            done = len(record.points)
            yield Progress(done / plan.points, f"Measured {done} of {plan.points} points", record)

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        return {"SpeedRecord": speed.SpeedRecord, "LoopTimes": speed.LoopTimes}


@dataclasses.dataclass(frozen=True, repr=False)
class FetchSet(Work):
    """Fetch a set of tonic's catalogue into a folder of the worker's machine. Its result is a `fetch.Arrived`.

    A process of its own does it, which can be ended at any moment and removes what has arrived. Started again, it begins anew;
    archives that had arrived whole when a fetch failed are used.
    """

    kind = "fetch"
    can_pause = False
    takes_turns = False

    name: str = ""
    folder: str = ""

    @classmethod
    def parts(cls) -> dict[str, type]:
        return {"FetchSet": cls}

    @property
    def title(self) -> str:
        return f"{self.name} into {self.folder}"

    def check(self) -> None:
        if not fetch.allowed():
            raise ValueError("Whoever runs this app has turned downloads off (SNNVIZ_DOWNLOADS=no).")
        if reason := fetch.refused(Path(self.folder)):
            raise ValueError(reason)

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Progress]:
        for arrived in fetch.in_turn(self.name, Path(self.folder)):
            if arrived is None:
                yield Progress(0.0, "Waiting until another set has arrived", fetch.Arrived(0))
            else:
                yield Progress(float(arrived.whole), f"{arrived.amount} here", arrived)

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        return {"Arrived": fetch.Arrived}


KINDS: dict[str, type[Work]] = {
    one.kind: one for one in (Train, MeasureDepth, SweepGrowth, SweepWidths, Sweep, MeasureTimes, MeasureSpeed, FetchSet)
}
