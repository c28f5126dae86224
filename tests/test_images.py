"""Sets of images on disk in their distributors' bytes, the codes of their pixels, and Braille letters by a fingertip."""

import dataclasses
import gzip

import numpy as np
import pytest
import torch

from snnviz.datasets import Braille, Cifar10, Coding, FashionMnist, Mnist, Split, catalogue
from snnviz.datasets.braille import evenly, send_on_delta
from snnviz.datasets.cifar10 import RECORD
from snnviz.datasets.mnist import read_idx
from snnviz.datasets.tonic_sets import NotHere


def idx(array: np.ndarray) -> bytes:
    """An array of bytes in the IDX format."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes((0, 0, 8, array.ndim)) + lengths + array.tobytes()


def images(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 28, 28), np.uint8), (np.arange(count) % 10).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    """MNIST plain under `MNIST/raw`, Fashion-MNIST packed under `fashion-mnist`, other images in each, sorted by class."""
    for place, seed, end in (("MNIST/raw", 1, ""), ("fashion-mnist", 2, ".gz")):
        home = tmp_path / place
        home.mkdir(parents=True)
        for prefix, count in (("train", 60), ("t10k", 20)):
            pixels, labels = images(seed + count, count)
            order = np.argsort(labels, kind="stable")
            for name, array in (("images-idx3", pixels[order]), ("labels-idx1", labels[order])):
                packed = gzip.compress(idx(array), mtime=0) if end else idx(array)
                (home / f"{prefix}-{name}-ubyte{end}").write_bytes(packed)
    return tmp_path


def test_two_sets_with_the_same_file_names_are_told_apart_by_their_folders(folder):
    for one, seed in ((Mnist, 1), (FashionMnist, 2)):
        dataset = one(folder=str(folder), samples=80, coding=Coding.DIRECT, steps=2)
        train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
        assert (len(train), len(test), train.shape) == (60, 11, (1, 28, 28))  # 80 images as 6 : 1, and all that is there
        pixels, labels = images(seed + 60, 60)
        order = np.argsort(labels, kind="stable")
        assert torch.equal(train.x[0], torch.from_numpy(pixels[order][:, None].astype(np.float32) / 255))
        assert torch.equal(train.y, torch.from_numpy(labels[order].astype(np.int64)))
        assert train.notes == ("Not the whole set: 60 of its 60,000 images of this part are here.",)
    with pytest.raises(NotHere, match=r"Fashion-MNIST is not in .*MNIST; take its four files .* from github.com"):
        FashionMnist(folder=str(folder / "MNIST")).find()


def test_a_part_is_drawn_by_seed_and_has_every_class_of_a_sorted_file(folder):
    dataset = Mnist(folder=str(folder), samples=46)
    train = dataset.load(Split.TRAIN)
    assert len(train) == 39 and len(train.y.unique()) == 10
    assert torch.equal(dataset.load(Split.TRAIN).x, train.x)
    assert not torch.equal(dataclasses.replace(dataset, seed=1).load(Split.TRAIN).y, train.y)


def test_a_batch_is_coded_as_the_whole_set_is(folder):
    """Latency: the time of the brightest is step 0, black never; rate: an image's spikes do not depend on its batch."""
    dataset = FashionMnist(folder=str(folder), samples=80, steps=20)
    train = dataset.load(Split.TRAIN)
    pixels = torch.from_numpy(train.storage.images).flatten(1)
    times = train.x.flatten(2).float()
    assert torch.equal(times.sum(0), (pixels > 0).float()) and times.shape[0] == 20
    first = times.argmax(0)[pixels > 0]
    assert (first - (1 - pixels[pixels > 0].double() / 255) * 19).abs().max() <= 0.5 + 1e-9
    rate = dataclasses.replace(dataset, coding=Coding.RATE, rate=500.0).load(Split.TRAIN)
    whole = rate.x.float()
    assert torch.equal(rate.take([7, 3])[0], whole[:, [7, 3]])
    assert (whole.mean() - 0.5 * pixels.double().mean() / 255).abs() < 0.01


