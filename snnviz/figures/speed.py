"""How fast a loop over time is on a machine: against the size, as a share of what memory allows, or in milliseconds; and peers."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from snnviz.figures.theme import Colours, colours, finish, percent, three_digits

WAYS = {"forward": "solid", "backward": "dash"}
NAMES = {"native": "kernel as C++", "cuda": "kernel on the GPU", "reference": "torch, step by step"}
LOG: dict[str, Any] = {"type": "log", "exponentformat": "power", "dtick": 1}
TICKS = 8  # sizes that are written under the axis


def _hues(c: Colours) -> dict[str, str]:
    return {"native": c.membrane, "cuda": c.current, "reference": c.threshold}


def loops(record, grows: str, share: bool = True, dark: bool = False, height: int = 420) -> go.Figure:
    """record: a `studies.speed.SpeedRecord`; grows: the number on the x-axis, "neurons", "steps", "batch", or "size" (their
    product); share: the part of a copy's rate in per cent, else milliseconds."""
    c = colours(dark)
    fig = go.Figure()
    best, ranges = 0.0, []
    for name in record.backends:
        points = [p for p in record.points if name in p.forward]
        for way, dash in WAYS.items():
            y = [100 * p.share(name, way) if share else p.milliseconds(name, way) for p in points]
            label = f"{NAMES.get(name, name)}, {way}"
            fig.add_scatter(
                x=[getattr(p, grows) for p in points],
                y=y,
                name=label,
                mode="lines+markers",
                line={"color": _hues(c).get(name, c.ink), "dash": dash, "width": 2.5},
                marker={"size": 7},
                hovertemplate=f"%{{y:.3g}} {'%' if share else 'ms'} at %{{x:,}}<extra>{label}</extra>",
            )
            ranges.append(f"{label} from {three_digits(y[0])} to {three_digits(y[-1])} {'%' if share else 'ms'}")
            best = max(best, *y) if share else best
    if share:
        fig.add_hline(100, line={"color": c.ink, "dash": "dot", "width": 1.5})
        fig.add_annotation(
            x=0, xref="paper", y=2, yanchor="bottom", xanchor="left", xshift=6, showarrow=False, text="what a copy moves",
            font={"size": 13, "color": c.muted},
        )  # fmt: skip
    title = f"At best {percent(best / 100)} of what memory allows" if share else "Milliseconds of one layer's loop"
    what = {"size": "neurons × samples × steps", "neurons": "neurons N", "steps": "steps T", "batch": "samples B"}[grows]
    finish(
        fig,
        title,
        f"Against the {what}: {'; '.join(ranges)}.",
        dark=dark,
        height=height,
        x=what,
        y="share of a copy's rate (%)" if share else "time (ms)",
        uirevision=f"{grows} {share}",
    )
    sizes = sorted({getattr(p, grows) for p in record.points})
    ticks = sizes if len(sizes) <= TICKS else sizes[:: -(-len(sizes) // TICKS)]
    fig.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{size:,}" for size in ticks], showgrid=False)
    return fig.update_yaxes(**LOG)


def peers(rows: Sequence, dark: bool = False, height: int = 420) -> go.Figure:
    """rows: of `studies.speed.PeerTime`, of one or more layers; a bar is how many times as long as ours a peer takes."""
    c = colours(dark)
    fig = go.Figure()
    works = list(dict.fromkeys(row.work for row in rows))
    for i, work in enumerate(works):
        own = sorted((row for row in rows if row.work == work), key=lambda row: row.times)
        fig.add_bar(
            y=[row.peer for row in own],
            x=[row.times for row in own],
            name=work,
            orientation="h",
            marker={"color": c.silent if i else c.threshold},
            text=[f"{three_digits(row.times)}×" for row in own],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.3g} times as long<extra>" + work + "</extra>",
        )
    fig.add_vline(1, line={"color": c.ink, "dash": "dot", "width": 1.5})
    slowest = max(row.times for row in rows)
    nearest = min(rows, key=lambda row: row.times)
    finish(
        fig,
        f"The next fastest takes {three_digits(nearest.times)} times as long",
        "; ".join(f"{row.peer}, {row.work}: {three_digits(row.times)} times as long" for row in rows) + ".",
        dark=dark,
        height=height,
        x="time over ours (ours: 1)",
        uirevision="peers",
    )
    return fig.update_xaxes(range=[0, 1.12 * slowest]).update_layout(barmode="group", bargap=0.5)
