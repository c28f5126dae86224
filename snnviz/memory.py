"""What Python's garbage collector need not look at."""

import gc
import sys

_modules = 0


def settle() -> None:
    """Set aside what lives now, if modules were loaded since the last time: what a library makes on import lives on.

    Streamlit collects garbage after every run of a page or fragment, and all threads wait. With torch, plotly and tonic loaded
    that took longer than most pages, and up to half of the time of a training that was watched.
    """
    global _modules
    if len(sys.modules) > _modules:
        _modules = len(sys.modules)
        gc.collect()
        gc.freeze()
