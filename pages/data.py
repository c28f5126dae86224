"""Data: event recordings and spike trains, looked at from all sides."""

import numpy as np
import streamlit as st

from snnviz import text
from snnviz.datasets import DATASETS, OwnRecordings, Split
from snnviz.figures import event_raster, events_3d, frames, profile
from snnviz.figures.theme import empty_figure
from snnviz.params import Param
from snnviz.ui import controls, fetching, page, recordings, runs_view, url

MADE = {name: cls for name, cls in DATASETS.items() if cls.offline}
VIEWS = {
    "classes": "Classes",
    "cloud": "In 3D",
    "frames": "Frames",
    "raster": "Raster",
    "surface": "Time surface",
    "profile": "Statistics",
}
HIDDEN = ("folder", "name", "part")
HEIGHT = 440

page.heading(
    "Look at the data",
    "A spiking network learns from spikes in time: recordings of event cameras, of a silicon cochlea, or made from numbers. "
    "Choose a set, turn a recording in space and time, and see what the network gets to see.",
)
left, right = page.sides()
with left:
    runs_view.complaint()
    source = controls.option(
        ["made", "disk", "own"], "From", "from", segmented=True, titles={"made": "Made here", "disk": "On disk", "own": "Yours"}.get
    )
    dataset = None
    if source == "made":
        dataset = controls.choose(MADE, "Set", "data", default="Saccades", more="More of the data")
    elif source == "disk":
        place = st.text_input(
            "Folder",
            key="data_folder",
            placeholder="SNNVIZ_DATA, or the usual place",
            help="On the machine that runs this app. Part of a set is enough.",
        )
        with st.spinner("Looking through tonic's catalogue", show_time=True), page.guarded():
            found = recordings.on_disk(place)
        known = {e.name: e for e in sorted(found, key=lambda e: not e.have)}  # what is here comes first
        here = [e.name for e in found if e.have]
        if st.session_state.get("disk_here", here) != here and "disk" in st.session_state:
            st.session_state["disk"] = st.session_state["disk"]  # else the browser keeps the words of before
        st.session_state["disk_here"] = here
        offered = list(known) if here else ["", *known]
        entry = known.get(
            controls.option(
                offered, "Set", "disk", titles=lambda n: "Choose one" if not n else n if known[n].have else f"{n} (not here)"
            )
        )
        if entry is not None and entry.have:
            st.caption(entry.have.rstrip(";") + ".")
            dataset = controls.edit(entry.dataset, f"disk.{entry.name}", exclude=HIDDEN, more="Transforms and more")
        with st.expander("What tonic knows"):
            st.dataframe(
                {
                    "set": [e.name for e in found],
                    "what": [e.about for e in found],
                    "here": [e.have.rstrip(";") or "no" for e in found],
                },
                hide_index=True,
            )
    else:
        visitor = runs_view.visitor()
        label = st.text_input("Class of these recordings", key="own_label", placeholder="left, right, ...", max_chars=60)
        sent = st.file_uploader(
            "CSV or NPZ, one recording a file",
            ["csv", "npz"],
            accept_multiple_files=True,
            key=f"own_files_{st.session_state.get('own_round', 0)}",
            help="Columns t, neuron; or t, x, y, p. Nothing in a file is executed.",
        )
        if st.button("Add these recordings", icon=":material/add:", disabled=not sent):
            complaints = [c for f in sent if (c := recordings.attempt_add(visitor, label, f.name, f.getvalue()))]
            st.session_state["own_complaints"] = complaints
            st.session_state["own_round"] = st.session_state.get("own_round", 0) + 1
            st.rerun()
        for complaint in st.session_state.pop("own_complaints", []):
            st.error(complaint, icon=":material/error:")
        mine = recordings.files(visitor)
        if mine:
            st.dataframe({"class": [f.parent.name for f in mine], "recording": [f.name for f in mine]}, hide_index=True, height=180)
            if st.button("Remove all", icon=":material/delete:"):
                recordings.forget(visitor)
                st.session_state.pop("own_recordings", None)
                st.rerun()
            dataset = controls.edit(
                OwnRecordings(folder=str(recordings.folder(visitor))), "own", exclude=HIDDEN, more="Transforms and more"
            )
            st.session_state["own_recordings"] = dataset

