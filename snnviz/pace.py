"""How fast this machine is, measured once in a process: what counted work takes, in seconds.

Work(calls=20_000, numbers=4e8).seconds()      # 20,000 small operations of torch, and 400 million numbers read or written
"""

import dataclasses
import functools
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from snnviz.experiments import Experiment


@dataclasses.dataclass(frozen=True)
class Work:
    """What a computation consists of. calls: operations of torch, whatever their size; numbers: float32 that are read or written;
    products: multiply-adds in products of matrices."""

    calls: float = 0.0
    numbers: float = 0.0
    products: float = 0.0

    def __add__(self, other: "Work") -> "Work":
        return Work(self.calls + other.calls, self.numbers + other.numbers, self.products + other.products)

    def __mul__(self, factor: float) -> "Work":
        return Work(self.calls * factor, self.numbers * factor, self.products * factor)

    def seconds(self) -> float:
        """How long it takes here, give or take a factor of three."""
        one = speeds()
        return self.calls * one.calls + self.numbers * one.numbers + self.products * one.products


@functools.cache
def speeds() -> Work:
    """Seconds of one call, one number and one product on this machine: each the best of several short tries, 30 ms in all."""
    small, row, matrix = torch.ones(1), torch.ones(1 << 22), torch.ones(256, 256)
    with torch.inference_mode():
        return Work(
            _best(lambda: [small + 1.0 for _ in range(200)]) / 200,
            _best(lambda: row + row) / (3 * len(row)),
            _best(lambda: matrix @ matrix) / 256**3,
        )


def _best(work: Callable[[], object]) -> float:
    """In time of this thread: what else computes here does not count."""
    taken = []
    for _ in range(8):
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return min(taken)


def of_run(experiment: "Experiment", methods: int = 0, reference: int = 0) -> Work:
    """What a run consists of, differentiated by so many methods.

    reference: by how many of its passes the reference backend goes step by step.
    """
    shape, steps, entries = experiment.architecture, experiment.steps, float(experiment.steps * experiment.columns)
    layers, kernels = 1 if shape is None else shape.layers + 1, 1 + methods - reference
    # Numbers that an entry moves as input and record, in a pass of a kernel, in one of the reference; and calls of a step there.
    moved, by_kernel, by_reference, calls = (100, 400, 1500, 100) if methods else (100, 150, 300, 10)
    work = Work(numbers=(moved + kernels * by_kernel + reference * by_reference) * entries)
    work += Work(reference * calls * layers * steps, 10.0 * steps * experiment.batch * math.prod(experiment.inputs))
    if shape is not None:
        work += Work(products=shape.products * steps * experiment.batch) * (1 + 2 * methods)
        if getattr(shape, "recurrent", False):
            work += Work(calls=100.0 * steps * layers) * (1 + 2 * methods)
    return work
