"""One training from many seeds: every run as a thin line, the middle half of them as a band, the median as the one thick line."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, percent

ALIKE = 0.1  # runs that end nearer to one another in accuracy tell the same


def seeds(
    accuracies: Sequence[Sequence[float]],
    role: str,
    title: str,
    epochs: int,
    chance: float | None = None,
    dark: bool = False,
    height: int = 420,
) -> go.Figure:
    """accuracies: of each run, the test accuracy (0 to 1) after each epoch, as far as it has come; a run may have none yet.
    role: of the method, for its hue. epochs: of a whole run. chance: the accuracy of guessing, None where it is not known yet."""
    hue, count = colours(dark).method(role), sum(bool(run) for run in accuracies)
    table = np.full((len(accuracies), epochs), np.nan)
    for row, run in zip(table, accuracies, strict=True):
        row[: len(run)] = np.asarray(run[:epochs], float) * 100
    at = np.arange(1, epochs + 1)
    reached = np.flatnonzero(np.isfinite(table).any(axis=0)) if len(table) else np.zeros(0, int)
    low, median, high = np.nanpercentile(table[:, reached], [25, 50, 75], axis=0) if len(reached) else np.zeros((3, 0))
    fig = go.Figure()
    if count > 1:
        fig.add_scatter(
            x=np.concatenate([at[reached], at[reached][::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", mode="lines",
            line={"width": 0}, fillcolor=hue, opacity=0.16, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    gap = np.array([np.nan])
    fig.add_scatter(
        x=np.concatenate([np.concatenate([at, gap]) for _ in table] or [gap]),
        y=np.concatenate([np.concatenate([row, gap]) for row in table] or [gap]),
        mode="lines", line={"color": hue, "width": 1}, opacity=0.45, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    fig.add_scatter(
        x=at[reached] if len(reached) else [None], y=median if len(reached) else [None], mode="lines", name="median",
        line={"color": hue, "width": 4}, showlegend=False, hovertemplate="median %{y:.1f} % after epoch %{x}<extra></extra>",
    )  # fmt: skip
    if chance is not None:
        fig.add_hline(y=100 * chance, line={"color": colours(dark).threshold, "width": 1, "dash": "dash"})
        fig.add_annotation(x=1, xref="paper", y=100 * chance, text="chance", showarrow=False, xanchor="right", yanchor="top")
    if len(reached):
        last_at, above = at[reached][-1], median[-1] < 90
        anchors = {"xanchor": "right" if last_at > epochs / 2 else "left", "yanchor": "bottom" if above else "top"}
        fig.add_annotation(x=last_at, y=median[-1], text="<b>median</b>", showarrow=False, **anchors)
    fig.update_yaxes(range=[0, 103])
    fig.update_xaxes(range=[0.8, epochs + 0.2])
    last = f"their median after epoch {at[reached][-1]} is {percent(median[-1] / 100)}" if len(reached) else "none has a value yet"
    alt = f"Test accuracy against epochs of {count} runs that differ in their seed alone; {last}."
    return finish(fig, title, alt, dark=dark, height=height, x="epoch", y="test accuracy in %", uirevision="seeds")


def verdict(accuracies: Sequence[Sequence[float]], epochs: int, chance: float) -> str:
    """What the runs that are done say, in two sentences; "" before two are.

    accuracies, epochs, chance: as in `seeds`. At chance is who ends less than a tenth of the way from chance to 1 above it.
    """
    ends = [run[-1] for run in accuracies if len(run) >= epochs]
    if len(ends) < 2:
        return ""
    at_chance = sum(end < chance + 0.1 * (1 - chance) for end in ends)
    alike = max(ends) - min(ends) < ALIKE
    story = "Any one run would have told the same." if alike else "One run would have told you either story."
    return f"{at_chance} of {len(ends)} end at chance, {sum(end > 0.9 for end in ends)} pass 90 %. {story}"
