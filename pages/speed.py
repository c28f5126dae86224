"""Speed: how fast one layer's loop over time is here, on a GPU, against its peers, and the text that runs."""

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz.ui import controls, page

VIEWS = {"here": "This machine", "peers": "Peers", "kernel": "Kernel", "gpu": "GPU"}

page.heading(
    "How fast, and why",
    "A neuron's loop over time waits for memory, not for arithmetic. Look how close the kernel comes to what this machine's memory "
    "allows, and at the text that runs: the same on the CPU, on a GPU and in this page.",
)
view = controls.option(list(VIEWS), "View", "view", segmented=True, titles=VIEWS.__getitem__)
page.code_behind(*page.view(__file__, view).show(*page.sides()))
