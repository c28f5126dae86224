"""The app's server with all that its pages need loaded beforehand: `python -m snnviz.ui.serve` with the options of `streamlit run`.

`streamlit run app.py` serves the same app, but runs nothing of it before the first visitor, who then waits for torch to load.
"""

import sys

from snnviz import places
from snnviz.ui import loaded, streamlit_private  # noqa: F401  to be loaded is what `loaded` is for

if __name__ == "__main__":
    streamlit_private.run(places.app(), sys.argv[1:])
