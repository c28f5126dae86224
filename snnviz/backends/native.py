"""The native backend: the kernels' text as C++, compiled on first use, called through ctypes."""

import concurrent.futures
import ctypes
import functools
import itertools
import math
import os
import platform
from collections.abc import Callable

import torch

from snnviz.backends import source
from snnviz.backends.kernel import REALS, KernelBackend

SHARE = 500_000  # neuron-steps below which one thread is faster than handing out work
COLUMNS = 64  # shares of columns are multiples of this: a cache line of float32 is 16


@functools.cache
def _keep_freed_memory() -> None:
    """Have glibc keep what is freed instead of giving it back to the system: above some 32 MB a tensor the page faults of
    fresh memory cost more than the kernel."""
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-4, 0)  # M_MMAP_MAX: no mapping of its own for a large block
        mallopt(-1, 512 << 20)  # M_TRIM_THRESHOLD: give back only above 512 MB


@functools.cache
def thread_pool() -> concurrent.futures.ThreadPoolExecutor:
    """The threads that help to compute a layer; one that nobody needs is not begun."""
    return concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 1), "snnviz")


def in_turn(work: Callable[[int], None], count: int) -> None:
    """work(0) ... work(count - 1), by as many threads as torch may use: each takes the next number when it is free."""
    turn = itertools.count()

    def some() -> None:
        while (number := next(turn)) < count:
            work(number)

    helpers = [thread_pool().submit(some) for _ in range(min(torch.get_num_threads(), count) - 1)]
    some()
    for helper in helpers:
        if not helper.cancel():  # one that has not begun would find nothing to do
            helper.result()


class Native(KernelBackend):
    """The CUDA text as C++ on the CPU: the default on every machine. Several threads share large layers by columns."""

    name = "native"
    title = "CPU (the kernels as C++)"
    device = "cpu"

    def unusable(self):
        try:
            source.compiler()
        except source.NoCompiler as missing:
            return str(missing)
        return None

    def launch(self, kernel, function, k, arguments):
        tensor = next(a for a in arguments if isinstance(a, torch.Tensor))
        call = getattr(self._library(kernel, tensor.dtype), f"{kernel}_{function}")
        values = [
            None if a is None else ctypes.c_void_p(a.data_ptr()) if isinstance(a, torch.Tensor) else ctypes.c_longlong(a)
            for a in arguments
        ]
        shares = min(torch.get_num_threads(), k.T * k.M // SHARE, math.ceil(k.M / COLUMNS))
        if shares <= 1:
            call(k, *values)
            return
        width = math.ceil(k.M / shares / COLUMNS) * COLUMNS
        parts = []
        for begin in range(0, k.M, width):
            part = type(k).from_buffer_copy(k)
            part.begin, part.end = begin, min(begin + width, k.M)
            parts.append(part)
        *others, mine = parts
        waiting = [thread_pool().submit(call, part, *values) for part in others]
        call(mine, *values)
        for w in waiting:
            w.result()

    @staticmethod
    @functools.cache
    def _library(kernel: str, dtype: torch.dtype) -> ctypes.CDLL:
        _keep_freed_memory()
        return source.library(kernel, REALS[dtype][0])
