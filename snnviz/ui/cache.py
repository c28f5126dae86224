"""The one cached place: results of short computations, kept by the whole text of what they depend on.

The key is the `repr` of the arguments, which names the classes: hashed by its fields alone, a nested `Slayer(2.0)` would be taken
for `Exodus(2.0)`. A result that takes more memory than a cache should is handed out and not kept.
"""

import collections
import dataclasses
import enum
import functools
import math
import pickle
import threading
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch

from snnviz import account
from snnviz.ui import computing

LARGEST = 64 * 2**20  # bytes of a result that is kept
MOST, PART = 512 * 2**20, 0.25  # bytes of all results together, and the part of what a computation may take

P = ParamSpec("P")
R = TypeVar("R")


class Kept:
    """Values by key, those that were used last; the account may have them given up (`account.reclaim_by`).

    entries: how many; most: bytes of all together, or a quarter of what a computation may take now, if that is less. copied:
    values are kept as bytes, and each reader gets a copy of its own, which it cannot spoil for others.
    """

    def __init__(self, entries: int, most: int, copied: bool = True):
        self._entries, self._most, self._copied = entries, most, copied
        self._values: collections.OrderedDict[str, tuple[Any, int]] = collections.OrderedDict()
        self._lock = threading.Lock()
        account.reclaim_by(self.clear)

    @property
    def bytes(self) -> int:
        """What all values take."""
        with self._lock:
            return sum(size for _, size in self._values.values())

    def get(self, key: str) -> tuple[Any] | None:
        """The value under a key, in a tuple; None where there is none."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            value, _ = self._values[key]
        return (pickle.loads(value) if self._copied else value,)

    def put(self, key: str, value: Any) -> None:
        """Keep a value, and give up what was used longest ago until all have room. The newest is kept even if it alone has not,
        where it is no copy."""
        stored = pickle.dumps(value, pickle.HIGHEST_PROTOCOL) if self._copied else value
        taken = len(stored) if self._copied else size(value)
        most = min(self._most, int(PART * account.allowance()))
        if self._copied and taken > most:
            return
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = stored, taken
            while len(self._values) > 1 and (
                len(self._values) > self._entries or sum(taken for _, taken in self._values.values()) > most
            ):
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget every result."""
        with self._lock:
            self._values.clear()


_RESULTS = Kept(256, MOST)


def cached(compute: Callable[P, R]) -> Callable[P, R]:
    """Remember the results of a pure function of frozen values: `simulate = cached(experiments.simulate)`.

    It runs in a thread of its own (`snnviz.ui.computing`). Results are shared by all sessions and copied out, so nobody can spoil
    another's.

    Raises:
        TypeError: an argument cannot be told from others by its text (an array, an object with an address).
    """

    @functools.wraps(compute)
    def recall(*args: P.args, **kwargs: P.kwargs) -> R:
        for argument in (*args, *kwargs.values()):
            _require_text(argument)
        key = f"{compute.__module__}.{compute.__qualname__}{args!r}{sorted(kwargs.items())!r}"
        return remembered(key, lambda: compute(*args, **kwargs))

    return recall


def remembered(key: str, compute: Callable[[], R]) -> R:
    """The result under a key; computed, in a thread of its own, where it is not kept. The key names all that it depends on."""

    def keep() -> R:
        result = compute()
        if size(result) <= LARGEST:
            _RESULTS.put(key, result)
        return result

    if (entry := _RESULTS.get(key)) is not None:
        return entry[0]
    result = computing.result(key, keep)
    return result if (entry := _RESULTS.get(key)) is None else entry[0]


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
