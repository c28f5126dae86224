"""The app's server with all that its pages need loaded beforehand: `python -m snnviz.ui.serve` with the options of `streamlit run`.

`streamlit run app.py` serves the same app, but runs nothing of it before the first visitor, who then waits for torch to load.
"""

import importlib
import logging
import pkgutil
import sys

import snnviz.figures
import snnviz.ui
from snnviz import places
from snnviz.ui import streamlit_private


def load() -> None:
    """Import what a page would import: every figure and everything of the ui."""
    logging.disable(logging.WARNING)  # Streamlit remarks on each cache that is declared before its server runs
    for package in (snnviz.figures, snnviz.ui):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    load()
    streamlit_private.run(places.app(), sys.argv[1:])
