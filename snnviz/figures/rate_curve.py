"""How often a neuron fires against the current it gets."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import Note, annotate
from snnviz.figures.theme import colours, finish, three_digits


def rate_curve(
    currents: np.ndarray,
    rates: np.ndarray,
    here: float | None = None,
    rheobase: float | None = None,
    ghost: np.ndarray | None = None,
    dark: bool = False,
    height: int = 300,
) -> go.Figure:
    """Rate (spikes per second) against a constant current (per ms).

    here: the constant current that the run on the screen has on the mean, marked; None: it has none, and nothing is marked.
    rheobase: the current above which it fires, where that is known; else the first of the curve's that makes it fire is said.
    """
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
    marked = ""
    if here is not None:
        fig.add_vline(here, line={"color": c.threshold, "dash": "dash", "width": 1.5})
        marked = f" The dashed line is the current of this run, {three_digits(here)} per ms on the mean."
    firing = np.flatnonzero(rates > 0)
    if rheobase is not None:
        onset = f"it fires above a current of {three_digits(rheobase)}" if rheobase > 0 else "any positive current makes it fire"
    else:
        onset = f"it fires from a current of about {three_digits(float(currents[firing[0]]))}" if len(firing) else "it never fires"
    finish(
        fig,
        f"Rate against current: {onset}",
        f"Rate-current curve: {onset}, up to {three_digits(float(rates.max()))} spikes per second.{marked}",
        dark=dark,
        height=height,
        x="current per ms" + (" (dashed: this run)" if marked else ""),
        y="spikes per second",
    )
    fires = None
    if len(firing) and firing[0] > 0:  # below it there is a silence to be seen
        from_here = currents[firing[0]] if rheobase is None else min(max(rheobase, currents[firing[0] - 1]), currents[firing[0]])
        fires = Note("fires from here", [(float(from_here), 0.0)])
    return annotate(fig, [fires], dark, width=380.0, height=200.0)
