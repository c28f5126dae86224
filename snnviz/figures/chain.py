"""The network as a chain, its heads, and the roads that the gradient takes back from each loss."""

from collections.abc import Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish

HALF = 0.30  # of a box's width, in layers
BACK, TOP = -0.72, 1.55  # the height of the network's own road, and of the heads


def chain(layers: int, after: Sequence[int], detach: bool = False, dark: bool = False, height: int = 220) -> go.Figure:
    """layers: how many hidden ones; after: which of them have a head; detach: the spikes going on from a head are detached.

    The network's own road runs below, thinner with every surrogate that it has passed; each head's runs above.
    """
    c, after = colours(dark), sorted(after)
    own, extra = c.methods["bptt"], c.methods["modules"]
    fig, small, shapes, notes = go.Figure(), layers > 10, [], []  # added one by one they would cost seconds
    spare = 0.08 if small else 0.0

    def box(x, y, text, line, fill, half=HALF, tall=0.33):
        shapes.append(
            {
                "type": "rect",
                "x0": x - half - spare,
                "x1": x + half + spare,
                "y0": y - tall,
                "y1": y + tall,
                "layer": "below",
                "line": {"color": line, "width": 1.5},
                "fillcolor": fill,
            }
        )
        notes.append({"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": 11 if small else 14, "color": c.ink}})

    def arrow(x0, y0, x1, y1, colour, width=1.5, size=0.9):
        notes.append(
            {
                "x": x1,
                "y": y1,
                "ax": x0,
                "ay": y0,
                "xref": "x",
                "yref": "y",
                "axref": "x",
                "ayref": "y",
                "text": "",
                "showarrow": True,
                "arrowcolor": colour,
                "arrowwidth": width,
                "arrowhead": 2,
                "arrowsize": size,
            }
        )

    ends = {x: x + HALF + spare for x in range(layers + 2)}
    for x in range(layers + 1):
        arrow(ends[x], 0, x + 1 - HALF - spare, 0, c.silent, 1.2, 0.8)
    box(0, 0, "in", c.silent, c.paper)
    for x in range(1, layers + 1):
        box(x, 0, str(x), c.ink, c.panel)
    box(layers + 1, 0, "q", own, c.paper)
    # The network's own road: from the output back to the first layer, or to the last detached place.
    stop = after[-1] if detach and after else 0
    for x in range(layers, stop, -1):
        arrow(x + 1, BACK, x, BACK, own, max(1.0, 4.0 * 0.82 ** (layers - x)), 0.7)
    # One road back from each head, one above another where they run together.
    for i, at in enumerate(after):
        box(at, TOP, "q" + "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(at)), extra, c.paper)
        arrow(at, 0.33, at, TOP - 0.34, extra, 1.2, 0.8)
        first = (after[i - 1] if i else 0) if detach else 0
        lane = 0.52 + (0.0 if detach else 0.5 * i / max(1, len(after)))
        for x in range(at, first, -1):
            arrow(
                x - 0.02 if x == at else x, lane, x - 0.9 if x > 1 else x - 0.45, lane, extra, max(1.0, 3.5 * 0.82 ** (at - x)), 0.7
            )
        if detach:
            notes.append(
                {
                    "x": at + 0.5,
                    "y": BACK if at == stop else lane,
                    "text": "✂",
                    "showarrow": False,
                    "font": {"size": 18, "color": c.active},
                }
            )
    steps = [layers - x + 1 for x in range(1, layers + 1)]
    nearest = [min([a - x + 1 for a in after if a >= x] or [0]) for x in range(1, layers + 1)]
    fig.add_scatter(
        x=list(range(1, layers + 1)),
        y=[0] * layers,
        mode="markers",
        marker={"size": 26, "opacity": 0},
        showlegend=False,
        customdata=list(zip(steps, nearest, strict=True)),
        hovertemplate="hidden layer %{x}: %{customdata[0]} surrogates to the output, %{customdata[1]} to the next "
        "head (0: none)<extra></extra>",
    )
    for name, colour, shown in (("road of the network's own loss", own, True), ("roads of the heads", extra, bool(after))):
        if shown:
            fig.add_scatter(x=[None], y=[None], mode="lines", name=name, line={"color": colour, "width": 3})
    where = f"heads after {', '.join(map(str, after))}" if after else "no head"
    cut = "; the network's own road is cut at the heads" if detach and after else ""
    finish(
        fig,
        "",
        f"A chain of {layers} spiking layers from the input to the output q, with {where}{cut}. The gradient of the "
        "network's loss passes every layer on its way back; a head's passes only the layers before it.",
        dark=dark,
        height=height,
        uirevision=f"chain {layers}",
    )
    span_of(fig, layers)
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False, range=[-1.15, 2.0 if after else 0.9], fixedrange=True)
    fig.update_layout(margin={"t": 30, "b": 4}, shapes=shapes, annotations=notes)
    return fig


def span_of(fig: go.Figure, layers: int) -> go.Figure:
    """The same place for a layer in every figure with the layers across."""
    fig.update_xaxes(range=[-0.6, layers + 1.6], fixedrange=True, automargin=False)
    fig.update_layout(margin={"l": 56, "r": 12})
    return fig
