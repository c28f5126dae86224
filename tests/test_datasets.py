"""Data sets: the same seed gives the same bits, halves never meet, tasks need what they claim, bad files do no harm."""

import contextlib
import dataclasses
import hashlib
import http.server
import os
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from snnviz.__main__ import main
from snnviz.datasets import (
    DATASETS,
    Binning,
    Braille,
    Circles,
    Coding,
    DelayedXor,
    Digits,
    DvsGesture,
    NMnist,
    OwnPoints,
    OwnRecordings,
    PlaneCoding,
    RandomManifolds,
    Saccades,
    Shd,
    SoundLocalisation,
    Speaker,
    SpikePatterns,
    Spirals,
    Split,
    TemporalOrder,
    TimeUnit,
    TonicSet,
    TwoMoons,
    Xor,
    YinYang,
    YinYangPoints,
    catalogue,
)
from snnviz.datasets.base import balanced, halves
from snnviz.datasets.catalogue import IMAGES, OTHERS, by_hand, named
from snnviz.datasets.recordings import read_recording
from snnviz.datasets.storage import Binned
from snnviz.datasets.tonic_sets import arrived, arriving

SMALL = {
    "Digits": Digits(samples=200),
    "Saccades": Saccades(samples=100),
    "RandomManifolds": RandomManifolds(samples=200),
    "YinYang": YinYang(samples=300),
    "TwoMoons": TwoMoons(samples=200),
    "Circles": Circles(samples=200),
    "Xor": Xor(samples=200),
    "Spirals": Spirals(samples=200),
    "YinYangPoints": YinYangPoints(samples=200),
    "DelayedXor": DelayedXor(samples=200),
    "TemporalOrder": TemporalOrder(samples=200),
    "SpikePatterns": SpikePatterns(samples=100),
    "SoundLocalisation": SoundLocalisation(samples=105, steps=200),
    "Braille": Braille(samples=135),
}

PLANE = ("TwoMoons", "Circles", "Xor", "Spirals", "YinYangPoints")
KNOWN = {
    "Digits": "633e67e5fb7c5fe4",
    "Saccades": "3acdff2e0c046e63",
    "RandomManifolds": "bff0d7361d9b7fd3",
    "YinYang": "96de9093db0294d8",
    "TwoMoons": "61e97c1c83e04e98",
    "Circles": "8918ae8d170b7746",
    "Xor": "365f3ed093161fdd",
    "Spirals": "f03ae899057009cc",
    "YinYangPoints": "3d8c4fcd979ea00e",
    "DelayedXor": "d39f0118255256ac",
    "TemporalOrder": "6cbaf6e13bf551fb",
    "SpikePatterns": "d402e02885f7b59b",
    "SoundLocalisation": "521264fa2926a428",
    "Braille": "022bba405363dc7d",
}


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory):
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def own_cache(shared_cache, monkeypatch):
    monkeypatch.setenv("SNNVIZ_CACHE", shared_cache)


def digest(samples):
    return hashlib.sha256(samples.x.numpy().tobytes() + samples.y.numpy().tobytes()).hexdigest()


# --- What holds for every set -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_every_set_says_what_it_is_and_round_trips_through_repr(name):
    one = DATASETS[name]
    assert one.title and len(one.description) > 40 and isinstance(one.cite, str) and isinstance(one.offline, bool)
    assert one.offline == (name in SMALL), "an offline set needs a line in SMALL"
    assert dataclasses.is_dataclass(one) and one() == one() and hash(one()) == hash(one())
    if not any(isinstance(value, (Coding, Binning, TimeUnit, PlaneCoding, Speaker)) for value in vars(one()).values()):
        assert eval(repr(one()), dict(DATASETS)) == one()


def test_listing_the_sets_imports_none_of_the_heavy_libraries():
    code = "import sys, snnviz.datasets; print([m for m in ('tonic', 'sklearn', 'scipy', 'h5py') if m in sys.modules])"
    root = Path(__file__).parents[1]
    out = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("name", SMALL)
def test_offline_sets(name):
    dataset = SMALL[name]
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert len(train) + len(test) == dataset.samples and not train.problems
    assert train.x.shape == (dataset.steps, len(train), *train.shape) and train.x.dtype is torch.uint8
    assert train.y.dtype is torch.int64 and set(train.y.tolist()) == set(test.y.tolist()) == set(range(len(train.classes)))
    assert train.dt == dataset.dt and f"{len(train):,} of" in train.source
    assert 0 < train.x.float().mean() < 0.2, "spikes are sparse"
    count = torch.bincount(torch.cat([train.y, test.y]))
    if name not in ("Digits", "Saccades"):  # a part of a fixed set, which is not quite even itself
        assert count.max() - count.min() <= 1
    # The same again, and something else with another seed.
    assert digest(dataset.load(Split.TRAIN)) == digest(train)
    assert digest(dataclasses.replace(dataset, seed=1).load(Split.TRAIN)) != digest(train)
    # No sample is in both parts; points of a plane or a curve may look alike at a coarse step, and then it is said.
    columns = [{x.numpy().tobytes() for x in half.x.unbind(1)} for half in (train, test)]
    assert not columns[0] & columns[1] or (name in ("RandomManifolds", "YinYang", *PLANE) and "look exactly like" in test.source)


@pytest.mark.parametrize("name", SMALL)
def test_bits_do_not_change_between_versions(name):
    """Written down once: a change here changes everybody's results and belongs into the ledger of such changes."""
    assert digest(SMALL[name].load(Split.TEST))[:16] == KNOWN[name]


