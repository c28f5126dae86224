"""What a layer keeps from its forward to its backward pass, by design: stacked bars of bytes."""

from collections.abc import Sequence

import plotly.graph_objects as go

from snnviz.figures.theme import colours, finish

SPARSE = "Sparse, here"


def with_unit(count: float) -> str:
    """A number of bytes as text, in B, kB, MB or GB, three digits."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"


def bytes_kept(records: Sequence, totals: dict[str, int], subject: str, dark: bool = False, height: int = 330) -> go.Figure:
    """records: one `activity.Kept` per array; totals: bytes by design; subject: the layer or batch, for the title."""
    c = colours(dark)
    hues = {
        "membrane u": c.membrane,
        "spikes, as numbers": c.silent,
        "filtered spikes": c.ghost,
        "active lists": c.active,
        "spikes, as bits": c.spike,
    }
    fig = go.Figure()
    for array in dict.fromkeys(k.array for k in records):
        rows = [k for k in records if k.array == array]
        fig.add_bar(
            y=[k.design for k in rows],
            x=[k.bytes for k in rows],
            name=array,
            orientation="h",
            marker={"color": hues[array]},
            customdata=[with_unit(k.bytes) for k in rows],
            hovertemplate="%{customdata}<extra>" + array + "</extra>",
        )
    widest = max(totals.values())
    for design, total in totals.items():
        fig.add_annotation(y=design, x=total, text=f"<b>{with_unit(total)}</b>", showarrow=False, xanchor="left", xshift=6)
    title = "the sparse pass does not take it"
    if SPARSE in totals:
        first, *_, last = totals.values()
        title = f"{first / max(last, 1):.0f} times less than membrane and spikes kept whole"
    finish(
        fig,
        f"{subject}: {title}",
        "Bytes kept. " + "; ".join(f"{design}: {with_unit(total)}" for design, total in totals.items()) + ".",
        dark=dark,
        height=height,
        x="bytes kept from forward to backward",
        uirevision="bytes",
    )
    fig.update_layout(barmode="stack", bargap=0.4, legend={"traceorder": "normal"})
    fig.update_yaxes(autorange="reversed", ticklabelstandoff=6)
    return fig.update_xaxes(range=[0, 1.4 * widest], exponentformat="SI", ticksuffix="B")
