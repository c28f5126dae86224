"""Grids of trainings: what a setting is, what comes out, that an epoch is not chosen on the test part, and that a run goes on."""

import csv
import dataclasses
import time

import pytest

from snnviz import BPTT, Axis, Exodus, FeedForward, Grid, GridRecord, Training, YinYang, sweep_grid
from snnviz.__main__ import main
from snnviz.datasets import Split
from snnviz.datasets.parts import parted
from snnviz.neurons import Reset
from snnviz.runs import client, report, scheduler, store
from snnviz.runs.asked import Progress
from snnviz.runs.sweep import Sweep
from snnviz.runs.values import Run, Status
from snnviz.studies.grid import GridPoint, changed
from snnviz.studies.grid_presets import GRIDS
from snnviz.studies.intervals import interval, paired, student
from snnviz.training import load

SMALL = Training(YinYang(samples=90), FeedForward(layers=1, width=6), epochs=2, batch=32)
GRID = Grid((SMALL,), (Axis("method", (BPTT(), Exodus())), Axis("architecture.layers", (1, 2))), 2)


def bare(point: GridPoint) -> GridPoint:
    return dataclasses.replace(point, seconds=0.0, machine="")


def test_a_grid_is_a_value_of_settings_by_name():
    assert Grid.from_toml(GRID.to_toml()) == GRID and all(Grid.from_toml(one().to_toml()) == one() for one in GRIDS.values())
    assert [(cell.method, cell.architecture.layers) for cell in GRID.cells[:3]] == [(BPTT(), 1), (BPTT(), 2), (Exodus(), 1)]
    assert [(cell, seed) for cell, seed, _ in GRID.points[3:6]] == [(3, 0), (0, 1), (1, 1)], "seed by seed"
    assert changed(SMALL, "neuron.reset_mode", "zero").neuron.reset_mode is Reset.ZERO
    assert changed(SMALL, "optimiser.lr", 1).optimiser.lr == 1.0
    narrow = changed(SMALL, "method.surrogate.times_as_wide", 0.1).method.surrogate
    assert narrow != SMALL.method.surrogate
    for setting, to, why in (
        ("neuron.tau", 3.0, "LIF has no setting 'tau'; it has tau_mem"),
        ("architecture.layers", 0, "layers"),
        ("neuron.reset_mode", "half", "'half' is not a Reset: subtract, zero, none"),
    ):
        with pytest.raises(ValueError, match=why):
            changed(SMALL, setting, to)
    with pytest.raises(ValueError, match="the same training twice"):
        Grid((SMALL,), (Axis("seed", (1, 1)),))
    with pytest.raises(ValueError, match="2,000 trainings"):
        Grid((SMALL,), (Axis("batch", tuple(range(1, 21))),), 100)


def test_intervals_are_students_and_differences_are_paired():
    assert [round(student(n), 3) for n in (1, 2, 9)] == [12.706, 4.303, 2.262]
    assert interval([]) is None and interval([0.5]).half is None
    assert interval([1.0, 2.0, 3.0]).half == pytest.approx(4.302653 / 3**0.5)
    difference = paired({0: 0.9, 1: 0.5, 2: 0.7}, {0: 0.8, 1: 0.4, 3: 0.0})
    assert difference.mean == pytest.approx(0.1) and difference.half == pytest.approx(0, abs=1e-9) and difference.count == 2


def test_an_epoch_is_chosen_on_samples_that_nobody_trains_or_tests_on():
    samples = load(SMALL.dataset, Split.TRAIN)
    rest, held = parted(samples, 0.2, 7)
    numbers = [set(part.storage.index.tolist()) for part in (rest, held)]
    assert not numbers[0] & numbers[1] and len(numbers[0] | numbers[1]) == len(samples)
    assert len(held) == pytest.approx(0.2 * len(samples), abs=2) and (held.y == samples.y[held.storage.index]).all()
    point = GridPoint(0, 0, test_accuracy=(0.9, 0.1, 0.2, 0.3), validation_accuracy=(0.2, 0.5, 0.5, 0.4))
    assert (point.last, point.epoch, point.chosen) == (0.3, 2, 0.1), "not the 0.9 that is best on the test part"


def test_who_stops_a_grid_stops_the_points_that_are_being_trained(home):
    endless = dataclasses.replace(GRID, trainings=(dataclasses.replace(SMALL, epochs=100_000),))
    run = Run(Sweep(endless), "native")
    client.submit(run)
    assert client.wait(run.id, lambda s: " going" in s.progress.doing, 60)
    workers = scheduler.connect().cluster.workers.values()
    assert any(key.startswith("point-") for worker in workers for key in worker.state.tasks)
    client.cancel(run.id)
    assert client.wait(run.id, lambda s: s.status is Status.STOPPED, 60)
    end = time.monotonic() + 60
    while any(key.startswith("point-") for worker in workers for key in worker.state.tasks):
        assert time.monotonic() < end, "a point goes on that nobody waits for"
        time.sleep(0.05)


def test_a_grid_that_was_stopped_goes_on_and_gives_what_it_gives_alone(home, capsys):
    """Gone on with by the command, on whose workers several points go at once; then only read, and a report written."""
    (home / "grid.toml").write_text(GRID.to_toml(), encoding="utf-8")
    run, alone = Run(Sweep(GRID), "native"), GridRecord(tuple(sweep_grid(GRID, "native")))
    done = tuple(dataclasses.replace(point, seconds=123.0) for point in (alone.points[5], *alone.points[:2]))
    store.default().begin(run)
    store.default().save_progress(run, Progress(0.4, "3 of 8", GridRecord(done)))
    store.default().mark(run.id, Status.STOPPED)
    out = {name: home / f"grid.{name}" for name in ("csv", "parquet", "html")}
    command = ["compare", str(home / "grid.toml"), "--backend", "native"]
    assert main([*command, *(word for name, file in out.items() for word in (f"--{name}", str(file)))]) == 0
    assert f"The run {run.id} of this grid goes on" in capsys.readouterr().err
    state = client.follow(run.id)
    record = state.progress.result
    assert state.status is Status.FINISHED and record.done == {(cell, seed) for cell, seed, _ in GRID.points}
    assert record.points[:3] == done and all(point.seconds != 123.0 for point in record.points[3:]), "nothing is trained again"
    assert {bare(point) for point in record.points} == {bare(point) for point in alone.points}
    with out["csv"].open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 8 * 2 and {line["architecture.layers"] for line in lines} == {"1", "2"}
    assert sum(line["chosen"] == "True" for line in lines) == 8
    html = out["html"].read_text(encoding="utf-8")
    assert "Plotly.newPlot" in html and run.id in html and "setting = &quot;architecture.layers&quot;" in html
    assert "<script src" not in html and "<link" not in html, "it opens without a network"
    assert out["parquet"].stat().st_size > 1000
    assert main([*command]) == 0 and "is done: --again trains anew" in capsys.readouterr().err


def test_a_point_that_cannot_be_trained_says_so_and_the_others_are_there():
    grid = Grid((SMALL,), (Axis("dataset.steps", (100, 10)),), 1, 0.0)
    whole, short = sweep_grid(grid, "native")
    assert whole.last is not None and whole.chosen is None and short.last is None and "raise steps" in short.problem
    rows = GridRecord((whole, short)).rows(grid)
    assert rows[1].last is None and rows[1].problems == (short.problem,)
    first, *_ = report.figures(grid, GridRecord())
    assert "Nothing has ended yet" in first.layout.title.text
