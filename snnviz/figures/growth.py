"""How a gradient grows on its way back through a network, against depth, length, time constant or scale."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import THIN, WIDE, finish, method_line, three_digits


def growth(
    values: Sequence[float],
    ratios: Mapping[str, Sequence[float]],
    hues: Mapping[str, str],
    x: str,
    log_x: bool = False,
    dark: bool = False,
    height: int = 380,
) -> go.Figure:
    """ratios: by method, |dL/dW_1| / |dL/dW_readout| for each value."""
    fig = go.Figure()
    for label, row in ratios.items():
        line = method_line(hues[label], dark)
        fig.add_scatter(
            x=list(values),
            y=list(row),
            mode="lines+markers",
            name=label,
            line=line | {"width": WIDE if line["dash"] == "solid" else THIN},
            marker={"size": 7},
            hovertemplate="%{y:.3g} at %{x:.4g}<extra>" + label + "</extra>",
        )
    summary = "; ".join(f"{label} from {three_digits(row[0])} to {three_digits(row[-1])}" for label, row in ratios.items() if row)
    fig.add_hline(1, line={"width": 1, "dash": "dot"})
    finish(
        fig,
        "First layer's gradient over the readout's",
        f"Against {x}: {summary}.",
        dark=dark,
        height=height,
        x=x,
        y="‖∂L/∂W₁‖ / ‖∂L/∂W readout‖",
        uirevision=x,
    )
    fig.update_yaxes(type="log", exponentformat="power")
    if log_x:
        fig.update_xaxes(type="log")
    return fig
