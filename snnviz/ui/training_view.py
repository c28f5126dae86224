"""A run of trainings on a page: its picture in several views, its table, and its problems."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from snnviz import text
from snnviz.figures import clock, confusion, curves, layer_rasters
from snnviz.figures.theme import empty_figure
from snnviz.runs import animated, client, recorded_trainings
from snnviz.runs.values import Line, Run, RunState, Status, Summary
from snnviz.runs.values import groups as over_seeds
from snnviz.runs.values import labels as labels_of
from snnviz.runs.verdict import verdict
from snnviz.runs.work import Train
from snnviz.threads import in_words
from snnviz.training.settings import Settings
from snnviz.ui import methods, page, runs_view, theatre, trained
from snnviz.ui.words import literal

EVERY = runs_view.EVERY  # seconds between two looks at a run that is going on; the curves move twice in between
HEIGHT = 420
BESIDE_A_LIST = 340  # the height of a picture below which a list begins within the window
VIEWS = {
    "theatre": "Theatre",
    "learning": "Learning",
    "clock": "By the clock",
    "time": "Time spent",
    "spikes": "Spikes",
    "norms": "Gradients",
    "raster": "Raster",
    "confusion": "Confusion",
}
ONE_METHOD = ("raster", "confusion")  # views of one method at a time


def watch(run: Run, draw: Callable[[RunState, bool], None], invitation: str, prepared: str = "") -> RunState | None:
    """Draw a run while it goes on: buttons, progress, the picture by `draw`, its verdict, a table of its methods, its problems.

    run: what the button Start starts; before that, its empty picture is drawn with `invitation`. draw: gets the run, and whether it
    is of other settings than `run`. prepared: the name of a page that shows the run that came with the program where it is of just
    these settings and the visitor's own is not. Returns the state of the visitor's run when the page was last run as a whole; None
    before the first start.
    """
    state = runs_view.current()
    going = state is not None and state.status.live

    def live() -> None:
        now = runs_view.current()
        moving = now is not None and now.status.live
        came = _prepared_for(run, now, prepared) if prepared else None
        shown = now if came is None else came.state
        bar = st.container(horizontal=True, vertical_alignment="center", key="run-training")
        with bar:
            st.button(
                "Start anew" if shown is not None and _shows(shown, run) else "Start",
                icon=":material/play_arrow:",
                type="primary",
                on_click=runs_view.start,
                args=(run.work, run.backend, run.title),
                key="start",
                disabled=moving,
                help="Stop the run that goes before you start another here." if moving else None,
            )
            if now is not None and came is None:
                runs_view.buttons(now)
                runs_view.headline(now)
            if came is not None:
                st.badge(came.about, icon=":material/inventory_2:", color="gray")
        changed = shown is not None and not _shows(shown, run)
        if shown is not None:
            with bar if came is not None else st.container():
                _names(shown, changed)
        runs_view.complaint()
        if (gone := runs_view.gone()) or shown is None:  # a recorded run may have taken the place of the one that is gone
            st.info(gone or invitation, icon=":material/info:")
        draw(shown or RunState.waiting(run), changed)
        if shown is not None:
            verdict_of(shown)
            table(shown)
            problems(shown)
        if moving != going:
            st.rerun()

    # Streamlit fades elements that it is about to redraw. Here it redraws all at every look, so fading would never end.
    st.html("<style>.st-key-live * {transition: none !important} .st-key-live [data-stale] {opacity: 1 !important}</style>")
    with st.container(key="live"):
        st.fragment(live, run_every=EVERY if going else None)()
    if not going:
        _prepared()
    return state


def _prepared_for(run: Run, now: RunState | None, page_name: str) -> recorded_trainings.Recorded | None:
    """The recorded run to show: that of these settings, where the visitor's own is not of them; the one that the page showed last,
    before any."""
    if now is not None and (now.status.live or now.run.work == run.work or runs_view.comes_first(now, run.work)):
        return None
    came = recorded_trainings.find(run.work) if isinstance(run.work, Train) else None
    if came is not None:
        st.session_state[f"_{page_name}_recorded"] = came
    return came or (st.session_state.get(f"_{page_name}_recorded") if now is None else None)


def _shows(state: RunState, run: Run) -> bool:
    """Whether a run, the visitor's own or a recorded one, is of these settings."""
    came = recorded_trainings.find(run.work) if isinstance(run.work, Train) else None
    return state.run.work == run.work or (came is not None and came.state is state)


