"""What a sparse spike derivative costs: mean squared error against activity, for draws, gates and fixed bands."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from snnviz.figures.notes import Note, annotate
from snnviz.figures.theme import colours, finish, method_line, three_digits

NAMES = {
    "localzo": "LocalZO: noise, no bias",
    "gated": "gate (our extra, in no paper): noise, no bias",
    "sparse": "fixed band: bias, no noise",
}
SYMBOLS = {"localzo": "circle", "gated": "diamond", "sparse": "square"}
SIDES = {"localzo": "top right", "gated": "bottom left", "sparse": "bottom left"}


def log_axis(values: Sequence[float], deep: float = 5.0) -> dict:
    """A logarithmic axis for these values, down to `deep` decades below the largest; ticks at 1, 2, 5 or at powers of ten."""
    shown = [v for v in values if 0 < v < math.inf]
    if not shown:
        return {"type": "log"}
    top = math.log10(max(shown))
    low = max(math.log10(min(shown)), top - deep)
    pad = 0.06 * (top - low) + 0.05
    axis = {"type": "log", "range": [low - pad, top + pad], "exponentformat": "power"}
    if top - low > 1.7:
        return axis | {"dtick": 1}
    powers = range(max(math.floor(low) - 1, -307), min(math.ceil(top), 307) + 1)  # 5e308 is no number, 1e-324 is 0
    ticks = [d * 10.0**k for k in powers for d in (1, 2, 5)]
    return axis | {"tickvals": ticks, "ticktext": [f"{v:g}" for v in ticks]}


def axes(flat: bool) -> tuple[str, str, float]:
    """What activity and error are called, and what activity is multiplied by."""
    return ("active width ∫P du", "∫ squared error du", 1.0) if flat else ("neurons active (%)", "mean squared error", 100.0)


def trade_off(points: Sequence, flat: bool, dark: bool = False, height: int = 440) -> go.Figure:
    """points: of `estimates.Point`; flat: the density of the margins is."""
    c = colours(dark)
    x, y, unit = axes(flat)
    fig = go.Figure()
    left_out = 0
    for family, name in NAMES.items():
        shown = [p for p in points if p.family == family]
        drawn = [p for p in shown if 0 < p.activity < math.inf and 0 < p.error < math.inf]
        left_out += len(shown) - len(drawn)
        short = [p.label.split(", ")[-1].removeprefix("matches ").removesuffix(" at the threshold (ours)") for p in drawn]
        fig.add_scatter(
            x=[unit * p.activity for p in drawn],
            y=[p.error for p in drawn],
            mode="lines+markers+text",
            name=name,
            text=short,
            textposition=SIDES[family],
            textfont={"size": 12, "color": c.muted},
            line=method_line(family, dark),
            customdata=[p.label for p in drawn],
            marker={"size": 10, "symbol": SYMBOLS[family]},
            cliponaxis=True,
            hovertemplate="%{customdata}<br>active %{x:.3g}, error %{y:.3g}<extra></extra>",
        )
    lost = f"; {left_out} without noise, activity or end are not drawn" if left_out else ""
    summary = "; ".join(f"{p.label}: active {three_digits(unit * p.activity)}, error {three_digits(p.error)}" for p in points)
    finish(
        fig,
        f"Fewer active neurons cost noise, or bias: further down and left is better{lost}",
        f"{y} against {x}. {summary}.",
        dark=dark,
        height=height,
        x=x,
        y=y,
        uirevision=f"trade-{flat}",
    )
    finite = [p for p in points if 0 < p.activity < math.inf and 0 < p.error < math.inf]
    fig.update_xaxes(**log_axis([unit * p.activity for p in finite])).update_yaxes(**log_axis([p.error for p in finite]))
    return annotate(fig, [more_draws(finite, unit), against_the_band(finite, unit)], dark)


def more_draws(points: Sequence, unit: float) -> Note | None:
    """What more draws of LocalZO give and cost: from the least active to the most active of its points."""
    own = sorted((p for p in points if p.family == "localzo"), key=lambda p: p.activity)
    if len(own) < 2:
        return None
    less, more = own[0].error / own[-1].error, own[-1].activity / own[0].activity
    if not (1.05 < less < math.inf and 1.05 < more < math.inf):
        return None
    words = f"more draws: {three_digits(less)} times less noise, {three_digits(more)} times as active"
    return Note(words, [(unit * own[-1].activity, own[-1].error)])


def against_the_band(points: Sequence, unit: float) -> Note | None:
    """How one draw's noise compares with the bias of the fixed band that matches it, where one is far larger than the other."""
    draw = next((p for p in points if p.family == "localzo" and p.label.endswith("m = 1")), None)
    band = next((p for p in points if p.family == "sparse" and p.label.endswith("m = 1")), None)
    if draw is None or band is None:
        return None
    times = draw.error / band.error
    if 1.5 <= times < math.inf:
        return Note(f"one draw: {three_digits(times)} times the error of its band", [(unit * draw.activity, draw.error)])
    if 0 < times <= 1 / 1.5:
        return Note(f"its bias: {three_digits(1 / times)} times the error of one draw", [(unit * band.activity, band.error)])
    return None
