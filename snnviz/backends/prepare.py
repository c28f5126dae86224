"""What the app needs built on a machine, once: every neuron's kernel, the passes over active entries and over events for the CPU,
the modules for the browser.

Each is also built by its first use; here all are, side by side, so that nobody has to wait for one later.
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import os
import pathlib
import threading
import time
from collections.abc import Callable, Iterator

from snnviz.backends import browser, source
from snnviz.neurons import NEURONS


@dataclasses.dataclass(frozen=True)
class Part:
    """One thing to build: what it is, its file in the cache, and what builds that file."""

    title: str
    path: pathlib.Path
    build: Callable[[], pathlib.Path]

    @property
    def built(self) -> bool:
        """Whether its file is in the cache, and whole."""
        return source.whole(self.path) is not None


@functools.cache
def parts() -> tuple[Part, ...]:
    """All that the app computes with; what its first page shows comes first. Gradients of a population are compared in float64.

    Raises:
        NoCompiler: there is no compiler here, so nothing can be built.
    """
    neurons = dict.fromkeys(neuron.kernel for neuron in NEURONS.values())
    layers = ("sparse_backward", "event_layer")
    first, *others = [(name, "float") for name in (*neurons, *layers)] + [(name, "double") for name in neurons]
    return (*map(_module, reversed(browser.MODULES)), _library(*first), *(_library(*other) for other in others))


def _module(which: browser.Module) -> Part:
    path = browser.path(which)
    return Part(which.title, path, functools.partial(browser.build, which, path))


def _library(name: str, real: str) -> Part:
    path = source.library_path(name, real)
    return Part(f"the kernel {name} ({real})", path, functools.partial(source.build, name, real, path))


def build_missing() -> Iterator[tuple[Part, float]]:
    """Build what is missing, as many at a time as there are cores; yield each part with the seconds it took, as it gets done.

    Raises:
        NoCompiler: there is no compiler here. RuntimeError: it refused a kernel; its first complaint is quoted.
    """

    def timed(part: Part) -> tuple[Part, float]:
        start = time.perf_counter()
        with source.announced(lambda title: contextlib.nullcontext()):
            part.build()
        return part, time.perf_counter() - start

    missing = [part for part in parts() if not part.built]
    if not missing:
        return
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1, "snnviz-build") as pool:
        waiting = [pool.submit(timed, part) for part in missing]
        try:
            for built in concurrent.futures.as_completed(waiting):
                yield built.result()
        finally:
            pool.shutdown(cancel_futures=True)


@functools.cache
def begin() -> threading.Thread:
    """Build what is missing behind the caller's back, once per process: who needs a part waits for that part alone."""

    def build_all() -> None:
        with contextlib.suppress(OSError, RuntimeError):  # who needs the part meets the same problem, and is told
            for _ in build_missing():
                pass

    thread = threading.Thread(target=build_all, name="snnviz-build", daemon=True)
    thread.start()
    return thread
