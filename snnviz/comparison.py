"""Several methods' gradients of one run beside each other, as values."""

import dataclasses

import numpy as np

from snnviz.labels import distinct
from snnviz.methods import AbstractGradientMethod
from snnviz.records import RunRecord


@dataclasses.dataclass(frozen=True)
class GradientRow:
    """One method's gradient in one layer, against the first method's.

    norm: its 2-norm; cosine: with the first method's; largest_difference: max abs of the difference, relative to the first
    method's largest entry. For a population the gradient is delta = dL/dx [T, B, N]; for a network dL/dW of the layer.
    label: the method's, for reading.
    """

    method: AbstractGradientMethod = dataclasses.field(repr=False)
    label: str
    layer: str
    norm: float
    cosine: float
    largest_difference: float


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Several methods on the same weights and the same input: rows by method and layer, and each method's run.

    The key of a run is its method, the value itself; `snnviz.labels.labelled` turns a dictionary with methods as keys into
    one with labels as keys, for a figure.
    """

    rows: tuple[GradientRow, ...]
    runs: dict[AbstractGradientMethod, RunRecord]
    seconds: float

    @property
    def labels(self) -> tuple[str, ...]:
        """One label per method, in order, no two alike: they say what differs."""
        return distinct(list(self.runs))

    def table(self, value: str) -> dict[AbstractGradientMethod, list[float]]:
        """One value ("norm", "cosine", "largest_difference") by method, in the layers' order."""
        return {m: [getattr(r, value) for r in self.rows if r.method == m] for m in self.runs}

    @property
    def layers(self) -> list[str]:
        """The names of the layers, from the input to the output."""
        return list(dict.fromkeys(row.layer for row in self.rows))

    @property
    def active(self) -> dict[AbstractGradientMethod, float]:
        """The share of entries that each method computes, as the mean over the layers."""
        shares = {m: [layer.active for layer in run.layers if layer.active is not None] for m, run in self.runs.items()}
        return {m: float(np.mean(of_layers)) for m, of_layers in shares.items()}
