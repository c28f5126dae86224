"""Times and steps: a time that is a whole number of steps lies in that step, whatever the step, the source or the clock."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnviz import LIF, Experiment, Pulses, SpikeTrain, Step, clock
from snnviz.datasets import OwnRecordings, Samples, Split
from snnviz.datasets.filters import hot, lonely, resting
from snnviz.datasets.storage import Dense
from snnviz.studies import sample_views

STEPS = (1 / 30, 1 / 3, 16.1, 0.1, 0.7, 1.0)
CAMERA = {"steps": 100, "dt": 1.0, "unit": "MICROSECOND"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path_factory.mktemp("cache")))


def own(folder, times, unit="MILLISECOND", columns=None, **settings):
    """Both parts of a set of two equal recordings of one class, one written per part, of neuron 0 unless columns say more."""
    from snnviz.datasets import TimeUnit

    columns = columns or {"neuron": np.zeros(len(times), int)}
    (folder / "a").mkdir(exist_ok=True)
    for number in range(2):
        np.savez(folder / "a" / f"{number}.npz", t=times, **columns)
    return OwnRecordings(folder=str(folder), unit=TimeUnit[unit], **settings).load(Split.TRAIN)


@pytest.mark.parametrize("dt", STEPS)
def test_one_event_at_every_step_is_one_event_in_every_bin(dt, tmp_path):
    times = np.arange(60) * dt
    assert np.array_equal(clock.step_of(times, dt), np.arange(60))
    for align in (True, False):
        made = own(tmp_path, times, steps=60, dt=dt, align=align)
        assert made.x[:, 0, 0].tolist() == [1] * 60 and not any("outside" in note for note in made.notes)
    experiment = Experiment(LIF(dt=dt), SpikeTrain(tuple(times.tolist()), weight=1.0), steps=60)
    assert experiment.input()[:, 0].flatten().tolist() == [1.0] * 60
    events = sample_views.events(made, 0)
    for step in (0, 7, 59):  # a surface at the moment of an event shows it
        assert sample_views.time_surface(events, (1, 1), step * dt, 1.0)[0, 0] == pytest.approx(1.0, abs=1e-6)


@given(st.integers(0, 2_000_000), st.integers(1, 5000), st.sampled_from([1, 10, 1000]))
def test_steps_are_those_of_exact_arithmetic(number, numerator, denominator):
    dt = numerator / denominator
    time = number * dt
    assert clock.step_of(time, dt) == number
    assert clock.step_of(time + dt / 2, dt) == number and bool(clock.reached(time, time, dt))


def exact(value):
    return Fraction(str(value))


@pytest.mark.parametrize("dt", [0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 1.0, 2.0])
def test_pulses_and_onsets_are_those_of_exact_arithmetic(dt):
    times = [number * exact(dt) for number in range(400)]
    for period, width in ((0.7, 0.3), (2.1, 0.7), (25.0, 5.0), (3.3, 1.1), (0.9, 0.3)):
        current = Experiment(LIF(dt=dt), Pulses(1.0, period, width), steps=400).input().flatten()
        assert (current > 0).tolist() == [time % exact(period) < exact(width) for time in times], (dt, period, width)
    for start in (0.3, 0.7, 2.1, 20.0, 0.9):
        current = Experiment(LIF(dt=dt), Step(1.0, start), steps=400).input().flatten()
        assert (current > 0).tolist() == [time >= exact(start) for time in times], (dt, start)


# --- A camera's clock -------------------------------------------------------------------------------------------------


def camera(seed=0, count=300, length=100_000):
    """Times in microseconds, some of them at the very beginning and end, and columns x, y, p."""
    rng = np.random.default_rng(seed)
    times = np.sort(np.r_[0, rng.integers(0, length, count - 2), length - 1])
    x, y, p = rng.integers(0, 6, count), rng.integers(0, 5, count), rng.integers(0, 2, count)
    return times, {"x": x, "y": y, "p": p}


@pytest.mark.parametrize("shift", [1, 50_000, 1_000_000, 10_000_000, 34 * 60_000_000, 36 * 60_000_000, 10**15])
@pytest.mark.parametrize("settings", [{}, {"denoise": 3.0}, {"refractory": 10.0}, {"hot_pixels": 100.0}, {"start": 20.0}])
def test_a_shift_of_all_times_changes_nothing(shift, settings, tmp_path):
    times, columns = camera()
    still = own(tmp_path, times, columns=columns, **CAMERA, **settings)
    moved = own(tmp_path, times + shift, columns=columns, **CAMERA, **settings)
    assert torch.equal(moved.x, still.x) and still.x.sum() > 0 and moved.notes == still.notes
    assert settings or still.x[:, 0].sum() == 300


def test_events_outside_the_steps_are_counted_and_said(tmp_path):
    times, columns = camera()
    far = own(tmp_path, times + 10_000_000, columns=columns, align=False, **CAMERA)
    assert far.x.sum() == 0
    assert any("300 of 300 events lie outside the 100 ms" in note and "1 of 1 recordings have none" in note for note in far.notes)
    assert any("start at the first event" in note for note in far.notes)
    half = own(tmp_path, times, columns=columns, **CAMERA | {"steps": 50})
    late = int((times >= 50_000).sum())
    assert any(f"{late} of 300 events lie outside the 50 ms of the steps; " in note for note in half.notes)
    assert half.x.sum() == 300 - late
    early = own(tmp_path, times, columns=columns, start=30.0, **CAMERA)
    assert early.x.sum() == (times >= 30_000).sum() and any("of 300 events lie outside" in note for note in early.notes)
    assert not any("outside" in note for note in own(tmp_path, times, columns=columns, **CAMERA).notes)


def test_twenty_events_six_ms_apart_keep_ten_at_ten_ms_dead_time(tmp_path):
    for shift in (0, 1000):
        made = own(tmp_path, np.arange(20) * 6.0 + shift, steps=120, refractory=10.0)
        assert made.events(0)["t"].tolist() == [12.0 * k for k in range(10)]


# Each filter against the sentence that says what it does, written as loops.
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40), st.integers(0, 10**12)
)
def test_filters_do_what_they_say_on_any_clock(events, shift):
    t, x, y = (np.array(column) for column in zip(*sorted(events), strict=True))
    alone = [not any(abs(x[i] - x[j]) + abs(y[i] - y[j]) == 1 and t[i] - t[j] < 5 for j in range(i)) for i in range(len(t))]
    last, rests = {}, []
    for time, pixel in zip(t, 4 * y + x, strict=True):
        rests.append(pixel in last and time - last[pixel] <= 7)
        if not rests[-1]:
            last[pixel] = time
    assert lonely(t + shift, x, y, 5).tolist() == alone
    assert resting(t + shift, 4 * y + x, 7).tolist() == rests
    assert resting((t + shift) / 2, 4 * y + x, 3.5).tolist() == rests, "times that are no whole numbers"
    often = [sum((x == a) & (y == b)) > 0.1 * (t[-1] - t[0]) for a, b in zip(x, y, strict=True)]
    assert hot(t + shift, 4 * y + x, 0.1).tolist() == often


def test_a_setting_of_time_reads_no_file_again(tmp_path, monkeypatch):
    times, columns = camera()
    made = own(tmp_path, times + 500, columns=columns, **CAMERA)
    dataset = OwnRecordings(folder=str(tmp_path), unit=OwnRecordings().unit.MICROSECOND, steps=100)
    monkeypatch.setattr("snnviz.tables.read", None)
    assert torch.equal(dataset.load(Split.TRAIN).x, made.x)
    assert dataclasses.replace(dataset, align=False, start=5.0).load(Split.TRAIN).x.sum() < made.x.sum()


# --- Views of samples -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("steps", "count"), [(60, 8), (10, 3), (7, 7), (5, 9)])
def test_frames_hold_the_steps_between_their_times(steps, count):
    x = np.arange(steps, dtype=float)[:, None, None, None]
    half = Samples(Dense(torch.zeros(steps, 1, 1, 1, 1)), torch.zeros(1), ("a",), (1, 1, 1), 0.7, "")
    begins = sample_views.frame_times(half, count)
    assert begins[0] == 0 and begins[-1] == pytest.approx(steps * 0.7) and len(begins) == min(count, steps) + 1
    for picture, begin, end in zip(sample_views.frames(x, count), begins, begins[1:], strict=False):
        assert picture[0, 0] == sum(step for step in range(steps) if begin <= step * 0.7 < end - 1e-9)


def test_statistics_of_a_sorted_set_are_of_the_whole_set():
    """300 silent samples of one class, then 300 of another that fire in every step: half of all fire."""
    x = torch.zeros(10, 600, 1, dtype=torch.uint8)
    x[:, 300:] = 1
    half = Samples(Dense(x), torch.arange(600) // 300, ("quiet", "loud"), (1,), 1.0, "")
    assert sample_views.mean_input(half).tolist() == [0.5] * 10
