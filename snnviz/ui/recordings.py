"""What the sources and views of the Data page share: samples kept at hand, the choice of one, and what to know of a set."""

import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from snnviz import places
from snnviz.datasets import AbstractDataset, OwnRecordings, Samples, SoundLocalisation, Split
from snnviz.datasets.tonic_sets import arriving
from snnviz.figures.theme import empty_figure
from snnviz.params import Param
from snnviz.studies import plane, sample_views
from snnviz.ui import cache, computing, controls, page
from snnviz.ui.words import literal

_KEPT = cache.Kept(8, 2**30, copied=False)  # halves of sets
_KEYS: weakref.WeakKeyDictionary[Samples, str] = weakref.WeakKeyDictionary()  # what each half depends on, as a text
SHOWN = 5  # files that could not be used, and notes
HEIGHT = 440
HIDDEN = ("folder", "name", "part")  # fields that are no controls
CURRENTS = "These inputs are currents, not events."
NUMBERED = "These inputs are numbered neurons, not pixels: look at the raster."


def samples(dataset: AbstractDataset, split: Split) -> Samples:
    """One half of a set, kept for the next picture. Problems of single files are in it and shown by the page."""
    key = repr(dataset)
    if isinstance(dataset, OwnRecordings):  # its folder changes under the same name
        key += str([(str(f), f.stat().st_mtime_ns) for f in sorted(Path(dataset.folder).rglob("*"))])
    key += f".load({split})"

    def load() -> Samples:
        with warnings.catch_warnings(action="ignore"):
            half = dataset.load(split)
        _KEYS[half] = key
        _KEPT.put(key, half)
        return half

    entry = _KEPT.get(key)
    return computing.result(key, load) if entry is None else entry[0]


def computed(view: Callable[[Samples], Any], half: Samples) -> Any:
    """What a study makes of a whole part, in a thread that the visitor can stop: `computed(sample_views.mean_input, train)`."""
    return computing.result(f"{view.__qualname__} of {_KEYS[half]}", lambda: view(half))


def halves(dataset: AbstractDataset) -> tuple[Samples, Samples]:
    """Both parts of a set, to train on and to test with.

    Raises:
        ValueError: it cannot be read; the message says what is wrong.
    """
    try:
        return samples(dataset, Split.TRAIN), samples(dataset, Split.TEST)
    except OSError as problem:
        raise ValueError(str(problem)) from problem


def choose_sample(train: Samples, test: Samples) -> tuple[Samples, int]:
    """Draw the choice of one sample; its part and its number there."""
    titles = {"train": "To train on", "test": "To test with"}
    chosen = controls.option(list(titles), "Part", "half", titles=titles.__getitem__, segmented=True, bare=True)
    half = {"train": train, "test": test}[chosen]
    offered = [str(label) for label in sample_views.classes_present(half)]
    label = int(controls.option(offered, "Class", "class", titles=lambda k: half.classes[int(k)]))
    place = controls.number(1, Param("Sample", low=1, high=1_000_000), "sample")
    return half, sample_views.of_class(half, label, int(place))


def frame_length(begins: np.ndarray) -> str:
    """How long frames are, in words; `begins` are the times in ms at which they begin, and the end."""
    lengths = np.diff(begins)
    return f"{'about ' if np.ptp(lengths) > 1e-9 * begins[-1] else ''}{lengths.mean():.3g} ms"


def choose_moment(end: float) -> float:
    """Draw the slider of a moment until `end`, in ms; it begins in the middle."""
    end = max(end, 0.1)
    return controls.number(end / 2, Param("At", unit="ms", low=0.0, high=end, slider=(0.0, end, 0.01)), "at")


def of_a_camera(half: Samples) -> bool:
    """Whether inputs are pixels: [polarity, row, column]."""
    return len(half.shape) == 3


def offers(view: str, dataset: AbstractDataset, half: Samples) -> bool:
    """Whether a view is offered for a set: points have a plane, cameras have frames that play, a sound's source two ears."""
    some = {"plane": plane.is_plane(dataset), "play": of_a_camera(half), "ears": isinstance(dataset, SoundLocalisation)}
    return some.get(view, True)


def best(dataset: AbstractDataset, half: Samples) -> str:
    """The view with which a set opens."""
    if plane.is_plane(dataset):
        return "plane"
    if not of_a_camera(half):
        return "ears" if isinstance(dataset, SoundLocalisation) else "raster"
    return "play" if half.shape[0] == 2 else "classes"


def not_for_this_set(view: str, half: Samples, reason: str) -> tuple[str, Mapping[str, Any]]:
    """Say why there is no such picture of this set; the code, and what it shows."""
    st.markdown("**Not for this set**")
    page.figure(empty_figure(reason, dark=page.dark(), height=HEIGHT - 40), f"data-{view}")
    return "print(half.source)", {"half.shape": half.shape}


def notes(sentences: Sequence[str]) -> None:
    """Say once what bears on a result: events outside the steps, a single class, a part of a set, what was assumed."""
    if sentences:
        more = f" And {len(sentences) - SHOWN} more such notes." if len(sentences) > SHOWN else ""
        st.info(" ".join(map(literal, sentences[:SHOWN])) + more, icon=":material/info:")


def before_training(dataset: AbstractDataset) -> None:
    """Say what to know before a training starts; one's own recordings are read for that, others if they have been read before."""
    try:
        own = halves(dataset)[0] if isinstance(dataset, OwnRecordings) else None
        sentences = dataset.notes()
    except (OSError, ValueError) as problem:
        st.warning(literal(str(problem)), icon=":material/warning:")
        return
    notes(sentences)
    if own is not None:
        problems(own)


def problems(half: Samples) -> None:
    """Say which files could not be used."""
    page.several([literal(problem) for problem in half.problems], "files could not be used", warn=True)


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
