"""How wrong each layer's gradient is, from the first layer to the last, by the road that it came."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from snnviz.figures.chain import span_of
from snnviz.figures.theme import colours, finish, panels, three_digits

NAMES = {"plain": "plain", "both": "both roads", "detach": "heads alone (detach)"}
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
    faithful: float = 0.2,
    dark: bool = False,
    height: int = 330,
) -> go.Figure:
    """values: by variant ("plain", "both", "detach"), one for each hidden layer, None where it is not measurable.

    reliability: of the reference, by layer. without: the plain gradient's on weights trained without heads. held: values of
    an earlier run, drawn faintly. what: "error" or "fall". faithful: the reliability below which nothing is said.
    """
    c, layers = colours(dark), len(reliability)
    x = list(range(1, layers + 1))
    own, extra = c.methods["bptt"], c.methods["modules"]
    striped = {"shape": "/", "fgcolor": extra, "fillmode": "replace", "solidity": 0.35}
    looks = {"plain": {"color": own}, "both": {"color": extra}, "detach": {"color": extra, "pattern": striped}}
    fig = panels(rows=2, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.82, 0.18])
    for name, row in values.items():
        marker = looks[name] | {"line": {"width": 1, "color": looks[name]["color"]}}
        fig.add_bar(
            x=x,
            y=list(row),
            name=NAMES[name],
            marker=marker,
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
            marker={"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": c.active}},
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
        marker={"color": [c.ink if r >= faithful else c.active for r in reliability], "size": 7},
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
    fig.update_layout(bargap=0.28, bargroupgap=0.06, margin={"b": 44, "t": 56})
    fig.update_yaxes(title_text=y, row=1, col=1)
    if what == "error":
        fig.update_yaxes(range=[0, 1.03], dtick=0.25, row=1, col=1)
    fig.update_yaxes(title_text="r", range=[min(0.0, *reliability), 1.05], tickvals=[faithful, 1], row=2, col=1)
    fig.update_xaxes(tickvals=x, row=2, col=1, title_text="hidden layer (left: by the input; right: by the output)")
    fig.update_xaxes(showticklabels=False, ticks="", row=1, col=1)
    return fig
