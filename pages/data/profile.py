"""Statistics: samples of each class in both parts, and when their spikes come."""

from snnviz.figures import profile
from snnviz.studies import sample_views
from snnviz.ui import page, recordings


def show(train, test, half, number, dataset):
    counts = {"to train on": sample_views.class_counts(train), "to test with": sample_views.class_counts(test)}
    activity = recordings.computed(sample_views.mean_input, train)
    times = sample_views.times(train)
    page.figure(profile.profile(train.classes, counts, times, activity, page.dark(), recordings.HEIGHT), "data-profile")
    lines = """counts = [sample_views.class_counts(dataset.load(split)) for split in Split]
mean = sample_views.mean_input(half)
print(counts, mean.sum())"""
    return lines, {"counts": list(counts.values()), "mean": activity}
