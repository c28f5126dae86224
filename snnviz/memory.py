"""Excludes long-lived objects from Python's garbage collection, and gives freed memory back to the system."""

import contextlib
import ctypes
import gc
import sys

_modules = 0


def settle() -> None:
    """If modules were imported since the last call: collect, then exclude every living object from later collections.

    Objects that a library makes on import live as long as the process. With torch, plotly and tonic imported, a full collection
    over all of them takes longer than most pages, and all threads wait for it, a training too. (Streamlit's own collection after
    every run of a page is turned off in .streamlit/config.toml.)
    """
    global _modules
    if len(sys.modules) > _modules:
        _modules = len(sys.modules)
        gc.collect()
        gc.freeze()


def give_back(thoroughly: bool = False) -> None:
    """Collect what nobody refers to any more, and give it back to the system. thoroughly: what `settle` has excluded, too, which
    takes as long as a page; for a process that nobody waits for."""
    if thoroughly:
        gc.unfreeze()
    gc.collect()
    if thoroughly:
        gc.freeze()
    trim()


def trim() -> None:
    """Give freed memory back to the system, which glibc does not do by itself for holes in its heap."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
