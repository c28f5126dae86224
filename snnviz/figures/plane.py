"""A set of points in its plane: regions coloured by class, points by colour and shape, one marked, and its spikes beside."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, literal, panels

SHOWN = 300  # points
SHAPES = ("circle", "square", "triangle-up", "diamond")
CORNERS = ((0, 1), (1, 0), (0, 0), (1, 1))


def plane(
    x: np.ndarray,
    y: np.ndarray,
    label: np.ndarray,
    names: Sequence[str],
    places: np.ndarray,
    grid: np.ndarray,
    marked: int,
    spikes: Sequence[np.ndarray],
    inputs: Sequence[str],
    duration: float,
    dark: bool = False,
    height: int = 440,
) -> go.Figure:
    """x, y, label [S]: the points and their classes; grid [y, x]: the class at each of `places`, -1 for none. marked: the number of
    one point; spikes: the times in ms at which each of its `inputs` fires, none where it is a current; duration in ms."""
    c = colours(dark)
    hues = [c.classes[i % len(c.classes)] for i in range(len(names))]
    fig = panels(rows=1, cols=2, column_widths=[0.6, 0.4], horizontal_spacing=0.12)
    steps = [[(i + edge) / len(names), hue] for i, hue in enumerate(hues) for edge in (0, 1)]
    fig.add_heatmap(
        x=places, y=places, z=np.where(grid < 0, np.nan, grid + 0.5), zmin=0, zmax=len(names), colorscale=steps,
        opacity=0.55, showscale=False, hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    for i, name in enumerate(names):
        chosen = np.flatnonzero(label == i)[: SHOWN // len(names)]
        look = {"symbol": SHAPES[i % len(SHAPES)], "size": 7, "color": hues[i], "line": {"color": c.ink, "width": 1}}
        fig.add_scatter(
            x=x[chosen], y=y[chosen], mode="markers", name=literal(str(name)), marker=look, customdata=chosen,
            hovertemplate="sample %{customdata}: %{x:.3g}, %{y:.3g}<extra>" + literal(str(name)) + "</extra>", row=1, col=1,
        )  # fmt: skip
    at, up, low = float(x[marked]), float(y[marked]), float(places[0])
    ring = {"size": 17, "color": "rgba(0,0,0,0)", "line": {"color": c.ink, "width": 3}}
    fig.add_scatter(
        x=[at], y=[up], mode="markers", name="the marked sample", marker={"symbol": "circle"} | ring, showlegend=False,
        hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    dashed = {"color": c.ink, "width": 1.5, "dash": "dot"}
    fig.add_scatter(x=[low, at, at], y=[up, up, low], mode="lines", line=dashed, showlegend=False, hoverinfo="skip", row=1, col=1)
    for i, (name, times) in enumerate(zip(inputs, spikes, strict=True)):
        fig.add_scatter(
            x=times, y=[name] * len(times), mode="markers+text", text=[f"  {time:.3g} ms" for time in times],
            textposition="middle right", textfont={"size": 14, "color": c.ink}, showlegend=False,
            marker={"symbol": "line-ns", "size": 26, "line": {"color": c.spike, "width": 4}},
            hovertemplate="%{x:.4g} ms<extra>" + name + "</extra>", row=1, col=2,
        )  # fmt: skip
        if not len(times):
            fig.add_annotation(text="no spike" if any(map(len, spikes)) else "a current", x=0, y=i, xanchor="left", showarrow=False,
                               font={"color": c.muted}, row=1, col=2)  # fmt: skip
    fires = ", ".join(f"{name} at {times[0]:.3g} ms" for name, times in zip(inputs, spikes, strict=True) if len(times))
    finish(
        fig,
        "Points of a plane, and the marked one as the network gets it",
        f"{len(x):,} points in {len(names)} classes; the marked one, {names[int(label[marked])]}, lies at {at:.3g}, {up:.3g}"
        + (f" and fires: {fires}." if fires else "."),
        dark=dark,
        height=height,
        uirevision=f"plane {list(names)}",
    )
    room = [low - 0.02 * (places[-1] - low), places[-1] + 0.02 * (places[-1] - low)]
    fig.update_xaxes(range=room, constrain="domain", showgrid=False, zeroline=False, title_text=inputs[0], row=1, col=1)
    fig.update_yaxes(
        range=room, scaleanchor="x", constrain="domain", showgrid=False, zeroline=False, title_text=inputs[1], row=1, col=1
    )
    fig.update_xaxes(range=[0, 1.18 * duration], title_text="time (ms)", row=1, col=2)
    fig.update_yaxes(
        categoryorder="array", categoryarray=list(inputs)[::-1], range=[-0.6, len(inputs) - 0.4],
        tickfont={"size": 15, "color": c.ink}, row=1, col=2,
    )  # fmt: skip
    return fig
