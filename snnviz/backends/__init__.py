"""Where a run can be computed: `reference` (torch autograd), `native` (the kernels as C++), `cuda` (the kernels on a GPU)."""

import dataclasses

from snnviz.backends.base import AbstractBackend as AbstractBackend
from snnviz.backends.cuda import Cuda as Cuda
from snnviz.backends.native import Native as Native
from snnviz.backends.reference import Reference as Reference

BACKENDS: dict[str, AbstractBackend] = {backend.name: backend for backend in (Native(), Cuda(), Reference())}


@dataclasses.dataclass(frozen=True)
class Report:
    """What is known of a backend on this machine; reason says why it is not usable."""

    name: str
    title: str
    reason: str | None

    @property
    def usable(self) -> bool:
        return self.reason is None


def report() -> list[Report]:
    """What is usable here, and why the rest is not."""
    return [Report(b.name, b.title, b.unusable()) for b in BACKENDS.values()]


def default() -> AbstractBackend:
    """The first usable of native and reference. A GPU is a choice, never a surprise."""
    native = BACKENDS["native"]
    return native if native.unusable() is None else BACKENDS["reference"]


def resolve(backend: "AbstractBackend | str | None") -> AbstractBackend:
    """A backend by value, by name, or the default.

    Raises:
        ValueError: no backend has that name. RuntimeError: it cannot run here; the message says why.
    """
    if backend is None:
        return default()
    if isinstance(backend, str):
        if backend not in BACKENDS:
            raise ValueError(f"backend = {backend!r}: there is no such backend; choose one of {', '.join(BACKENDS)}.")
        backend = BACKENDS[backend]
    if reason := backend.unusable():
        raise RuntimeError(f"The backend '{backend.name}' cannot run here: {reason}")
    return backend
