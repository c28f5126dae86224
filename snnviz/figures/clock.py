"""Where the time of training goes: seconds by method, split into what was done in them."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, three_digits

PARTS = ("making the batch", "forward", "backward", "update and recording", "testing")


def clock(seconds: Mapping[str, Sequence[float]], dark: bool = False, height: int = 440) -> go.Figure:
    """seconds: by method, one value for each of `PARTS`."""
    c = colours(dark)
    hues = (c.silent, c.membrane, c.active, c.ghost, c.current)
    fig = go.Figure()
    for part, hue, row in zip(PARTS, hues, zip(*seconds.values(), strict=True), strict=True):
        fig.add_bar(
            y=list(seconds),
            x=list(row),
            name=part,
            orientation="h",
            marker={"color": hue},
            hovertemplate="%{x:.3g} s<extra>" + part + "</extra>",
        )
    summary = "; ".join(
        f"{name} {three_digits(sum(row), 's')}, {three_digits(row[2], 's')} of it backward" for name, row in seconds.items()
    )
    finish(fig, "Wall clock by method", f"Seconds so far. {summary}.", dark=dark, height=height, x="seconds")
    fig.update_layout(barmode="stack", bargap=0.35)
    fig.update_yaxes(autorange="reversed")
    return fig
