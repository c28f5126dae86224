"""A grid of trainings as a run: its points go to the workers of Dask, as many at once as these have threads.

The task of the run coordinates: it hands out points, collects them, and saves each as it comes. A point is a Dask task of its own,
which takes turns with the other work of its worker. A worker that dies loses the points that it was at, and nothing finished:
Dask starts those anew elsewhere. If the coordinator dies, another worker goes on from what is saved.
"""

import collections
import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from snnviz import memory
from snnviz.runs.asked import Progress, Work
from snnviz.studies.grid import Grid, GridPoint, GridRecord, steps_of_point
from snnviz.training import VALUES

LOOK = 0.2  # seconds that the coordinator waits for a point before it looks for orders
WORKERS = 2.0  # seconds between two looks at which workers there are


@dataclasses.dataclass(frozen=True, repr=False)
class Sweep(Work):
    """A grid of trainings (`studies.grid`). Its result is a `GridRecord`; it goes on with the points that it has not.

    Held, it hands out no more points; those that are being trained come to their end.
    """

    kind = "sweep"
    goes_on = True
    takes_turns = False
    saved_at_once = True

    grid: Grid = dataclasses.field(default_factory=Grid)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES | Grid.parts() | {"Sweep": cls}

    @property
    def title(self) -> str:
        return self.grid.title

    def check(self) -> None:
        """Every grid can be begun; a point that cannot be trained says so."""

    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Progress]:
        raise NotImplementedError("a sweep is done for a run: `records_of`")

    def records_of(self, run: Any, folder: Path, result: Any = None) -> Iterator[Progress]:
        record = result or GridRecord()
        done = record.done
        waiting = collections.deque(n for n, (cell, seed, _) in enumerate(self.grid.points) if (cell, seed) not in done)
        hands = Hands(run, self.grid)
        try:
            yield self._progress(record, hands)
            while waiting or hands.going:
                while waiting and (worker := hands.free()):
                    hands.give(waiting.popleft(), worker)
                for point in hands.ended(LOOK):
                    record = GridRecord((*record.points, point))
                yield self._progress(record, hands)
        finally:
            hands.let_go()

    def _progress(self, record: GridRecord, hands: "Hands") -> Progress:
        count, done = self.grid.count, len(record.points)
        going = f", {len(hands.going)} going" if hands.going else ""
        return Progress(done / count, f"{done} of {count} trainings{going}", record)

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        return {"GridRecord": GridRecord, "GridPoint": GridPoint}


class Hands:
    """The workers that train points for a coordinator, which is a task on one of them."""

    def __init__(self, run: Any, grid: Grid):
        from distributed import get_client

        self.client: Any = get_client()
        self.run, self.grid = run, grid
        self.going: dict[Any, tuple[int, str]] = {}  # by the future of a point its number, and the worker that it was given to
        self._threads: dict[str, int] = {}
        self._looked = 0.0

    def free(self) -> str | None:
        """The worker with the most idle threads; None where all are busy."""
        if time.monotonic() - self._looked > WORKERS:
            self._looked, self._threads = time.monotonic(), dict(self.client.nthreads())
        busy = collections.Counter(worker for _, worker in self.going.values())
        idle = {worker: threads - busy[worker] for worker, threads in self._threads.items()}
        best = max(idle, key=idle.__getitem__, default=None)
        return best if best is not None and idle[best] > 0 else None

    def give(self, number: int, worker: str) -> None:
        """Have a worker train a point; if it goes away, another one does."""
        cell, seed, _ = self.grid.point(number)
        future = self.client.submit(
            train_point, self.run, number,
            key=f"point-{self.run.id}-{cell}-{seed}", pure=False, workers=[worker], allow_other_workers=True,
        )  # fmt: skip
        self.going[future] = number, worker

    def ended(self, seconds: float) -> list[GridPoint]:
        """The points that have ended, after a wait of at most so long for the first."""
        from distributed import wait

        if not self.going:
            time.sleep(seconds)
            return []
        with contextlib.suppress(TimeoutError):
            wait(list(self.going), timeout=seconds, return_when="FIRST_COMPLETED")
        points = []
        for future in [one for one in self.going if one.done()]:
            number, _ = self.going.pop(future)
            try:
                point = future.result()
            except Exception as problem:  # its workers died again and again, or there is no room for it
                cell, seed, _ = self.grid.point(number)
                point = GridPoint(cell, seed, problem=" ".join(f"{type(problem).__name__}: {problem}".split())[:300])
            future.release()  # or Dask would compute it again if the worker that has it went away
            points.append(point)
        return points

    def let_go(self) -> None:
        """Have no point trained any more."""
        if self.going:
            with contextlib.suppress(Exception):  # a scheduler that is away forgets them by itself
                self.client.cancel(list(self.going), force=True)
            self.going.clear()


def train_point(run: Any, number: int) -> GridPoint:
    """Train one point of a run's grid in turns with the other work of this worker: the task that Dask runs.

    Raises:
        RuntimeError: nobody wants the point any more.
    """
    from distributed import get_worker, secede

    from snnviz.runs.turns import TURN, Turns

    grid, worker = run.work.grid, get_worker()
    cell, seed, _ = grid.point(number)
    secede()
    if run.backend != "cuda":
        torch.set_num_threads(1)  # a grid says its own number
    turns = Turns(run, worker, of_a_part=True)
    steps = steps_of_point(grid, number, run.backend or None)
    try:
        while True:
            turns.take()
            try:
                end = time.perf_counter() + TURN
                for point in steps:
                    if point is not None:
                        return point
                    memory.settle()
                    if time.perf_counter() > end:
                        break
            finally:
                turns.give()
            task = worker.state.tasks.get(f"point-{run.id}-{cell}-{seed}")
            if task is None or task.state not in ("executing", "long-running"):
                raise RuntimeError("nobody waits for this point any more")
    finally:
        steps.close()
