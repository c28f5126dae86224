"""How often a neuron fires against the current it gets."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, three_digits


def rate_curve(
    currents: np.ndarray,
    rates: np.ndarray,
    here: float | None = None,
    ghost: np.ndarray | None = None,
    dark: bool = False,
    height: int = 300,
) -> go.Figure:
    """Rate (spikes per second) against a constant current; `here` marks the current of the run on the screen."""
    c = colours(dark)
    fig = go.Figure()
    if ghost is not None:
        fig.add_scatter(x=currents, y=ghost, mode="lines", line={"color": c.ghost, "width": 1.5}, name="held")
    fig.add_scatter(
        x=currents,
        y=rates,
        mode="lines",
        line={"color": c.membrane, "width": 2.5},
        name="rate",
        hovertemplate="%{y:.4g} per second at a current of %{x:.4g}<extra></extra>",
        showlegend=False,
    )
    if here is not None and currents[0] <= here <= currents[-1]:
        fig.add_vline(here, line={"color": c.threshold, "dash": "dash", "width": 1.5})
    firing = np.flatnonzero(rates > 0)
    onset = f"it fires above a current of about {three_digits(float(currents[firing[0]]))}" if len(firing) else "it never fires"
    return finish(
        fig,
        f"Rate against current: {onset}",
        f"Rate-current curve: {onset}, up to {three_digits(float(rates.max()))} spikes per second.",
        dark=dark,
        height=height,
        x="constant current",
        y="spikes per second",
    )
