"""Work of every kind as runs: it is saved as it grows, can be stopped, goes on or starts again, is found again, is deleted."""

import dataclasses
import os
import subprocess
import sys
import time

import pytest

from snnviz.architectures import FeedForward
from snnviz.methods import BPTT, Exodus, SurrogateModules
from snnviz.runs import client, fetch, store
from snnviz.runs.values import Run, Status
from snnviz.runs.work import KINDS, FetchSet, MeasureDepth, MeasureSpeed, MeasureTimes, SweepGrowth
from snnviz.studies.backward_times import Plan
from snnviz.studies.depth import DepthStudy, measure_depth
from snnviz.studies.growth import GrowthSweep, Over, depth_experiment, sweep
from snnviz.studies.speed import SpeedPlan

STUDY = DepthStudy(SurrogateModules(after=(1,)), layers=2, width=6, training=8, looks=2, draws=8, samples=16)
SMALL = depth_experiment(2, steps=20, batch=2, width=16)
SWEEP = GrowthSweep(Over.DEPTH, SMALL, (BPTT(), Exodus()))
PLAN = Plan(steps=20, batch=2, hidden=16, repeats=1)
# A command that stands for `python -m snnviz fetch`: it takes as long as it is let, and clears away what it has at its end.
SLOW = """
import pathlib, shutil, signal, sys, time
name, folder = sys.argv[2], pathlib.Path(sys.argv[4])
place = folder / ".fetching" / name
place.mkdir(parents=True)
(place / "part").write_bytes(bytes(4096))
signal.signal(signal.SIGTERM, lambda *_: (shutil.rmtree(place.parent), sys.exit(130)))
while not (folder / "enough").exists():
    time.sleep(0.01)
shutil.rmtree(place.parent)
"""


def ended(run: str, seconds: float = 120.0):
    assert client.wait(run, lambda s: not s.status.live, seconds)
    assert client.wait(run, lambda _: run not in client._tasks, 10)  # from here on the store is what is read
    return client.follow(run)


def test_a_depth_study_is_saved_as_it_grows_and_gives_what_the_study_gives(home):
    run = Run(MeasureDepth(STUDY), "native", "me")
    client.submit(run)
    assert client.latest("me", "depth") == run.id and client.latest("me", "training") is None
    state = ended(run.id)
    *_, alone = measure_depth(STUDY, "native")
    record = state.progress.result
    assert state.status is Status.FINISHED and state.share == 1.0 and record.done
    assert record.checkpoints == alone.checkpoints and record.without == alone.without and record.modules.loss == alone.modules.loss
    earlier = client.find(MeasureDepth(STUDY), "native")
    assert earlier.run.id == run.id and client.find(MeasureDepth(dataclasses.replace(STUDY, seed=1)), "native") is None
    client.delete([run.id])
    assert client.follow(run.id) is None and store.default().list() == []


def test_a_sweep_is_held_stopped_and_goes_on_after_its_last_point(home):
    work = SweepGrowth(dataclasses.replace(SWEEP, experiment=depth_experiment(2, steps=1500, batch=16, width=64)))
    run = Run(work, "native", "me")
    client.submit(run)
    assert client.wait(run.id, lambda s: s.progress.result is not None and len(s.progress.result.points) >= 1, 60)
    client.pause(run.id)
    assert client.wait(run.id, lambda s: s.status is Status.PAUSED, 10)
    held = len(client.follow(run.id).progress.result.points)
    time.sleep(0.5)
    assert len(client.follow(run.id).progress.result.points) == held < 7
    client.cancel(run.id)
    stopped = ended(run.id)
    assert stopped.status is Status.STOPPED and len(stopped.progress.result.points) == held
    client.go_on(run.id)
    state = ended(run.id)
    assert state.status is Status.FINISHED and any("Went on from" in note for note in state.notes)
    assert state.progress.result.points[:held] == stopped.progress.result.points
    alone = [tuple(point.ratio.values()) for point in sweep(work.sweep.settings, "native")]
    assert [point.ratios for point in state.progress.result.points] == alone


def test_times_are_measured_one_at_a_time_and_those_who_wait_can_stop(home):
    first, second, third = (Run(MeasureTimes(dataclasses.replace(PLAN, repeats=n)), "", owner) for n, owner in enumerate("abc", 1))
    for run in (first, second, third):
        client.submit(run)
    states = [first.id, second.id, third.id]
    assert client.wait(third.id, lambda s: s.status is Status.WAITING, 30)
    client.cancel(third.id)
    assert ended(third.id).status is Status.STOPPED and client.follow(third.id).progress.result is None
    measured = []
    while len(measured) < 2:
        going = [run for run in states[:2] if client.follow(run).status is Status.RUNNING and client.follow(run).progress.doing]
        assert len(going) <= 1, "two at once would spoil each other"
        measured = [run for run in states[:2] if not client.follow(run).status.live]
    for run in states[:2]:
        state = ended(run)
        assert state.status is Status.FINISHED, state.notes
        assert len(state.progress.result.timings) == 7 and state.progress.seconds > 0


