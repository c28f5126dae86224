"""Spike times by hand or from a file: both end in one line of text that the URL holds."""

import dataclasses
import re

import streamlit as st

from snnviz.stimuli import SpikeTrain
from snnviz.tables import SpikeTimes, TimeUnit, spike_times
from snnviz.ui import address, spelling
from snnviz.ui.words import literal

KINDS = ("csv", "tsv", "txt", "dat", "gdf")


def edit(stimulus: SpikeTrain, key: str) -> SpikeTrain:
    """Draw a field for spike times and a place to drop a file; return the stimulus with the times.

    Raises:
        ValueError: something is no time; the message names where.
    """
    widget = address.stand(key, "Spike times", spelling.spell(stimulus.times), str, spelling.safe)
    help_ = "One time a line or many, or a table with a column t. What is assumed about the file is said below, and can be changed."
    if file := st.file_uploader("Spike times from a file", KINDS, key=f"{key}.file", help=help_):
        read = _read(file.getvalue(), file.name, f"{key}.{file.file_id}")
        signature = (file.file_id, read.unit, read.column)
        if st.session_state.get(f"{key}.read") != signature:
            st.session_state[f"{key}.read"] = signature
            st.session_state[widget] = spelling.spell(read.times)
    written = st.text_input("Spike times (ms)", key=widget, help="Separated by spaces or commas.")
    address.tell(key, None if written == spelling.spell(stimulus.times) else written)
    lines = "\n".join(re.split(r"[\s,;]+", "0 " + written.strip()))
    return dataclasses.replace(stimulus, times=spike_times(lines, "Spike times").times[1:])


def _read(data: bytes, name: str, key: str) -> SpikeTimes:
    """The times of a file, with a choice of the column that holds them and of their unit, and what was assumed."""
    first = spike_times(data, name)
    column, unit = None, None
    if len(first.columns) > 1:
        places = range(len(first.columns))
        column = st.selectbox("Column of the times", places, first.column, lambda at: first.columns[at], key=f"{key}.column")
    if not first.stated:
        units = list(TimeUnit)
        unit = st.selectbox("Times in the file are", units, units.index(first.likely), lambda one: one.value, key=f"{key}.unit")
    read = spike_times(data, name, unit, column)
    sentences = [f"{len(read.times):,} times, read as {read.unit.value}" + (", as the file states." if read.stated else ".")]
    if not read.stated and read.likely is not TimeUnit.MILLISECOND:
        sentences.append(f"Their span looks like {read.likely.value}.")
    st.caption(" ".join(map(literal, (*sentences, *read.notes))))
    return read