@pytest.mark.parametrize("name", PLANE)
def test_points_depend_on_their_number_and_the_seed_alone(name):
    """More samples add points and move none; noise moves them by its standard deviation; both parts have every class."""
    few, many = SMALL[name], dataclasses.replace(SMALL[name], samples=600)
    for a, b in zip(few.points(), many.points(), strict=True):
        assert np.array_equal(a, b[:200])
    still, moved = (dataclasses.replace(many, noise=noise).points() for noise in (0.0, 0.02))
    assert all(np.std(b - a) == pytest.approx(0.02, rel=0.15) for a, b in zip(still[:2], moved[:2], strict=True))
    assert set(few.load(Split.TRAIN).y.tolist()) == set(range(len(few.classes)))


def test_points_are_coded_as_their_values_say():
    """A larger value fires earlier; mirrored inputs and the bias keep the number of spikes; a current is a quarter of the value."""
    few = TwoMoons(samples=60, steps=50)
    x, y, _ = few.points()
    spikes = few.encode(x, y)
    assert (spikes.sum(0) == 1).all() and (spikes.argmax(0)[:, 4] == 16).all()
    assert (spikes.argmax(0)[:, 0] == 1 + np.floor(15 * (1 - x.astype(float)) + 0.5)).all()
    current = dataclasses.replace(few, coding=PlaneCoding.CONSTANT, mirrored=False).encode(x, y)
    assert current.dtype == np.float32 and np.array_equal(current[7, :, 0], 0.25 * x) and (current[:, :, 2] == 0.25).all()


def test_own_points_are_both_parts_and_a_bad_one_is_named():
    own = OwnPoints(placed="0.5,-0.25,0;-1,1,2;0,0,1")
    assert all(own.load(split).y.tolist() == [0, 2, 1] and len(own.load(split).classes) == 3 for split in Split)
    for text in ("0.5,0.5", "2,0,0", "0,0,3", "a,b,c"):
        with pytest.raises(ValueError, match=text):
            OwnPoints(placed=f"0,0,1;{text}")


