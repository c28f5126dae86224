"""One neuron's gradient by several methods over the run it belongs to, with the multipliers that make the difference."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import SAME, Mark, Note, annotate, lies_on
from snnviz.figures.step_mark import mark_step
from snnviz.figures.theme import THIN, WIDE, colours, finish, method_line, panels, percent, stroke, three_digits
from snnviz.figures.traces import jagged, spike_ticks
from snnviz.records import LayerRecord

APART = 0.1  # of the largest gradient: two methods differ
KEEPS, PASSES = 0.2, 0.5  # a multiplier that forgets, and one that does not
NEAR = 0.25  # of the threshold: what counts as near it


def gradient_traces(
    runs: Mapping[str, LayerRecord],
    hues: Mapping[str, str],
    neuron: int = 0,
    dots: tuple[np.ndarray, np.ndarray] | None = None,
    log: bool = False,
    dark: bool = False,
    height: int = 520,
    step: int | None = None,
) -> go.Figure:
    """Delta by method, the membrane, its spikes, and under them the multiplier dv[t]/dv[t-1] by method, over one time axis.

    runs: by label, in the order of the legend; hues: each one's colour by role. dots: times and values of a reference
    gradient. log: delta on a symmetric logarithmic scale, for gradients that explode. step: one to be marked.
    """
    c, first = colours(dark), next(iter(runs.values()))
    times, one = first.times, (slice(None), 0, neuron)
    strip = 0.055 * len(runs)
    fig = panels(rows=4, shared_xaxes=True, vertical_spacing=0.02, row_heights=[0.72 - strip, 0.2, 0.05, strip + 0.03])
    deltas = {label: run.array("delta")[one] for label, run in runs.items()}
    peaks = {label: float(np.abs(values).max()) for label, values in deltas.items()}
    largest = max(peaks.values()) or 1.0
    floor = max(largest * 1e-6, 1e-12)

    def shown(values: np.ndarray) -> np.ndarray:
        return np.sign(values) * np.log10(1 + np.abs(values) / floor) if log else values

    for label, values in deltas.items():
        line = method_line(hues[label], dark)
        fig.add_scatter(
            x=times,
            y=shown(values),
            customdata=values,
            mode="lines",
            name=label,
            line=line | {"width": WIDE if line["dash"] == "solid" else THIN},
            row=1,
            col=1,
            hovertemplate="%{customdata:.4g} at %{x:.4g} ms<extra>" + label + "</extra>",
        )
    if dots is not None:
        fig.add_scatter(
            x=dots[0],
            y=dots[1],
            mode="markers",
            name="finite differences",
            row=1,
            col=1,
            marker={"color": c.ink, "size": 6, "symbol": "circle-open"},
        )
    fig.add_scatter(
        x=times,
        y=first.theta[one],
        mode="lines",
        line={"color": c.threshold, "dash": "dash", "width": 1.3},
        showlegend=False,
        hoverinfo="skip",
        row=2,
        col=1,
    )
    x, y = jagged(times, first.u[one], first.v[one])
    fig.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": c.muted, "width": 1.3},
        name="membrane",
        showlegend=False,
        row=2,
        col=1,
        hovertemplate="u, v = %{y:.4g} at %{x:.4g} ms<extra></extra>",
    )
    fig.add_trace(spike_ticks(times[first.array("spikes")[one] > 0], c.spike, "spikes").update(showlegend=False), row=3, col=1)
    strips = np.stack([run.array("multiplier")[one] for run in runs.values()])
    fig.add_heatmap(
        z=np.minimum(np.abs(strips), 1.5),
        customdata=strips,
        x=times,
        y=list(range(len(runs))),
        zmin=0,
        zmax=1.5,
        row=4,
        col=1,
        colorscale=strip_scale(dark),
        showscale=False,
        ygap=2,
        text=[[label] * len(times) for label in runs],
        hovertemplate=first.neuron.multiplier + " = %{customdata:.4g} at %{x:.4g} ms<extra>%{text}</extra>",
    )
    if log:
        low, high = (int(np.ceil(np.log10(size))) for size in (floor, largest))
        marks = np.array([10.0**k for k in range(low + 2, high + 1)])[::-3][::-1]
        ticks = np.concatenate([-np.log10(1 + marks[::-1] / floor), [0], np.log10(1 + marks / floor)])
        texts = [f"−{three_digits(m)}" for m in marks[::-1]] + ["0"] + [three_digits(m) for m in marks]
        fig.update_yaxes(tickvals=ticks, ticktext=texts, row=1, col=1)
    fig.update_yaxes(title_text="gradient δ", zeroline=True, row=1, col=1)
    fig.update_yaxes(title_text="membrane", nticks=3, row=2, col=1)
    fig.update_yaxes(visible=False, range=[-1, 1], fixedrange=True, row=3, col=1)
    fig.update_yaxes(
        range=[len(runs) - 0.5, -0.5],
        tickvals=list(range(len(runs))),
        ticktext=[f"{label} {stroke(hues[label], dark)}" for label in runs],
        tickfont={"size": 12},
        showgrid=False,
        fixedrange=True,
        row=4,
        col=1,
    )
    spread = "; ".join(f"{label} up to {three_digits(peak)}" for label, peak in peaks.items())
    finish(
        fig,
        "One run, one loss: the same spikes, different gradients",
        f"The gradient by time for {spread}.",
        dark=dark,
        height=height,
        uirevision=f"gradient {log}",
    )
    fig.update_layout(margin={"t": 16, "b": 44}, showlegend=dots is not None)
    fig.update_xaxes(range=[0, times[-1] + first.dt])
    fig.update_xaxes(showticklabels=False, ticks="", showline=False)
    fig.update_xaxes(title_text="time (ms)", showticklabels=True, row=4, col=1)
    notes = [grows(times, strips), parts(first, deltas, strips, neuron), *coincide(times, deltas, shown)]
    return annotate(mark_step(fig, first, step, neuron, 2, dark), notes, dark)


def grows(times: np.ndarray, strips: np.ndarray) -> Note | None:
    """That a gradient grows on its way back where a multiplier [method, step] leaves ±1; at the largest."""
    if not np.isfinite(strips).all() or np.abs(strips).max() <= 1:
        return None
    method, step = np.unravel_index(np.abs(strips).argmax(), strips.shape)
    text = f"beyond ±1 it grows: here {three_digits(abs(float(strips[method, step])))} times a step"
    return Note(text, [(float(times[step]), float(method))], 4, Mark.OPEN, above=1)


def parts(first: LayerRecord, deltas: Mapping[str, np.ndarray], strips: np.ndarray, neuron: int = 0) -> Note | None:
    """Why curves part: a step where one method's multiplier almost forgets and another's does not, and the two differ."""
    labels, peak = list(deltas), max(float(np.abs(values).max()) for values in deltas.values())
    spikes, theta, u = (first.array(name)[:, 0, neuron] for name in ("spikes", "theta", "u"))
    for silent in (True, False):  # the surrogate is as high at a near miss as at a spike: show the one that nobody expects
        for a, b in itertools.permutations(range(len(labels)), 2):
            if not np.abs(deltas[labels[a]] - deltas[labels[b]]).max() > APART * peak:
                continue
            forgets = np.where((np.abs(strips[b]) > PASSES) & ((spikes == 0) == silent), np.abs(strips[a]), np.inf)
            step = int(forgets.argmin())
            if forgets[step] < KEEPS:
                near = "near the threshold" if abs(float(u[step] - theta[step])) <= NEAR * float(theta[step]) else "here"
                text = f"{near if silent else 'at a spike'} a step back keeps {percent(float(forgets[step]))}: the curves part"
                return Note(text, [(float(first.times[step]), a)], 4, Mark.OPEN, above=1)
    return None


def coincide(times: np.ndarray, deltas: Mapping[str, np.ndarray], shown=np.asarray) -> Iterator[Note]:
    """Which methods give the same gradient, one note for each group of them. shown: where the figure draws a value."""
    peak, seen = max(float(np.abs(values).max()) for values in deltas.values()), set()
    for a, b in itertools.combinations(deltas, 2):
        difference = float(np.abs(deltas[a] - deltas[b]).max())
        if b in seen or a in seen or not difference <= SAME * peak or not peak > 0:
            continue
        seen |= {a, b}
        others = [np.abs(deltas[a] - deltas[other]) for other in deltas if other not in (a, b)]
        apart = (np.max(others, axis=0) if others else np.abs(deltas[a])) * (deltas[a] != 0)
        steps = np.sort(np.argsort(apart)[-max(len(times) // 5, 1) :])[
            :: max(1, len(times) // 60)
        ]  # where it is told from the rest
        heights = shown(deltas[a][steps])
        at = [(float(time), float(height)) for time, height in zip(times[steps], heights, strict=True)]
        yield Note(lies_on(b, a, difference), at)


def strip_scale(dark: bool = False) -> Sequence[tuple[float, str]]:
    """Of the size of a multiplier from 0 to 1.5: blank at 0, grey up to 1, solid ink beyond, where a gradient grows."""
    c = colours(dark)
    return [(0.0, c.panel), (0.666, c.threshold), (0.668, c.ink), (1.0, c.ink)]
