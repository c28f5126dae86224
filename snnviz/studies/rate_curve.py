"""A neuron's rate under constant currents."""

import math
from collections.abc import Sequence

import numpy as np
import torch

from snnviz import waiting
from snnviz.backends import AbstractBackend
from snnviz.methods import BPTT
from snnviz.neurons import AbstractNeuron
from snnviz.spiking_layer import SpikingLayer

POINTS = 60  # currents of a curve
INTERVALS = 10  # between spikes, of which a rate is the mean
CHUNK = 100.0  # ms simulated at a time; after each chunk the spikes are counted
MOST_STEPS = 100_000  # limits the work if the step is very short


def rate_curve(
    neuron: AbstractNeuron,
    currents: Sequence[float] | np.ndarray | None = None,
    backend: AbstractBackend | str | None = None,
    *,
    here: float | None = None,
    time: float = 4000.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Constant currents (per ms), and the rate in Hz of a neuron at each of them, once it fires regularly.

    It runs until what it remembers of the beginning has faded (`settling`), then until every current has made ten intervals
    between spikes, or for `time` ms; the rate is one over their mean. Where only one interval is long enough to have been
    seen, that one counts; a current that made none has rate 0. Steps are at most 100,000 in all.

    currents: None for 60 of them, from 0 to where the neuron fires well (its `current_range`), or as far as `here`.
    Both arrays are [currents].
    """
    if currents is None:
        reach = [0.0, neuron.current_range()] + ([] if here is None else [1.1 * here])
        currents = np.linspace(min(reach), max(reach), POINTS)
    currents = np.asarray(currents, np.float64)
    layer = SpikingLayer(neuron, BPTT(), backend)
    device = "cuda" if layer.backend.name == "cuda" else "cpu"
    x = torch.from_numpy((currents * neuron.drive_scale()).astype(np.float32)).to(device)
    chunk = max(1, min(math.ceil(CHUNK / neuron.dt), MOST_STEPS))
    settled = min(math.ceil(neuron.settling() / neuron.dt), MOST_STEPS // 2)
    end = min(settled + math.ceil(time / neuron.dt), MOST_STEPS)
    above = currents > (neuron.rheobase() or 0.0)
    count = _Count(len(currents), settled)
    state, step = None, 0
    with torch.no_grad():
        while step < end and (step < settled or (count.intervals[above] < INTERVALS).any()):
            steps = min(chunk, end - step)
            with waiting.part(step // chunk, math.ceil(end / chunk)):
                waiting.go_on()
                run = layer.run(x.expand(steps, 1, len(x)), state)
            count.add(run.fired[:, 0].cpu().numpy(), step)
            state, step = run.last, step + steps
    return currents, count.per_step() * 1000 / neuron.dt


class _Count:
    """Spikes of several columns from the first one after a step on, and the last one before it."""

    def __init__(self, columns: int, settled: int):
        self.settled = settled
        self.before, self.first, self.last = (np.full(columns, -1, np.int64) for _ in range(3))
        self.intervals = np.zeros(columns)

    def add(self, spikes: np.ndarray, start: int) -> None:
        """Count spikes [T, columns], of which the first step is number `start`."""
        early = min(max(self.settled - start, 0), len(spikes))
        self.before = _last(spikes[:early], start, self.before)
        spikes, start = spikes[early:], start + early
        if not len(spikes):
            return
        first, new = (spikes > 0).argmax(0), (self.first < 0) & spikes.any(0)
        self.intervals += spikes.sum(0) - np.where(new, np.take_along_axis(spikes, first[None], 0)[0], 0)
        self.first = np.where(new, start + first, self.first)
        self.last = _last(spikes, start, self.last)

    def per_step(self) -> np.ndarray:
        """Spikes per step."""
        once = (self.intervals == 0) & (self.first >= 0) & (self.before >= 0)
        intervals = np.where(once, 1, self.intervals)
        steps = self.last - np.where(once, self.before, self.first)
        return np.where(intervals > 0, intervals / np.maximum(steps, 1), 0.0)


def _last(spikes: np.ndarray, start: int, otherwise: np.ndarray) -> np.ndarray:
    """The number of the last step that has spikes, for each column; `otherwise` where there is none."""
    if not len(spikes):
        return otherwise
    return np.where(spikes.any(0), start + len(spikes) - 1 - (spikes[::-1] > 0).argmax(0), otherwise)
