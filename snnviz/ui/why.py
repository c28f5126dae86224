"""Why this step: the arithmetic of the step that a visitor picks in a picture over time, under that picture.

step = why.step(count)                                  # from the address; None: none is open
page.figure(fig, "deltas", picked=why.picked("figure-deltas", dt, count))   # a click opens its step
why.bar(step, count, fired)                             # by keyboard: a field, from spike to spike
why.panel(step, count, dt, {"EXODUS": arithmetic(...)})
"""

import functools
import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from snnviz import text
from snnviz.experiments import Comparison
from snnviz.figures.theme import three_digits
from snnviz.labels import labelled
from snnviz.live.scenes import Loss, Scene
from snnviz.params import Param
from snnviz.places import assets
from snnviz.records import LayerRecord
from snnviz.studies.look_back import look_back
from snnviz.ui import address, scope, spelling
from snnviz.why import Arithmetic, Row, arithmetic

KEY = "why"  # in the address: the step; a lesson has its own "step" there
PANEL = "why-panel"  # the key of the component that shows it
ROOM = 370  # pixels below a picture that its page leaves for the arithmetic
ASK = "**Why?** Click the picture at a spike or anywhere, or type a step."


def step(count: int) -> int | None:
    """The step that is open, of a run of so many; None: none is."""
    limits = Param("Step", low=0, high=count - 1)
    widget = address.stand(KEY, "Step", None, lambda text: spelling.number(text, 0, limits), lambda value: "No step")
    stands = st.session_state[widget]
    if stands is not None and not 0 <= stands < count:  # of a longer run
        st.session_state[widget] = stands = None
    address.tell(KEY, None if stands is None else str(stands))
    return stands


def picked(key: str, dt: float, count: int) -> Callable[[], None]:
    """What opens the step nearest to the time, in ms, that the component `key` has sent as `picked`, of `count` steps of dt ms; a
    time before the first closes it."""

    def take() -> None:
        sent = (st.session_state.get(key) or {}).get("picked")
        if isinstance(sent, (int, float)):
            _go(min(round(sent / dt), count - 1) if sent > -dt else None)

    return take


def _go(to: int | None) -> None:
    st.session_state[address.own(KEY)] = None if to is None else max(to, 0)
    address.settle(KEY)


