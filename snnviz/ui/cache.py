"""The one cached place: results of short computations, kept by the whole text of what they depend on.

`st.cache_data` hashes a nested dataclass by its fields without its class, so `Slayer(2.0)` and `Exodus(2.0)` would share an
entry. Here the key is the `repr` of the arguments, which names the classes, and nothing else in the app caches a run.
"""

import dataclasses
import enum
import functools
import math
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import streamlit as st

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
        return _kept(key, lambda: compute(*args, **kwargs))

    return recall


@st.cache_data(max_entries=256, max_size="512mb", show_spinner=False)
def _kept(key: str, _compute: Callable[[], Any]) -> Any:
    return _compute()


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
    elif dataclasses.is_dataclass(value) and not isinstance(value, type) and type(value).__dataclass_params__.frozen:
        for field in dataclasses.fields(value):
            if not field.repr:
                raise TypeError(f"{type(value).__name__}.{field.name} is left out of its repr, so it cannot key a cache.")
            _require_text(getattr(value, field.name))
        return
    raise TypeError(f"A cached run depends on frozen values only; got {type(value).__name__}.")
