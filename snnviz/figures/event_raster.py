"""One sample as the network sees it: its inputs upwards, time across."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish

MARKS = 50_000


def event_raster(
    values: np.ndarray,
    dt: float,
    dark: bool = False,
    height: int = 520,
    title: str = "input",
    words: Mapping[int, str] | None = None,
) -> go.Figure:
    """values [T, N]: spikes or counts as marks, where they are few; a current, or very many spikes, as a picture. dt in ms. title:
    what the inputs are; words: what stands at the axis beside some of them, instead of their numbers."""
    c = colours(dark)
    whole = bool((values == np.round(values)).all())
    step, unit = np.nonzero(values)
    steps, units = values.shape
    if whole and len(step) <= MARKS:
        size = float(np.clip(0.7 * height / max(units, 1), 2.5, 12))
        fig = go.Figure(
            go.Scattergl(
                x=step * dt,
                y=unit,
                mode="markers",
                customdata=values[step, unit],
                marker={"symbol": "square", "size": size, "color": c.spike},
                hovertemplate="input %{y} at %{x:.4g} ms: %{customdata:.3g}<extra></extra>",
            )
        )
        what = f"{int(values.sum()):,} spikes in {steps} steps from {units} inputs"
    else:
        fig = go.Figure(
            go.Heatmap(
                z=values.T,
                x=np.arange(steps) * dt,
                colorscale=[[0, c.paper], [1, c.ink]],
                colorbar={"title": {"text": "spikes" if whole else "current"}, "thickness": 12},
                hovertemplate="input %{y} at %{x:.4g} ms: %{z:.3g}<extra></extra>",
            )
        )
        what = f"{'Spikes' if whole else 'Currents'} of {units} inputs in {steps} steps, up to {values.max(initial=0):.3g}"
    finish(
        fig,
        "One sample as the network sees it",
        f"{what}.",
        dark=dark,
        height=height,
        x="time (ms)",
        y=title,
        uirevision=f"event raster {units}",
    )
    fig.update_xaxes(range=[-0.5 * dt, (steps - 0.5) * dt])
    fig.update_yaxes(range=[-1, units])
    if words:
        fig.update_yaxes(tickvals=list(words), ticktext=list(words.values()))
    return fig
