"""Where a run can be computed: `reference` (torch autograd), `native` (the kernels as C++), `cuda` (the kernels on a GPU)."""

import dataclasses

from snnviz.backends.base import AbstractBackend as AbstractBackend
from snnviz.backends.cuda import Cuda as Cuda
from snnviz.backends.native import Native as Native
from snnviz.backends.reference import Reference as Reference

BACKENDS: dict[str, AbstractBackend] = {backend.name: backend for backend in (Native(), Cuda(), Reference())}


@dataclasses.dataclass(frozen=True)
class Report:
    """A backend on this machine: whether it is usable, and the reason if not."""

    name: str
    title: str
    reason: str | None

    @property
    def usable(self) -> bool:
        """Whether the backend runs here."""
        return self.reason is None


def report() -> list[Report]:
    """A report on every backend: usable on this machine, or the reason why not."""
    return [Report(b.name, b.title, b.unusable()) for b in BACKENDS.values()]


def default() -> AbstractBackend:
    """Native if it is usable, else reference. A GPU is used only if the caller chooses it."""
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
    backend.prepare()
    return backend
