"""GPU: what a GPU has measured, where its result is recorded; else that none has."""

import streamlit as st

from snnviz.studies import speed
from snnviz.ui import speed as view


def show(left, right):
    record = speed.recorded("cuda")
    with left:
        share = view.choose_shown()
        st.markdown("`python -m tools.gpu_check` on a machine with a GPU checks every kernel there and records its times.")
    with right:
        if record is None:
            st.info(
                "No GPU has measured this yet. Every kernel compiles for GPUs of three generations and runs on an emulated one in "
                "the tests; how fast it is on a real one is not known.",
                icon=":material/developer_board_off:",
            )
            st.markdown("**What this machine's CPU has recorded in its place**")
            record = speed.recorded("cpu")
        if record is not None:
            view.draw(record, "size", share)
            view.about(record, "Recorded, not measured now")
    source = """
from snnviz import *

record = speed.recorded("cuda") or speed.recorded("cpu")
for point in record.points if record else ():
    print(point.size, dict(point.forward), dict(point.backward))      # ms
"""
    return source, {"record": record}
