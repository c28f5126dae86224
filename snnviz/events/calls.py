"""Calls of the kernels in `kernels/event_layer.cu`: their arguments, and the batch shared between threads."""

import ctypes
import functools
from collections.abc import Callable, Sequence

import torch

from snnviz.backends.kernel import REALS, SCANS
from snnviz.backends.native import Native, thread_pool

PARTS = 4  # sums of dL/dW: a fixed number, added in order, so that the result does not depend on the number of threads
LEAST = 8  # samples of a part: with fewer, clearing and adding its sum costs more than a thread saves
ROUND = 16  # the rows of all arrays are whole multiples of this many numbers


def padded(columns: int) -> int:
    """The length of a row that holds so many columns."""
    return -(-columns // ROUND) * ROUND


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


def by_parts(batch: int) -> list[range]:
    """The parts of a batch whose gradients of the weights are summed one by one: they depend on the batch alone."""
    return shares(batch, min(PARTS, -(-batch // LEAST)))


def run(
    function: str, p: ctypes.Structure, dtype: torch.dtype, ranges: Sequence[range], arguments: Callable[[int], Sequence]
) -> None:
    """Call a kernel once for every range of samples, on as many threads as torch has. arguments(number of the range): the
    tensors, whole numbers and None behind the struct; a thread calls it when it begins the range."""
    call = getattr(Native._library("event_layer", dtype), f"events_{function}")
    real = REALS[dtype][1]
    kinds = {int: ctypes.c_longlong, float: real}

    def one(number: int) -> None:
        own = type(p).from_buffer_copy(p)
        own.k.begin, own.k.end = ranges[number].start, ranges[number].stop
        values = arguments(number)  # held until the call is done
        call(
            own,
            *(
                ctypes.c_void_p(a.data_ptr()) if isinstance(a, torch.Tensor) else None if a is None else kinds[type(a)](a)
                for a in values
            ),
        )

    first, *others = range(len(ranges))
    if torch.get_num_threads() == 1:
        for number in (first, *others):
            one(number)
        return
    waiting = [thread_pool().submit(one, number) for number in others]
    one(first)
    for w in waiting:
        w.result()