@pytest.mark.parametrize("name", ["Digits", "Saccades"])
def test_batches_are_time_major_and_follow_seed_and_epoch(name):
    train = SMALL[name].load(Split.TRAIN)
    first = list(train.batches(32, seed=3, epoch=0))
    assert [x.shape[1] for x, _ in first] == [32] * (len(train) // 32) + [len(train) % 32] * (len(train) % 32 > 0)
    assert all(x.dtype is torch.float32 and x.shape[0] == train.steps and x.shape[2:] == train.shape for x, _ in first)
    again, later = list(train.batches(32, seed=3, epoch=0)), list(train.batches(32, seed=3, epoch=1))
    assert all(torch.equal(a, b) and torch.equal(p, q) for (a, p), (b, q) in zip(first, again, strict=True))
    order = [torch.cat([y for _, y in run]) for run in (first, later)]
    assert not torch.equal(*order) and torch.equal(*(torch.bincount(o) for o in order))
    plain = torch.cat([x for x, _ in train.batches(32)], 1)
    assert torch.equal(plain, train.x.float()) and plain.sum() == sum(x.sum() for x, _ in first)
    with pytest.raises(ValueError, match="at least one"):
        next(train.batches(0))


@given(st.integers(2, 12), st.integers(2, 60), st.floats(0.1, 0.95), st.integers(0, 2**31 - 1))
def test_halves_are_disjoint_complete_and_hold_every_class(classes, extra, share, seed):
    y = balanced(np.random.default_rng(seed), 2 * classes + extra, classes)
    split = halves(y, share, seed)
    train, test = split[Split.TRAIN], split[Split.TEST]
    assert sorted([*train, *test]) == list(range(len(y)))
    assert set(y[train]) == set(y[test]) == set(range(classes))


# --- The tasks are what they claim to be ------------------------------------------------------------------------------


def linear_score(train, test, features):
    """Accuracy of the best linear read-out: regression on one-hot labels with a little ridge, in closed form."""
    a, b = (np.hstack([part, np.ones((len(part), 1))]) for part in (features(train), features(test)))
    targets = np.eye(len(train.classes))[train.y]
    weights = np.linalg.solve(a.T @ a + 10.0 * np.eye(a.shape[1]), a.T @ targets)
    return ((b @ weights).argmax(1) == test.y.numpy()).mean()


def counts(samples):
    return samples.x.sum(0).flatten(1).float().numpy()


def windows(samples):
    return torch.stack([part.sum(0) for part in samples.x.chunk(10)], 1).flatten(1).float().numpy()


@pytest.mark.parametrize("coding", Coding)
def test_digits_can_be_read_by_a_linear_model(coding):
    dataset = Digits(coding=coding, steps=40, rate=800.0)
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert linear_score(train, test, windows if coding is Coding.LATENCY else counts) > 0.9


def test_latency_coding_fires_once_and_the_brighter_the_earlier():
    latency, direct = (Digits(samples=100, coding=coding).load(Split.TRAIN).x for coding in (Coding.LATENCY, Coding.DIRECT))
    grey = direct[0]
    assert torch.equal(latency.sum(0), (grey > 0).to(torch.uint8))
    lit = grey > 0
    assert torch.equal(latency.float().argmax(0)[lit], torch.floor((1 - grey[lit]) * 29 + 0.5).long())


@pytest.mark.parametrize("dataset", [DelayedXor(samples=800), TemporalOrder(samples=800)])
def test_memory_tasks_cannot_be_solved_by_counting(dataset):
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert linear_score(train, test, counts) < 0.85, "three of four cases at best"


def test_delayed_xor_is_the_xor_of_two_cues_a_delay_apart():
    samples = DelayedXor(samples=200, noise=0.0, rate=1000.0, delay=60.0).load(Split.TRAIN)
    group = samples.x.unflatten(2, (4, 5)).sum(-1)  # [T, S, 4]
    cues = group.sum(0) > 0
    assert torch.equal(cues[:, :2].sum(1), torch.ones(len(samples))) and torch.equal(cues[:, 2:].sum(1), torch.ones(len(samples)))
    assert torch.equal((cues[:, 1] ^ cues[:, 3]).long(), samples.y)
    first, second = group[..., :2].sum(-1) > 0, group[..., 2:].sum(-1) > 0
    last_of_first = samples.steps - 1 - first.flip(0).float().argmax(0)
    silent = second.float().argmax(0) - last_of_first - 1
    assert (silent == 60).all(), "the delay is from the end of A to the start of B, for every sample"


def test_temporal_order_shows_its_two_symbols_in_order():
    samples = TemporalOrder(samples=200, rate=1000.0, delay=60.0, symbol=10.0).load(Split.TRAIN)
    shown = samples.x.unflatten(2, (6, 5)).amax(-1)[5::10]  # middle of each slot: [slots, S, 6]
    assert (shown.sum(-1) == 1).all()
    for sample in range(len(samples)):
        place = torch.nonzero(shown[:, sample, :2])
        assert len(place) == 2 and place[1, 0] - place[0, 0] >= 6
        assert 2 * place[0, 1] + place[1, 1] == samples.y[sample]


def test_manifold_neurons_fire_once_and_smoother_manifolds_are_smoother():
    samples = RandomManifolds(samples=400, labels=2).load(Split.TRAIN)
    assert (samples.x.sum(0) == 1).all(), "counts say nothing"

    def nearest(alpha):  # mean distance of the closest neighbour of the same class: small on a smooth curve
        made = RandomManifolds(samples=600, labels=2, alpha=alpha).load(Split.TRAIN)
        when = made.x.float().argmax(0)[made.y == 0].float()
        return torch.cdist(when, when).fill_diagonal_(1e9).amin(1).mean()

    assert nearest(3.0) < 0.5 * nearest(1.0)


def test_yin_yang_points_lie_where_their_class_says():
    samples = YinYang(samples=600).load(Split.TRAIN)
    when = samples.x.float().argmax(0) * samples.dt  # [S, 5], ms
    assert (samples.x.sum(0) == 1).all() and (when[:, 4] == 20).all()
    a, b = (when[:, 0] - 2) / 40, (when[:, 1] - 2) / 40
    assert ((a - when[:, 2].sub(42).neg().div(40)).abs() < 0.03).all(), "1 - a mirrors a"
    assert ((a - 0.5) ** 2 + (b - 0.5) ** 2 < 0.26).all()
    dots = torch.minimum((a - 0.25) ** 2, (a - 0.75) ** 2) + (b - 0.5) ** 2
    assert (dots[samples.y == 2] < 0.12**2).all() and (dots[samples.y != 2] > 0.08**2).all()
    away = (a - 0.5).abs() < 0.05  # near the middle yin is above, but for its lobe, and yang below
    assert ((b[away & (samples.y == 0)] > 0.33).all()) and ((b[away & (samples.y == 1)] < 0.67).all())


def test_spike_patterns_have_targets_and_jitter():
    dataset = SpikePatterns(samples=60, jitter=0.0)
    samples = dataset.load(Split.TRAIN)
    targets = samples.targets
    assert targets.shape == (200, 5, 10) and (targets.sum(0) == 3).all() and targets[:20].sum() == 0
    assert torch.equal(targets, dataset.load(Split.TEST).targets)
    for label in range(5):
        frozen = samples.x[:, samples.y == label]
        assert (frozen == frozen[:, :1]).all(), "without jitter all samples of a class are one pattern"
    step = torch.nonzero(targets.permute(1, 2, 0).flatten(0, 1))[:, 1].view(-1, 3)
    assert (step.diff(dim=1) >= 10).all()
    assert not torch.equal(SpikePatterns(samples=60).load(Split.TRAIN).x, samples.x)
    assert "10 of them look exactly like one to train on" in dataset.load(Split.TEST).source


def test_saccades_see_edges_only_while_they_move():
    quiet = Saccades(samples=40, noise=0.0).load(Split.TRAIN)
    events = quiet.events(0)
    assert events["t"].max() <= 300 and (np.diff(events["t"]) >= 0).all() and {0, 1} == set(events["p"].tolist())
    assert events["x"].max() < 24 and events["y"].max() < 24
    # The path is closed: what got brighter got darker again, up to one threshold per pixel.
    balance = np.zeros((24, 24))
    np.add.at(balance, (events["y"], events["x"]), 2 * events["p"].astype(int) - 1)
    assert np.abs(balance).max() <= 1
    assert len(Saccades(samples=40, threshold=0.4).load(Split.TRAIN).events(0)) < len(events)


@pytest.mark.parametrize(
    "dataset, wish",
    [
        (DelayedXor(delay=5000.0), "raise steps"),
        (TemporalOrder(delay=5000.0), "raise steps"),
        (YinYang(late=500.0), "raise steps"),
        (SpikePatterns(target_spikes=100), "lower one"),
        (Digits(coding=Coding.RATE, rate=900.0, dt=2.0), "lower it"),
        (RandomManifolds(samples=5, labels=10), "at least 20"),
        (Saccades(side=12, amplitude=8.0), "lower the amplitude"),
    ],
)
def test_settings_that_contradict_each_other(dataset, wish):
    with pytest.raises(ValueError, match=wish) as raised:
        dataset.load(Split.TRAIN)
    assert "\n" not in str(raised.value)


# --- Events into steps ------------------------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 11)), max_size=30), min_size=1, max_size=5),
    st.sampled_from([0.5, 1.0, 2.5, 7.0]),
    st.integers(1, 20),
    st.booleans(),
)
def test_binning_counts_like_a_loop(recordings, dt, steps, binary):
    recordings = [sorted(one) for one in recordings]
    flat = [event for one in recordings for event in one]
    storage = Binned(
        np.array([t for t, _ in flat], np.int32),
        np.array([u for _, u in flat], np.int32),
        np.cumsum([0, *map(len, recordings)]),
        np.arange(len(recordings)),
        (2, 2, 3),
        steps,
        dt,
        binary=binary,
    )
    expected = np.zeros((steps, len(recordings), 12))
    for column, one in enumerate(recordings):
        for t, unit in one:
            if t < steps * dt * 1000:
                expected[int(t // (dt * 1000)), column, unit] += 1
    if binary:
        expected = np.minimum(expected, 1)
    got = storage.take(np.arange(len(recordings)))
    assert np.array_equal(got.flatten(2).numpy(), expected) and torch.equal(storage.all().float(), got)
    for number, one in enumerate(recordings):
        events = storage.events(number)
        assert [(t, p * 6 + y * 3 + x) for t, x, y, p in events.tolist()] == [(t / 1000, u) for t, u in one]


# --- Files ------------------------------------------------------------------------------------------------------------


def nmnist_bytes(x, y, p, t):
    """Five bytes an event: x, y, then the polarity bit and 23 bits of microseconds, most significant first."""
    x, y, p, t = (np.asarray(column, np.int64) for column in (x, y, p, t))
    return np.stack([x, y, (p << 7) | (t >> 16), (t >> 8) & 255, t & 255], 1).astype(np.uint8).tobytes()


def write_nmnist(root, digits=(0, 7), each=5, half="Train", seed=0):
    rng = np.random.default_rng(seed)
    written = {}
    for digit in digits:
        (root / "NMNIST" / half / str(digit)).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            n = 50 + number
            columns = (*rng.integers(0, 34, (2, n)), rng.integers(0, 2, n), np.sort(rng.integers(0, 300_000, n)))
            path = root / "NMNIST" / half / str(digit) / f"{number:05}.bin"
            path.write_bytes(nmnist_bytes(*columns))
            written[f"{half}/{digit}/{path.name}"] = columns
    return written


def test_nmnist_part_of_the_set(tmp_path):
    written = write_nmnist(tmp_path)
    dataset = NMnist(folder=str(tmp_path))
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert "10 of 60,000 training and 0 of 10,000 test recordings" in train.source
    assert len(train) == 8 and len(test) == 2 and set(test.y.tolist()) == {0, 7} and train.shape == (2, 34, 34)
    # Every event is there, at its place.
    x, y, p, t = written["Train/0/00000.bin"]
    events = next(e for half in (train, test) for i in range(len(half)) if len(e := half.events(i)) == 50)
    assert np.array_equal(events["x"], x) and np.array_equal(events["y"], y) and np.array_equal(events["p"], p)
    assert np.array_equal(events["t"], t / 1000)
    total = sum(len(columns[0]) for columns in written.values())
    assert train.x.sum() + test.x.sum() == total


def test_official_halves_are_kept_and_samples_limits_both(tmp_path):
    write_nmnist(tmp_path, each=6)
    write_nmnist(tmp_path, each=4, half="Test", seed=1)
    train, test = (NMnist(folder=str(tmp_path)).load(split) for split in Split)
    assert (len(train), len(test)) == (12, 8) and "complete" not in train.source
    train, test = (NMnist(folder=str(tmp_path), samples=10).load(split) for split in Split)
    assert (len(train), len(test)) == (8, 2) and torch.bincount(train.y)[[0, 7]].tolist() == [4, 4]


def test_cut_foreign_and_damaged_files_are_named_and_the_others_used(tmp_path):
    write_nmnist(tmp_path, each=8)
    folder = tmp_path / "NMNIST" / "Train" / "0"
    (folder / "00001.bin").write_bytes((folder / "00001.bin").read_bytes()[:-3])
    (folder / "00002.bin").write_bytes(b"")
    (folder / "00003.bin").write_bytes(b"GIF89a, not events, a text of 35 chr")
    (folder / "00004.bin").write_bytes(b"\xff" * 500)
    (folder / "00008.bin").mkdir()
    with pytest.warns(UserWarning, match="4 more"):
        train = NMnist(folder=str(tmp_path)).load(Split.TRAIN)
    assert len(train) == 3 + 6 and len(train.problems) == 5
    for number, problem in zip((1, 2, 3, 4, 8), train.problems, strict=True):
        assert f"Train/0/0000{number}.bin" in problem and "\n" not in problem and "Traceback" not in problem
    assert "cut short" in train.problems[0]
    with pytest.warns(UserWarning):  # from the cache, the same is said
        assert NMnist(folder=str(tmp_path)).load(Split.TRAIN).problems == train.problems


def test_nothing_there(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"N-MNIST is not in .*SNNVIZ_DATA.*1\.2 GB"):
        NMnist().load(Split.TRAIN)
    with pytest.raises(FileNotFoundError, match="no folder"):
        OwnRecordings().load(Split.TRAIN)
    write_nmnist(tmp_path)
    assert len(NMnist().load(Split.TRAIN)) == 8, "found through SNNVIZ_DATA"


def test_nothing_is_fetched_unless_asked_for(tmp_path, monkeypatch):
    import tonic.datasets

    fetched_halves = []

    class NMNIST:
        def __init__(self, save_to, train):
            fetched_halves.append(train)
            write_nmnist(Path(save_to), half="Train" if train else "Test", seed=int(train))

    monkeypatch.setattr(tonic.datasets, "NMNIST", NMNIST)
    dataset = NMnist(folder=str(tmp_path / "new"))
    with pytest.raises(FileNotFoundError, match="allow the download"):
        dataset.load(Split.TRAIN)
    assert not fetched_halves and not (tmp_path / "new").exists()
    assert len(dataset.load(Split.TRAIN, download=True)) == 10 and fetched_halves == [True, False]
    assert len(dataset.load(Split.TEST, download=True)) == 10 and fetched_halves == [True, False], "what is there is not fetched"

    class Away:
        def __init__(self, save_to, train):
            raise OSError("[Errno -2] Name or service not known")

    monkeypatch.setattr(tonic.datasets, "NMNIST", Away)
    with pytest.raises(ConnectionError, match=r"NMNIST could not be fetched into .*not known.*by hand"):
        NMnist(folder=str(tmp_path / "other")).load(Split.TRAIN, download=True)


def test_the_cache_is_used_renewed_when_a_file_changes_and_survives_damage(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path / "cache"))
    write_nmnist(tmp_path)
    dataset = NMnist(folder=str(tmp_path))
    before = digest(dataset.load(Split.TRAIN))
    with monkeypatch.context() as patch:
        patch.setattr("snnviz.datasets.nmnist.read_bin", None)  # whatever is read now comes from the cache
        assert digest(dataset.load(Split.TRAIN)) == before
        finer = dataclasses.replace(dataset, dt=2.5, steps=120).load(Split.TRAIN)  # another step needs no reading
        assert finer.x.sum() == dataset.load(Split.TRAIN).x.sum()
    entries = list((Path(os.environ["SNNVIZ_CACHE"]) / "datasets").iterdir())
    assert len(entries) == 1, "one entry, nothing half-written beside it"
    (entries[0] / "time.npy").write_bytes((entries[0] / "time.npy").read_bytes()[:200])
    assert digest(dataset.load(Split.TRAIN)) == before, "a damaged entry is made again"
    (entries[0] / "meta.json").write_text("{")
    assert digest(dataset.load(Split.TRAIN)) == before
    path = tmp_path / "NMNIST" / "Train" / "7" / "00000.bin"
    path.write_bytes(path.read_bytes()[:100])
    assert digest(dataset.load(Split.TRAIN)) != before


def test_no_cache_is_no_reason_to_stop(tmp_path, monkeypatch):
    write_nmnist(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path / "file"))
    assert len(NMnist(folder=str(tmp_path)).load(Split.TRAIN)) == 8


