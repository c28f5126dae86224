"""A walk round a loop in the plane of two weights, and what the slopes add up to on the way; and where they point uphill."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, method_line, panels


def loop(
    weights: np.ndarray,
    loss: np.ndarray,
    circle: tuple[np.ndarray, np.ndarray],
    walks: Mapping[str, tuple[np.ndarray, np.ndarray, str | None]],
    dark: bool = False,
    height: int = 440,
) -> go.Figure:
    """weights [n], loss [n, n] by w1 and w2: the ground. circle: w1 and w2 of the walk's points. walks: by label the angle in
    degrees, the sum so far as a share of the whole way, from -1 to 1, and the method's hue, None for the control."""
    c = colours(dark)
    fig = panels(rows=1, cols=2, column_widths=[0.42, 0.58], horizontal_spacing=0.12)
    fig.add_heatmap(
        x=weights,
        y=weights,
        z=loss.T,
        colorscale=[[0, c.paper], [1, c.silent]],
        showscale=False,
        hovertemplate="w1 %{x:.2f}, w2 %{y:.2f}: loss %{z:.3g}<extra></extra>",
        row=1,
        col=1,
    )
    x, y = (np.append(values, values[:1]) for values in circle)
    fig.add_scatter(x=x, y=y, mode="lines", line={"color": c.ink, "width": 3}, showlegend=False, hoverinfo="skip", row=1, col=1)
    ends = []
    for label, (angle, share, hue) in walks.items():
        line = method_line(hue, dark) if hue else {"color": c.ink, "width": 2, "dash": "dot"}
        ends.append(f"{label} {_percent(share[-1])}")
        fig.add_scatter(
            x=angle,
            y=100 * share,
            mode="lines",
            name=label,
            line=line,
            hovertemplate="%{y:.3g} % after %{x:.0f}°<extra>" + label + "</extra>",
            row=1,
            col=2,
        )
    fig.add_hline(0, line={"width": 1, "dash": "dot"}, row=1, col=2)  # pyright: ignore[reportArgumentType]
    finish(
        fig,
        f"Once round: {', '.join(ends)}",
        f"The loop over the loss of two weights, and the sum of the slopes on the way round. At its end: {'; '.join(ends)}.",
        dark=dark,
        height=height,
        uirevision="loop",
    )
    fig.update_xaxes(title_text="first weight", row=1, col=1)
    fig.update_yaxes(title_text="second weight", scaleanchor="x", row=1, col=1)
    fig.update_xaxes(title_text="way round (degrees)", dtick=90, range=[0, 360], row=1, col=2)
    fig.update_yaxes(title_text="sum of the slopes, % of the way", row=1, col=2)
    return fig


def signs(weights: np.ndarray, angle: np.ndarray, label: str, against: float, dark: bool = False, height: int = 420) -> go.Figure:
    """weights [n]: of both axes; angle [n, n] by w1 and w2: degrees between the method's gradient and the smoothed loss's own, NaN
    where there is none; against: the share of points above 90 degrees, from 0 to 1."""
    c = colours(dark)
    fig = go.Figure(
        go.Heatmap(
            x=weights,
            y=weights,
            z=np.where(np.isnan(angle), np.nan, (angle > 90) * 1.0).T,
            zmin=0,
            zmax=1,
            colorscale=[[0, c.panel], [1, c.ink]],
            showscale=False,
            customdata=angle.T,
            hovertemplate="w1 %{x:.2f}, w2 %{y:.2f}: %{customdata:.0f}° apart<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    title = f"It points the wrong way at {100 * against:.1f} % of {angle.size} points"
    finish(
        fig,
        title,
        f"{label}: dark where the gradient is more than 90 degrees from that of the loss smoothed over noise. {title}.",
        dark=dark,
        height=height,
        x="first weight",
        y="second weight",
        uirevision="signs",
    )
    fig.update_yaxes(scaleanchor="x")
    return fig


def _percent(share: float) -> str:
    return f"{100 * abs(share):.1f} %"
