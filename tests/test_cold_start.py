"""Visitors who open a fresh server together: whatever is made once is made by one of them, and none sees an error."""

import asyncio
import concurrent.futures
import pathlib

import pytest

from app import PAGES
from bench import visitors

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.browser  # no browser is needed, but half a minute
def test_those_who_open_a_fresh_server_together_see_no_error():
    """All pages at once, and the start of 0.1.0. Before all was imported by one thread, three met a pandas that was half there."""
    # A thread of its own: a browser of another test may have its loop in this one.
    with visitors.server() as (address, _), concurrent.futures.ThreadPoolExecutor(1) as aside:
        assert aside.submit(lambda: asyncio.run(visitors.together(address, len(PAGES) + 1))).result() == []


def test_every_script_that_streamlit_may_run_first_begins_by_loading_all():
    """What is imported before that, other visitors' threads may import at the same time. A page that is run bare does so by way
    of the app's script, which says a word meanwhile."""
    for script in [ROOT / "app.py", *(ROOT / "pages").glob("*.py")]:
        imports = [line for line in script.read_text(encoding="utf-8").splitlines() if line.startswith(("import ", "from "))]
        ours = [line for line in imports if "snnviz" in line or "plotly" in line or line.startswith("import app")]
        assert ours[0].startswith("import snnviz.ui.loaded" if script.name == "app.py" else "import app "), script
