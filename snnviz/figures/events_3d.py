"""Events of a camera in space and time: a cloud to turn with the mouse."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish

MOST = 20_000


def events_3d(
    t: np.ndarray, x: np.ndarray, y: np.ndarray, p: np.ndarray, size: tuple[int, int], dark: bool = False, height: int = 520
) -> go.Figure:
    """t in ms, x and y in pixels, p 1 (brighter) or 0; size: height and width of the sensor. Above `MOST` every k-th is drawn."""
    c = colours(dark)
    every = -(-len(t) // MOST) if len(t) else 1
    fig = go.Figure()
    for polarity, name, hue in ((1, "brighter", c.ink), (0, "darker", c.membrane)):
        chosen = np.flatnonzero(p == polarity)[::every]
        if len(chosen) or polarity:
            fig.add_scatter3d(
                x=t[chosen],
                y=x[chosen],
                z=y[chosen],
                mode="markers",
                name=name,
                marker={"size": 1.8, "color": hue, "opacity": 0.75},
                hovertemplate="%{x:.4g} ms, column %{y}, row %{z}<extra>" + name + "</extra>",
            )
    drawn = f"; one in {every} is drawn" if every > 1 else ""
    on = int((p == 1).sum())
    finish(
        fig,
        "Events in space and time",
        f"{len(t):,} events, {on:,} of them brighter{drawn}.",
        dark=dark,
        height=height,
        uirevision="events 3d",
    )
    fig.update_layout(
        scene={
            "xaxis": {"title": {"text": "time (ms)"}, "autorange": "reversed"},  # the beginning in front
            "yaxis": {"title": {"text": "column"}, "range": [0, size[1]]},
            "zaxis": {"title": {"text": "row"}, "range": [size[0], 0]},
            "aspectmode": "manual",
            "aspectratio": {"x": 1.8, "y": 1, "z": 1},
            # From the front, as the camera saw it, a little from the side: what was seen can be read, and time leads away.
            "camera": {"eye": {"x": 2.0, "y": 0.42, "z": 0.3}, "projection": {"type": "orthographic"}},
        },
        margin={"l": 0, "r": 0, "b": 0},
    )
    return fig
