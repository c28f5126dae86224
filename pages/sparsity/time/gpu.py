"""Recorded on a GPU: the saved results of the benchmark, if it has run on a GPU."""

from snnviz.ui import page, times


def show(left, right):
    with right, page.guarded():
        return times.recordings(gpu=True)
