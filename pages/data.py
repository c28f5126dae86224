"""Data: event recordings and spike trains, in several views."""

import streamlit as st

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz import text
from snnviz.datasets import Split
from snnviz.studies import sample_views
from snnviz.ui import controls, page, recordings, runs_view
from snnviz.ui.words import literal

SOURCES = {"made": "Made here", "disk": "On disk", "own": "Yours"}
VIEWS = {
    "classes": "Classes",
    "cloud": "In 3D",
    "frames": "Frames",
    "raster": "Raster",
    "surface": "Time surface",
    "profile": "Statistics",
}
OF_A_SET = ("classes", "profile")  # the other views are of one sample

page.heading(
    "Look at the data",
    "A spiking network learns from spikes in time: recordings of event cameras, of a silicon cochlea, or made from numbers. "
    "Choose a set, turn a recording in space and time, and see what the network gets to see.",
)
left, right = page.sides()
with left:
    runs_view.complaint()
    source = controls.option(list(SOURCES), "From", "from", segmented=True, titles=SOURCES.__getitem__)
    dataset, explain = page.view(__file__, source).choose()

with right, page.guarded():
    if dataset is None:
        explain()
        st.stop()
    train, test = recordings.halves(dataset)
    view = controls.option(list(VIEWS), "Picture", "view", titles=VIEWS.__getitem__, segmented=True)
    half, number = (train, 0) if view in OF_A_SET else recordings.choose_sample(train, test)
    lines, shows = page.view(__file__, view).show(train, test, half, number)
    a, b, c, d = st.columns(4)
    a.metric("To train on", f"{len(train):,}")
    b.metric("To test with", f"{len(test):,}")
    c.metric("Inputs", " × ".join(map(str, train.shape)))
    d.metric("Time", f"{sample_views.duration(train):.4g} ms", help=f"{train.steps} steps of {train.dt:g} ms")
    st.caption(literal(train.source))
    recordings.notes(half.notes)
    recordings.problems(train)
    with st.container(horizontal=True):
        if (taken := sample_views.table(half, number)) is not None:
            page.downloads("sample", taken[0], comments=taken[1])
        explain()

st.markdown(dataset.description)
if dataset.cite:
    page.citation(dataset.cite)
page.code_behind(
    f"""
from snnviz import *

dataset = {text.source(dataset)}
half = dataset.load(Split.{Split.TEST.name if half is test else Split.TRAIN.name})
{lines}
""",
    shows,
)
