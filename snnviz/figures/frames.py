"""Small pictures side by side: frames of a recording, or one sample of each class."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, literal, panels


def frames(
    images: Sequence[np.ndarray],
    names: Sequence[str],
    title: str,
    alt: str,
    signed: bool = False,
    dark: bool = False,
    height: int = 520,
    columns: int = 5,
) -> go.Figure:
    """images: [height, width] each, with its name above; signed: brighter minus darker, else from nothing upwards."""
    c = colours(dark)
    names = [literal(str(name)) for name in names]
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    fig = panels(rows=rows, cols=columns, subplot_titles=names, horizontal_spacing=0.02, vertical_spacing=min(0.14, 0.3 / rows))
    top = max((float(np.abs(image).max(initial=0)) for image in images), default=1.0) or 1.0
    scale = [[0, c.membrane], [0.5, c.paper], [1, c.ink]] if signed else [[0, c.paper], [1, c.ink]]
    for i, image in enumerate(images):
        fig.add_trace(
            go.Heatmap(
                z=image,
                zmin=-top if signed else 0,
                zmax=top,
                colorscale=scale,
                showscale=False,
                hovertemplate="column %{x}, row %{y}: %{z:.3g}<extra>" + names[i] + "</extra>",
            ),
            row=i // columns + 1,
            col=i % columns + 1,
        )
    finish(fig, title, alt, dark=dark, height=height, uirevision=title)
    fig.update_xaxes(showticklabels=False, ticks="", showline=False, showgrid=False, constrain="domain", zeroline=False)
    fig.update_yaxes(showticklabels=False, ticks="", showline=False, showgrid=False, autorange="reversed", zeroline=False)
    for i in range(len(images)):
        axis = "" if i == 0 else str(i + 1)
        fig.layout[f"yaxis{axis}"].update(scaleanchor=f"x{axis}", scaleratio=1, constrain="domain")
    fig.update_annotations(font={"size": 13, "color": c.muted})
    fig.update_layout(margin={"l": 8, "r": 8, "b": 8})
    return fig
