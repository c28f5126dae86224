"""Recorded on a CPU: the saved results of the benchmark on the machine of this project."""

from snnviz.ui import page, times


def show(left, right):
    with right, page.guarded():
        return times.recordings(gpu=False)
