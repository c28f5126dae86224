"""How far from their threshold a layer's membranes are, and which of them the backward pass touches: shares as areas."""

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import Note, annotate
from snnviz.figures.theme import colours, finish, method_line, panels, percent, three_digits, times

LONE = 3.0  # times the third highest bar: a bar higher than that is cut, and says how far it goes on


def margin_histogram(layer, bars, near, hue: str, band: float | None = None, dark: bool = False, height: int = 500) -> go.Figure:
    """Above, all entries, on a linear axis: orange is to the rest as the active entries are to all. Below, the same near the
    threshold, in finer bars, and how likely an entry there is active.

    layer: `activity.LayerLook`; bars, near: its `activity.Histogram`, whole and close; hue: the method's role; band: a fixed band.
    """
    c, share = colours(dark), percent(layer.share)
    fig = panels(rows=2, vertical_spacing=0.13, specs=[[{}], [{"secondary_y": True}]])
    heights = [100 * one.entries / layer.entries for one in (bars, near)]
    for row, (one, high) in enumerate(zip((bars, near), heights, strict=True), 1):
        below = one.centres < 0
        for name, where, values, colour in (
            ("silent", below, high, c.silent),
            ("spiking", ~below, high, c.threshold),
            ("active in backward", below | ~below, 100 * one.active / layer.entries, c.active),
        ):
            fig.add_bar(
                x=one.centres[where],
                y=values[where],
                width=one.width,
                name=name,
                showlegend=row == 1,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{y:.3g} % of the entries at u − θ = %{x:.3g}<extra>" + name + "</extra>",
                row=row,
                col=1,
            )
    fig.add_trace(
        go.Scatter(
            x=near.margins,
            y=near.probability,
            name="P(active | u)",
            mode="lines",
            line=method_line(hue, dark) | {"dash": "solid"},
            hovertemplate="P(active) = %{y:.3f} at %{x:.3g}<extra></extra>",
        ),
        row=2,
        col=1,
        secondary_y=True,
    )
    for edge in () if band is None else (-band, band):
        fig.add_shape(
            type="line", xref="x2", yref="y2 domain", x0=edge, x1=edge, y0=0, y1=1,
            line={"color": c.methods["sparse"], "width": 3, "dash": "dashdot"},
        )  # fmt: skip
    for axis in ("", "2"):
        line = {"color": c.threshold, "dash": "dash", "width": 1.2}
        fig.add_shape(type="line", xref=f"x{axis}", yref=f"y{axis} domain", x0=0, x1=0, y0=0, y1=1, line=line)
    (low, high), wide = near.shown, bars.shown[1] - bars.shown[0]
    closer = wide / (high - low)
    frame = {"color": c.muted, "width": 1}
    fig.add_shape(type="rect", xref="x", yref="y domain", x0=low, x1=high, y0=0, y1=1, line=frame)
    outside = (bars.centres < bars.shown[0]) | (bars.centres > bars.shown[1])
    left_out = float(bars.entries[outside].sum()) / layer.entries
    finish(
        fig,
        f"{layer.name.capitalize()}: the backward pass touches "
        + (f"{share} of the entries, those by the threshold" if layer.number else "nothing: the band is empty"),
        f"Histograms of u minus theta over {layer.entries} entries of {layer.name}, all of them and those near the threshold: "
        f"{percent(layer.spike_share)} spike, {share} are active in the backward pass.",
        dark=dark,
        height=height,
        y="entries, %",
        uirevision=f"margins {layer.name}",
    )
    fig.update_layout(barmode="overlay", bargap=0, margin={"t": 40, "b": 44, "r": 60}, legend={"traceorder": "normal"})
    fig.update_xaxes(range=list(bars.shown), row=1, col=1)
    fig.update_xaxes(title_text=f"u − θ; above all, below {times(closer)} times as wide", range=[low, high], row=2, col=1)
    if left_out:
        fig.add_annotation(
            text=f"{percent(left_out)} lie outside", xref="x domain", yref="y domain", x=0.01, y=0.98, xanchor="left",
            yanchor="top", showarrow=False, font={"size": 13, "color": c.muted},
        )  # fmt: skip
    shown = [heights[0][~outside], heights[1][(near.centres > low) & (near.centres < high)]]
    tops = [_top(shown[0]), 1.15 * float(shown[1].max(initial=0.0)) or 1.0]
    for row, top in enumerate(tops, 1):
        fig.update_yaxes(range=[0, top], nticks=5, rangemode="tozero", row=row, col=1, secondary_y=False)
    likely = {"title": {"text": "P(active | u)"}, "range": [0, 1.04], "showgrid": False, "tickvals": [0, 0.5, 1]}
    fig.update_yaxes(**likely, row=2, col=1, secondary_y=True)
    return annotate(fig, _notes(layer, bars, heights[0], tops, band), dark)


def _top(heights: np.ndarray) -> float:
    """The end of the axis: the highest bar; where one stands far above all others, a little more than those."""
    ranked = np.sort(heights)[::-1]
    if len(ranked) > 3 and ranked[2] > 0 and ranked[0] > LONE * ranked[2]:
        return 1.4 * float(ranked[2])
    return 1.15 * float(ranked.max(initial=0.0)) or 1.0


def _notes(layer, bars, heights: np.ndarray, tops: list[float], band: float | None) -> Iterator[Note | None]:
    """What the areas say: how large the orange one is, which bar goes on, and what a fixed band would not have touched."""
    top, close = tops
    if layer.number:
        highest = int(bars.active.argmax())
        where = (float(bars.centres[highest]), float(100 * bars.active[highest] / layer.entries))
        yield Note(f"orange is {percent(layer.share)} of the whole area", [where])
    inside = (bars.centres > bars.shown[0]) & (bars.centres < bars.shown[1])
    tallest = int(np.where(inside, heights, -1).argmax())
    if heights[tallest] > top:
        yield Note(f"cut: this bar goes on to {three_digits(float(heights[tallest]))} %", [(float(bars.centres[tallest]), top)])
    if band is not None and layer.number:
        beyond = float(np.mean(np.abs(layer.margins[layer.active]) >= band))
        if beyond > 0.01:
            yield Note(f"{percent(beyond)} of the touched lie beyond the band", [(band, 0.85 * close), (-band, 0.85 * close)], 2)
