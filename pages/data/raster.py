"""Raster: which input is active when."""

from snnviz.figures import event_raster
from snnviz.studies.sample_views import flat, rows
from snnviz.ui import page, recordings


def show(train, test, half, number, dataset):
    x, (title, words) = flat(half, number), rows(dataset)
    fig = event_raster.event_raster(x, half.dt, page.dark(), recordings.HEIGHT, title, words)
    page.figure(fig, "data-raster", fill=True)
    return f"x = sample_views.flat(half, {number})               # [step, input]\nprint(x.shape, x.sum())", {"x": x}
