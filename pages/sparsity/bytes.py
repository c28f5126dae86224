"""Bytes: what a layer keeps from its forward to its backward pass, by design."""

import streamlit as st

from snnviz.figures import bytes_kept
from snnviz.studies import activity
from snnviz.ui import controls, page, sparsity

SIZED = {"run": "This layer"} | {
    name: f"A layer of {name}, batch {batch}, {columns} neurons" for name, (_, batch, columns) in activity.SIZES.items()
}


def show(left, right):
    with left:
        method = sparsity.choose_method()
        shown = st.container()
        experiment = sparsity.choose_run()
    with right, page.guarded():
        run, look = sparsity.look(experiment, method)
        with shown:
            layer = sparsity.choose_layer(look)
            size = controls.option(list(SIZED), "Sized as", "size", titles=SIZED.__getitem__)
        sparsity.alarm(look, method)
        sizes = activity.kept_by(layer, size)
        page.figure(bytes_kept.bytes_kept(sizes, activity.totals(sizes), SIZED[size], page.dark()), "bytes", fill=True)
        if layer.dense_because:
            st.info(
                f"No bar for the sparse pass here, which does not take this layer. {layer.dense_because}", icon=":material/block:"
            )
        sparsity.counted(look, layer, run, method)
        page.downloads("sparsity-bytes", {what: [getattr(k, what) for k in sizes] for what in ("design", "array", "bytes")})
    quiz()
    sparsity.about(method)
    line = f"sizes = activity.kept_by(look[{layer.name!r}], {size!r})"
    return sparsity.code(experiment, method, line, "print(activity.totals(sizes))"), {"look": look, "sizes": sizes}


def quiz() -> None:
    with st.expander("Predict first: how much is saved?", icon=":material/quiz:"):
        guess = st.number_input(
            "Peak memory of a backward pass falls from 205 MB to 112 MB. How much is saved, in percent?",
            0.0,
            100.0,
            None,
            step=1.0,
            format="%g",
            key="guess",
            placeholder="your prediction",
        )
        if guess is not None:
            st.markdown(
                "It is **45.4 %**. Divided the other way, 205/112 − 1, the same numbers read “83 % more memory efficient”; "
                "the “85 %” that is quoted for this method is of that kind."
            )
