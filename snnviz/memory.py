"""What Python's garbage collector need not look at."""

import gc
import sys

_modules = 0


def settle() -> None:
    """Set aside what lives now, if modules were loaded since the last time: what a library makes on import lives on.

    With torch, plotly and tonic loaded a whole collection takes longer than most pages, and all threads wait, a training too.
    (The one that Streamlit does after every run of a page is turned off in .streamlit/config.toml.)
    """
    global _modules
    if len(sys.modules) > _modules:
        _modules = len(sys.modules)
        gc.collect()
        gc.freeze()
