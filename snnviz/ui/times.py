"""What the views of backward times share: which passes, the curves, the factors at one point, and the papers."""

import streamlit as st

from snnviz.figures import backward_times as curves
from snnviz.figures.theme import three_digits
from snnviz.studies import backward_times
from snnviz.studies.backward_times import Series
from snnviz.ui import controls, page


def choose_timed() -> bool:
    """Whether the whole step's times are shown, or those of the backward pass."""
    timed = {"backward": "Backward", "step": "Whole step"}
    return controls.option(list(timed), "Time of", "timed", segmented=True, titles=timed.__getitem__) == "step"


def draw(series: Series, step: bool, key: str) -> None:
    """The curves of a series, against what varies in it."""
    if len({timing.steps for timing in series.timings}) > 1:
        slopes = backward_times.exponents(series.timings, step)
        page.figure(curves.against_steps(series.timings, slopes, step, page.dark()), key)
    else:
        crossing = backward_times.crossover(series.timings, step)
        page.figure(curves.against_activity(series.timings, crossing, step, page.dark()), key)


def beside(series: Series, how: str, what: str, downloads: bool = True) -> None:
    """Where a series comes from, and its factors of backward pass and whole step at the point nearest to 1 % active."""
    st.caption(f"{how}: {series.machine}; {series.date}; {series.about}; the {what} of several.")
    at = backward_times.nearest(series, 0.01)
    st.markdown(f"**At {three_digits(100 * at.active)} % active, T = {at.steps}: backward pass and whole step**")
    st.dataframe(
        backward_times.factors(at),
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.3g") for name in ("backward, ms", "whole step, ms")},
    )
    st.caption(
        "What sparsity itself brings is the factor over the fused dense kernel, which does the same work without Python's "
        "loop; the factors over autograd are mostly that loop's."
    )
    if downloads:
        page.downloads("times", backward_times.table(series))


def recordings(gpu: bool) -> tuple[str, dict[str, object]]:
    """Draw the choice of a recorded series and the series; return the Python that reads them, and what it gives."""
    step = choose_timed()
    series = backward_times.recorded(gpu=gpu)
    if series:
        names = {str(i): f"{one.machine}: {one.about}" for i, one in enumerate(series)}
        shown = series[int(controls.option(list(names), "Recorded", "recorded", titles=names.__getitem__))]
        draw(shown, step, "recorded")
        beside(shown, "Recorded", "median")
    else:
        st.info(backward_times.unrecorded())
    call = f"backward_times.recorded({'' if gpu else 'gpu=False'})"
    source = f"""
from snnviz import *

recorded = {call}
print(len(recorded), "recorded")
for series in recorded:
    print(series.machine, series.about, series.timings)
"""
    return source, {"recorded": series}


def about() -> None:
    """Draw why the backward pass through slices takes a time that is quadratic in T."""
    with st.expander("Why slicing is quadratic", icon=":material/function:"):
        st.code(
            "for t in range(T):                 # the published baseline\n    u = beta * u + h[:, t, :]\n\n"
            "for x in h.unbind(1):              # one word, and it is linear\n    u = beta * u + x",
            language="python",
        )
        st.markdown(
            "The derivative of `h[:, t, :]` by `h` is an array of `h`'s size, zero but for one step. Autograd makes one "
            "for each of the T steps and adds it to the sum so far:"
        )
        st.latex(r"\text{bytes moved} \approx 4\ \text{passes} \times 4BTN\ \text{bytes} \times T\ \text{steps} \;\propto\; T^2")
        st.markdown(
            "In the published raw results the slicing loop's backward pass takes 135, 1,151 and 3,162 ms for T = 100, 300 "
            "and 500 (N = 1000): exponents of 1.95 and 1.98. Its peak memory is two full arrays: the sum and the zeros."
        )
        page.citation("pereznieves2021sparse", "mukhoty2023localzo")
