"""Sets whose samples are points of a plane: where each point lies, and which class a place of the plane belongs to.

plane = of(YinYang(), YinYang().load(Split.TEST), Split.TEST)
print(plane.x[0], plane.y[0], plane.names[plane.label[0]])
"""

import dataclasses

import numpy as np

from snnviz.datasets import AbstractDataset, Samples, Split, YinYang, YinYangPoints
from snnviz.datasets.points import AbstractPoints
from snnviz.datasets.yinyang import region

SIDE = 160  # places of a grid along each axis
NEIGHBOURS = 5
BATCH = 2000  # samples whose spikes are read at once
MOST = 1200  # points that judge the grid of a set without exact regions


@dataclasses.dataclass(frozen=True, eq=False)
class Plane:
    """The points of a part of a set.

    x, y float64 [S], label int64 [S]; low, high: the ends of both axes. grid: the class at each of `SIDE` x `SIDE` places, int64
    [y, x], -1 where there is none. exact: whether the set says where its classes lie; else the grid has the class of most of the
    five nearest points to train on.
    """

    x: np.ndarray
    y: np.ndarray
    label: np.ndarray
    names: tuple[str, ...]
    low: float
    high: float
    grid: np.ndarray
    exact: bool

    @property
    def places(self) -> np.ndarray:
        """The coordinates of the grid along either axis, [SIDE]."""
        return np.linspace(self.low, self.high, SIDE)


def is_plane(dataset: AbstractDataset) -> bool:
    """Whether the samples of a set are points of a plane."""
    return isinstance(dataset, (AbstractPoints, YinYang))


def of(dataset: AbstractDataset, half: Samples, split: Split) -> Plane:
    """The points of one part of a set of points.

    Raises:
        TypeError: the set's samples are no points of a plane.
    """
    names = tuple(half.classes)
    if isinstance(dataset, YinYang):
        x, y = _decoded(dataset, half)
        a, b = np.meshgrid(*(np.linspace(0, 1, SIDE),) * 2)
        return Plane(x, y, half.y.numpy(), names, 0.0, 1.0, region(a, b, dataset.dot), True)
    if not isinstance(dataset, AbstractPoints):
        raise TypeError(f"The samples of {type(dataset).__name__} are no points of a plane.")
    x, y, label = (np.asarray(values, float) for values in dataset.points())
    of_half = dataset.halves(label.astype(np.int64))
    judges, chosen = of_half[Split.TRAIN][:MOST], of_half[split]
    across, up = np.meshgrid(*(np.linspace(-1, 1, SIDE),) * 2)
    exact = isinstance(dataset, YinYangPoints)
    if exact:
        grid = region(across / 1.9 + 0.5, up / 1.9 + 0.5, 0.1)
    else:
        grid = _nearest(x[judges], y[judges], label[judges].astype(np.int64), across, up)
    return Plane(x[chosen], y[chosen], label[chosen].astype(np.int64), names, -1.0, 1.0, grid, exact)


def spike_times(half: Samples, number: int) -> list[np.ndarray]:
    """For each input of one sample the times in ms at which it fires, float64 [spikes] each."""
    x = half.take(np.array([number]))[0][:, 0].numpy().reshape(half.steps, -1)
    return [np.flatnonzero(column) * half.dt for column in x.T]


def _decoded(dataset: YinYang, half: Samples) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates that the first two inputs' spikes stand for, [S] each, as fine as a step is."""
    batches = np.array_split(np.arange(len(half)), -(-len(half) // BATCH))
    first = np.concatenate([half.take(batch)[0][:, :, :2].argmax(0).numpy() for batch in batches]) * dataset.dt
    x, y = ((first - dataset.early) / (dataset.late - dataset.early)).T
    return x, y


def _nearest(x: np.ndarray, y: np.ndarray, label: np.ndarray, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """The class of most of the nearest points at each place of a grid, int64 of its shape."""
    distance = (across.reshape(-1, 1) - x) ** 2 + (up.reshape(-1, 1) - y) ** 2
    count = min(NEIGHBOURS, len(x) - 1)
    near = label[np.argpartition(distance, count, axis=1)[:, :count]]
    votes = np.stack([(near == c).sum(1) for c in range(int(label.max()) + 1)])
    return votes.argmax(0).reshape(across.shape)


def inputs(dataset: AbstractDataset) -> tuple[str, ...]:
    """What each input of a set of points stands for."""
    if isinstance(dataset, YinYang):
        return ("a", "b", "1 − a", "1 − b", "bias")
    mirrored = isinstance(dataset, AbstractPoints) and dataset.mirrored
    return ("x", "y", "−x", "−y", "bias") if mirrored else ("x", "y", "bias")


def coded(spikes: list[np.ndarray]) -> list[np.ndarray]:
    """The spikes of a sample, [spikes] for each input, where each fires once; none where its inputs are currents."""
    return spikes if all(len(times) <= 1 for times in spikes) else [times[:0] for times in spikes]


def says(dataset: AbstractDataset, spikes: list[np.ndarray]) -> str:
    """What becomes of a point with these spikes, [spikes] for each input, in a sentence."""
    if any(len(times) > 1 for times in spikes):
        return f"A point becomes {len(spikes)} constant currents."
    later = "later" if isinstance(dataset, YinYang) else "earlier"
    return f"A point becomes {len(spikes)} spikes: the further right or up, the {later}."
