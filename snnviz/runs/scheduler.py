"""The Dask client of this process, and how long anybody waits for it: to a cluster by its address (`SNNVIZ_SCHEDULER`), else to
threads of this process.

A scheduler may accept a connection and never answer, or fall silent later; Dask's own limits do not cover either. So a
connection is made, and a question asked, in a thread of its own that is waited for `PATIENCE` seconds at most and without a
lock; while a scheduler is known to be silent, nobody waits.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from snnviz.runs.limits import Pending, within

PATIENCE = 5.0  # seconds to wait for a scheduler
_lock = threading.Lock()
_connecting: Pending | None = None
_since = 0.0  # when the connection began to be made
_workers = 0  # of this process, with one thread each; 0: one worker, which leaves half of the cores to the pages
_quiet = 0.0  # until when the scheduler is not asked, as it did not answer
Answer = TypeVar("Answer")


class JobError(ValueError):
    """A job cannot be started or followed, said in one sentence."""


def address() -> str:
    """That of the cluster; "" for threads of this process."""
    return os.environ.get("SNNVIZ_SCHEDULER", "")


def at_once(workers: int) -> None:
    """Let this process do so many pieces of work at once: for a command, which has no pages to leave room for."""
    global _workers
    _workers = workers


def connect() -> Any:
    """The Dask client of this process, made by the first who asks for it.

    Raises:
        JobError: the cluster does not answer.
    """
    global _connecting, _since
    with _lock:
        if _connecting is None or (_connecting.done and not _usable(_connecting)):
            _connecting, _since = Pending(_connect), time.monotonic()
        pending, since = _connecting, _since
    try:
        # Threads of this process come for certain, on a busy machine late.
        return pending.result(max(0.0, since + PATIENCE - time.monotonic()) if address() else 60.0)
    except (OSError, TimeoutError, ValueError) as problem:
        raise _silent(type(problem).__name__) from None


def ask(question: Callable[[Any], Answer]) -> Answer:
    """What a question to the Dask client gives.

    Raises:
        JobError: the cluster does not answer. Whatever else the question raises.
    """
    global _quiet
    dask_client = connect()
    if not address():
        return question(dask_client)
    if time.monotonic() < _quiet:
        raise _silent("TimeoutError")
    begun = Pending(lambda: question(dask_client))
    try:
        return begun.result(PATIENCE)
    except TimeoutError:
        if begun.done:  # the question's own limit
            raise
        _quiet = time.monotonic() + PATIENCE
        raise _silent("TimeoutError") from None


def away() -> str:
    """That the cluster does not answer, in one sentence; "" where it does, or nobody has asked it yet."""
    waited_for = _connecting is not None and not _usable(_connecting) and time.monotonic() > _since + PATIENCE
    return str(_silent("TimeoutError")) if address() and (waited_for or time.monotonic() < _quiet) else ""


def close() -> None:
    """Let go of Dask."""
    global _connecting, _quiet
    with _lock:
        closing, _connecting, _quiet = _connecting, None, 0.0
    if closing is None or not closing.done or not _usable(closing):
        return
    dask_client = closing.result(0)
    cluster = dask_client.cluster
    if cluster is None:
        try:
            within(PATIENCE, dask_client.close)
        except (TimeoutError, OSError):
            logging.getLogger(__name__).warning("The Dask scheduler did not hear that its client closes.")
    else:
        dask_client.close()
        cluster.close()


def _usable(pending: Pending) -> bool:
    try:
        return pending.result(0).status == "running"
    except Exception:
        return False


def _silent(what: str) -> JobError:
    if not address():
        return JobError(f"Dask does not begin to work in this process ({what}); try again in a moment.")
    return JobError(
        f"The Dask scheduler at {address()} does not answer ({what}); start it, or unset SNNVIZ_SCHEDULER to work in this process."
    )


def _connect() -> Any:
    from dask import config
    from distributed import Client, LocalCluster

    if address():
        return Client(address(), timeout=PATIENCE, set_as_default=False)
    # Dask looks at every thread a hundred times a second for a profile that nobody here reads.
    config.set(
        {
            "distributed.worker.profile.enabled": False,
            "distributed.admin.system-monitor.gil.enabled": False,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
        }
    )
    # One turn at a time for two cores: the pages need the other one.
    cluster = LocalCluster(
        processes=False,
        n_workers=_workers or 1,
        threads_per_worker=1 if _workers else max(1, (os.cpu_count() or 1) // 2),
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        silence_logs=logging.ERROR,
    )
    return Client(cluster, set_as_default=False)
