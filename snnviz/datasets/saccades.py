"""Events from the digits: what an event camera would see if it looked at them with three quick eye movements."""

import dataclasses
import functools
import itertools
from typing import ClassVar

import numpy as np

from snnviz import waiting
from snnviz.datasets.digits import DEPTH, pixels
from snnviz.datasets.events import AbstractEvents, Columns, Found, Recording, evenly
from snnviz.params import param

BLOCK = 64  # digits filmed side by side
SUBSTEP = 2000  # microseconds between two positions of the eye
GRID = 64  # positions and weights are multiples of 1/64, so brightness is a whole number and equal on every machine
WHITE = DEPTH * GRID * GRID
TURNS = ((0.0, 0.0), (0.5, 1.0), (1.0, 0.0), (0.0, 0.0))  # the corners (x, y) of the path, as shares of the amplitude


@dataclasses.dataclass(frozen=True)
class Saccades(AbstractEvents):
    """1,797 small digits moved along a triangle, one side per saccade, before a simulated event camera.

    A digit is enlarged (bilinearly) and shifted along the path. A pixel remembers the brightness at its last event and
    emits an ON or OFF event (p = 1, 0) whenever the brightness differs from it by `threshold` times full white; then
    it remembers the new level. `noise` false events per pixel and second are added.

    Inputs `[T, S, 2, side, side]`. The three saccades after Orchard et al. (2015), the digits as in `Digits`.

    Raises:
        ValueError: from `load` and `find`, a path on which the digit leaves the sensor.
    """

    title: ClassVar[str] = "Digits under saccades"
    description: ClassVar[str] = (
        "What an event camera sees when it looks at a small digit with three quick eye movements: events where the "
        "brightness changes, none where it does not."
    )
    cite: ClassVar[str] = "orchard2015nmnist"
    offline: ClassVar[bool] = True

    steps: int = param(60, "Time steps", "T", low=1, high=100_000, slider=(10, 300, 10))
    dt: float = param(5.0, "Step", r"\Delta t", "ms", low=0, open_low=True, high=1000, slider=(0.5, 20.0, 0.5))
    samples: int = param(1797, "Recordings to use", "S", low=20, high=1797, slider=(100, 1797, 1), help="Both parts together.")
    side: int = param(24, "Side of the sensor", "", "pixels", low=12, high=64, slider=(16, 34, 2))
    duration: float = param(100.0, "Length of a saccade", "", "ms", low=10, high=1000, slider=(20.0, 200.0, 10.0))
    amplitude: float = param(5.0, "Amplitude", "", "pixels", low=1, high=16, slider=(1.0, 8.0, 0.5))
    threshold: float = param(0.2, "Contrast threshold", "", "", low=0.02, high=1, slider=(0.05, 0.5, 0.01))
    noise: float = param(0.2, "False events", "", "Hz", low=0, high=100, slider=(0.0, 5.0, 0.1))

    def find(self, download: bool = False) -> Found:
        images, labels = pixels()
        if self.amplitude > self.side - 8:
            raise ValueError(
                f"Saccades: a path of {self.amplitude:g} pixels leaves no room for a digit on a sensor of "
                f"{self.side}; lower the amplitude."
            )
        path = self._path()
        chosen = np.array(evenly(np.arange(len(labels)), labels, self.samples, self.seed))
        blocks = [chosen[low : low + BLOCK] for low in range(0, len(chosen), BLOCK)]
        films = functools.lru_cache(maxsize=1)(lambda block: self._films(images[blocks[block]], path, blocks[block]))
        recordings = tuple(
            Recording(f"digit {number}", int(labels[number]), None, lambda n=n: films(n // BLOCK)[n % BLOCK])
            for n, number in enumerate(chosen)
        )
        have = f"{self.title}: {len(recordings):,} of {len(labels):,} recordings, made with seed {self.seed};"
        return Found(recordings, tuple(str(digit) for digit in range(10)), (2, self.side, self.side), (), have)

    def _path(self) -> tuple[np.ndarray, np.ndarray]:
        """The part of the digit that sensor rows and columns see at each substep: whole weights 0 to GRID, two `[K, side, 8]`."""
        ticks = round(self.duration * 1000 / SUBSTEP)
        scale = (self.side - self.amplitude) / 8  # pixels of the sensor per pixel of the digit
        along = np.arange(ticks + 1) / ticks
        corner = [
            np.concatenate([a[c] + (b[c] - a[c]) * along[int(n > 0) :] for n, (a, b) in enumerate(itertools.pairwise(TURNS))])
            for c in (0, 1)
        ]
        x, y = (self._weights(place * self.amplitude, scale) for place in corner)
        return y, x

    def _weights(self, shift: np.ndarray, scale: float) -> np.ndarray:
        """Bilinear weights: sensor pixel i at a shift sees the digit at (i + 1/2 - shift) / scale - 1/2."""
        on_digit = (np.arange(self.side) + 0.5 - shift[:, None]) / scale - 0.5  # [K, side]
        near = np.maximum(0.0, 1.0 - np.abs(np.rint(on_digit * GRID)[..., None] / GRID - np.arange(8)))
        return np.rint(near * GRID)

    def _films(self, images: np.ndarray, path: tuple[np.ndarray, np.ndarray], numbers: np.ndarray) -> list[Columns]:
        """The events of many digits, computed together. `numbers` [D]: a digit's number seeds its false events."""
        rows, columns = path  # [K, side, 8]
        level = max(1, round(self.threshold * WHITE))
        digits = images.astype(np.float64)
        shape = (len(images), rows.shape[1], columns.shape[1])
        reached, events = np.zeros(shape, np.int64), []
        for tick, (row, column) in enumerate(waiting.steps(zip(rows, columns, strict=True), "moment", len(rows))):
            light = (row @ digits @ column.T).astype(np.int64)  # [D, side, side], 0..WHITE
            if tick == 0:
                reached = light.copy()
            change = light - reached
            place = np.flatnonzero(np.abs(change) >= level)
            moved = change.reshape(-1)[place]
            fired = np.abs(moved) // level
            reached.reshape(-1)[place] += np.sign(moved) * fired * level
            total = np.repeat(np.abs(moved), fired)
            turn = 1 + np.arange(len(total)) - np.repeat(np.cumsum(fired) - fired, fired)  # 1, 2, ... at one pixel
            time = (tick - 1) * SUBSTEP + turn * level * SUBSTEP // np.maximum(total, 1)  # light changes evenly in a substep
            events.append(np.stack([time, np.repeat(place, fired), np.repeat(moved > 0, fired)]))
        time, where, up = np.concatenate(events, 1)
        digit, y, x = np.unravel_index(where, shape)
        end = (len(rows) - 1) * SUBSTEP
        films = []
        for place, number in enumerate(numbers):
            rng = np.random.default_rng([self.seed, number])
            false = rng.integers(0, [[end], [self.side], [self.side], [2]], (4, round(self.noise * end * 1e-6 * self.side**2)))
            mine = digit == place
            films.append(
                {
                    name: np.concatenate([column[mine], noise])
                    for name, column, noise in zip("txyp", (time, x, y, up), false, strict=True)
                }
            )
        return films
