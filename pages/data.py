"""Data: event recordings and spike trains, in several views."""

import streamlit as st

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz import text
from snnviz.datasets import Split
from snnviz.studies import sample_views
from snnviz.ui import address, controls, page, recordings, runs_view
from snnviz.ui.words import literal

SOURCES = {"made": "Made here", "disk": "On disk", "own": "Yours"}
VIEWS = {
    "plane": "Plane",
    "play": "Playing",
    "classes": "Classes",
    "cloud": "In 3D",
    "frames": "Frames",
    "raster": "Raster",
    "ears": "Two ears",
    "surface": "Time surface",
    "profile": "Statistics",
}
OF_A_SET = ("classes", "profile")  # the other views are of one sample
OPENS = {"from": "made", "data": "YinYang", "view": "plane"}
PRESETS = {
    "Yin-Yang": ("**A point becomes five spikes:** the further right or up, the later. No straight line parts the classes.", OPENS),
    "An event camera": (
        "**A camera of events writes down what changes:** brighter or darker. Three quick moves of a digit before it, 300 ms.",
        {"from": "made", "data": "Saccades", "view": "play"},
    ),
    "Which came first?": (
        "**Four classes, told apart by the order of two pulses** that stand in the two lowest bands; the rest distracts.",
        {"from": "made", "data": "TemporalOrder", "view": "raster"},
    ),
    "Two ears": (
        "**Where does a sound come from?** One ear hears it less than a millisecond before the other.",
        {"from": "made", "data": "SoundLocalisation", "view": "ears"},
    ),
    "Two spirals": (
        "**Two arms wind round each other:** the region of a class is where its nearest points are.",
        {"from": "made", "data": "Spirals", "view": "plane"},
    ),
}

page.heading(
    "Look at the data",
    "A spiking network learns from spikes in time. Choose a set, and see what the network gets to see.",
    "data.py",
    PRESETS,
)
address.opens_with(OPENS)
with page.stage():
    asks = page.asks()
    left, right = page.sides()
with left:
    runs_view.complaint()
    source = controls.option(list(SOURCES), "From", "from", segmented=True, titles=SOURCES.__getitem__, bare=True)
    dataset, explain = page.view(__file__, source).choose()

with right, page.guarded():
    if dataset is None:
        explain()
        st.stop()
    train, test = recordings.halves(dataset)
    with asks:
        views = [view for view in VIEWS if recordings.offers(view, dataset, train)]
        best = recordings.best(dataset, train)
        view = controls.option(views, "Picture", "view", default=best, titles=VIEWS.__getitem__, segmented=True, bare=True)
    with left:
        half, number = (train, 0) if view in OF_A_SET else recordings.choose_sample(train, test)
    lines, shows = page.view(__file__, view).show(train, test, half, number, dataset)
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
