"""Calls of the kernels in `kernels/event_layer.cu`: their arguments, and the batch shared between threads."""

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch

from snnviz.backends.kernel import SCANS
from snnviz.backends.native import Native, in_turn

PARTS = 4  # sums of dL/dW: a fixed number, added in order, so that the result does not depend on the number of threads
ROWS = 256  # samples times steps of a part: with fewer, clearing and adding its sum costs more than a thread saves
ROUND = 16  # the rows of all arrays are whole multiples of this many numbers


def padded(columns: int, by: int = ROUND) -> int:
    """The length of a row that holds so many columns: a multiple of `by`."""
    return -(-columns // by) * by


@functools.cache
def _struct(dtype: torch.dtype) -> type[ctypes.Structure]:
    numbers = ("inputs", "columns", "capacity", "room", "derivative")
    fields = [("k", SCANS[dtype]), *((name, ctypes.c_longlong) for name in numbers)]
    return type("Events", (ctypes.Structure,), {"_fields_": fields})


def call_parameters(dtype: torch.dtype, steps: int, batch: int, inputs: int, columns: int, **fields) -> ctypes.Structure:
    """The struct `Events` of kernels/event_layer.cu for arrays of these sizes; fields: its other members, by name."""
    p = _struct(dtype)()
    p.inputs, p.columns = inputs, columns
    for name, value in fields.items():
        setattr(p, name, value)
    p.k.T, p.k.M = steps, batch * columns
    p.k.begin, p.k.end = 0, batch
    return p


def shares(batch: int, parts: int) -> list[range]:
    """The samples of a batch in so many ranges of one size, the last may be shorter."""
    width = -(-batch // max(1, parts))
    return [range(begin, min(begin + width, batch)) for begin in range(0, batch, width)]


def by_threads(batch: int) -> list[range]:
    """A range for each thread: for calls in which no sum crosses samples."""
    return shares(batch, min(batch, torch.get_num_threads()))


def by_parts(batch: int, steps: int, least: int = 1) -> list[range]:
    """The parts of a batch whose gradients of the weights are summed one by one: they depend on its size alone. least: samples that
    a part must have."""
    return shares(batch, min(PARTS, batch // least, batch * steps // ROWS))


def part(parts: torch.Tensor | None, number: int) -> ctypes.c_void_p | None:
    """The address of parts[number], for `run`: without a view of it, which takes torch longer. parts is contiguous."""
    return None if parts is None else ctypes.c_void_p(parts.data_ptr() + number * parts.stride(0) * parts.element_size())


def run(
    function: str,
    p: ctypes.Structure,
    dtype: torch.dtype,
    ranges: Sequence[range],
    shared: Sequence[Any],
    own: Callable[[int], Sequence[Any]] = lambda number: (),
) -> None:
    """Call a kernel once for every range of samples, on as many threads as torch has.

    shared: the arguments behind the struct: tensors, whole numbers, None and, where each range has its own, Ellipsis. own(number of
    the range): what takes the places of these, in order. All is made before the first call: what torch allocates in another thread
    it would fill with threads of its own.
    """
    call = getattr(Native._library("event_layer", dtype), f"events_{function}")
    begun = [a if a is ... else _argument(a) for a in shared]
    held = [own(number) for number in range(len(ranges))]

    def one(number: int) -> None:
        mine = type(p).from_buffer_copy(p)
        mine.k.begin, mine.k.end = ranges[number].start, ranges[number].stop
        rest = map(_argument, held[number])
        call(mine, *(next(rest) if a is ... else a for a in begun))

    in_turn(one, len(ranges))


def _argument(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return ctypes.c_void_p(value.data_ptr())
    return ctypes.c_longlong(value) if isinstance(value, int) else value