def test_crop_downsample_merge_start_align_stretch_and_binary(tmp_path):
    folder = tmp_path / "NMNIST" / "Train" / "3"
    folder.mkdir(parents=True)
    events = nmnist_bytes([0, 10, 10, 11, 33], [0, 10, 10, 11, 33], [1, 0, 1, 1, 0], [10_000, 20_000, 20_500, 30_000, 90_000])
    (folder / "00000.bin").write_bytes(events)
    (folder / "00001.bin").write_bytes(events)

    def seen(**settings):
        samples = NMnist(folder=str(tmp_path), steps=10, dt=10.0, **settings).load(Split.TRAIN)
        return samples.shape, [(e["t"].item(), e["x"].item(), e["y"].item(), e["p"].item()) for e in samples.events(0)]

    assert seen()[1][1] == (20.0, 10, 10, 0)
    assert seen(crop=20) == ((2, 20, 20), [(20.0, 3, 3, 0), (20.5, 3, 3, 1), (30.0, 4, 4, 1)])
    assert seen(downsample=4)[0] == (2, 9, 9) and seen(downsample=4)[1][-1] == (90.0, 8, 8, 0)
    assert seen(crop=20, merge=True)[0] == (1, 20, 20)
    assert seen(start=20.0)[1][0] == (0.0, 10, 10, 0) and seen(align=True)[1][1][0] == 10.0
    assert [event[0] for event in seen(refractory=5.0, merge=True)[1]] == [10.0, 20.0, 30.0, 90.0]
    with pytest.raises(ValueError, match="no events are left"):
        seen(denoise=15.0)  # nobody has a neighbour
    assert [event[1:3] for event in seen(hot_pixels=20.0)[1]] == [(0, 0), (11, 11), (33, 33)]
    base = NMnist(folder=str(tmp_path), steps=5, dt=10.0)
    assert base.load(Split.TRAIN).x.sum() == 4, "the event at 90 ms lies after the last step"
    stretched = dataclasses.replace(base, binning=Binning.STRETCH).load(Split.TRAIN)
    assert stretched.x.flatten(1).sum(1).tolist() == [1, 3, 0, 0, 1]
    assert dataclasses.replace(base, merge=True, binary=True).load(Split.TRAIN).x.max() == 1


