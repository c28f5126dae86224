"""Time: how long the backward pass takes, as published, measured here, or recorded on a CPU or a GPU."""

from snnviz.ui import controls, page, times

SOURCES = {"published": "Published", "here": "Measured here", "cpu": "Recorded on a CPU", "gpu": "Recorded on a GPU"}


def show(left, right):
    with right:
        source = controls.option(list(SOURCES), "Whose times", "source", segmented=True, titles=SOURCES.__getitem__, bare=True)
    shown = page.view(__file__, source).show(left, right)
    times.about()
    return shown
