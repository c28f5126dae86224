"""Sounds: two ears and a direction, a cochlea and its tones, spoken digits from a WAV file's own bytes."""

import dataclasses
import io
import struct
import zipfile

import numpy as np
import pytest

from snnviz.datasets import FreeSpokenDigits, SoundLocalisation, Speaker, Split, cochlea, spoken_digits
from snnviz.datasets.catalogue import by_hand, named
from snnviz.datasets.localisation import delay
from snnviz.datasets.spoken_digits import read_wav
from snnviz.figures import ears
from snnviz.studies.sample_views import rows
from tests.test_datasets import Archives, counts, fetched, linear_score


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path / "cache"))


def test_the_far_ear_hears_later_by_the_way_along_the_head():
    assert delay(0.0) == 0 and delay(90.0) == pytest.approx(1000 * 0.0875 / 343 * (np.pi / 2 + 1)) == -delay(-90.0)
    dataset = SoundLocalisation(samples=140, rate=500.0, noise=0.0, fibres=60)
    train = dataset.load(Split.TRAIN)
    ears = train.x.float().unflatten(2, (2, 60)).sum(-1).numpy()  # [T, S, 2]
    turn = np.exp(2j * np.pi * dataset.tone * np.arange(dataset.steps) * dataset.dt / 1000)
    left, right = np.einsum("tse,t->es", ears, turn)
    later = np.angle(left / right) / (2 * np.pi * dataset.tone) * 1000  # ms, from the phase at which each ear fires
    expected = delay(dataset.angles())[train.y.numpy()]
    assert np.abs(later - expected).max() < 0.15 and np.abs(later - expected).mean() < 0.04
    assert train.classes[0] == "-90°" and train.classes[3] == "0°"
    assert linear_score(*(SoundLocalisation(samples=420, fibres=10).load(split) for split in Split), counts) < 0.3, (
        "counting says nothing"
    )


def test_a_tone_is_heard_by_the_channel_of_its_frequency():
    centres = cochlea.frequencies(100, 3600, 40)
    assert centres[[0, -1]] == pytest.approx([100, 3600]) and (np.diff(np.diff(centres)) > 0).all()
    now = np.arange(4000) / 8000
    for pitch in (200.0, 1000.0, 3000.0):
        current = cochlea.currents(np.sin(2 * np.pi * pitch * now), 8000, centres)
        t, channel = cochlea.spikes(current, 8000, 200.0)
        heard = np.bincount(channel, minlength=40)
        assert abs(int(heard.argmax()) - int(np.abs(centres - pitch).argmin())) <= 1 and current.max() == 1
        assert (np.diff(t) >= 0).all() and 20 < heard.max() <= 100, "at most 200 Hz for half a second"
    assert not len(cochlea.spikes(cochlea.currents(np.zeros(100), 8000, centres), 8000, 200.0)[0])
    current = np.full((1, 8000), 0.5)
    assert len(cochlea.spikes(current, 8000, 90.0)[0]) == int(np.cumsum([0.4 * 100 / 8000] * 8000)[-1]), "the sum of a constant"


def wav(sound: np.ndarray, sampling: int = 8000, width: int = 2, channels: int = 1) -> bytes:
    """A WAV file as the set's distributor writes them: a header of 44 bytes, then the samples."""
    data = sound.astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, sampling, sampling * width * channels, width * channels, 8 * width)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def voice(digit: int, seed: int) -> np.ndarray:
    """Something that sounds like a digit: a tone of its own for a fifth of a second."""
    noise = np.random.default_rng(seed).normal(0, 100, 1600)
    return np.rint(8000 * np.sin(2 * np.pi * (200 + 300 * digit) * np.arange(1600) / 8000) + noise)


def recordings(speakers=("jackson", "theo")) -> dict[str, bytes]:
    names = [(digit, speaker, take) for digit in range(10) for speaker in speakers for take in range(2)]
    return {f"{d}_{who}_{take}.wav": wav(voice(d, seed)) for seed, (d, who, take) in enumerate(names)}


