"""The pictures of the Speed page: a record of loop times, and the text of a kernel with its recursion marked."""

import html
from collections.abc import Mapping
from typing import Any

import streamlit as st

from snnviz import text
from snnviz.backends import kernel_text
from snnviz.figures import speed as figures
from snnviz.figures.theme import colours, empty_figure
from snnviz.studies import speed
from snnviz.studies.speed import SpeedPlan, SpeedRecord
from snnviz.ui import controls, page

LETTERS = dict(zip(kernel_text.ROLES, "ABCD", strict=True))  # beside the lines of a kernel


def choose_shown() -> bool:
    """Whether shares of a copy's rate are shown, or milliseconds."""
    shown = {"share": "Share of the limit", "time": "Milliseconds"}
    return controls.option(list(shown), "Shown", "shown", segmented=True, titles=shown.__getitem__) == "share"


def draw(record: SpeedRecord | None, grows: str, share: bool = True) -> None:
    """The curves of a record; where none is measured yet, an empty picture that says so."""
    if record is not None and record.points:
        page.figure(figures.loops(record, grows, share, page.dark()), "speed", fill=True)
    else:
        page.figure(empty_figure("The first point is being measured.", dark=page.dark()), "speed", fill=True)


def about(record: SpeedRecord, how: str) -> None:
    """Who measured it, when, and what the numbers are."""
    rates = [point.copy / 1e6 for point in record.points]
    copy = f" A copy moves {min(rates):.3g} to {max(rates):.3g} GB/s there." if rates else ""
    st.caption(f"{how}: {record.machine}; {record.date}; {record.about}.{copy}")
    if record.busy:
        st.caption(f"Meanwhile {record.load:.2g} programs wanted its {record.cores} cores: a quiet machine gives other times.")
    page.downloads("speed", speed.table(record))


def code(plan: SpeedPlan) -> tuple[str, Mapping[str, Any]]:
    """The Python that measures a plan, and by expression what it must give: times are of the moment, sizes are not."""
    source = f"""
from snnviz import *

plan = {text.source(plan)}
for point in speed.measure(plan):
    for backend in point.forward:
        print(point.size, backend, point.share(backend, "forward"), point.share(backend, "backward"))
"""
    return source, {"plan.sizes": plan.sizes}


def limit() -> None:
    """What the limit is."""
    with st.expander("What memory allows", icon=":material/speed:"):
        st.markdown(
            "A loop over time does a handful of operations for each number that it reads, so memory is what it waits for. It must "
            "read the current x and write the membrane u and the spikes s; on its way back it must read ∂L/∂s and u and write "
            "δ = ∂L/∂x:"
        )
        st.latex(r"\text{share} = \frac{12\ \text{bytes} \times T B N}{\text{time}} \Big/ \text{rate of a copy of as many numbers}")
        st.markdown(
            "The copy is timed in the same turn. Small layers fit into the caches, where a copy is faster still; there the share "
            "says what a call costs. Above 100 % the loop stores past the caches, which torch's copy does not."
        )


def text_of(kernel: str) -> None:
    """A kernel's text, line by line, each line of the recursion with its letter; the letters' legend is `legend`."""
    light, dark = colours(False), colours(True)
    rows, file = [], ""
    for line in kernel_text.lines(kernel):
        if line.file != file:
            file = line.file
            rows.append(f'<tr class="file"><td></td><td></td><td>{html.escape(file)}</td></tr>')
        letter = LETTERS.get(line.role, "")
        marked = ' class="marked"' if letter else ""
        code = html.escape(line.text) or " "
        rows.append(f"<tr{marked}><td>{letter}</td><td>{line.number}</td><td>{code}</td></tr>")
    st.html(
        "<style>.kernel-text {overflow-x: auto; max-height: min(560px, 70dvh); overflow-y: auto;"
        f"background: light-dark({light.panel}, {dark.panel}); border-radius: 6px; padding: 8px 0}}"
        ".kernel-text table {border-collapse: collapse; font: 13px/18px 'Source Code Pro', monospace; border: 0}"
        ".kernel-text td {border: 0; padding: 0 8px; white-space: pre}"
        f".kernel-text td:nth-child(2) {{color: light-dark({light.muted}, {dark.muted}); text-align: right}}"
        ".kernel-text td:first-child {font-weight: 600; position: sticky; left: 0;"
        f"background: light-dark({light.panel}, {dark.panel})}}"
        f".kernel-text .marked td:last-child {{background: light-dark({light.grid}, {dark.grid})}}"
        f".kernel-text .file td {{padding-top: 8px; font-weight: 600; color: light-dark({light.muted}, {dark.muted})}}</style>"
        '<div class="kernel-text" tabindex="0" role="region" aria-label="The text of the kernel">'
        f"<table>{''.join(rows)}</table></div>"
    )


def legend() -> None:
    """What the letters beside the lines mean."""
    st.markdown("\n".join(f"- **{LETTERS[role]}** {what}" for role, (what, _) in kernel_text.ROLES.items()))
