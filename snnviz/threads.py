"""How many threads of the CPU compute: a setting of a run, recorded with it. Kernels over events give the same bits with any
number; torch's dense products may add in another order."""

import contextlib
import os
from collections.abc import Generator, Iterator
from typing import TypeVar

import torch

from snnviz.params import Param

Item = TypeVar("Item")

THREADS = Param(
    "Threads",
    low=1,
    high=os.cpu_count() or 1,
    help="Of the CPU, for this run. More are faster where layers and batches are large and no other run needs them.",
)


def checked(threads: int | None) -> int | None:
    """The number itself.

    Raises:
        ValueError: it is no whole number from 1 on, nor None.
    """
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ValueError(f"threads = {threads!r}: give a whole number from 1 on.")
    return threads


@contextlib.contextmanager
def limited(threads: int | None) -> Iterator[None]:
    """Within this context torch and the kernels use so many threads. None: as many as before.

    Raises:
        ValueError: fewer than 1.
    """
    before, number = torch.get_num_threads(), checked(threads)
    if number is not None and number != before:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


def drawn(records: Generator[Item, None, None], threads: int | None) -> Generator[Item, None, None]:
    """The items of a generator, each computed with so many threads (`limited`); between two items the caller has its own number."""
    try:
        while True:
            with limited(threads):
                try:
                    item = next(records)
                except StopIteration:
                    return
            yield item
    finally:
        records.close()


def in_words(threads: int) -> str:
    """ "one thread", "2 threads"."""
    return "one thread" if threads == 1 else f"{threads} threads"
