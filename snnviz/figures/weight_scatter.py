"""Weight by weight: one method's gradient against another's."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish, three_digits

POINTS = 4000


def weight_scatter(
    gradients: Mapping[str, np.ndarray], hues: Mapping[str, str], dark: bool = False, height: int = 430
) -> go.Figure:
    """dL/dW of one layer by method, the first one across: on the diagonal both agree. At most POINTS weights are drawn."""
    c, labels = colours(dark), list(gradients)
    across = gradients[labels[0]].ravel()
    chosen = np.linspace(0, across.size - 1, min(POINTS, across.size)).astype(int)
    x = across[chosen]
    end = float(np.abs(x).max()) or 1.0
    fig = go.Figure()
    fig.add_scatter(
        x=[-end, end], y=[-end, end], mode="lines", line={"color": c.threshold, "dash": "dash"}, name="equal", hoverinfo="skip"
    )
    summary = []
    for label in labels[1:]:
        y = gradients[label].ravel()
        norm = np.linalg.norm(y) * np.linalg.norm(across)
        cosine = float(y @ across / norm) if norm else float("nan")
        summary.append(f"{label}: cosine {three_digits(cosine)}")
        fig.add_scattergl(
            x=x,
            y=y[chosen],
            mode="markers",
            name=label,
            marker={"size": 4, "opacity": 0.6, "color": c.method(hues[label])},
            hovertemplate="%{x:.3g}, %{y:.3g}<extra>" + label + "</extra>",
        )
    return finish(
        fig,
        "Weight by weight: on the line, methods agree",
        f"Against {labels[0]}: {'; '.join(summary)}.",
        dark=dark,
        height=height,
        x=f"∂L/∂w by {labels[0]}",
        y="∂L/∂w by the others",
        uirevision="scatter",
    )
