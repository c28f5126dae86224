"""Excludes long-lived objects from Python's garbage collection."""

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