def _threads(state: RunState) -> str:
    """With how many threads a run of trainings computes; "" on a GPU."""
    work = state.run.work
    return in_words(work.threads) if isinstance(work, Train) and state.run.backend != "cuda" else ""


def _names(state: RunState, changed: bool) -> None:
    """Name the run that the picture shows, and say whether the controls agree with it."""
    first, seeds = state.run.trainings[0], sorted({training.seed for training in state.run.trainings})
    of = [first.dataset.title, f"{type(first.optimiser).__name__} {first.optimiser.lr:g}", f"{first.epochs} epochs"]
    of += [f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"]
    of += filter(None, [_threads(state)])
    words = literal(", ".join(of + ([", ".join(group.label for group in over_seeds([state.run]))] if changed else [])))
    with st.container(key="shown-run"):
        if changed:
            st.html("<style>[class*=st-key-figure-training-] {opacity: 0.6}</style>")
            st.markdown(f":orange-badge[:material/history: Settings changed: start again] :small[The picture is of {words}.]")
        else:
            st.markdown(f":small[Shown: {words}. The controls agree with it.]")


def verdict_of(state: RunState) -> None:
    """Draw what came out of a run that has ended, in sentences made from its numbers."""
    if sentences := verdict(state):
        how = f" (With {_threads(state)}.)" if _threads(state) else ""
        with st.container(border=True, key="verdict"):
            st.markdown(f"**Verdict** {literal(' '.join(sentences) + how)}")


@st.cache_resource(show_spinner=False)
def _prepared() -> None:
    """Prepare the workers, once on this server, after the first page that can start a run was drawn."""
    client.prepare()
    with contextlib.suppress(ValueError):  # where the store does not answer, the page that needs it says so
        client.tidy()


def problems(state: RunState) -> None:
    """Draw the problems of each method, and the notes of the run."""
    page.several([literal(note) for note in state.notes], "notes")
    lines = zip(state.run.labels, state.lines, strict=True)
    wrong = [f"**{label}.** {literal(' '.join(line.problems))}" for label, line in lines if line.problems]
    page.several(wrong, "trainings with something to look at", warn=True)


def table(state: RunState) -> None:
    """Draw a table of fixed height with a row for each method."""
    nan = float("nan")
    layers = max((len(line.epochs[-1].rates) for line in state.lines if line.epochs), default=0)
    best = [max(line.epochs, key=lambda e: e.test_accuracy, default=None) for line in state.lines]
    last = [line.epochs[-1] if line.epochs else None for line in state.lines]
    batch = [line.curve.seconds[-1] / max(line.curve.at[-1], 1e-9) if len(line.curve.at) else nan for line in state.lines]
    share = "%.1f %%"
    st.dataframe(
        {
            "method": state.run.labels,
            "test accuracy": [nan if e is None else 100 * e.test_accuracy for e in last],
            "best of its epochs": [nan if e is None else 100 * e.test_accuracy for e in best],
            "in epoch": [None if e is None else e.epoch for e in best],
            "test loss": [nan if e is None else e.test_loss for e in last],
            "seconds an epoch": batch,
            "spikes per neuron and step": [nan if e is None or not layers else float(np.mean(e.rates)) for e in last],
            "active in backward": [nan if e is None or not layers else 100 * float(np.mean(e.active)) for e in last],
        },
        hide_index=True,
        key="follow-table",
        column_config={
            "test accuracy": st.column_config.NumberColumn(format=share, help="After the last epoch."),
            "best of its epochs": st.column_config.NumberColumn(
                format=share, help="Chosen by the test part itself, so a little high."
            ),
            "test loss": st.column_config.NumberColumn(format="%.3g"),
            "seconds an epoch": st.column_config.NumberColumn(format="%.3g"),
            "spikes per neuron and step": st.column_config.NumberColumn(format="%.3g"),
            "active in backward": st.column_config.NumberColumn(format=share),
        },
    )


def picture(
    states: Sequence[RunState],
    view: str,
    one: int = 0,
    key: str = "follow",
    changed: bool = False,
    height: int = HEIGHT,
    fill: bool = False,
) -> None:
    """Draw one view of a run, or of several in one picture, so many pixels high. one: which training to show in a view that shows
    one only. changed: it is of other settings than the page's. fill: a figure takes the height that the window has."""
    dark = page.dark()
    if view == "theatre":
        theatre.theatre(states[0], key=key, changed=changed)
        return
    lines = [line for state in states for line in state.lines]
    runs = [state.run for state in states]
    labels = labels_of(runs)
    groups = [(group.label, [lines[place] for place in group.places]) for group in over_seeds(runs)]
    fig = None
    if view in ("learning", "clock"):
        against = "epochs" if view == "learning" else "seconds"
        end = float(max(line.training.epochs for line in lines)) if against == "epochs" else None
        fig = curves.curves(
            [
                curves.Row("accuracy", _tests(groups, "test_accuracy", against), span=(0.0, 1.0)),
                curves.Row("loss", _batches(groups, against), log=True),
            ],
            "Accuracy on the test part, and loss batch by batch",
            "epoch" if against == "epochs" else "seconds of training",
            end,
            dark,
            height,
        )
    elif view in ("spikes", "norms", "active"):
        fig = _layers(groups, view, dark, height)
    elif view == "time":
        spent = {label: _seconds(line) for label, line in zip(labels, lines, strict=True)}
        fig = clock.clock(spent, dark, height)
    elif lines[one].epochs and view == "confusion" and lines[one].epochs[-1].confusion is not None:
        last = lines[one].epochs[-1]
        names = last.classes or [str(i) for i in range(len(last.confusion))]
        fig = confusion.confusion(last.confusion, names, labels[one], methods.hue(lines[one].training.method), dark, height)
    elif view == "raster" and lines[one].spikes:
        fig = layer_rasters.layer_rasters(lines[one].spikes, lines[one].training.dataset.dt, dark, height)
    if fig is None:
        st.markdown("**After the first epoch**")
        fig = empty_figure("It comes with the end of the first epoch.", dark=dark, height=height - 40)
    moving = view not in ("time", *ONE_METHOD) and any(state.status is Status.RUNNING for state in states)
    page.figure(fig, f"{key}-{view}", EVERY / 2 if moving else None, fill=fill)


def best_at_the_end(lines: Sequence[Summary]) -> float:
    """The test accuracy after the last epoch of the training that ended best; NaN before the first epoch."""
    return max((line.test_accuracy for line in lines if line.epochs), default=float("nan"))


Groups = Sequence[tuple[str, list[Line]]]  # a label, and the lines of trainings that differ in their seed alone


def _tests(groups: Groups, value: str, against: str) -> list[curves.Line]:
    """One line of a value for each group; over several seeds their mean, with a band from the least to the largest."""
    out = []
    for name, group in groups:
        count = min(len(line.epochs) for line in group)
        y = np.array([[getattr(e, value) for e in line.epochs[:count]] for line in group], float).reshape(len(group), count)
        x = np.array([_times(line, against)[:count] for line in group], float)
        band = (y.min(0), y.max(0)) if len(group) > 1 and count else (None, None)
        out.append(curves.Line(name, methods.hue(group[0].training.method), x.mean(0), y.mean(0), *band, points=True))
    return out


def _times(line: Line, against: str) -> np.ndarray:
    """When each epoch ended: its number, or the seconds of training until then."""
    if against == "epochs":
        return np.array([e.epoch for e in line.epochs], float)
    return np.cumsum([e.seconds.total for e in line.epochs])


def _batches(groups: Groups, against: str) -> list[curves.Line]:
    """The loss of every batch; over several seeds the mean of every epoch, with its band."""
    out = []
    for name, group in groups:
        if len(group) > 1:
            out += _tests([(name, group)], "train_loss", against)
            continue
        curve = group[0].curve
        x = curve.at if against == "epochs" else curve.seconds
        out.append(curves.Line(name, methods.hue(group[0].training.method), x, curve.loss))
    return out


# For each view: the figure's title, and for each row (a field of the curve, its name, whether the axis is logarithmic).
LAYERS = {
    "spikes": (
        "Spikes per neuron and step, and share of entries active in backward",
        [("rates", "spikes", False), ("active", "active share", False)],
    ),
    "norms": ("Length of each layer's weight gradient", [("norms", "‖∂L/∂W‖", True)]),
    "active": ("Accuracy on the test part, and share of entries active in backward", [("active", "active, %", False)]),
}


def _layers(groups: Groups, view: str, dark: bool, height: int) -> Any:
    """A row of the picture for each layer, even before there are values; of deep networks the first and the last few layers."""
    lines = [line for _, group in groups for line in group]
    hidden = max(line.training.architecture.layers for line in lines)
    title, of_layer = LAYERS[view]
    layers = list(range(hidden + (view == "norms")))
    if len(layers) * len(of_layer) > 8:
        most = 8 // len(of_layer)
        layers = layers[: most // 2] + layers[-(most // 2) :]
    rows = []
    if view == "active":
        rows.append(curves.Row("accuracy", _tests(groups, "test_accuracy", "epochs"), span=(0.0, 1.0)))
    for layer in layers:
        name = f"layer {layer + 1}" if layer < hidden else "readout"
        for value, what, log in of_layer:
            drawn = []
            for label, line in ((label, line) for label, group in groups for line in group):
                of = getattr(line.curve, value)
                y = of[:, layer] if of.ndim == 2 and layer < of.shape[1] else np.zeros(0)
                y = 100 * y if view == "active" else y
                finite = np.isfinite(y) & ((y > 0) | (not log))
                drawn.append(curves.Line(label, methods.hue(line.training.method), line.curve.at[: len(y)][finite], y[finite]))
            rows.append(curves.Row(f"{what}<br>{name}", drawn, log=log, span=None if log else (0.0, 0.1)))
    end = float(max(line.training.epochs for line in lines))
    return curves.curves(rows, title, "epoch", end, dark, max(height, 115 * len(rows) + 100))


def _seconds(line: Line) -> tuple[float, ...]:
    spent = line.seconds
    return (spent.data, spent.forward, spent.backward, spent.update, spent.test)


def columns(state: RunState) -> dict[str, list]:
    """Every finished epoch of a run as the columns of a table."""
    rows = [(label, line.training.seed, e) for label, line in zip(state.run.labels, state.lines, strict=True) for e in line.epochs]
    out: dict[str, list] = {"method": [r[0] for r in rows], "seed": [r[1] for r in rows], "epoch": [r[2].epoch for r in rows]}
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        out[name] = [getattr(r[2], name) for r in rows]
    for name in ("data", "forward", "backward", "update", "test"):
        out[f"seconds_{name}"] = [getattr(r[2].seconds, name) for r in rows]
    for name, what in (("rates", "rate"), ("active", "active"), ("norms", "gradient_norm")):
        depth = max((len(getattr(r[2], name)) for r in rows), default=0)
        for layer in range(depth):
            values = [getattr(epoch, name) for _, _, epoch in rows]
            out[f"{what}_layer_{layer + 1}"] = [v[layer] if layer < len(v) else "" for v in values]
    return out


def animation(state: RunState) -> None:
    """Draw the button that takes a run of trainings away as a picture that moves, where an epoch has ended."""
    if not any(line.epochs for line in state.lines):
        return
    hues = {group.label: methods.hue(state.lines[group.places[0]].training.method) for group in over_seeds([state.run])}
    night = page.dark()
    st.download_button(
        "Animation (GIF)", lambda: animated.gif(state, hues, night), "training.gif", "image/gif", key="gif",
        icon=":material/animation:", on_click="ignore",
    )  # fmt: skip


def files(state: RunState, name: str) -> None:
    """Draw the buttons that take a run away: its settings as `name`.toml, and the weights that it has trained."""
    st.download_button(
        "Settings (TOML)", settings_toml(state), f"{name}.toml", key="toml", on_click="ignore", icon=":material/download:"
    )
    trained.offer(state)


def settings_toml(state: RunState) -> str:
    """The work of a run as TOML; of a run of trainings the settings of each, which `snnviz train` reads."""
    work = state.run.work
    if isinstance(work, Train):
        return Settings(work.trainings, state.run.backend, work.touch_active, work.products, work.threads).to_toml()
    return text.to_toml({"backend": state.run.backend, "work": work})