with right, page.guarded():
    if dataset is None:
        if source == "own":
            st.info("Choose a set at the left, or add a recording.", icon=":material/info:")
        elif entry is None:
            st.info("No set of tonic's catalogue is in this folder. Choose one to fetch it.", icon=":material/folder_off:")
        else:
            fetching.panel(entry, place)
        st.stop()
    with st.spinner("Reading the data", show_time=True):
        try:
            train, test = (recordings.samples(dataset, split) for split in Split)
        except OSError as problem:
            raise ValueError(str(problem)) from problem
    view = controls.option(list(VIEWS), "Picture", "view", titles=VIEWS.get, segmented=True)
    half = train
    camera = len(train.shape) == 3
    number = 0
    if view not in ("classes", "profile"):
        a, b, c = st.columns([1, 1, 1])
        with a:
            halves = {"train": "To train on", "test": "To test with"}
            half = {"train": train, "test": test}[controls.option(list(halves), "Half", "half", titles=halves.get, segmented=True)]
        with b:
            offered = [str(k) for k in range(len(half.classes)) if bool((half.y == k).any())]
            label = int(controls.option(offered, "Class", "class", titles=lambda k: half.classes[int(k)]))
        with c:
            of_class = np.flatnonzero(half.y.numpy() == label)
            which = controls.number(1, Param("Sample", low=1, high=1_000_000), "sample")
            number = int(of_class[(int(which) - 1) % len(of_class)])
    x = recordings.values(half, number)
    found = recordings.events(half, number) if view in ("cloud", "surface") else None
    dark = page.dark()
    if view == "classes":
        pictures, names = recordings.class_pictures(train)
        told = f"One sample of each of {len(names)} classes: {', '.join(names)}."
        fig = frames.frames(pictures, names, "One sample of each class", told, dark=dark, height=HEIGHT)
    elif view == "cloud" and found is not None:
        size = half.shape[1:] if camera else (1, half.shape[0])
        fig = events_3d.events_3d(found["t"], found["x"], found["y"], found["p"], size, dark, HEIGHT)
    elif view == "frames" and camera:
        count = int(controls.number(8, Param("Frames", low=1, high=40, slider=(1, 20, 1)), "frames"))
        shown = recordings.frames(x, min(count, len(x)))
        ms = len(x) * half.dt / len(shown)
        fig = frames.frames(
            shown,
            [f"{i * ms:.0f} ms" for i in range(len(shown))],
            f"Frames of {ms:.3g} ms",
            f"{len(shown)} frames of {ms:.3g} ms each; brighter minus darker events."
            if half.shape[0] == 2
            else f"{len(shown)} frames of {ms:.3g} ms each.",
            half.shape[0] == 2,
            dark,
            HEIGHT,
        )
    elif view == "surface" and camera and found is not None and len(found):
        end = float(found["t"].max())
        a, b = st.columns(2)
        with a:
            at = st.slider("At (ms)", 0.0, max(end, 0.1), end / 2, key="surface_at")
        with b:
            tau = controls.number(20.0, Param("Memory", r"\tau", "ms", low=0.1, slider=(1.0, 100.0, 1.0)), "tau")
        surface = recordings.time_surface(found, half.shape[1:], at, tau)
        fig = frames.frames(
            [surface],
            [f"at {at:.3g} ms"],
            "How long ago each pixel last saw something",
            f"Time surface at {at:.3g} ms with a memory of {tau:g} ms: brighter from 0 to 1, darker from 0 to -1.",
            True,
            dark,
            HEIGHT,
        )
    elif view == "profile":
        counts = {
            "to train on": np.bincount(train.y, minlength=len(train.classes)).tolist(),
            "to test with": np.bincount(test.y, minlength=len(test.classes)).tolist(),
        }
        some = train.take(np.arange(min(len(train), 200)))[0]
        activity = some.flatten(2).sum(2).mean(1).numpy()
        fig = profile.profile(train.classes, counts, np.arange(len(activity)) * train.dt, activity, dark, HEIGHT)
    elif view == "raster":
        fig = event_raster.event_raster(x.reshape(len(x), -1), half.dt, dark, HEIGHT)
    else:
        reason = (
            "These inputs are currents, not events."
            if camera or view == "cloud"
            else "These inputs are numbered neurons, not pixels: look at the raster."
        )
        st.markdown("**Not for this set**")
        fig = empty_figure(reason, dark=dark, height=HEIGHT - 40)
    page.figure(fig, f"data-{view}")
    a, b, c, d = st.columns(4)
    a.metric("To train on", f"{len(train):,}")
    b.metric("To test with", f"{len(test):,}")
    c.metric("Inputs", " × ".join(map(str, train.shape)))
    d.metric("Time", f"{train.steps * train.dt:.4g} ms", help=f"{train.steps} steps of {train.dt:g} ms")
    st.caption(train.source)
    for problem in train.problems[:5]:
        st.warning(problem, icon=":material/warning:")
    if len(train.problems) > 5:
        st.warning(f"And {len(train.problems) - 5} more files that could not be used.", icon=":material/warning:")
    with st.container(horizontal=True):
        if (taken := recordings.events(half, number)) is not None:
            page.downloads("sample", {name: taken[name] for name in ("t", "x", "y", "p")})
        if source == "made":
            st.page_link(
                "pages/training.py",
                label="Train on this set",
                icon=":material/model_training:",
                query_params=url.write(dataset, "data", default="Digits", tables=[MADE]),
            )
        elif source == "own":
            st.page_link("pages/training.py", label="Train on your recordings", icon=":material/model_training:")

st.markdown(dataset.description)
if dataset.cite:
    page.citation(dataset.cite)
page.code_behind(f"""
from snnviz import *

train = {text.source(dataset)}.load(Split.TRAIN)
x, y = train.take([0])               # spikes [step, sample, ...] and labels [sample]
""")