def test_spoken_digits_hold_one_speaker_out(tmp_path):
    home = tmp_path / "free-spoken-digit-dataset" / "recordings"
    home.mkdir(parents=True)
    for name, data in recordings().items():
        (home / name).write_bytes(data)
    (home / "notes.wav").write_bytes(b"not one of the set")
    dataset = FreeSpokenDigits(folder=str(tmp_path), samples=0, steps=25, channels=32)
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert (len(train), len(test), train.shape) == (20, 20, (32,)) and train.classes[3] == "three" and not train.problems
    assert dataset.have() == "Free Spoken Digits: 20 of 2,500 training and 20 of 500 test recordings found;"
    loudest = train.x.sum(0).argmax(1).numpy()
    pitch = dataset.frequencies()[loudest]
    assert np.abs(np.log2(pitch / (200 + 300 * train.y.numpy()))).max() < 0.25, "a digit's own tone"
    other = dataclasses.replace(dataset, speaker=Speaker.JACKSON).load(Split.TEST)
    assert (other.x != test.x).any() and other.y.tolist() == test.y.tolist()
    title, words = rows(dataset)
    assert title == "frequency (Hz)" and words[int(np.abs(dataset.frequencies() - 1000).argmin())] == "1,000"
    with pytest.raises(ValueError, match="must be below the highest"):
        FreeSpokenDigits(low=4000.0)


def test_a_wav_file_that_is_cut_anywhere_or_of_another_kind_says_so(tmp_path):
    path, whole = tmp_path / "0_theo_0.wav", wav(np.arange(20))
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"cut short"):
            read_wav(path)
    path.write_bytes(whole)
    assert read_wav(path)[0].tolist() == list(range(20)) and read_wav(path)[1] == 8000
    for odd, reason in (
        (wav(np.arange(20), channels=2), "2 channels"),
        (wav(np.arange(20), width=1), "8 bits"),
        (b"ID3", "no WAV"),
    ):
        path.write_bytes(odd)
        with pytest.raises(ValueError, match=reason):
            read_wav(path)


def test_the_set_is_fetched_whole_or_not_at_all(tmp_path, monkeypatch, capsys):
    files = recordings(("george", "theo"))
    monkeypatch.setattr(spoken_digits, "LEAST", len(files))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in {
            **{f"recordings/{name}": data for name, data in files.items()},
            "README.md": b"CC BY-SA",
            "x.py": b"?",
        }.items():
            archive.writestr(f"free-spoken-digit-dataset-1.0.10/{name}", data)
        archive.writestr("../../recordings/0_theo_99.wav", b"outside")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Archives({"v1.zip": packed.getvalue(), "less.zip": packed.getvalue()[:-30], "no.zip": b"PK"}) as server:
        for name, reason in (("less.zip", "its archive is cut short or damaged"), ("nowhere.zip", "HTTP Error 404")):
            monkeypatch.setattr(FreeSpokenDigits, "archive", server.url + name)
            status, _, problem = fetched(capsys, "FSDD", "--folder", tmp_path / "sets")
            assert status == 2 and reason in problem and not any((tmp_path / "sets").iterdir())
        monkeypatch.setattr(FreeSpokenDigits, "archive", server.url + "v1.zip")
        status, printed, _ = fetched(capsys, "fsdd", "--folder", tmp_path / "sets")
    assert status == 0 and "20 of 2,500 training and 20 of 500 test recordings found" in printed
    files_there = {path.relative_to(tmp_path / "sets").as_posix() for path in (tmp_path / "sets").rglob("*") if path.is_file()}
    assert files_there == {f"free-spoken-digit-dataset/{name}" for name in ("README.md", *(f"recordings/{one}" for one in files))}
    assert not by_hand(named("FSDD"))


@pytest.mark.parametrize("lit", [0, 1])
def test_two_ears_are_drawn_one_over_the_other(lit):
    """Silent ears too; every spike stands in its ear's raster, and once in a period."""
    spikes = np.full((40, 6), lit, np.uint8)
    fig = ears.ears(spikes, 0.1, -60.0, float(delay(-60.0)), 2.0, dark=bool(lit))
    left, right = (trace for trace in fig.data if trace.type == "scattergl")
    assert len(left.x) == len(right.x) == 120 * lit and fig.layout.yaxis.domain[0] > fig.layout.yaxis3.domain[1], "left above right"
    assert [sum(trace.y) for trace in fig.data[-2:]] == [120 * lit] * 2
    assert "60° left" in fig.layout.annotations[0].text and "the left ear 0.488 ms before the right one" in fig.layout.meta["alt"]
