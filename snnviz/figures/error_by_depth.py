"""How wrong each layer's gradient is, from the first layer to the last, by the road that it came."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from snnviz.figures.chain import span_of
from snnviz.figures.notes import Note, annotate
from snnviz.figures.theme import colours, finish, panels, three_digits

NAMES = {"plain": "plain", "both": "both roads", "detach": "heads alone (detach)"}
CLEAR = 0.03  # a smaller difference of the error is not called one
TITLES = {
    "error": ("The further from the output, the more of the gradient is error", "share of error, 1 − cos²"),
    "fall": ("How far the loss falls for one step along each layer's gradient", "fall of the loss"),
}


def error_by_depth(
    values: Mapping[str, Sequence[float | None]],
    reliability: Sequence[float],
    without: Sequence[float | None] = (),
    held: Sequence[float | None] = (),
    held_name: str = "",
    what: str = "error",
    heads: Sequence[int] = (),
    faithful: float = 0.2,
    dark: bool = False,
    height: int = 330,
) -> go.Figure:
    """values: by variant ("plain", "both", "detach"), one for each hidden layer, None where it is not measurable.

    reliability: of the reference, by layer. without: the plain gradient's on weights trained without heads. held: values of
    an earlier run, drawn faintly. what: "error" or "fall". heads: the layers after which there is a head. faithful: the
    reliability below which nothing is said.
    """
    c, layers = colours(dark), len(reliability)
    x = list(range(1, layers + 1))
    own, extra = c.methods["bptt"], c.methods["modules"]
    looks = {
        "plain": ({"color": own, "width": 4.6}, "circle"),
        "both": ({"color": extra, "width": 3, "dash": "longdash"}, "circle"),
        "detach": ({"color": extra, "width": 2, "dash": "dot"}, "circle-open"),
    }
    fig = panels(rows=2, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.82, 0.18])
    for name, row in values.items():
        line, symbol = looks[name]
        fig.add_scatter(
            x=x,
            y=list(row),
            mode="lines+markers",
            name=NAMES[name],
            line=line,
            marker={"size": 9, "symbol": symbol, "color": line["color"]},
            row=1,
            col=1,
            customdata=list(reliability),
            hovertemplate="%{y:.3g} in layer %{x}, r = %{customdata:.2f}<extra>" + NAMES[name] + "</extra>",
        )
    if any(v is not None for v in without):
        fig.add_scatter(
            x=x,
            y=list(without),
            mode="markers",
            name="plain, trained without heads",
            row=1,
            col=1,
            marker={"symbol": "diamond-open", "size": 10, "color": c.ink, "line": {"width": 1.6}},
            hovertemplate="%{y:.3g} in layer %{x}<extra>trained without heads</extra>",
        )
    if any(v is not None for v in held):
        fig.add_scatter(
            x=list(range(1, len(held) + 1)),
            y=list(held),
            mode="markers",
            name=held_name or "held",
            row=1,
            col=1,
            marker={"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": c.ghost}},
            hovertemplate="%{y:.3g} in layer %{x}<extra>held</extra>",
        )
    unclear = [n for n, r in zip(x, reliability, strict=True) if r < faithful] if what == "error" else []
    fig.update_layout(
        annotations=[
            {
                "x": n,
                "y": 0.5,
                "text": "not measurable",
                "textangle": -90,
                "showarrow": False,
                "xref": "x",
                "yref": "y",
                "font": {"size": 13 if layers <= 10 else 11, "color": c.muted},
            }
            for n in unclear
        ]
    )
    fig.add_scatter(
        x=x,
        y=list(reliability),
        mode="lines+markers",
        showlegend=False,
        row=2,
        col=1,
        line={"color": c.threshold, "width": 1},
        marker={"color": [c.ink if r >= faithful else c.silent for r in reliability], "size": 7},
        hovertemplate="r = %{y:.2f} in layer %{x}<extra>reliability</extra>",
    )
    # plotly has no types: pyright infers those of row and col from their default, "all"
    fig.add_hline(faithful, line={"color": c.threshold, "dash": "dash", "width": 1}, row=2, col=1)  # pyright: ignore[reportArgumentType]
    summary = "; ".join(
        f"{NAMES[k]}: {', '.join('not measurable' if v is None else three_digits(v) for v in row)}" for k, row in values.items()
    )
    title, y = TITLES[what]
    finish(fig, title, f"{y} from layer 1 to {layers}. {summary}.", dark=dark, height=height, uirevision=f"{what} {layers}")
    span_of(fig, layers)
    fig.update_layout(margin={"b": 44, "t": 40})
    fig.update_yaxes(title_text=y, row=1, col=1)
    if what == "error":
        fig.update_yaxes(range=[0, 1.03], dtick=0.25, row=1, col=1)
    fig.update_yaxes(title_text="r", range=[min(0.0, *reliability), 1.05], tickvals=[faithful, 1], row=2, col=1)
    fig.update_xaxes(tickvals=x, row=2, col=1, title_text="hidden layer (left: by the input; right: by the output)")
    fig.update_xaxes(showticklabels=False, ticks="", row=1, col=1)
    return annotate(fig, [] if what != "error" else [helps(values, heads), left_alone(values, heads)], dark)


def helps(values: Mapping[str, Sequence[float | None]], heads: Sequence[int]) -> Note | None:
    """The layer in front of a head where a road of the heads takes most error away, if that is clear."""
    road = values.get("both") or values.get("detach") or ()
    falls = [
        (was - now, layer, was, now)
        for layer, (was, now) in enumerate(zip(values.get("plain", ()), road, strict=False), 1)
        if was is not None and now is not None and layer <= max(heads, default=0)
    ]
    fall, layer, was, now = max(falls, default=(0.0, 0, 0.0, 0.0))
    return Note(f"the heads' road: {was:.2f} falls to {now:.2f}", [(layer, now)]) if fall > CLEAR else None


def left_alone(values: Mapping[str, Sequence[float | None]], heads: Sequence[int]) -> Note | None:
    """The first layer behind the last head, where no road of a head leads, if the error is not clearly less there."""
    layer, road = max(heads, default=0) + 1, values.get("both") or values.get("detach") or ()
    plain = values.get("plain", ())
    if layer == 1 or layer > min(len(plain), len(road)):
        return None
    was, now = plain[layer - 1], road[layer - 1]
    alone = was is not None and now is not None and was - now <= CLEAR
    return Note("behind the last head: no shorter road", [(layer, now)]) if alone and now is not None else None
