"""Shape against width: the same training with surrogates of several shapes, each at its own width, ten times narrower and wider."""

import dataclasses
import statistics
from collections.abc import Iterator

from snnviz import text
from snnviz.architectures import FeedForward
from snnviz.backends import AbstractBackend
from snnviz.datasets import RandomManifolds
from snnviz.methods import BPTT
from snnviz.neurons import LIF
from snnviz.params import Declared, param
from snnviz.surrogates import AbstractSurrogate, Arctan, Boxcar, FastSigmoid, Gaussian, Sigmoid, Triangle
from snnviz.training import VALUES, EpochRecord, Training, train

# The first four have one width at half their height and area 1; the last two have long tails.
SHAPES = (Triangle(0.6), Boxcar(0.3), Gaussian(0.25), Sigmoid(6.0), Arctan(2.0), FastSigmoid(10.0))
FACTORS = (0.1, 1.0, 10.0)
_BY_WIDTH, _BY_SLOPE = ("width", "sigma"), ("slope", "alpha")


def manifolds() -> Training:
    """The training of the sweep: random manifolds, where only the timing of spikes tells the classes apart."""
    shape = FeedForward(layers=2, width=64, first_gain=4.0)
    return Training(RandomManifolds(samples=1000), shape, LIF(tau_mem=10.0), epochs=10)


def stretched(surrogate: AbstractSurrogate, factor: float) -> AbstractSurrogate:
    """A surrogate that is `factor` times as wide.

    Raises:
        ValueError: it has no width to stretch.
    """
    fields = {field.name for field in dataclasses.fields(surrogate)}
    for names, power in ((_BY_WIDTH, 1), (_BY_SLOPE, -1)):
        if name := next((name for name in names if name in fields), None):
            return dataclasses.replace(surrogate, **{name: float(f"{getattr(surrogate, name) * factor**power:.6g}")})
    raise ValueError(f"{surrogate.title} has no width that can be stretched; choose another shape.")


@dataclasses.dataclass(frozen=True, repr=False)
class WidthSweep(text.Written, Declared):
    """A sweep as one value: `base` trained by BPTT with each of `SHAPES` at each of `FACTORS` times its width.

    seeds: trainings for each cell, from `base.seed` on. keep_reset: whether the gradient follows the reset.
    """

    base: Training = dataclasses.field(default_factory=manifolds)
    seeds: int = param(1, "Seeds", low=1, high=10, slider=(1, 10, 1), help="Each cell is trained that often, from other weights.")
    keep_reset: bool = param(True, "Through the reset", help="Whether the gradient follows the reset.")

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES | {"WidthSweep": cls}

    @property
    def title(self) -> str:
        """The sweep in a few words."""
        reset = "kept" if self.keep_reset else "cut"
        return f"shape and width: {self.base.dataset.title}, reset {reset}, {self.base.epochs} epochs, seeds {self.seeds}"

    @property
    def trainings(self) -> list[tuple[int, float, Training]]:
        """For each point the number of its shape in `SHAPES`, its factor, and its training; seed by seed."""
        points = [(shape, factor, seed) for seed in range(self.seeds) for shape in range(len(SHAPES)) for factor in FACTORS]
        return [
            (
                shape,
                factor,
                dataclasses.replace(
                    self.base,
                    method=BPTT(stretched(SHAPES[shape], factor), self.keep_reset),
                    seed=self.base.seed + seed,
                ),
            )
            for shape, factor, seed in points
        ]


@dataclasses.dataclass(frozen=True)
class WidthPoint:
    """One training of a sweep: the number of its shape in `SHAPES`, the factor of its width, its seed, and its accuracy on the
    test part after the last epoch, from 0 to 1."""

    shape: int
    factor: float
    seed: int
    accuracy: float


@dataclasses.dataclass(frozen=True)
class WidthRecord:
    """The points of a sweep so far."""

    points: tuple[WidthPoint, ...] = ()

    def accuracies(self, shape: int, factor: float) -> list[float]:
        """The accuracies of one cell, seed by seed."""
        return [point.accuracy for point in self.points if (point.shape, point.factor) == (shape, factor)]

    def cell(self, shape: int, factor: float) -> tuple[float, float] | None:
        """Mean and standard deviation of one cell, from 0 to 1; 0 of a single seed; None before its first point."""
        values = self.accuracies(shape, factor)
        return (statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0) if values else None


def sweep_widths(sweep: WidthSweep, backend: AbstractBackend | str | None = None, done: int = 0) -> Iterator[WidthPoint]:
    """Train each point of a sweep, from number `done` on; one point at a time."""
    for shape, factor, training in sweep.trainings[done:]:
        *_, last = (record for record in train(training, backend) if isinstance(record, EpochRecord))
        yield WidthPoint(shape, factor, training.seed, last.test_accuracy)
