"""What the Data page needs besides the sets: samples kept at hand, pictures of one, and a visitor's uploads."""

import re
import shutil
import warnings
from pathlib import Path

import numpy as np
import streamlit as st

from snnviz import places
from snnviz.datasets import AbstractDataset, OwnRecordings, Samples, Split
from snnviz.datasets.recordings import read_recording
from snnviz.datasets.tonic_sets import arriving

LARGEST = 50  # uploads of one visitor


def samples(dataset: AbstractDataset, split: Split) -> Samples:
    """One half of a set, kept for the next picture. Problems of single files are in it and shown by the page."""
    key = repr(dataset)
    if isinstance(dataset, OwnRecordings):  # its folder changes under the same name
        key += str([(str(f), f.stat().st_mtime_ns) for f in sorted(Path(dataset.folder).rglob("*"))])
    with warnings.catch_warnings(action="ignore"):
        return _kept(key, split.value, _dataset=dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(key: str, half: str, _dataset: AbstractDataset) -> Samples:
    return _dataset.load(Split(half))


def values(half: Samples, number: int) -> np.ndarray:
    """One sample, [T, *shape]."""
    return half.take([number])[0][:, 0].numpy()


def events(half: Samples, number: int) -> np.ndarray | None:
    """The events of one sample; of spikes that were never events, one for each. None for currents."""
    found = half.events(number)
    if found is not None:
        return found
    x = values(half, number)
    if (x != np.round(x)).any():
        return None
    step, *place = np.nonzero(x)
    out = np.zeros(len(step), [("t", float), ("x", np.int32), ("y", np.int32), ("p", np.int8)])
    out["t"], out["p"] = step * half.dt, 1
    if len(place) == 3:
        out["y"], out["x"] = place[1], place[2]
        out["p"] = place[0] if half.shape[0] > 1 else 1
    else:
        out["x"] = place[0]
    return out


def frames(x: np.ndarray, count: int) -> list[np.ndarray]:
    """A sample [T, C, H, W] in `count` stretches of time: brighter minus darker, or the sum of the one channel."""
    cuts = np.array_split(x, count)
    return [cut[:, 1].sum(0) - cut[:, 0].sum(0) if x.shape[1] == 2 else cut.sum((0, 1)) for cut in cuts]


def time_surface(found: np.ndarray, size: tuple[int, int], at: float, tau: float) -> np.ndarray:
    """exp(-(at - t) / tau) with t the last event of each pixel until `at`, less the same of the darker ones (as tonic's
    ToTimesurface of each polarity); [H, W]."""
    surface = []
    for polarity in (1, 0):
        mine = found[(found["p"] == polarity) & (found["t"] <= at)]
        last = np.full(size, -np.inf)
        np.maximum.at(last, (mine["y"], mine["x"]), mine["t"])
        surface.append(np.exp((last - at) / tau))
    return surface[0] - surface[1]


def class_pictures(half: Samples) -> tuple[list[np.ndarray], list[str]]:
    """One sample of each class (at most 20), summed over time; of inputs without rows, its steps against its inputs."""
    pictures, names = [], []
    for label, name in list(enumerate(half.classes))[:20]:
        found = np.flatnonzero(half.y.numpy() == label)
        if len(found):
            x = values(half, int(found[0]))
            pictures.append(x.sum((0, 1)) if x.ndim == 4 else x.reshape(len(x), -1).T)
            names.append(str(name))
    return pictures, names


def folder(visitor: str) -> Path:
    """Where a visitor's uploads lie, so that a run on them can be gone on with."""
    return places.home() / "uploads" / visitor


def add(visitor: str, label: str, name: str, data: bytes) -> None:
    """Keep one uploaded recording under its class. Raises ValueError with one sentence if it cannot be used."""
    try:
        columns = read_recording(data, name)
    except ValueError as problem:
        raise ValueError(f"{name}: {problem}") from None
    if not len(columns["t"]):
        raise ValueError(f"{name}: holds no events.")
    place = folder(visitor) / _safe(label or "unlabelled")
    if len(files(visitor)) >= LARGEST * 20:
        raise ValueError(f"{LARGEST * 20} recordings are here already; remove them first.")
    place.mkdir(parents=True, exist_ok=True)
    (place / _safe(name)).write_bytes(data)


def files(visitor: str) -> list[Path]:
    root = folder(visitor)
    return sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []


def forget(visitor: str) -> None:
    shutil.rmtree(folder(visitor), ignore_errors=True)


def _safe(name: str) -> str:
    """A name that is a file's or folder's name and nothing else."""
    return re.sub(r"[^\w.-]+", "_", name.strip()).strip(".")[:80] or "recording"


def attempt_add(visitor: str, label: str, name: str, data: bytes) -> str:
    """`add`, giving the complaint instead of raising it; "" if all went well."""
    try:
        add(visitor, label, name, data)
    except (ValueError, OSError) as problem:
        return str(problem)
    return ""


@st.cache_data(ttl=60, show_spinner=False, max_entries=8)
def _listed(place: str, root: Path, changed: tuple[int, ...]) -> list:
    from snnviz.datasets import catalogue

    return list(catalogue(place))


def on_disk(place: str) -> list:
    """tonic's catalogue with what is on disk. Importing tonic takes seconds, so it waits until somebody asks."""
    root = places.data(place)
    # A fetch makes a folder in the root for what arrives, and in that one a folder for the set; at its end they are gone.
    changed = tuple(path.stat().st_mtime_ns for path in (root, arriving("", root)) if path.is_dir())
    return _listed(place, root, changed)
