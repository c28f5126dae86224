"""Time of four backward passes: against what is active, and against the number of steps."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from snnviz.figures.theme import Colours, colours, finish, three_digits

NAMES = {"naive": "autograd, slicing", "unbind": "autograd, unbind", "fused": "fused dense", "sparse": "sparse"}
SYMBOLS = {"naive": "x", "unbind": "square", "fused": "diamond", "sparse": "circle"}
LOG = {"type": "log", "exponentformat": "power", "minor": {"ticks": "outside", "ticklen": 2}}


def _looks(c: Colours) -> dict[str, dict[str, Any]]:
    return {
        "naive": {"color": c.ink, "dash": "dash"},
        "unbind": {"color": c.threshold, "dash": "dot"},
        "fused": {"color": c.membrane},
        "sparse": {"color": c.methods["sparse"], "dash": "dashdot", "width": 3.2},
    }


def _curves(timings: Sequence, along: str, scale: float, step: bool, suffix: Mapping[str, str], c: Colours) -> go.Figure:
    fig = go.Figure()
    for name, look in _looks(c).items():
        points = sorted((scale * getattr(t, along), t.milliseconds(name, step)) for t in timings if name in t.backward)
        if points:
            fig.add_scatter(
                x=[p[0] for p in points],
                y=[p[1] for p in points],
                name=NAMES[name] + suffix.get(name, ""),
                mode="lines+markers",
                line={"width": 2.4} | look,
                marker={"size": 8, "symbol": SYMBOLS[name]},
                cliponaxis=False,
                hovertemplate="%{y:.3g} ms at %{x:.3g}<extra>" + NAMES[name] + "</extra>",
            )
    return fig


def _what(step: bool) -> str:
    return "forward and backward" if step else "backward"


def against_activity(timings: Sequence, crossover: float | None, step: bool, dark: bool = False, height: int = 390) -> go.Figure:
    """timings: of `backward_times.Timing`; crossover: the share at which sparse is as fast as fused; step: forward too."""
    c = colours(dark)
    fig = _curves(timings, "active", 100, step, {}, c)
    if crossover is not None:
        fig.add_vline(100 * crossover, line={"color": c.threshold, "dash": "dash", "width": 1.2})
        fig.add_annotation(
            x=math.log10(100 * crossover),
            y=0.02,
            yref="paper",
            text=f"even at {three_digits(100 * crossover)} %",
            xanchor="right",
            yanchor="bottom",
            xshift=-6,
            showarrow=False,
            font={"size": 13, "color": c.muted},
        )
    curves: Any = fig.data  # plotly has no types: pyright takes it for the names of its own attributes
    ranges = "; ".join(f"{curve.name} {three_digits(min(curve.y))} to {three_digits(max(curve.y))} ms" for curve in curves)
    even = f"; sparse and fused are even at {three_digits(100 * crossover)} % active" if crossover is not None else ""
    finish(
        fig,
        "Only the sparse pass gains when less is active",
        f"Time, {_what(step)}: {ranges}{even}.",
        dark=dark,
        height=height,
        x="active in backward, % of entries",
        y=f"{_what(step)} (ms)",
        uirevision=f"activity {step}",
    )
    shares = [100 * t.active for t in timings if t.active > 0]
    ends = [math.log10(min([0.08, *shares])), math.log10(max([60.0, *shares]))]
    return fig.update_xaxes(**LOG, range=ends).update_yaxes(**LOG)


def against_steps(
    timings: Sequence, exponents: Mapping[str, float], step: bool, dark: bool = False, height: int = 390
) -> go.Figure:
    """timings: of `backward_times.Timing`; exponents: by contender, of time ~ T^k; step: forward too."""
    c = colours(dark)
    fig = _curves(timings, "steps", 1, step, {name: f": T<sup>{k:.1f}</sup>" for name, k in exponents.items()}, c)
    summary = "; ".join(f"{NAMES[name]} grows as T to the power {k:.2f}" for name, k in exponents.items())
    square = exponents.get("naive", 0) > 1.5
    title = "Slicing grows with nearly the square of the steps; unbind, one word, does not" if square else "Time against steps"
    finish(
        fig,
        title,
        f"Time, {_what(step)}, against the steps. {summary}.",
        dark=dark,
        height=height,
        x="steps T",
        y=f"{_what(step)} (ms)",
        uirevision=f"steps {step}",
    )
    return fig.update_xaxes(type="log", tickvals=sorted({t.steps for t in timings})).update_yaxes(**LOG)
