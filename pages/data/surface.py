"""Time surface: how long ago each pixel had its last event."""

import streamlit as st

from snnviz.figures import frames
from snnviz.params import Param
from snnviz.studies import sample_views
from snnviz.ui import controls, page, recordings


def show(train, test, half, number, dataset):
    events = sample_views.events(half, number)
    camera = recordings.of_a_camera(half)
    if not camera or events is None or not len(events):
        return recordings.not_for_this_set("surface", half, recordings.CURRENTS if camera else recordings.NUMBERED)
    a, b = st.columns(2)
    with a:
        at = recordings.choose_moment(float(events["t"].max()))
    with b:
        tau = controls.number(20.0, Param("Memory", r"\tau", "ms", low=0.1, slider=(1.0, 100.0, 1.0)), "tau")
    surface = sample_views.time_surface(events, sample_views.extent(half), at, tau)
    fig = frames.frames(
        [surface],
        [f"at {at:.3g} ms"],
        "How long ago each pixel last saw something",
        f"Time surface at {at:.3g} ms with a memory of {tau:g} ms: brighter from 0 to 1, darker from 0 to -1.",
        True,
        page.dark(),
        recordings.HEIGHT,
    )
    page.figure(fig, "data-surface")
    lines = f"""events = sample_views.events(half, {number})
surface = sample_views.time_surface(events, sample_views.extent(half), at={at!r}, tau={tau!r})
print(surface.min(), surface.max())"""
    return lines, {"surface": surface}
