"""One value by layer and method: bars on a logarithmic scale, from the input to the output."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, three_digits


def layer_values(
    layers: Sequence[str],
    values: Mapping[str, Sequence[float]],
    hues: Mapping[str, str],
    title: str,
    y: str,
    log: bool = True,
    dark: bool = False,
    height: int = 380,
) -> go.Figure:
    """values: by method, one for each layer."""
    fig = go.Figure()
    for label, row in values.items():
        fig.add_bar(
            x=list(layers),
            y=list(row),
            name=label,
            marker={"color": colours(dark).method(hues[label])},
            hovertemplate="%{y:.3g} in %{x}<extra>" + label + "</extra>",
        )
    summary = "; ".join(f"{label}: {', '.join(three_digits(v) for v in row)}" for label, row in values.items())
    finish(fig, title, f"{y} from the first layer to the last. {summary}.", dark=dark, height=height, y=y)
    fig.update_layout(bargap=0.25, bargroupgap=0.05)
    if log:
        fig.update_yaxes(type="log", exponentformat="power", dtick=_decades(values))
    return fig


def _decades(values: Mapping[str, Sequence[float]]) -> int | None:
    import math

    logs = [math.log10(v) for row in values.values() for v in row if v > 0 and math.isfinite(v)]
    return max(1, round((max(logs) - min(logs)) / 6)) if logs else None
