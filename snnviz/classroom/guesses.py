"""Slows down whoever tries codes and secrets: after a few wrong ones, right ones wait, too."""

import threading
import time
from collections.abc import Callable

WINDOW = 60.0  # seconds in which wrong guesses are counted
OF_ONE = 10  # of one visitor
OF_ADDRESS = 60  # of one network address, behind which a whole school may sit
KEYS = 10_000  # of whom guesses are remembered at most


class TooMany(ValueError):
    """Too many wrong guesses, said in one sentence."""


class Guesses:
    """Counts the wrong guesses of this process's visitors."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._wrong: dict[str, list[float]] = {}

    def check(self, visitor: str, address: str) -> None:
        """Raise TooMany where this visitor, or all at this address, have guessed wrong too often."""
        with self._lock:
            for key, most in ((f"visitor {visitor}", OF_ONE), (f"address {address}", OF_ADDRESS)):
                recent = self._recent(key)
                if len(recent) >= most:
                    wait = WINDOW - (self._clock() - recent[-most])
                    raise TooMany(f"Too many codes that no class has. Try again in {max(1, round(wait))} s.")

    def wrong(self, visitor: str, address: str) -> None:
        """Count a wrong guess."""
        with self._lock:
            if len(self._wrong) > KEYS:
                self._wrong = {key: times for key in self._wrong if (times := self._recent(key))}
            for key in (f"visitor {visitor}", f"address {address}"):
                self._wrong[key] = [*self._recent(key), self._clock()][-OF_ADDRESS:]

    def _recent(self, key: str) -> list[float]:
        since = self._clock() - WINDOW
        return [at for at in self._wrong.get(key, []) if at > since]


guesses = Guesses()
