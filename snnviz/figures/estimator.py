"""A zeroth-order estimate over the margin: single values, their mean beside the closed curve, and the random bands at u."""

import math

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import Note, annotate
from snnviz.figures.theme import colours, finish, method_line, panels, three_digits

BARS = 40  # random bands that can be told apart


def faint(colour: str, share: float) -> str:
    """A hex colour as rgba."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{share})"


def ribbon(x: np.ndarray, middle, half, colour: str, name: str, **more) -> go.Scatter:
    """The area middle +- half as one closed line."""
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([middle + half, (middle - half)[::-1]]),
        fill="toself",
        fillcolor=colour,
        line={"width": 0},
        hoverinfo="skip",
        mode="lines",
        name=name,
        **more,
    )


def estimator(sampled, compare: tuple[str, np.ndarray] | None = None, dark: bool = False, height: int = 470) -> go.Figure:
    """sampled: `estimates.Sampled`. compare: a surrogate's title and its values at the margins."""
    c, s = colours(dark), sampled
    own, delta = c.methods["localzo"], s.estimate.delta
    peak = float(s.expected.max())
    fig = panels(rows=2, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.77, 0.23])
    hit = s.cloud != 0
    for mask, colour, name, size in ((~hit, c.silent, "a value that is 0", 3), (hit, c.active, "active value", 4)):
        fig.add_trace(
            go.Scattergl(
                x=s.cloud_u[mask],
                y=s.cloud[mask],
                mode="markers",
                name=name,
                hoverinfo="skip",
                showlegend=colour == c.active,
                marker={"color": colour, "size": size, "opacity": 0.4},
            ),
            row=1,
            col=1,
        )
    fig.add_trace(
        ribbon(s.margins, s.expected, np.minimum(2 * s.errors, 1e3 * peak), faint(own, 0.16), "±2 st. errors"), row=1, col=1
    )
    fig.add_trace(
        go.Scatter(
            x=s.margins,
            y=s.expected,
            mode="lines",
            name="closed curve g",
            line={"color": c.ink, "width": 2.2},
            hovertemplate="g = %{y:.4g} at %{x:.3g}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    if compare is not None:
        fig.add_trace(
            go.Scatter(
                x=s.margins,
                y=compare[1],
                mode="lines",
                name=compare[0],
                line={"color": c.methods["bptt"], "width": 2.4, "dash": "dash"},
            ),
            row=1,
            col=1,
        )
    fig.add_trace(
        go.Scatter(
            x=s.margins,
            y=s.mean,
            mode="markers",
            name="mean",
            marker={"color": own, "size": 5, "line": {"width": 0.7, "color": c.paper}},
            customdata=100 * s.share,
            hovertemplate="mean %{y:.4g} at %{x:.3g}<br>%{customdata:.3g} % active<extra></extra>",
        ),
        row=1,
        col=1,
    )
    top = 2.3 * max(peak, float(compare[1].max()) / 1.6 if compare is not None else 0.0)
    fig.update_yaxes(range=[-0.06 * top, top], title_text="ds/du", row=1, col=1)
    sizes = s.sizes[:BARS] * delta
    if math.isfinite(s.band):
        ends, low, high = s.band, -0.9, len(sizes) - 0.1
        fig.add_trace(
            go.Scatter(
                x=[-ends, ends, ends, -ends, -ends],
                y=[low, low, high, high, low],
                fill="toself",
                mode="lines",
                line=method_line("sparse", dark, 3.0),
                fillcolor=faint(c.silent, 0.25),
                hoverinfo="skip",
                name="fixed band",
            ),
            row=2,
            col=1,
        )
    for wide, colour in ((True, c.active), (False, c.silent)):
        rows = [(i, z) for i, z in enumerate(sizes) if (z > abs(s.u)) == wide]
        x = [v for _, z in rows for v in (-z, z, None)]
        y = [v for i, _ in rows for v in (i, i, None)]
        fig.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                showlegend=False,
                line={"color": faint(colour, 0.75), "width": max(2.0, min(9.0, 70 / len(sizes)))},
                hovertemplate="|z| δ = %{x:.4g}<extra></extra>",
            ),
            row=2,
            col=1,
        )
    fig.add_trace(
        go.Scatter(
            x=[s.u],
            y=[(len(sizes) - 1) / 2],
            mode="markers",
            showlegend=False,
            hovertemplate="u = %{x:.4g}<extra></extra>",
            marker={"color": c.membrane, "size": 11, "line": {"width": 1.5, "color": c.paper}},
        ),
        row=2,
        col=1,
    )
    fig.add_vline(s.u, line={"color": c.membrane, "width": 1.4})
    fig.add_vline(0, line={"color": c.threshold, "width": 1, "dash": "dash"})
    fig.update_yaxes(visible=False, range=[-0.9, len(sizes) - 0.1], fixedrange=True, row=2, col=1)
    fig.add_annotation(
        text="bands of<br>value n",
        x=0,
        xref="x2 domain",
        xanchor="right",
        xshift=-8,
        y=0.5,
        yref="y2 domain",
        showarrow=False,
        font={"size": 13, "color": c.muted},
    )
    fig.update_xaxes(range=[float(s.margins[0]), float(s.margins[-1])])
    fig.update_xaxes(title_text="margin u − θ", row=2, col=1)
    last = float(s.running[-1])
    error = 2 * s.sigma / math.sqrt(s.count)
    noise = f" ± {three_digits(error)}" if math.isfinite(error) else ", with infinite variance"
    title = (
        f"{s.count} value{'s' * (s.count != 1)}: the mean at u = {s.u:g} is {three_digits(last)}{noise}; "
        f"the curve says {three_digits(s.g)}"
    )
    hits = int((sizes > abs(s.u)).sum())
    fixed = f"The fixed band is ±{three_digits(s.band)}." if math.isfinite(s.band) else "No fixed band matches: |z| has no mean."
    alt = f"{title}. Below, the bands of the last value: {hits} of {len(sizes)} reach u. {fixed}"
    finish(fig, title, alt, dark=dark, height=height, uirevision=f"estimator-{delta}")
    endless = Note("infinite variance: the mean never settles here", [(float(s.u), min(last, 0.9 * top))])
    return annotate(fig, [None if math.isfinite(s.sigma) else endless], dark)
