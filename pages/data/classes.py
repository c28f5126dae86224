"""Classes: one sample of each."""

from snnviz.figures import frames
from snnviz.studies.sample_views import class_pictures
from snnviz.ui import page, recordings


def show(train, test, half, number, dataset):
    pictures, names = recordings.computed(class_pictures, half)
    alt = f"One sample of each of {len(names)} classes: {', '.join(names)}."
    fig = frames.frames(pictures, names, "One sample of each class", alt, dark=page.dark(), height=recordings.HEIGHT)
    page.figure(fig, "data-classes")
    return "pictures, names = sample_views.class_pictures(half)\nprint(names)", {"pictures": pictures, "names": names}
