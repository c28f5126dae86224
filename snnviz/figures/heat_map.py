"""Where a layer's gradient is: neuron by time, one map a method, each scaled to its own largest entry."""

from collections.abc import Iterator, Mapping

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import SAME, Mark, Note, annotate, lies_on
from snnviz.figures.theme import colours, finish, panels, percent, three_digits, times
from snnviz.records import LayerRecord

TRIED = 40  # entries that a note may point at
LARGER, BLANK = 2.0, 0.05  # times the first method's largest entry, and share of a map: from there a note says so


def heat_map(runs: Mapping[str, LayerRecord], sample: int = 0, dark: bool = False) -> go.Figure:
    """delta [T, N] of one sample by method, in one column: blue above zero, sand below, blank where it is zero."""
    c = colours(dark)
    titles, maps = [], {label: run.array("delta")[:, sample].T for label, run in runs.items()}
    for label, run in runs.items():
        ds_du = run.array("ds_du")[:, sample]
        computed = float(np.count_nonzero(ds_du) / ds_du.size)
        titles.append(f"{label}: up to {three_digits(_largest(maps[label]))}, {percent(computed)} of entries active")
    fig = panels(rows=len(runs), shared_xaxes=True, vertical_spacing=min(0.09, 0.4 / max(len(runs), 1)), subplot_titles=titles)
    for row, (label, run) in enumerate(runs.items(), 1):
        z = maps[label]
        largest = np.abs(z).max() or 1.0
        fig.add_heatmap(
            z=np.sign(z) * np.sqrt(np.abs(z) / largest),
            customdata=z,
            x=run.times,
            zmin=-1,
            zmax=1,
            showscale=False,
            colorscale=[[0, c.negative], [0.5, c.paper], [1, c.membrane]],
            row=row,
            col=1,
            hovertemplate="neuron %{y}, %{x:.4g} ms: %{customdata:.3g}<extra></extra>",
        )
        fig.update_xaxes(range=[-run.dt / 2, run.times[-1] + run.dt / 2], showgrid=False, row=row, col=1)
        fig.update_yaxes(title_text="neuron", nticks=4, range=[-0.5, len(z) - 0.5], showgrid=False, zeroline=False, row=row, col=1)
    finish(
        fig,
        "Where the gradient is: blue pushes up, sand pushes down",
        "; ".join(titles) + ".",
        dark=dark,
        height=90 + 150 * len(runs),
        uirevision="heat",
    )
    fig.update_annotations(font={"size": 13, "color": c.muted}, x=0, xanchor="left")
    fig.update_xaxes(title_text="time (ms)", row=len(runs), col=1)
    first = next(iter(runs.values()))
    return annotate(fig, notes_on(maps, first.times), dark, height=max(90 + 150 * len(runs) - 100, 120))


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values).max())


def notes_on(maps: Mapping[str, np.ndarray], at: np.ndarray) -> Iterator[Note]:
    """maps: gradients [neuron, step] by method; at: the times of the steps in ms. Whose largest entry is far above the first
    method's, whose map has blanks, and which maps are the first one's."""
    first, *others = maps
    peak = _largest(maps[first])
    rows = {label: row for row, label in enumerate(maps, 1)}
    if others and peak > 0:
        label = max(others, key=lambda one: _largest(maps[one]))
        if LARGER * peak < (high := _largest(maps[label])) < np.inf:
            words = f"its largest: {times(high / peak)} times that of {first}"
            yield Note(words, _some(np.abs(maps[label]) == high, at), rows[label], Mark.RING)
    blank = {label: float(np.mean(z == 0)) for label, z in maps.items() if z.any()}
    label = max(blank, key=blank.__getitem__, default=first)
    if blank.get(label, 0.0) > BLANK:
        words = f"blank: no gradient at all, {percent(blank[label])} of this map"
        yield Note(words, _some(maps[label] == 0, at), rows[label], Mark.RING)
    for label in others:
        apart = float(np.abs(maps[label] - maps[first]).max())
        if peak > 0 and apart <= SAME * peak:
            yield Note(lies_on(label, first, apart / peak), _some(np.abs(maps[label]) == peak, at), rows[label])


def _some(where: np.ndarray, at: np.ndarray) -> list[tuple[float, float]]:
    """Entries [neuron, step] as points of the map, at most TRIED, spread over it; there is one."""
    neuron, step = np.nonzero(where)
    if not len(neuron):
        return [(float(at[0]), 0.0)]
    some = np.linspace(0, len(neuron) - 1, min(len(neuron), TRIED)).astype(int)
    return [(float(at[step[i]]), float(neuron[i])) for i in some]
