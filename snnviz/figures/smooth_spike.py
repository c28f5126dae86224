"""Who is right? A smooth spike has a true gradient, and finite differences find it without knowing any method."""

import plotly.graph_objects as go

from snnviz.figures.theme import THIN, WIDE, colours, finish, method_line, three_digits
from snnviz.labels import labelled


def smooth_spike(run, hues, dark: bool = False, height: int = 430) -> go.Figure:
    """Finite differences as dots, each method's gradient as a line through them, or beside them."""
    fig = go.Figure()
    sentences = []
    scale = float(abs(run.differences).max()) or 1.0
    for label, values in labelled(run.gradients).items():
        line = method_line(hues[label], dark)
        fig.add_scatter(
            x=run.times,
            y=values,
            mode="lines",
            name=label,
            line=line | {"width": WIDE if line["dash"] == "solid" else THIN},
            hovertemplate="%{y:.4g} at %{x:.4g} ms<extra>" + label + "</extra>",
        )
        sentences.append(f"{label} is off by {three_digits(100 * float(abs(values - run.differences).max()) / scale)} %")
    fig.add_scatter(
        x=run.times,
        y=run.differences,
        mode="markers",
        name="finite differences",
        marker={"color": colours(dark).ink, "size": 6, "symbol": "circle-open"},
        hovertemplate="%{y:.4g} at %{x:.4g} ms<extra></extra>",
    )
    return finish(
        fig,
        f"With a smooth spike: {'; '.join(sentences)}",
        f"Against finite differences: {'; '.join(sentences)}.",
        dark=dark,
        height=height,
        x="time (ms)",
        y="∂L/∂x",
        uirevision="smooth",
    )
