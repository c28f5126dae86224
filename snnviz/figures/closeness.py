"""Whether a gradient has less error when its head is closer to the network, as both change in training."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, three_digits

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def closeness(
    tracks: Mapping[int, Sequence[tuple[int, float, float | None, float | None]]], dark: bool = False, height: int = 330
) -> go.Figure:
    """tracks: by the head's layer, in the order of training: step, KL(head -> network), error with the head, plain error.

    The last point of each line is the largest."""
    c, fig = colours(dark), go.Figure()
    for i, (layer, points) in enumerate(tracks.items()):
        symbol = SYMBOLS[i % len(SYMBOLS)]
        for name, colour, column in ((f"head after {layer}", c.methods["modules"], 2), ("plain", c.methods["bptt"], 3)):
            fig.add_scatter(
                x=[p[1] for p in points],
                y=[p[column] for p in points],
                name=name,
                mode="lines+markers",
                line={"color": colour, "width": 1.2, "dash": "dot" if column == 3 else "solid"},
                marker={"symbol": symbol, "color": colour, "opacity": 1, "size": [*[8] * (len(points) - 1), 14]},
                customdata=[p[0] for p in points],
                showlegend=column == 2 or i == 0,
                hovertemplate="error %{y:.3g} at divergence %{x:.3g}, step %{customdata}<extra></extra>",
            )
    summary = "; ".join(
        f"head after {layer}: divergence from {three_digits(p[0][1])} to {three_digits(p[-1][1])}"
        for layer, p in tracks.items()
        if p
    )
    finish(
        fig,
        "Does the error fall as a head comes closer to the network?",
        f"{summary}.",
        dark=dark,
        height=height,
        x="KL(head → network), nats: closer to the right",
        y="share of error",
        uirevision="closeness",
    )
    fig.update_xaxes(type="log", exponentformat="power", autorange="reversed")
    fig.update_yaxes(range=[0, 1.03])
    return fig
