"""A law of the draws above the surrogate it makes: the tail beyond u is the curve's height at u."""

import math

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.estimator import faint
from snnviz.figures.theme import colours, finish, panels, three_digits


def law(curves, u: float, delta: float, sampled=None, dark: bool = False, height: int = 480) -> go.Figure:
    """curves: `estimates.LawCurves`; sampled: `estimates.Sampled`, whose means are drawn as dots. Both axes are aligned: z
    above is u / delta below."""
    c, k = colours(dark), curves
    own = c.methods["localzo"]
    fig = panels(rows=2, vertical_spacing=0.2, row_heights=[0.45, 0.55])
    z = np.concatenate([-k.z[::-1], k.z])

    def even(values):
        return np.concatenate([values[::-1], values])

    name = {1: "c |z| λ(z)", 0: "c λ(z)", -1: "c λ(z) / |z|"}[k.alpha]
    top = 1.15 * max(float(np.quantile(k.density, 0.995)), float(np.quantile(k.weight, 0.995)) if not k.atoms else 0.0, 1e-9)
    if k.atoms:
        top = 1.0
        for atom in k.atoms:
            fig.add_trace(
                go.Scatter(
                    x=[-atom, -atom, None, atom, atom],
                    y=[0, 0.5, None, 0, 0.5],
                    mode="lines+markers",
                    name="probability ½ at each",
                    line={"color": own, "width": 4},
                    marker={"size": 8},
                ),
                row=1,
                col=1,
            )
    else:
        for side in (-1, 1):
            tail = k.z >= k.edge
            fig.add_trace(
                go.Scatter(
                    x=side * k.z[tail],
                    y=k.weight[tail],
                    mode="lines",
                    fill="tozeroy",
                    line={"width": 0},
                    fillcolor=faint(c.active, 0.3),
                    hoverinfo="skip",
                    showlegend=False,
                ),
                row=1,
                col=1,
            )
        fig.add_trace(
            go.Scatter(
                x=z,
                y=even(k.weight),
                mode="lines",
                name=name,
                line={"color": c.muted, "width": 1.8, "dash": "dash"},
                hovertemplate="%{y:.4g} at z = %{x:.3g}<extra></extra>",
            ),
            row=1,
            col=1,
        )
        fig.add_trace(
            go.Scatter(
                x=z,
                y=even(k.density),
                mode="lines",
                name="law λ(z)",
                line={"color": own, "width": 2.4},
                hovertemplate="λ = %{y:.4g} at z = %{x:.3g}<extra></extra>",
            ),
            row=1,
            col=1,
        )
    fig.add_trace(
        go.Scatter(
            x=k.margins,
            y=k.g,
            mode="lines",
            name="its mean g(u)",
            line={"color": c.ink, "width": 2.2},
            hovertemplate="g = %{y:.4g} at %{x:.3g}<extra></extra>",
        ),
        row=2,
        col=1,
    )
    if sampled is not None:
        fig.add_trace(
            go.Scatter(
                x=sampled.margins,
                y=sampled.mean,
                mode="markers",
                name=f"mean of {sampled.count} draws",
                marker={"color": own, "size": 4.5},
            ),
            row=2,
            col=1,
        )
    fig.add_trace(
        go.Scatter(
            x=[-abs(u), abs(u)],
            y=[k.at_u, k.at_u],
            mode="markers",
            showlegend=False,
            marker={"color": c.ink, "size": 10, "line": {"color": c.paper, "width": 1.5}},
            hovertemplate="g(u) = %{y:.4g}<extra></extra>",
        ),
        row=2,
        col=1,
    )
    for side in (-1, 1):
        for row, at in ((1, k.edge), (2, abs(u))):
            look = {"color": c.ink, "width": 1.2, "dash": "dot"}
            # plotly has no types: pyright infers those of row and col from their default, "all"
            fig.add_vline(side * at, line=look, row=row, col=1)  # pyright: ignore[reportArgumentType]
    reach = float(k.margins[-1])
    fig.update_xaxes(range=[-reach / delta, reach / delta], title_text="z", title_standoff=2, row=1, col=1)
    fig.update_xaxes(range=[-reach, reach], title_text="margin u − θ", row=2, col=1)
    fig.update_yaxes(range=[0, top], title_text="law", nticks=5, row=1, col=1)
    fig.update_yaxes(range=[0, 1.12 * float(k.g.max())], title_text="ds/du", row=2, col=1)
    area = f"area {three_digits(k.area)}" if math.isfinite(k.area) else "infinite area"
    title = f"One of the two shaded tails over δ is g(u) = {three_digits(k.at_u)}; the whole curve has {area}"
    return finish(
        fig,
        title,
        f"Above the law of z, below the mean of its estimate. {title}.",
        dark=dark,
        height=height,
        uirevision=f"law-{delta}",
    )
