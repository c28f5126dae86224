"""Turns on a worker: work computes for half a second, then other work does, so that no run waits for the end of another."""

import socket
from typing import Any

from snnviz.runs.values import Run

TURN = 0.5  # seconds that work computes before others may


class Turns:
    """Turns of one run: as many runs at once as the worker has threads (a GPU serves one), one at once for each visitor.

    of_a_part: turns of a part of a run that several workers share; its parts do not wait for each other.
    """

    def __init__(self, run: Run, worker: Any, of_a_part: bool = False):
        from distributed import Semaphore

        address, slots = (f"{worker.address}-gpu", 1) if run.backend == "cuda" else (worker.address, worker.state.nthreads)
        # The visitor's own first, so that one visitor's runs queue among themselves and not before everybody else.
        own = () if of_a_part else ((1, f"{address}-{run.owner}"),)
        places = (*own, (slots, address)) if of_a_part or run.work.takes_turns else ()
        self._gates = [Semaphore(max_leases=n, name=f"turn-{name}") for n, name in places]
        self._held: list[Any] = []
        self._alone: Any = None
        if run.work.alone:
            self._alone = Semaphore(max_leases=1, name=f"alone-{run.kind}-{socket.gethostname()}")

    def take(self) -> None:
        """Wait for a turn."""
        for gate in self._gates:
            gate.acquire()
            self._held.append(gate)

    def give(self) -> None:
        """End the turn."""
        while self._held:
            self._held.pop().release()

    def alone(self, seconds: float) -> bool:
        """Wait at most so long until no other work of its kind runs on this machine; whether none
        does. True for work that may share the machine."""
        return self._alone is None or self._alone.acquire(timeout=seconds)

    def not_alone(self) -> None:
        """Let the next one of its kind begin, after `alone` was true."""
        if self._alone is not None:
            self._alone.release()