@pytest.mark.parametrize("packed", [False, True])
def test_an_idx_file_that_is_cut_anywhere_says_so(tmp_path, packed):
    array = images(0, 2)[0][:, :3, :3].copy()
    data = idx(array)
    path = tmp_path / "train-images-idx3-ubyte"
    for cut in (*range(len(data)), len(data) + 1):
        short = data[:cut] if cut <= len(data) else data + b"!"
        path.write_bytes(gzip.compress(short) if packed else short)
        if cut == len(data):
            continue
        with pytest.raises(ValueError, match=r"train-images-idx3-ubyte (is no IDX file|says that it holds)"):
            read_idx(path)
    path.write_bytes(gzip.compress(data) if packed else data)
    assert np.array_equal(read_idx(path), array)
    if packed:
        path.write_bytes(gzip.compress(data)[:-4])
        with pytest.raises(ValueError, match="is cut short or damaged; fetch it again"):
            read_idx(path)


def test_cifar_in_its_binary_version_and_never_as_a_pickle(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (30, RECORD), np.uint8)
    rows[:, 0] %= 10
    home = tmp_path / "cifar-10-batches-bin"
    home.mkdir()
    (home / "data_batch_1.bin").write_bytes(rows[:20].tobytes())
    (home / "test_batch.bin.gz").write_bytes(gzip.compress(rows[20:].tobytes()))
    dataset = Cifar10(folder=str(tmp_path), samples=1000, coding=Coding.DIRECT, steps=2)
    train, test = dataset.load(Split.TRAIN), dataset.load(Split.TEST)
    assert (len(train), len(test), train.shape) == (20, 10, (3, 32, 32))
    assert train.take([3])[0][1, 0, 2, 31, 30] == rows[3, 1 + 2 * 1024 + 31 * 32 + 30] / np.float32(255)
    assert dataset.have() == "CIFAR-10: 20 of 50,000 training and 10 of 10,000 test images found;"
    (home / "data_batch_1.bin").write_bytes(rows[:20].tobytes()[:-1])
    with pytest.raises(ValueError, match=r"data_batch_1.bin has 61,459 bytes, no whole number of records of 3,073"):
        dataset.load(Split.TRAIN)
    pickled = tmp_path / "other" / "cifar-10-batches-py"
    pickled.mkdir(parents=True)
    (pickled / "data_batch_1").write_bytes(b"\x80\x03}q\x00.")
    with pytest.raises(ValueError, match=r"a pickle, which is never opened .* take the binary version from www"):
        Cifar10(folder=str(tmp_path / "other")).find()


def test_the_catalogue_says_what_is_here_and_what_is_damaged(folder):
    (folder / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"\x1f\x8b")
    entries = {entry.name: entry for entry in catalogue(str(folder))}
    assert entries["MNIST"].have == "MNIST: 60 of 60,000 training and 20 of 10,000 test images found;"
    assert entries["FashionMNIST"].broken and "is cut short or damaged" in entries["FashionMNIST"].missing
    assert not entries["CIFAR10"].broken and "by hand from www.cs.toronto.edu" in entries["CIFAR10"].by_hand


def test_a_taxel_sends_when_its_pressure_has_moved_far_enough():
    """By hand: a change of 4 at 0 0 3 4 13 13 5 is nothing, nothing, nothing, 1 up, 2 up (to 12), nothing, 1 down (to 8)."""
    values = np.array([0, 0, 3, 4, 13, 13, 5])[:, None, None]
    assert send_on_delta(values, 4)[:, 0].tolist() == [[0, 0], [0, 0], [0, 0], [1, 0], [2, 0], [0, 0], [0, 1]]
    train = Braille().load(Split.TRAIN)
    assert train.classes[:2] == ("Space", "A") and train.shape == (24,) and len(train) == 1080
    net = train.x.long()[..., :12].sum(0) - train.x.long()[..., 12:].sum(0)
    assert net.abs().max() * 4 <= 200 + 4, "what has risen less what has fallen is the pressure at the end"


def test_a_part_of_the_letters_has_all_of_them_alike():
    labels = np.repeat(np.arange(5), 10)
    counts = np.bincount(labels[evenly(np.random.default_rng(0), labels, 23)])
    assert counts.sum() == 23 and counts.max() - counts.min() == 1
