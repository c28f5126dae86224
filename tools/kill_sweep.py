"""A grid of 24 trainings on two worker processes of Dask, one of which is killed by -9 in the middle: is what was finished still
there, does the grid end complete, and are its figures those of a grid that nobody disturbed?

python -m tools.kill_sweep                  # kills the worker that coordinates the run, then the other one
"""

import argparse
import dataclasses
import os
import signal
import tempfile
import time
from typing import Any

from snnviz import BPTT, Axis, Exodus, FeedForward, Grid, LocalZO, Slayer, Training, YinYang, sweep_grid
from snnviz.runs import client, store
from snnviz.runs.sweep import Sweep
from snnviz.runs.values import Run
from snnviz.studies.grid import GridPoint, GridRecord

METHODS = (BPTT(), Exodus(), Slayer(scale=0.1), LocalZO())
TRAINING = Training(YinYang(samples=200), FeedForward(layers=2, width=16), epochs=4, batch=32)
GRID = Grid((TRAINING,), (Axis("method", METHODS), Axis("architecture.layers", (1, 2))), 3)


def saved(run: str) -> GridRecord:
    """What the store has of a run's grid."""
    state = store.default().open(run)
    return (state.progress.result if state else None) or GridRecord()


def disturbed(cluster, coordinator: bool, after: int) -> tuple[GridRecord, tuple[str, ...]]:
    """The grid with a worker killed once so many points are saved: its record and its notes.

    Raises:
        RuntimeError: a point that was saved is there no more.
    """
    run, killed, before = Run(Sweep(GRID), "native", "me"), False, set()
    client.submit(run)
    while True:
        state = client.follow(run.id)
        now = {(point.cell, point.seed) for point in saved(run.id).points}
        if before - now:
            raise RuntimeError(f"Lost: {before - now}.")
        before = now
        if state is None or not state.status.live:
            return saved(run.id), () if state is None else state.notes
        if len(before) >= after and not killed:
            first = int(store.default().place(run.id).split("/")[1])
            process = next(w.pid for w in cluster.workers.values() if (w.pid == first) is coordinator)
            os.kill(process, signal.SIGKILL)
            killed = True
            print(f"killed the {'coordinator' if coordinator else 'other worker'} with {len(before)} of {GRID.count} saved")
        time.sleep(0.1)


def bare(point: GridPoint) -> GridPoint:
    """A point without what differs from time to time."""
    return dataclasses.replace(point, seconds=0.0, machine="")


def main() -> None:
    """Do it once for each of the two workers."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    import distributed

    alone = {(point.cell, point.seed): bare(point) for point in sweep_grid(GRID, "native")}
    for coordinator in (True, False):
        with tempfile.TemporaryDirectory() as home:
            os.environ["SNNVIZ_HOME"] = home
            workers: Any = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0")
            with workers as cluster:
                os.environ["SNNVIZ_SCHEDULER"] = cluster.scheduler_address
                start = time.monotonic()
                record, notes = disturbed(cluster, coordinator, GRID.count // 3)
                client.close()
            complete = record.done == alone.keys()
            same = all(bare(point) == alone[point.cell, point.seed] for point in record.points)
            print(f"{len(record.points)} points, complete: {complete}, equal to the undisturbed grid's: {same}")
            print(f"{time.monotonic() - start:.0f} s")
            print(*notes, sep="\n")
            store.default().close()
            store.at.cache_clear()


if __name__ == "__main__":
    main()