def bar(step: int | None, count: int, fired: Sequence[int]) -> None:
    """The field of the step, and buttons to the spike before it and after it. fired: the steps with a spike, in order."""
    with st.container(key="why-bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(ASK if step is None else "**Step**", width="content")
        st.number_input(
            "Step", value=None, min_value=0, max_value=count - 1, step=1, key=address.own(KEY), placeholder="step", width=130,
            label_visibility="collapsed", on_change=address.settle, args=(KEY,),
        )  # fmt: skip
        at = -1 if step is None else step
        before, after = [t for t in fired if t < at], [t for t in fired if t > at]
        _button("Spike before", "skip_previous", before[-1] if before else None)
        _button("Next spike", "skip_next", after[0] if after else None)
        if step is not None:
            st.button("Close", key="why-close", icon=":material/close:", on_click=_go, args=(None,))
    if step is not None:
        st.html(f"<style>:root {{--snn-why: {ROOM}px}}</style>")


def _button(label: str, icon: str, to: int | None) -> None:
    st.button(label, key=f"why-{icon}", icon=f":material/{icon}:", on_click=_go, args=(to,), disabled=to is None)


def panel(step: int, count: int, dt: float, by_method: Mapping[str, Arithmetic]) -> None:
    """The arithmetic of a step: forward once, and back for each method; methods with the same figures share theirs."""
    first = next(iter(by_method.values()))
    happened = {0: "why it stays silent", 1: "why it fires"}.get(first.spikes, f"why it fires {first.spikes} times")
    goes_back = ", and what goes back" if any(one.back for one in by_method.values()) else ""
    parts = [f"<h3>Step {step}, at {three_digits(step * dt, 'ms')}: {happened}{goes_back}</h3>"]
    parts += _block("forward", first.forward, "")
    for labels, one in _alike(by_method):
        if one.back or one.note:
            parts += _block(f"back: {labels}", one.back, one.note)
    data = {"html": "".join(parts), "label": f"The arithmetic of step {step}", "step": step, "count": count}
    _component()(key=PANEL, data=data, on_picked_change=picked(PANEL, 1, count), height="content")


@functools.cache
def _component() -> Any:
    css, js = ((assets() / "why" / f"why.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return scope.component("snnviz_why", css, js)


def _alike(by_method: Mapping[str, Arithmetic]) -> list[tuple[str, Arithmetic]]:
    """Methods with the same rows as one: their names joined."""
    groups: dict[str, list[str]] = {}
    for label, one in by_method.items():
        groups.setdefault(repr(([(row.figures, row.result, row.words) for row in one.back], one.note)), []).append(label)
    return [(" and ".join(filter(None, (", ".join(same[:-1]), same[-1]))), by_method[same[0]]) for same in groups.values()]


def _block(title: str, rows: Sequence[Row], note: str) -> list[str]:
    files = list(dict.fromkeys(line.file for row in rows for line in row.lines))
    about = html.escape(note or ", ".join(files))
    return [f'<p class="part"><b>{html.escape(title)}</b> {about}</p>', *map(_row, rows)]


def _row(row: Row) -> str:
    lines = "".join(f'<code title="{line.file}, line {line.number}">{html.escape(line.statement)}</code>' for line in row.lines)
    left = f"{row.left} = {row.symbols}" if row.symbols else row.left
    cells = (
        f'<span class="symbols">{_set(left)}</span><span class="figures">{html.escape(row.figures)}</span>'
        f'<b class="result">{html.escape(row.result)}</b><span class="says">{html.escape(row.words)}{lines}</span>'
    )
    return f'<div class="row">{cells}</div>'


def _set(symbols: str) -> str:
    """Symbols as HTML: what stands behind "_" below the line."""
    return re.sub(r"_(\w+)", r"<sub>\1</sub>", html.escape(symbols))


def of_run(layer: LayerRecord, step: int | None, scene: Scene, backend: str) -> tuple[str, Mapping[str, Any]]:
    """The bar, and of the open step of a run its arithmetic, forward and as the scene looks back; returns the Python of it, for a
    record `layer`, and what it gives."""
    column = scene.column
    bar(step, len(layer.u), _fired(layer, column))
    if step is None:
        return "", {}
    if not scene.methods:
        one = arithmetic(layer, step, neuron=column)
        panel(step, len(layer.u), layer.dt, {"": one})
        source = f"arithmetic(layer, {step}{f', neuron={column}' if column else ''})"
        return f"\nprint({source})", {source: one}
    at, spike = scene.loss_step(len(layer.u)), scene.at_spike
    target = scene.target if scene.loss is Loss.TARGET else None
    every = {
        m: arithmetic(look_back(layer, m, at, target, column, spike, backend), step, m, at_spike=spike, backend=backend)
        for m in scene.methods
    }
    panel(step, len(layer.u), layer.dt, labelled(every))
    ways = ", ".join(map(text.source, scene.methods))
    back = f'look_back(layer, method, {at}, {target}, {column}, spike, "{backend}")'
    source = f"""
spike = {text.source(spike)}
for method in [{ways}]:
    one = arithmetic({back}, {step}, method, at_spike=spike, backend="{backend}")
    print(one)"""
    return source, {"one": list(every.values())[-1]}


def of_comparison(comparison: Comparison, step: int | None, backend: str) -> tuple[str, Mapping[str, Any]]:
    """The bar, and of the open step the arithmetic forward and back by each method; returns the Python of it, for a `comparison` of
    one neuron's gradients, and what it gives."""
    layers = {method: run.layers[0] for method, run in comparison.runs.items()}
    first = next(iter(layers.values()))
    bar(step, len(first.u), _fired(first, 0))
    if step is None:
        return "", {}
    every = {method: arithmetic(layer, step, method, backend=backend) for method, layer in layers.items()}
    panel(step, len(first.u), first.dt, labelled(every))
    source = f'[arithmetic(run.layers[0], {step}, method, backend="{backend}") for method, run in comparison.runs.items()]'
    return f"\nfor one in {source}:\n    print(one)", {source: list(every.values())}


def _fired(layer: LayerRecord, neuron: int) -> list[int]:
    return [] if layer.spikes is None else np.flatnonzero(layer.spikes[:, 0, neuron]).tolist()