def test_a_fetch_is_seen_by_all_ends_at_once_and_leaves_nothing(home, monkeypatch):
    (home / "slow.py").write_text(SLOW)
    monkeypatch.setattr(fetch, "COMMAND", (sys.executable, str(home / "slow.py")))
    monkeypatch.setenv("SNNVIZ_DATA", str(home / "sets"))
    work = FetchSet("SHD", str(home / "sets"))
    run = Run(work, "", "me")
    client.submit(run)
    assert client.wait(run.id, lambda s: s.progress.result is not None and s.progress.result.size == 4096, 60)
    assert client.find(work, "").run.id == run.id and client.find(FetchSet("SSC", work.folder), "") is None
    client.cancel(run.id)
    assert ended(run.id).status is Status.STOPPED and not any((home / "sets").iterdir())
    client.go_on(run.id)
    assert client.wait(run.id, lambda s: s.progress.result is not None and s.progress.result.size == 4096, 60)
    (home / "sets" / "enough").touch()
    state = ended(run.id)
    assert state.status is Status.FINISHED and state.progress.result.whole
    monkeypatch.setattr(fetch, "COMMAND", (sys.executable, "-c", "raise SystemExit('snnviz: no such set.')"))
    client.submit(failing := Run(FetchSet("None", work.folder), "", "me"))
    assert ended(failing.id).status is Status.FAILED and "no such set" in client.follow(failing.id).notes[-1]
    monkeypatch.setenv("SNNVIZ_DOWNLOADS", "no")
    with pytest.raises(ValueError, match="downloads off"):
        client.submit(Run(work, "", "me"))


def test_sets_are_fetched_one_at_a_time_and_only_into_the_folder_of_recordings(tmp_path, monkeypatch):
    (tmp_path / "slow.py").write_text(SLOW)
    monkeypatch.setattr(fetch, "COMMAND", (sys.executable, str(tmp_path / "slow.py")))
    monkeypatch.setenv("SNNVIZ_DATA", str(tmp_path / "sets"))
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path / "cache"))
    first, second = (fetch.in_turn(name, tmp_path / "sets") for name in ("SHD", "SSC"))
    assert next(first) == fetch.Arrived(0) and next(second) is None and next(second) is None
    first.close()
    assert next(second) == fetch.Arrived(0)
    second.close()
    for place in ("/etc", str(tmp_path / "sets" / ".." / "else"), str(tmp_path)):
        with pytest.raises(ValueError, match=r"A page fetches into .*sets only"):
            FetchSet("SHD", place).check()
    FetchSet("SHD", str(tmp_path / "sets" / "speech")).check()
    monkeypatch.setenv("SNNVIZ_FETCH_INTO", os.pathsep.join(["/nowhere", str(tmp_path / "else")]))
    FetchSet("SHD", str(tmp_path / "else" / "speech")).check()


def test_a_killed_server_leaves_what_was_saved_and_it_starts_again(home):
    long = MeasureDepth(dataclasses.replace(STUDY, training=2000, looks=4, draws=1024)).to_toml()
    code = (
        "from tests.test_work import *\n"
        f"run = Run(MeasureDepth.from_toml({long!r}), 'native', 'me')\n"
        "client.submit(run); print(run.id, flush=True)\n"
        "client.wait(run.id, lambda s: s.progress.result is not None and len(s.progress.result.modules.loss) > 100, 60)\n"
        "time.sleep(2.5); print('saved', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        run = server.stdout.readline().strip()
        assert server.stdout.readline().strip() == "saved"
        server.kill()
    state = client.follow(run)
    assert state.status is Status.INTERRUPTED and "can be started again" in state.notes[-1]
    assert len(state.progress.result.modules.loss) > 10 and 0 < state.share < 1
    client.go_on(run)
    assert client.wait(run, lambda s: s.status is Status.RUNNING and s.progress.doing, 60)
    client.delete([run])
    assert client.follow(run) is None


def test_work_that_is_too_much_is_refused_before_it_starts(home):
    wide = dataclasses.replace(SMALL, batch=4096, architecture=FeedForward(layers=2, width=4096))
    too_much = (
        MeasureDepth(DepthStudy(layers=20, width=128, draws=16384)),
        SweepGrowth(GrowthSweep(Over.STEPS, wide)),
        MeasureTimes(Plan(over_steps=True, steps=1000)),
        MeasureSpeed(SpeedPlan(steps=2000, neurons=4096, batch=256, points=10)),
    )
    for work in too_much:
        with pytest.raises(ValueError, match="lower the"):
            client.submit(Run(work, "native", "me"))
    assert store.default().list() == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_is_and_can_be_written(kind):
    work = KINDS[kind]()
    assert work.kind == kind and KINDS[kind].from_toml(work.to_toml()) == work
    assert KINDS[kind].decode(KINDS[kind].encode(None)) is None
