"""Calls of the kernels in `kernels/sparse_backward.cu`: their arguments, and their jobs on CPU threads or on a GPU."""

import ctypes
import functools
import itertools

import numpy as np
import torch

from snnviz.backends import cuda
from snnviz.backends.kernel import SCANS
from snnviz.backends.native import Native, thread_pool

WIDE = 128  # columns of a tile, as in the kernel


# The kernels' calls ------------------------------------------------------------------------------------------------


@functools.cache
def _struct(dtype: torch.dtype) -> type[ctypes.Structure]:
    index, real = ctypes.c_longlong, {torch.float32: ctypes.c_float, torch.float64: ctypes.c_double}[dtype]
    fields = [
        ("k", SCANS[dtype]),
        *((name, index) for name in ("batch", "inputs", "columns", "capacity", "start", "samples", "derivative", "keep_spikes")),
        ("reach", real),
    ]
    return type("Sparse", (ctypes.Structure,), {"_fields_": fields})


def call_parameters(dtype: torch.dtype, steps: int, batch: int, inputs: int, columns: int, **fields) -> ctypes.Structure:
    """The struct `Sparse` of kernels/sparse_backward.cu for arrays of these sizes; fields: its other members, by name."""
    p = _struct(dtype)()
    p.k.T, p.k.M = steps, batch * columns
    p.batch, p.inputs, p.columns, p.samples = batch, inputs, columns, batch
    for name, value in fields.items():
        setattr(p, name, value)
    return p


def tile_count(columns: int) -> int:
    """How many tiles of `WIDE` columns cover so many columns."""
    return -(-columns // WIDE)


def pointer(a):
    """An argument as ctypes passes it: a tensor's address, a whole number, or None as a null pointer."""
    if a is None:
        return None
    return ctypes.c_void_p(a.data_ptr()) if isinstance(a, torch.Tensor) else ctypes.c_longlong(a)


def run_jobs(function: str, p: ctypes.Structure, dtype: torch.dtype, arguments: list, jobs: range, scratch: int = 0):
    """Run jobs of a kernel on the device of its arguments. Jobs are independent; a thread takes the next one when it is free.

    scratch: the size of an array that each thread gets for itself; it takes the place of the Ellipsis in `arguments`.
    """
    device = next(a for a in arguments if isinstance(a, torch.Tensor)).device
    if device.type == "cuda":
        return _launch(function, p, dtype, arguments, jobs, scratch, device)
    call = getattr(Native._library("sparse_backward", dtype), f"sparse_{function}")
    threads = min(torch.get_num_threads(), len(jobs))
    turn = itertools.count(jobs.start)

    def work():
        own = type(p).from_buffer_copy(p)
        mine = np.empty(scratch, np.float32 if dtype == torch.float32 else np.float64)
        values = [ctypes.c_void_p(mine.ctypes.data) if a is ... else pointer(a) for a in arguments]
        while (job := next(turn)) < jobs.stop:
            own.k.begin, own.k.end = job, job + 1
            call(own, *values)

    waiting = [thread_pool().submit(work) for _ in range(threads - 1)]
    work()
    for w in waiting:
        w.result()


def _launch(function, p, dtype, arguments, jobs, scratch, device):
    """`run_jobs` on a GPU: a block of 128 threads does one job."""
    own = type(p).from_buffer_copy(p)
    own.k.begin, own.k.end = jobs.start, jobs.stop
    values = [torch.empty(scratch * len(jobs), dtype=dtype, device=device) if a is ... else a for a in arguments]
    call = cuda.compiled("sparse_backward", f"sparse_{function}", dtype, device.index or 0)
    cuda.run(call, len(jobs), WIDE, own, values, device)


def by_tiles(weights: torch.Tensor) -> torch.Tensor:
    """Weights [N_in, N] in the layout of the kernels, [tiles, N_in, 128]; zero beyond the last column."""
    inputs, columns = weights.shape
    out = weights.new_zeros(tile_count(columns), inputs, WIDE)
    for tile in range(len(out)):
        width = min(WIDE, columns - tile * WIDE)
        out[tile, :, :width] = weights[:, tile * WIDE : tile * WIDE + width]
    return out
