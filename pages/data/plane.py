"""Plane: the points of a set in their coloured regions, one marked, and its spikes."""

from snnviz import text
from snnviz.datasets import Split
from snnviz.figures import plane as figure
from snnviz.studies import plane
from snnviz.studies.sample_views import duration
from snnviz.ui import page, recordings


def show(train, test, half, number, dataset):
    split = Split.TEST if half is test else Split.TRAIN
    points = plane.of(dataset, half, split)
    spikes, names = plane.spike_times(half, number), plane.inputs(dataset)
    page.figure(
        figure.plane(
            points.x,
            points.y,
            points.label,
            points.names,
            points.places,
            points.grid,
            number,
            plane.coded(spikes),
            names,
            duration(half),
            page.dark(),
            recordings.HEIGHT,
        ),
        "data-plane",
        fill=True,
    )
    page.says(f"**{plane.says(dataset, spikes)}**")
    where = f"points.x[{number}], points.y[{number}], points.names[points.label[{number}]]"
    lines = f"""points = plane.of({text.source(dataset)}, half, Split.{split.name})
print({where})
spikes = plane.spike_times(half, {number})
print(spikes)"""
    return lines, {"points.x": points.x, "points.y": points.y, "points.grid": points.grid, "spikes": spikes}
