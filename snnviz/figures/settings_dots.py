"""Test accuracy of several settings: a dot with its interval for the last epoch, one for the epoch chosen on a validation part."""

from collections.abc import Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, literal

Value = tuple[float, float | None] | None  # a mean and half its interval, from 0 to 1; None where there is none


def settings_dots(labels: Sequence[str], last: Sequence[Value], chosen: Sequence[Value], dark: bool = False) -> go.Figure:
    """labels: of the settings, from the top. The height follows from how many there are."""
    c = colours(dark)
    fig = go.Figure()
    for name, values, symbol, hue, shift in (
        ("last epoch", last, "circle", c.ink, -0.14),
        ("chosen on validation", chosen, "diamond-open", c.membrane, 0.14),
    ):
        drawn = [(n, *value) for n, value in enumerate(values) if value is not None]
        fig.add_scatter(
            x=[100 * mean for _, mean, _ in drawn],
            y=[n + shift for n, _, _ in drawn],
            error_x={"array": [100 * (half or 0.0) for _, _, half in drawn], "thickness": 1.5, "width": 4, "color": hue},
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 9, "color": hue},
            text=[literal(labels[n]) for n, _, _ in drawn],
            hovertemplate="%{text}: %{x:.1f} %<extra>" + name + "</extra>",
        )
    ends = [(value[0], label) for label, value in zip(labels, last, strict=True) if value is not None]
    mean, best = max(ends, key=lambda pair: pair[0], default=(0.0, ""))
    title = f"Highest after the last epoch: {best}, {100 * mean:.1f} %" if ends else "Nothing has ended yet"
    alt = f"Test accuracy of {len(labels)} settings with intervals of 95 % over seeds. {title}."
    finish(fig, title, alt, dark=dark, height=150 + 34 * len(labels), x="test accuracy in %", uirevision="dots")
    fig.update_yaxes(tickvals=list(range(len(labels))), ticktext=list(map(literal, labels)), range=[len(labels) - 0.5, -0.5])
    return fig
