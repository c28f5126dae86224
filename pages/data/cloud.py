"""In 3D: the events of one recording in space and time."""

from snnviz.figures import events_3d
from snnviz.studies import sample_views
from snnviz.ui import page, recordings


def show(train, test, half, number, dataset):
    events = sample_views.events(half, number)
    if events is None:
        return recordings.not_for_this_set("cloud", half, recordings.CURRENTS)
    size = sample_views.extent(half)
    fig = events_3d.events_3d(events["t"], events["x"], events["y"], events["p"], size, page.dark(), recordings.HEIGHT)
    page.figure(fig, "data-cloud")
    lines = f'events = sample_views.events(half, {number})\nprint(len(events), events[:3])      # "t" in ms, "x", "y", "p"'
    return lines, {"events": events}
