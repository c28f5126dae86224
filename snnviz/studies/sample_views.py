"""Views of recordings: one sample's values and events, frames, a time surface, and a set as a whole.

half = Saccades().load(Split.TRAIN)
pictures = frames(values(half, 0), 8)              # eight arrays [height, width]
"""

import numpy as np

from snnviz import account, clock, waiting
from snnviz.datasets import AbstractDataset, Braille, FreeSpokenDigits, Samples
from snnviz.datasets.braille import TAXELS
from snnviz.datasets.storage import EVENT
from snnviz.training.look import seen

WORST = 40  # bytes that a picture may make of an entry of a sample
PITCHES = (50, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 10_000)  # in Hz, that an axis names
MOST_CLASSES = 20  # a figure shows samples of at most this many classes
MOST_SAMPLES = 200  # a mean is over at most this many samples, evenly from the whole part, which may be sorted by class


def values(half: Samples, number: int) -> np.ndarray:
    """One sample, [T, *shape]."""
    entries = half.steps * int(np.prod(half.shape))
    with account.held(WORST * entries, "Looking at a sample", "lower the number of steps, or raise the pixels per input"):
        return half.take([number])[0][:, 0].numpy()


def flat(half: Samples, number: int) -> np.ndarray:
    """One sample with its inputs in one row, [T, inputs]."""
    x = values(half, number)
    return x.reshape(len(x), -1)


def events(half: Samples, number: int) -> np.ndarray | None:
    """The events of one sample, [events] of `EVENT`: t in ms, x, y, p; of spikes that were never events, one for each. None for
    currents."""
    recorded = half.events(number)
    if recorded is not None:
        return recorded
    x = values(half, number)
    if (x != np.round(x)).any() or x.min() < 0:
        return None
    filled = np.nonzero(x)
    step, *place = (np.repeat(index, x[filled].astype(np.int64)) for index in filled)
    made = np.zeros(len(step), EVENT)
    made["t"], made["p"] = step * half.dt, 1
    if len(place) == 3:
        made["y"], made["x"] = place[1], place[2]
        made["p"] = place[0] if half.shape[0] > 1 else 1
    else:
        made["x"] = place[0]
    return made


def table(half: Samples, number: int) -> tuple[dict[str, np.ndarray], tuple[str, ...]] | None:
    """The events of one sample as columns [events], and what a file of them must state to be read as the same sample: the size of
    the inputs, the unit of time and its zero. None for currents."""
    if (recorded := events(half, number)) is None:
        return None
    names = ("t", "neuron") if len(half.shape) == 1 else ("t", "x", "y") if half.shape[0] == 1 else ("t", "x", "y", "p")
    columns = {name: recorded["x" if name == "neuron" else name] for name in names}
    return columns, (f"inputs = {' x '.join(map(str, half.shape))}", "unit = ms", "zero = of the recording")


def rows(dataset: AbstractDataset) -> tuple[str, dict[int, str]]:
    """What the inputs of a set of numbered neurons are, and words for some of them, to stand at a raster's axis."""
    if isinstance(dataset, FreeSpokenDigits):
        pitch = dataset.frequencies()
        inside = [mark for mark in PITCHES if pitch[0] * 0.99 <= mark <= pitch[-1] * 1.01]
        return "frequency (Hz)", {int(np.abs(pitch - mark).argmin()): f"{mark:,}" for mark in inside}
    if isinstance(dataset, Braille):
        return "taxel", {at + n: f"{n + 1} {way}" for at, way in ((0, "rises"), (TAXELS, "falls")) for n in (0, 5, 11)}
    return "input", {}


def extent(half: Samples) -> tuple[int, int]:
    """Height and width of the inputs; of numbered neurons, which have no rows, (1, neurons)."""
    return half.shape[1:] if len(half.shape) == 3 else (1, half.shape[0])


def of_class(half: Samples, label: int, place: int) -> int:
    """The number of a class's sample in the part; places begin at 1, and after the last comes the first again."""
    numbers = np.flatnonzero(half.y.numpy() == label)
    return int(numbers[(place - 1) % len(numbers)])


def classes_present(half: Samples) -> list[int]:
    """The classes that have a sample in this part."""
    return np.unique(half.y.numpy()).tolist()


def frames(x: np.ndarray, count: int) -> list[np.ndarray]:
    """A sample [T, C, H, W] in `count` stretches of time, or one a step if there are fewer: brighter minus darker, or the
    sum of the one channel, [H, W] each."""
    cuts = np.split(x, frame_steps(len(x), count)[1:-1])
    return [cut[:, 1].sum(0) - cut[:, 0].sum(0) if x.shape[1] == 2 else cut.sum((0, 1)) for cut in cuts]


def frame_steps(steps: int, count: int) -> np.ndarray:
    """The step at which each of `frames` begins, and the end, int64 [count + 1] or less; lengths differ by one step at most."""
    count = min(count, steps)
    return np.arange(count + 1) * steps // count


def frame_times(half: Samples, count: int) -> np.ndarray:
    """The time in ms at which each of `frames` begins, and of the end, [count + 1] or less."""
    return frame_steps(half.steps, count) * half.dt


def time_surface(recorded: np.ndarray, size: tuple[int, int], at: float, tau: float) -> np.ndarray:
    """exp(-(at - t) / tau) with t the last event of each pixel until `at`, less the same of the darker ones (as tonic's
    ToTimesurface of each polarity); [H, W]. Times in ms."""
    surface = []
    for polarity in (1, 0):
        mine = recorded[(recorded["p"] == polarity) & clock.reached(at, recorded["t"], 1.0)]
        last = np.full(size, -np.inf)
        np.maximum.at(last, (mine["y"], mine["x"]), mine["t"])
        surface.append(np.exp((last - at) / tau))
    return surface[0] - surface[1]


def class_pictures(half: Samples) -> tuple[list[np.ndarray], list[str]]:
    """One sample of each class (at most 20), and their names: summed over time [height, width]; without rows [inputs, T]."""
    pictures, names = [], []
    for label, name in waiting.steps(list(enumerate(half.classes))[:MOST_CLASSES], "class"):
        numbers = np.flatnonzero(half.y.numpy() == label)
        if len(numbers):
            x = values(half, int(numbers[0]))
            pictures.append(x.reshape(len(x), -1).T if x.ndim != 4 else seen(x) if x.shape[1] == 1 else x.sum((0, 1)))
            names.append(str(name))
    return pictures, names


def class_counts(half: Samples) -> list[int]:
    """The number of samples of each class."""
    return np.bincount(half.y, minlength=len(half.classes)).tolist()


def mean_input(half: Samples) -> np.ndarray:
    """The input at each step as the sum over all inputs, mean over 200 samples spread evenly over the part, [T]."""
    count = min(len(half), MOST_SAMPLES)
    x = half.take(np.arange(count) * len(half) // count)[0]
    return x.flatten(2).sum(2).mean(1).numpy()


def times(half: Samples) -> np.ndarray:
    """The time of each step in ms, [T]."""
    return np.arange(half.steps) * half.dt


def duration(half: Samples) -> float:
    """How long a sample is, in ms."""
    return half.steps * half.dt
