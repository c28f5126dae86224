"""The one cached place: what is kept, what is only handed out, and that memory kept is given up before a request is refused."""

import dataclasses
import itertools

import numpy as np
import pytest

from snnviz import account
from snnviz.ui import cache, recordings  # noqa: F401  registers its cache

GB = 2**30


@dataclasses.dataclass(frozen=True)
class Result:
    number: int
    parts: tuple[np.ndarray, ...]


CALLS = []


def compute(number: int, size: int) -> Result:
    CALLS.append(number)
    return Result(number, (np.zeros(size, np.int8), np.ones(1)))


def test_a_large_result_is_handed_out_and_not_kept():
    CALLS.clear()
    for size, calls in ((1000, 1), (cache.LARGEST + 1, 2)):
        first, again = (cache.cached(compute)(size, size) for _ in range(2))
        assert first.number == again.number == size and len(again.parts[0]) == size
        assert CALLS.count(size) == calls
    assert cache.size(first) == cache.LARGEST + 1 + 8
    assert cache.size({"a": [first, first]}) == 2 * cache.size(first) and cache.size("text") == 0


def test_what_is_kept_is_given_up_before_a_request_is_refused(monkeypatch):
    CALLS.clear()
    cache.cached(compute)(7, 10)
    free = itertools.chain([3 * GB], itertools.repeat(5 * GB))
    monkeypatch.setattr(account.LEDGER, "_measure", lambda: next(free))
    account.check(2 * GB, "This", "lower it")  # does not fit into half of 3 GB; into half of 5 GB it does
    cache.cached(compute)(7, 10)
    assert CALLS == [7, 7]
    monkeypatch.setattr(account.LEDGER, "_measure", lambda: 3 * GB)
    with pytest.raises(ValueError, match=r"This would take about 2\.0 GB, and 1\.5 GB are allowed: lower it"):
        account.check(2 * GB, "This", "lower it")
