"""The one cached place: results of short computations, kept by the whole text of what they depend on.

Visitors take turns to compute, and a result that takes more memory than a cache should is handed out and not kept.

`st.cache_data` hashes a nested dataclass by its fields without its class, so `Slayer(2.0)` and `Exodus(2.0)` would share an
entry. Here the key is the `repr` of the arguments, which names the classes, and nothing else in the app caches a run.
"""

import contextlib
import dataclasses
import enum
import functools
import math
import os
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import numpy as np
import streamlit as st
import torch

from snnviz import account
from snnviz.ui import visitors

LARGEST = 64 * 2**20  # bytes of a result that is kept
AT_ONCE = max(2, os.cpu_count() or 1)  # computations of pages that run at a time on this server
_TURNS = account.Turns(AT_ONCE, AT_ONCE - 1)  # one visitor alone leaves room for another

P = ParamSpec("P")
R = TypeVar("R")


def cached(compute: Callable[P, R]) -> Callable[P, R]:
    """Remember the results of a pure function of frozen values: `simulate = cached(experiments.simulate)`.

    Results are shared by all sessions and copied out, so nobody can spoil another's.

    Raises:
        TypeError: an argument cannot be told from others by its text (an array, an object with an address).
    """

    @functools.wraps(compute)
    def recall(*args: P.args, **kwargs: P.kwargs) -> R:
        for argument in (*args, *kwargs.values()):
            _require_text(argument)
        key = f"{compute.__module__}.{compute.__qualname__}{args!r}{sorted(kwargs.items())!r}"
        try:
            return _kept(key, lambda: _computed(lambda: compute(*args, **kwargs)))
        except _TooLarge as large:
            return large.result

    return recall


@st.cache_data(max_entries=256, max_size="512mb", show_spinner=False)
def _kept(key: str, _compute: Callable[[], Any]) -> Any:
    return _compute()


account.reclaim_by(_kept.clear)


def turn() -> contextlib.AbstractContextManager[None]:
    """Wait for this visitor's turn to compute, and hold it: `with turn(): ...`."""
    return _TURNS.turn(visitors.visitor())


class _TooLarge(Exception):
    """Carries a result past the cache, which keeps what is returned and nothing that is raised."""

    def __init__(self, result: Any):
        super().__init__("This result is not kept.")
        self.result = result


def _computed(compute: Callable[[], Any]) -> Any:
    with turn():
        result = compute()
    if size(result) > LARGEST:
        raise _TooLarge(result)
    return result


def size(value: Any) -> int:
    """Bytes of the arrays in a value: in its fields, its parts, and theirs. What is no array weighs nothing."""
    if isinstance(value, np.memmap):  # of a file: given back when memory is short
        return 0
    if isinstance(value, (np.ndarray, torch.Tensor)):
        return value.nbytes
    if isinstance(value, (tuple, list)):
        return sum(map(size, value))
    if isinstance(value, Mapping):
        return sum(map(size, value.values()))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return sum(size(getattr(value, field.name)) for field in dataclasses.fields(value))
    return 0


def _is_frozen(cls: Any) -> bool:
    return cls.__dataclass_params__.frozen


def _require_text(value: Any) -> None:
    """Accept only what `repr` tells completely: numbers, texts, and frozen dataclasses and tuples of them."""
    if value is None or isinstance(value, (bool, int, str, enum.Enum)):
        return
    if isinstance(value, float):
        if not math.isnan(value):
            return
    elif isinstance(value, tuple):
        for part in value:
            _require_text(part)
        return
    elif dataclasses.is_dataclass(value) and not isinstance(value, type) and _is_frozen(type(value)):
        for field in dataclasses.fields(value):
            if not field.repr:
                raise TypeError(f"{type(value).__name__}.{field.name} is left out of its repr, so it cannot key a cache.")
            _require_text(getattr(value, field.name))
        return
    raise TypeError(f"A cached run depends on frozen values only; got {type(value).__name__}.")
