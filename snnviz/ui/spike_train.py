"""Spike times by hand or from a file: both end in one line of text that the URL holds."""

import dataclasses
import re

import streamlit as st

from snnviz.stimuli import SpikeTrain
from snnviz.ui import address, url


def edit(stimulus: SpikeTrain, key: str) -> SpikeTrain:
    """Draw a field for spike times and a place to drop a CSV file; return the stimulus with the times.

    Raises:
        ValueError: something is no time; the message names where.
    """
    address.note(key)
    if file := st.file_uploader("Spike times from a CSV file", "csv", key=f"{key}.file", help="One time in milliseconds a line."):
        read = SpikeTrain.from_csv(file.getvalue().decode("utf-8", "replace"), file.name)
        if st.session_state.get(f"{key}.read") != file.file_id:
            st.session_state[f"{key}.read"] = file.file_id
            st.session_state[key] = url.spell(read.times)
    written = st.text_input(
        "Spike times (ms)", url.spell(stimulus.times), key=key, bind="query-params", help="Separated by spaces or commas."
    )
    lines = "\n".join(re.split(r"[\s,;]+", "0 " + written.strip()))
    return dataclasses.replace(stimulus, times=SpikeTrain.from_csv(lines, "Spike times").times[1:])
