"""Time limits on what may never answer: work that is waited for in a thread of its own, for so long and no longer."""

import threading
from collections.abc import Callable
from typing import Any


class Pending:
    """A call that goes on in a daemon thread, whoever waits for it."""

    def __init__(self, call: Callable[[], Any]):
        self._call, self._done = call, threading.Event()
        self._result: Any = None
        self._problem: BaseException | None = None
        threading.Thread(target=self._work, daemon=True, name="snnviz-pending").start()

    def _work(self) -> None:
        try:
            self._result = self._call()
        except BaseException as problem:
            self._problem = problem
        finally:
            self._done.set()

    @property
    def done(self) -> bool:
        """Whether the call has returned or raised."""
        return self._done.is_set()

    def result(self, seconds: float) -> Any:
        """What the call returned or raised. Raises TimeoutError where it has not after so many seconds; it goes on then."""
        if not self._done.wait(seconds):
            raise TimeoutError(f"no answer within {seconds:g} s")
        if self._problem is not None:
            raise self._problem
        return self._result


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What `call` returns. Raises TimeoutError where it takes longer: it is left to itself then."""
    return Pending(call).result(seconds)
