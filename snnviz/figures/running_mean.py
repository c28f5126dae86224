"""The running mean of a zeroth-order estimate's values at one margin, against the number of values."""

import math

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.estimator import faint, ribbon
from snnviz.figures.theme import colours, finish, three_digits


def running_mean(sampled, dark: bool = False, height: int = 260) -> go.Figure:
    """sampled: `estimates.Sampled`."""
    c, s = colours(dark), sampled
    n = np.arange(1, s.count + 1)
    drawn = np.unique(np.geomspace(1, s.count, 800).astype(int)) - 1
    n, values = n[drawn], s.running[drawn]
    fig = go.Figure()
    finite = math.isfinite(s.sigma)
    if finite:
        fig.add_trace(ribbon(n, np.full(len(n), s.g), 2 * s.sigma / np.sqrt(n), faint(c.methods["localzo"], 0.16), "g ± 2σ/√n"))
    fig.add_scatter(
        x=[1, max(s.count, 2)],
        y=[s.g, s.g],
        mode="lines",
        name="closed curve g(u)",
        line={"color": c.ink, "width": 2},
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=n,
        y=values,
        mode="lines" if len(n) > 1 else "markers",
        name="running mean",
        line={"color": c.methods["localzo"], "width": 2.4},
        hovertemplate="%{y:.4g} after %{x}<extra></extra>",
    )
    verdict = (
        "inside the funnel, which closes as 1/√n" if finite else "no funnel can be drawn: the variance is infinite, and it jumps"
    )
    alt = (
        f"Mean of the first n values at the margin {s.u:g}: {three_digits(float(values[-1]))} after {s.count}, the closed "
        f"curve is at {three_digits(s.g)}; {verdict}."
    )
    finish(
        fig,
        f"Running mean at u = {s.u:g}: {verdict}",
        alt,
        dark=dark,
        height=height,
        x="values n",
        y="mean at u",
        uirevision="running",
    )
    spread = float(np.abs(values[n >= min(5, s.count)] - s.g).max())
    half = max(1.15 * spread, min(2 * s.sigma, s.g or 1.0) if finite else 0.0, 0.05 * s.g, 1e-9)
    fig.update_yaxes(range=[s.g - half, s.g + half], nticks=5)
    fig.update_xaxes(type="log", range=[0, math.log10(max(s.count, 2))], dtick=1)
    return fig