def write_shd(path, recordings=20, seed=0):
    import h5py

    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        vlen = file.create_group("spikes")
        times = vlen.create_dataset("times", (recordings,), h5py.vlen_dtype(np.float16))
        units = vlen.create_dataset("units", (recordings,), h5py.vlen_dtype(np.uint16))
        for number in range(recordings):
            n = int(rng.integers(50, 100))
            times[number], units[number] = np.sort(rng.random(n)).astype(np.float16), rng.integers(0, 700, n)
        file["labels"] = (np.arange(recordings) % 4).astype(np.uint16)
        file["extra/keys"] = np.array([b"zero", b"one", b"two", b"three"])
        file["extra/speaker"] = np.zeros(recordings, np.uint16)


def test_heidelberg_files_whole_and_cut(tmp_path):
    write_shd(tmp_path / "shd_train.h5")
    (tmp_path / "SHD").mkdir()
    write_shd(tmp_path / "SHD" / "shd_test.h5", 8, seed=1)
    dataset = Shd(folder=str(tmp_path))
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert (len(train), len(test)) == (20, 8) and train.shape == (700,) and train.classes == ("zero", "one", "two", "three")
    assert "20 of 8,156 training and 8 of 2,264 test" in train.source and train.events(0)["t"].max() <= 1000
    assert dataclasses.replace(dataset, downsample=5).load(Split.TRAIN).x.shape == (100, 20, 140)
    whole = (tmp_path / "shd_train.h5").read_bytes()
    (tmp_path / "shd_train.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.warns(UserWarning, match=r"shd_train\.h5: is cut short"):
        train = dataset.load(Split.TRAIN)
    assert len(train) == 4 and set(train.y.tolist()) == {0, 1, 2, 3}, "the file that is left is split"
    (tmp_path / "SHD" / "shd_test.h5").write_text("not HDF5")
    with pytest.raises(ValueError, match=r"(?s)shd_train.*shd_test"):
        dataset.load(Split.TRAIN)


def test_gestures_in_tonics_layout(tmp_path):
    rng = np.random.default_rng(0)
    for half in ("Train", "Test"):
        folder = tmp_path / "DVSGesture" / f"ibmGesture{half}" / "user01_led"
        folder.mkdir(parents=True)
        for label in range(11):
            rows = np.stack([*rng.integers(0, 128, (2, 30)), rng.integers(0, 2, 30), np.sort(rng.integers(0, 900, 30))], 1)
            np.save(folder / f"{label}.npy", rows)
    np.save(folder / "3.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.warns(UserWarning, match=r"user01_led/3\.npy"):
        train = DvsGesture(folder=str(tmp_path)).load(Split.TRAIN)
    assert len(train) == 11 and train.shape == (2, 32, 32) and "11 of 1,077" in train.source


def test_the_catalogue_is_images_and_tonics_and_fetches_nothing(tmp_path, monkeypatch):
    import tonic.datasets

    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("something was fetched"))
    entries = {entry.name: entry for entry in catalogue(str(tmp_path))}
    assert set(entries) == {*OTHERS, *tonic.datasets.__all__}
    assert all(entry.missing and not entry.have for entry in entries.values()) and not any(tmp_path.iterdir())
    assert all("None" not in entry.missing and "\n" not in entry.missing for entry in entries.values())
    with pytest.raises(ValueError, match="knows no set"):
        TonicSet(name="os.system", folder=str(tmp_path)).load(Split.TRAIN)


def test_any_set_of_tonics_by_name(tmp_path):
    """POKER-DVS as tonic lays it out: an archive beside a folder per suit with arrays of t, x, y, p."""
    rng = np.random.default_rng(0)
    for half in ("train", "test"):
        (tmp_path / "POKERDVS").mkdir(exist_ok=True)
        (tmp_path / "POKERDVS" / f"pips_{half}.tar.gz").write_bytes(b"")
        for suit in ("cl", "he", "di", "sp"):
            folder = tmp_path / "POKERDVS" / f"pips_{half}" / suit
            folder.mkdir(parents=True)
            for number in range(5):
                events = np.stack([np.sort(rng.integers(0, 20_000, 40)), *rng.integers(0, 35, (2, 40)), rng.integers(0, 2, 40)], 1)
                np.save(folder / f"{number}.npy", events)
    dataset = TonicSet(name="POKERDVS", folder=str(tmp_path), downsample=1)
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert (len(train), len(test)) == (20, 20) and train.shape == (2, 35, 35) and train.classes == ("cl", "he", "di", "sp")
    assert torch.bincount(train.y).tolist() == [5, 5, 5, 5] and train.x.sum() == 20 * 40


# --- Fetching, from a server in this test -----------------------------------------------------------------------------


class Archives:
    """A server of files on this machine: `cut` names those that break off in the middle, `requests` what was fetched."""

    def __init__(self, files):
        self.files, self.cut, self.requests = files, set(), []
        archive = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.lstrip("/")
                archive.requests.append(name)
                whole = archive.files.get(name)
                self.send_response(404 if whole is None else 200)
                self.send_header("Content-Length", str(len(whole or b"")))
                self.end_headers()
                with contextlib.suppress(OSError):  # tonic asks twice, and lets the first answer be
                    archive.send(self.wfile, name, whole or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def send(self, out, name, whole):
        out.write(whole[: len(whole) // 2] if name in self.cut else whole)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def shd_archives(folder):
    """The archives of a very small SHD, by name."""
    files = {}
    for name, recordings in (("shd_train.h5", 20), ("shd_test.h5", 8)):
        write_shd(folder / name, recordings, seed=recordings)
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as packed:
            packed.write(folder / name, name)
        files[f"{name}.zip"] = (folder / f"{name}.zip").read_bytes()
    return files


@pytest.fixture
def shd(tmp_path_factory, monkeypatch):
    """tonic's SHD, as small as can be and fetched from this machine."""
    import tonic.datasets

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Archives(shd_archives(tmp_path_factory.mktemp("shd"))) as server:
        monkeypatch.setattr(tonic.datasets.SHD, "base_url", server.url)
        for half in ("train", "test"):
            monkeypatch.setattr(tonic.datasets.SHD, f"{half}_md5", hashlib.md5(server.files[f"shd_{half}.h5.zip"]).hexdigest())
        yield server


def fetched(capsys, *arguments):
    """What the command ends with, prints, and complains of last."""
    status = main(["fetch", *map(str, arguments)])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return status, printed.out.strip(), printed.err.strip().split("\n")[-1]


def test_a_set_is_fetched_whole_or_not_at_all(tmp_path, shd, capsys):
    root = tmp_path / "sets"
    shd.cut = {"shd_test.h5.zip"}
    status, printed, problem = fetched(capsys, "shd", "--folder", root)
    assert (status, printed) == (2, "") and f"SHD could not be fetched into {root}: File not found or corrupted." in problem
    with pytest.raises(FileNotFoundError):
        Shd(folder=str(root)).find()
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["shd_train.h5.zip"], "what is whole is kept for later"
    shd.cut, shd.requests = set(), []
    status, printed, _ = fetched(capsys, "SHD", "--folder", root)
    assert (status, printed) == (0, "Spiking Heidelberg Digits: 20 of 8,156 training and 8 of 2,264 test recordings found, "
                              f"in {root}.")  # fmt: skip
    assert set(shd.requests) == {"shd_test.h5.zip"} and {path.name for path in root.iterdir()} == {"SHD"}
    assert [len(Shd(folder=str(root)).load(split)) for split in Split] == [20, 8]
    shd.requests = []
    status, printed, _ = fetched(capsys, "SHD", "--folder", root)
    assert status == 0 and "20 of 8,156" in printed and "Nothing was fetched" in printed and not shd.requests


def test_what_is_left_over_or_laid_down_by_hand_is_used_where_it_is_whole(tmp_path, shd, capsys):
    """tonic itself takes any file of the right name for whole, and one unpacked half for both."""
    left = arriving("SHD", tmp_path) / "SHD"
    left.mkdir(parents=True)
    (left / "shd_test.h5.zip").write_bytes(shd.files["shd_test.h5.zip"][:500])
    (left / "shd_train.h5").write_bytes(b"half")
    (tmp_path / "SHD").mkdir()
    (tmp_path / "SHD" / "shd_train.h5.zip").write_bytes(shd.files["shd_train.h5.zip"])
    assert fetched(capsys, "SHD", "--folder", tmp_path)[0] == 0
    assert set(shd.requests) == {"shd_test.h5.zip"}
    assert [len(Shd(folder=str(tmp_path)).load(split)) for split in Split] == [20, 8]
    assert {path.name for path in tmp_path.rglob("*")} == {
        "SHD", "shd_train.h5", "shd_train.h5.zip", "shd_test.h5", "shd_test.h5.zip"}  # fmt: skip


def test_damaged_files_are_fetched_again(tmp_path, shd, capsys):
    (tmp_path / "SHD").mkdir()
    (tmp_path / "SHD" / "shd_train.h5").write_text("not HDF5")
    entry = next(entry for entry in catalogue(str(tmp_path)) if entry.name == "SHD")
    assert entry.broken and "shd_train.h5: is cut short" in entry.missing and not entry.by_hand
    assert fetched(capsys, "SHD", "--folder", tmp_path)[:2] == (
        0, f"Spiking Heidelberg Digits: 20 of 8,156 training and 8 of 2,264 test recordings found, in {tmp_path}.")  # fmt: skip


def test_an_interrupted_fetch_leaves_nothing_and_two_do_not_meet(tmp_path, shd, capsys, monkeypatch):
    def interrupted(*_, **__):
        assert arrived("SHD", tmp_path) >= len(shd.files["shd_train.h5.zip"])
        assert fetched(capsys, "SHD", "--folder", tmp_path)[::2] == (
            2, f"snnviz: SHD is being fetched into {tmp_path} already; wait until that has ended.")  # fmt: skip
        raise KeyboardInterrupt

    monkeypatch.setattr("tonic.download_utils.extract_archive", interrupted)
    assert fetched(capsys, "SHD", "--folder", tmp_path) == (130, "", "Stopped; what had arrived is removed.")
    assert not any(tmp_path.iterdir()) and arrived("SHD", tmp_path) == 0


def test_a_fetch_that_fails_says_why(tmp_path, shd, capsys, monkeypatch):
    import tonic.datasets

    shd.files.clear()
    assert "HTTP Error 404: Not Found. Try again, or" in fetched(capsys, "SHD", "--folder", tmp_path)[2]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setattr(tonic.datasets.SHD, "base_url", f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        status, _, problem = fetched(capsys, "SHD", "--folder", tmp_path)
        assert status == 2 and "no connection to its server (Connection refused). Try again" in problem
        monkeypatch.setattr(tonic.datasets.NTIDIGITS18, "base_url", f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        assert "no connection to its server (Connection refused)." in fetched(capsys, "NTIDIGITS18", "--folder", tmp_path)[2]
    assert not any(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    assert "could not be fetched" in fetched(capsys, "SHD", "--folder", tmp_path / "file")[2]


def test_what_tonic_cannot_fetch_is_said_before_it_tries(tmp_path, capsys, monkeypatch):
    import tonic.datasets

    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("something was fetched"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name in ("aedat", "pynmea2") else name)
    by_hand_only = {entry.name: entry.by_hand for entry in catalogue(str(tmp_path)) if entry.by_hand}
    assert set(by_hand_only) == {
        *IMAGES,
        "DVSLip",
        "EBSSA",
        "NERDD",
        "POKERDVS",
        "DSEC",
        "TUMVIE",
        "DAVISDATA",
        "MVSEC",
        "CIFAR10DVS",
        "VPR",
    }
    for name, reason in by_hand_only.items():
        assert fetched(capsys, name, "--folder", tmp_path) == (2, "", f"snnviz: {reason}") and "\n" not in reason
    assert f"DVS-Lip.zip must be laid into {tmp_path / 'DVSLip'} by hand" in by_hand_only["DVSLip"]
    assert "pip install aedat" in by_hand_only["CIFAR10DVS"] and "fetch MVSEC --part outdoor_night" in by_hand_only["MVSEC"]
    urban = named("davisdata", part="urban")
    assert urban == TonicSet(name="DAVISDATA", part="urban") and not by_hand(urban)
    assert "no parts" in fetched(capsys, "SHD", "--part", "urban")[2]
    assert "There is no set named 'Anything'; there are MNIST," in fetched(capsys, "Anything")[2]
    assert not any(tmp_path.iterdir())
    # The day that tonic brings these archives along, it can fetch the set.
    assert not (Path(tonic.datasets.__file__).parent / tonic.datasets.POKERDVS.train_filename).exists()


# --- A user's own recordings ------------------------------------------------------------------------------------------


def test_own_recordings_by_folder_and_by_file(tmp_path):
    for label in ("up", "down"):
        (tmp_path / label).mkdir()
        for number in range(4):
            (tmp_path / label / f"{number}.csv").write_text("t,neuron\n0.5,0\n1.5,3\n9,2\n")
        np.savez(tmp_path / label / "packed.npz", t=np.array([0.5, 2.0]), neuron=np.array([1, 4]))
    dataset = OwnRecordings(folder=str(tmp_path), steps=10, dt=1.0, align=False)
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert (len(train), len(test)) == (8, 2) and train.shape == (5,) and train.classes == ("down", "up")
    lines = ["file,label"] + [
        f"{label}/{number}.csv,{'even' if number % 2 == 0 else 'odd'}" for label in ("up", "down") for number in range(4)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    with pytest.warns(UserWarning, match=r"packed\.npz: has no label"):
        train = dataset.load(Split.TRAIN)
    assert train.classes == ("even", "odd") and train.shape == (4,)
    assert train.x[:, 0].nonzero().tolist() == [[0, 0], [1, 3], [9, 2]]
    seconds = dataclasses.replace(dataset, unit=TimeUnit.SECOND, dt=1000.0)
    with pytest.warns(UserWarning):
        assert torch.equal(seconds.load(Split.TRAIN).x, train.x)


def test_own_camera_recordings_and_a_stranger_among_them(tmp_path):
    (tmp_path / "a").mkdir()
    for number in range(3):
        (tmp_path / "a" / f"{number}.csv").write_text("0;1;2;1\n3;5;4;-1\n")
    (tmp_path / "a" / "stranger.csv").write_text("t,neuron\n1,2\n")
    with pytest.warns(UserWarning, match="stranger"):
        train = OwnRecordings(folder=str(tmp_path)).load(Split.TRAIN)
    assert train.shape == (2, 5, 6) and train.events(0).tolist() == [(0.0, 1, 2, 1), (3.0, 5, 4, 0)]


class Boom:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("a.csv", b"t,neuron\n1,2\nfive,3\n", "line 3 holds 'five'"),
        ("a.csv", b"# made by hand\nt,neuron\n1,2\n\n1,2,3\n", "line 5 has 3 values where 2"),
        ("a.csv", b"t,colour\n1,2\n", "columns t, colour; needed are"),
        ("a.csv", b"1,2,3,4,5\n", "5 columns and no heading"),
        ("a.csv", b"t,t\n1,2\n", "names a column twice"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\xff", "is a picture, not events"),
        ("a.csv", b"\x7fELF\x00\xff", "no text file"),
        ("a.csv", b"\xff\xfe\x00\x01", "neither a number nor the name of a column"),  # a letter, in UTF-16
        ("a.csv", b"t,neuron\n1,2.5\n", "fractions"),
        ("a.csv", b"t,neuron\nnan,2\n", "not finite"),
        ("a.csv", b"t,neuron\n-1,2\n", "negative times"),
        ("a.csv", b"t,neuron\n1,-2\n", "outside 0 to"),
        ("a.csv", b"t,neuron\n1,99999999999\n", "outside 0 to"),
        ("a.csv", b"t,neuron\n", "no events"),
        ("a.csv", b"t,neuron\n# nothing came\n", "no events"),
        ("a.csv", b"t,x,y,p\n1,2,3,7\n", "polarities"),
        ("a.csv", b"t,neuron\n0,1\n9e9,1\n", "35 minutes"),
        ("a.npz", b"PK\x03\x04 cut short", "cut short, damaged or no NPZ"),
    ],
)
def test_bad_own_files_are_named_with_what_is_wrong(tmp_path, name, content, sentence):
    folder = tmp_path / "label"
    folder.mkdir()
    (folder / name).write_bytes(content)
    for number in range(2):
        (folder / f"good{number}.csv").write_text("t,neuron\n1,2\n")
    with pytest.warns(UserWarning, match=name) as caught:
        train = OwnRecordings(folder=str(tmp_path)).load(Split.TRAIN)
    assert sentence in train.problems[0] and f"label/{name}: " in train.problems[0] and len(train) == 1
    assert len(caught) == 1 and "\n" not in train.problems[0]


def test_nothing_is_ever_unpickled(tmp_path, monkeypatch):
    np.savez(tmp_path / "objects.npz", t=np.array([Boom()], dtype=object), neuron=np.array([1]))
    with pytest.raises(ValueError, match="Python objects, which are never loaded"):
        read_recording((tmp_path / "objects.npz").read_bytes(), "objects.npz")
    np.savez(tmp_path / "good.npz", t=np.arange(1000), neuron=np.arange(1000))
    whole = bytearray((tmp_path / "good.npz").read_bytes())
    whole[len(whole) // 4] ^= 255
    with pytest.raises(ValueError, match=r"damaged|cannot be read"):
        read_recording(bytes(whole), "flipped.npz")
    np.savez_compressed(tmp_path / "bomb.npz", t=np.zeros(100_000), neuron=np.zeros(100_000))
    monkeypatch.setattr("snnviz.tables.limits.MOST_EVENTS", 50_000)
    with pytest.raises(ValueError, match="unpacks to"):
        read_recording((tmp_path / "bomb.npz").read_bytes(), "bomb.npz")


@example(b"\x93NUMPY", "a.csv")
@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.npz"]))
def test_any_bytes_give_columns_or_one_sentence(data, name):
    try:
        columns = read_recording(data, name)
    except ValueError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert "t" in columns and "x" in columns


# --- The real thing, where it is at hand ------------------------------------------------------------------------------


@pytest.mark.skipif(not os.environ.get("SNNVIZ_DATA"), reason="SNNVIZ_DATA names no folder with recordings")
def test_real_nmnist_recordings():
    try:
        train, test = (NMnist(samples=1000, downsample=4).load(split) for split in Split)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    assert not train.problems and "".join(train.classes) == "0123456789" and len(train) + len(test) <= 1000
    assert 1000 < len(train.events(0)) < 20_000 and 250 < train.events(0)["t"].max() < 400
    assert linear_score(train, test, counts) > 0.6
