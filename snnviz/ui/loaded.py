"""Import this, and all that pages import is there: whole, and imported by one thread while the others wait.

Where the threads of many visitors import at once, each another module first, Python hands some of them a module that is half
there: `partially initialized module 'pandas'`. So the app's script begins with this import, whose lock is theirs to wait at.
"""

import importlib
import importlib.util
import logging
import pkgutil

import snnviz.figures
import snnviz.ui

# What pages and their libraries import only where they need it: tables, saved runs, the scheduler, drawn figures.
LATE = (
    "alembic.command", "alembic.runtime.migration", "dask", "distributed", "pandas", "plotly.graph_objects", "plotly.io",
    "plotly.subplots", "sklearn.datasets", "sqlalchemy", "sqlalchemy.dialects.sqlite",
)  # fmt: skip


def _load() -> None:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # Streamlit remarks on each cache that is declared before its server runs
    try:
        for name in LATE:
            if importlib.util.find_spec(name.partition(".")[0]):
                importlib.import_module(name)
        for package in (snnviz.figures, snnviz.ui):
            for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
                if module.name not in (__name__, f"{snnviz.ui.__name__}.serve"):
                    importlib.import_module(module.name)
    finally:
        logging.disable(before)


_load()
READY = True  # who finds no such name here comes while another visitor's thread loads
