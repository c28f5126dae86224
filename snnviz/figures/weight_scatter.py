"""Weight by weight: one method's gradient against another's."""

from collections.abc import Iterator, Mapping

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import SAME, Note, annotate, lies_on
from snnviz.figures.theme import THIN, WIDE, colours, finish, method_line, three_digits, times, with_edges

POINTS = 1500
LONGER, ELSEWHERE = 1.25, 0.9  # a slope beyond this, or below its inverse, has a note; so has a cosine below that


def weight_scatter(
    gradients: Mapping[str, np.ndarray], hues: Mapping[str, str], dark: bool = False, height: int = 430
) -> go.Figure:
    """dL/dW of one layer by method, the first one across: on the diagonal both agree. At most POINTS weights are drawn, as rings;
    a method's line is the slope that fits all of its weights best."""
    c, labels = colours(dark), list(gradients)
    across = gradients[labels[0]].ravel().astype(np.float64)
    chosen = np.linspace(0, across.size - 1, min(POINTS, across.size)).astype(int)
    x = across[chosen]
    end = float(np.abs(x).max()) or 1.0
    fig = go.Figure()
    summary, slopes, cosines = [], {}, {}
    for label in labels[1:]:
        y = gradients[label].ravel().astype(np.float64)
        norm, square = np.linalg.norm(y) * np.linalg.norm(across), float(across @ across)
        cosines[label] = float(y @ across / norm) if norm else float("nan")
        slopes[label] = float(y @ across / square) if square else float("nan")
        summary.append(f"{label}: cosine {three_digits(cosines[label])}, slope {three_digits(slopes[label])}")
        colour = method_line(hues[label], dark)["color"]
        fig.add_scattergl(
            x=x,
            y=y[chosen],
            mode="markers",
            name=label,
            legendgroup=label,
            showlegend=False,
            marker={"symbol": "circle-open", "size": 5, "opacity": 0.5, "color": colour, "line": {"width": 1}},
            hovertemplate="%{x:.3g}, %{y:.3g}<extra>" + label + "</extra>",
        )
    fig.add_scatter(x=[-end, end], y=[-end, end], mode="lines", name="equal", hoverinfo="skip", line={"color": c.ghost, "width": 7})
    for label, slope in slopes.items():
        line = method_line(hues[label], dark)
        fig.add_scatter(
            x=[-end, end],
            y=[-slope * end, slope * end],
            mode="lines",
            name=f"{label}: slope {times(slope)}",
            legendgroup=label,
            line=line | {"width": WIDE if line["dash"] == "solid" else max(THIN, 3.0)},
            hoverinfo="skip",
        )
    finish(
        fig,
        "Weight by weight: on the line, methods agree",
        f"Against {labels[0]}: {'; '.join(summary)}.",
        dark=dark,
        height=height,
        x=f"∂L/∂w by {labels[0]}",
        y="∂L/∂w by the others",
        uirevision="scatter",
    )
    high = max([end, *(float(np.abs(gradients[label].ravel()[chosen]).max()) for label in labels[1:])])
    fig.update_layout(margin={"t": 40, "b": 44})
    fig.update_xaxes(range=with_edges(-end, end, 0.04)).update_yaxes(range=with_edges(-high, high, 0.04))
    shown = {label: values.ravel()[chosen] for label, values in gradients.items()}
    return annotate(fig, _notes(gradients, shown, slopes, cosines, end), dark)


def _notes(
    gradients: Mapping[str, np.ndarray],
    shown: Mapping[str, np.ndarray],
    slopes: Mapping[str, float],
    cosines: Mapping[str, float],
    end: float,
) -> Iterator[Note]:
    """Who lies on the first method, whose gradient is longer or shorter along it, and whose points elsewhere. shown: of each
    gradient the weights that are drawn."""
    first = next(iter(gradients))
    peak = float(np.abs(gradients[first]).max())
    apart = {label: float(np.abs(gradients[label] - gradients[first]).max()) / (peak or 1.0) for label in slopes}
    for label, difference in apart.items():
        if peak > 0 and difference <= SAME:
            yield Note(lies_on(label, first, difference), [(-0.7 * end, -0.7 * end), (0.7 * end, 0.7 * end)])
    others = [label for label in slopes if apart[label] > SAME and np.isfinite([slopes[label], cosines[label]]).all()]
    if others:
        label = max(others, key=lambda one: abs(np.log(abs(slopes[one]) or 1e-300)))
        slope = slopes[label]
        if slope > 0 and not 1 / LONGER <= slope <= LONGER:
            words = f"{label}: {times(slope)} times {first}"
            yield Note(words, [(side * 0.8 * end, side * 0.8 * slope * end) for side in (1, -1)])
        label = min(others, key=cosines.__getitem__)
        if cosines[label] < ELSEWHERE:
            farthest = int(np.argmax(np.abs(shown[label] - slopes[label] * shown[first])))
            at = float(shown[first][farthest]), float(shown[label][farthest])
            yield Note(f"{label} points elsewhere: cosine {three_digits(cosines[label])}", [at])
