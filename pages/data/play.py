"""Playing: a camera's recording as frames that play, beside its events in space and time."""

import streamlit as st

from snnviz.figures import events_3d
from snnviz.studies import sample_views
from snnviz.ui import page, playing, recordings

FRAMES = 30


def show(train, test, half, number, dataset):
    pictures = sample_views.frames(sample_views.values(half, number), FRAMES)
    begins, events = sample_views.frame_times(half, FRAMES), sample_views.events(half, number)
    alt = f"{len(pictures)} frames of {recordings.frame_length(begins)} each, one after another."
    a, b = st.columns([1, 1.15])
    with a:
        st.markdown("**What the camera sees, frame by frame**")
        playing.player(pictures, begins, alt, dark=page.dark(), key="data")
    with b:
        if events is None:
            return recordings.not_for_this_set("play", half, recordings.CURRENTS)
        size = sample_views.extent(half)
        fig = events_3d.events_3d(events["t"], events["x"], events["y"], events["p"], size, page.dark(), recordings.HEIGHT)
        page.figure(fig, "data-play")
    page.says("**A camera of events writes down what changes,** brighter or darker. Frames are slices of the cloud beside them.")
    lines = f"""x = sample_views.values(half, {number})               # [step, polarity, row, column]
pictures = sample_views.frames(x, {FRAMES})
events = sample_views.events(half, {number})
print(len(pictures), len(events))"""
    return lines, {"pictures": pictures, "events": events}
