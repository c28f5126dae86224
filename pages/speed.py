"""Speed: how fast one layer's loop over time is here, on a GPU, against its peers, and the text that runs."""

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.ui import controls, page

VIEWS = {"here": "This machine", "peers": "Peers", "kernel": "Kernel", "gpu": "GPU"}

page.heading(
    "How fast, and why",
    "A neuron's loop over time waits for memory, not for arithmetic. Look how close the kernel comes to what this machine's memory "
    "allows, and at the text that runs: the same on the CPU, on a GPU and in this page.",
)
with page.stage():
    with page.asks():
        view = controls.option(list(VIEWS), "View", "view", segmented=True, titles=VIEWS.__getitem__, bare=True)
    sides = page.sides()
page.code_behind(*page.view(__file__, view).show(*sides))
