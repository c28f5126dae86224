"""How long each layer's weight gradient is by method, and how far its direction is from the first method's: input to output."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.notes import SAME, Note, annotate, lies_on
from snnviz.figures.theme import THIN, WIDE, finish, method_line, panels, three_digits, times

GROWS, ELSEWHERE = 2.0, 0.9  # times the last hidden layer's: a gradient grows on its way back; a cosine below this: elsewhere


def layer_values(
    layers: Sequence[str],
    norms: Mapping[str, Sequence[float]],
    cosines: Mapping[str, Sequence[float]],
    differences: Mapping[str, Sequence[float]],
    hues: Mapping[str, str],
    dark: bool = False,
    height: int = 500,
) -> go.Figure:
    """norms, cosines, differences: by method, one for each layer, the latter two from the first method's gradient; the last layer
    is the readout."""
    first = next(iter(norms))
    fig = panels(rows=2, shared_xaxes=True, vertical_spacing=0.09, row_heights=[0.62, 0.38])
    places = list(range(len(layers)))
    for row, values in enumerate((norms, cosines), 1):
        for label, of in values.items():
            line = method_line(hues[label], dark)
            fig.add_scatter(
                x=places,
                y=list(of),
                mode="lines+markers",
                name=label,
                showlegend=row == 1,
                legendgroup=label,
                line=line | {"width": WIDE if line["dash"] == "solid" else THIN},
                marker={"size": 6},
                customdata=list(layers),
                hovertemplate="%{y:.3g} in %{customdata}<extra>" + label + "</extra>",
                row=row,
                col=1,
            )
    summary = "; ".join(f"{label}: {', '.join(three_digits(v) for v in row)}" for label, row in norms.items())
    aims = "; ".join(f"{label}: {', '.join(three_digits(v) for v in row)}" for label, row in cosines.items())
    finish(
        fig,
        "How long each layer's gradient is, and where it points",
        f"Lengths from the first layer to the last. {summary}. Cosines to {first}. {aims}.",
        dark=dark,
        height=height,
        uirevision="layers",
    )
    fig.update_layout(margin={"t": 40, "b": 44})
    fig.update_yaxes(title_text="length ‖∂L/∂W‖", row=1, col=1)
    fig.update_yaxes(type="log", exponentformat="power", dtick=_decades(norms), row=1, col=1)
    fig.update_yaxes(title_text="cosine", nticks=5, row=2, col=1)
    fig.update_xaxes(range=[-0.3, max(len(layers) - 0.7, 0.3)], tickvals=places, ticktext=list(layers), zeroline=False)
    fig.update_xaxes(showticklabels=False, row=1, col=1)
    fig.update_xaxes(title_text="from the input to the output", row=2, col=1)
    return annotate(fig, [grows(norms), *same(norms, differences), elsewhere(cosines)], dark)


def grows(norms: Mapping[str, Sequence[float]]) -> Note | None:
    """The method whose gradient grows most from the last hidden layer back to the first."""
    hidden = {label: row[:-1] for label, row in norms.items() if len(row) > 2 and row[-2] > 0}
    growth = {label: row[0] / row[-1] for label, row in hidden.items()}
    label = max(growth, key=lambda one: growth[one] if math.isfinite(growth[one]) else 0.0, default=None)
    if label is None or not GROWS < growth[label] < math.inf:
        return None
    return Note(f"{label} grows on its way back: {times(growth[label])} times", [(0.0, norms[label][0])])


def same(norms: Mapping[str, Sequence[float]], differences: Mapping[str, Sequence[float]]) -> Iterator[Note]:
    """The methods whose gradients are the first method's."""
    first, *others = norms
    for label in others:
        largest = max(differences[label], default=math.nan)
        if largest <= SAME:
            at = [(float(place), value) for place, value in enumerate(norms[label]) if 0 < value < math.inf]
            if at:
                yield Note(lies_on(label, first, largest), at[1:] or at)


def elsewhere(cosines: Mapping[str, Sequence[float]]) -> Note | None:
    """The method, and the layer, where a gradient points farthest from the first method's."""
    low = {label: int(np.argmin(row)) for label, row in cosines.items() if len(row) and np.isfinite(row).all()}
    label = min(low, key=lambda one: cosines[one][low[one]], default=None)
    if label is None or cosines[label][low[label]] >= ELSEWHERE:
        return None
    aim = cosines[label][low[label]]
    return Note(f"{label} points elsewhere: cosine {three_digits(aim)}", [(float(low[label]), float(aim))], 2)


def _decades(values: Mapping[str, Sequence[float]]) -> int | None:
    logs = [math.log10(v) for row in values.values() for v in row if v > 0 and math.isfinite(v)]
    return max(1, round((max(logs) - min(logs)) / 6)) if logs else None
