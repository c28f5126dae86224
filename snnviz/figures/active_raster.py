"""A raster with what the backward pass touches: silent, spiking, active, or both."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import Mark, Note, annotate
from snnviz.figures.theme import colours, finish, three_digits

MARKS = 40_000
TRIED = 40  # entries that a note may point at


def active_raster(layer, sample: int = 0, dark: bool = False, height: int = 470, random: bool = False) -> go.Figure:
    """layer: `sparsity.LayerLook`. One sample: time across, neurons upwards. random: draws decide which are active."""
    c = colours(dark)
    spikes, active = layer.spikes[:, sample], layer.active[:, sample]
    steps, many = active.shape
    kinds = (
        ("spiking", spikes & ~active, c.threshold, 0.8, 0.0),
        ("active, silent", active & ~spikes, c.active, 1.1, 0.0),
        ("active and spiking", active & spikes, c.active, 1.1, 1.6),
    )
    fig = go.Figure()
    fig.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        name="silent",
        hoverinfo="skip",
        marker={"symbol": "square", "size": 11, "color": c.panel, "line": {"color": c.silent, "width": 1}},
    )
    if sum(int(where.sum()) for _, where, *_ in kinds) <= MARKS:
        size = float(np.clip(height * 0.8 / many, 4.6, 9))
        for name, where, colour, scale, edge in kinds:
            step, neuron = np.nonzero(where)
            fig.add_trace(
                go.Scattergl(
                    x=layer.times[step],
                    y=neuron,
                    mode="markers",
                    name=name,
                    hovertemplate="neuron %{y} at %{x:.4g} ms<extra>" + name + "</extra>",
                    marker={"symbol": "square", "size": scale * size, "color": colour, "line": {"color": c.spike, "width": edge}},
                )
            )
    else:
        z = np.zeros((many, steps), np.uint8)
        for level, (name, where, colour, *_) in enumerate(kinds, 1):
            z[where.T] = level
            fig.add_scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=name,
                hoverinfo="skip",
                marker={"symbol": "square", "size": 10, "color": colour},
            )
        scale = [[0, c.panel], [0.25, c.panel], [0.25, c.threshold], [0.5, c.threshold], [0.5, c.active], [1, c.active]]
        fig.add_heatmap(z=z, x=layer.times, zmin=-0.5, zmax=3.5, showscale=False, hoverinfo="skip", colorscale=scale)
    share, firing, silent = float(active.mean()), float(spikes.mean()), float((active & ~spikes).sum() / max(active.sum(), 1))
    what = f"Near misses count too: {three_digits(100 * silent)} % of what is touched did not fire"
    finish(
        fig,
        what if active.any() else "The backward pass touches nothing in this sample",
        f"Raster of {many} neurons of {layer.name}: {three_digits(100 * firing)} % of the entries spike, "
        f"{three_digits(100 * share)} % are active in the backward pass, {three_digits(100 * silent)} % of these without "
        "a spike.",
        dark=dark,
        height=height,
        x="time (ms)",
        y="neuron",
        uirevision=f"active raster {layer.name}",
    )
    fig.update_layout(plot_bgcolor=c.panel, legend={"itemsizing": "constant"}, margin={"t": 40, "b": 44})
    fig.update_yaxes(range=[-0.8, many - 0.2], showgrid=False)
    fig.update_xaxes(range=[-layer.dt, layer.times[-1] + layer.dt], showgrid=False)
    return annotate(fig, surprises(layer, sample, random), dark)


def surprises(layer, sample: int, random: bool) -> list[Note | None]:
    """An entry that did not fire and gets a gradient, and one that fired and gets none; each where there is one."""
    spikes, active = layer.spikes[:, sample], layer.active[:, sample]
    missed = "the draw missed" if random else "beyond the band"
    return [
        _ring(layer, active & ~spikes, "did not fire, but came near: it gets a gradient"),
        _ring(layer, spikes & ~active, f"fired, but {missed}: it gets none"),
    ]


def _ring(layer, where: np.ndarray, text: str) -> Note | None:
    """A note on one of the entries [step, neuron], which are spread over the picture."""
    step, neuron = np.nonzero(where)
    if not len(step):
        return None
    some = np.linspace(0, len(step) - 1, min(len(step), TRIED)).astype(int)
    return Note(text, [(float(layer.times[step[i]]), float(neuron[i])) for i in some], mark=Mark.RING)
