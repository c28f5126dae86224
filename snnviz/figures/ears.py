"""What two ears send to the brain: their rasters one over the other, where the sound came from, and both folded over its period."""

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.theme import Colours, colours, finish, panels

FAR = 1.55  # of the source from the middle of the head, whose radius is HEAD
HEAD = 0.42
BINS = 20  # of a period


def ears(
    spikes: np.ndarray, dt: float, angle: float, late: float, period: float, dark: bool = False, height: int = 440
) -> go.Figure:
    """spikes [T, 2 fibres]: of the left ear, then of the right; dt in ms. angle: of the source in degrees, right > 0. late: how
    much later in ms the left ear hears it than the right. period: of the tone, in ms."""
    c = colours(dark)
    steps, inputs = spikes.shape
    fibres = inputs // 2
    both = spikes[:, :fibres], spikes[:, fibres:]
    fig = panels(rows=2, cols=2, column_widths=[0.7, 0.3], horizontal_spacing=0.16, vertical_spacing=0.06, row_heights=[0.5, 0.5])
    size = float(np.clip(0.3 * height / max(fibres, 1), 2.5, 10))
    for row, (name, part) in enumerate(zip(("left ear", "right ear"), both, strict=True), 1):
        step, fibre = np.nonzero(part)
        fig.add_scattergl(
            x=step * dt, y=fibre, mode="markers", marker={"symbol": "square", "size": size, "color": c.spike}, showlegend=False,
            customdata=part[step, fibre], row=row, col=1,
            hovertemplate=f"{name}, fibre %{{y}} at %{{x:.4g}} ms: %{{customdata:.3g}}<extra></extra>",
        )  # fmt: skip
        fig.update_xaxes(range=[-0.5 * dt, (steps - 0.5) * dt], showticklabels=row == 2, row=row, col=1)
        fig.update_yaxes(range=[-1, fibres], title_text=f"{name}: fibre", row=row, col=1)
    fig.update_xaxes(matches="x3", row=1, col=1)
    fig.update_xaxes(title_text="time (ms)", row=2, col=1)
    _head(fig, angle, c)
    _folded(fig, both, dt, period, c)
    alt = (
        f"{int(both[0].sum()):,} spikes of the left ear's {fibres} fibres above {int(both[1].sum()):,} of the right ear's, in "
        f"{steps} steps; the sound comes from {angle:.3g} degrees and reaches {order(late)}. Below the head, both ears' spikes by "
        f"their place in the tone's period of {period:.3g} ms."
    )
    finish(fig, "The same tone at two ears, one of them later", alt, dark=dark, height=height, uirevision=f"ears {inputs}")
    return fig


def order(late: float) -> str:
    """Which ear hears a sound first, in words; late: how much later the left one does, in ms."""
    first, last = ("right", "left") if late > 0 else ("left", "right")
    return f"the {first} ear {abs(late):.3g} ms before the {last} one" if abs(late) > 1e-9 else "both ears at once"


def _folded(fig: go.Figure, both: tuple[np.ndarray, np.ndarray], dt: float, period: float, c: Colours) -> None:
    """How many spikes each ear has at each place of the tone's period: the same hill twice, one of them later."""
    edges = np.linspace(0, period, BINS + 1)
    lines = (("left", {"color": c.ink, "width": 3}), ("right", {"color": c.series[0], "width": 3, "dash": "dash"}))
    for part, (name, line) in zip(both, lines, strict=True):
        count = np.histogram(np.arange(len(part)) * dt % period, edges, weights=part.sum(1))[0]
        fig.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2, y=count, mode="lines", line=line, showlegend=False, row=2, col=2,
            hovertemplate=f"{name} ear, %{{x:.3g}} ms into a period: %{{y:,}} spikes<extra></extra>",
        )  # fmt: skip
    fig.update_xaxes(range=[0, period], title_text="period (ms)", row=2, col=2)
    fig.update_yaxes(rangemode="tozero", title_text="spikes", row=2, col=2)
    for name, line, at, anchor in (("left", lines[0][1], 0.0, "left"), ("right", lines[1][1], period, "right")):
        fig.add_annotation(
            text=f"<b>{name}</b>", x=at, y=1.0, yref="y4 domain", xanchor=anchor, yanchor="bottom", showarrow=False,
            font={"size": 14, "color": line["color"]}, row=2, col=2,
        )  # fmt: skip


def _head(fig: go.Figure, angle: float, c: Colours) -> None:
    """The head from above, the source around it, and the angle in words."""
    a = np.deg2rad(angle)
    turn = np.linspace(-np.pi / 2, np.pi / 2, 61)
    round_ = np.linspace(0, 2 * np.pi, 61)
    ink = {"color": c.ink, "width": 2}
    lines = (
        (FAR * np.sin(turn), FAR * np.cos(turn), {"color": c.muted, "width": 1.5, "dash": "dot"}),  # where sources can be
        (HEAD * np.sin(round_), HEAD * np.cos(round_), ink),
        ([-0.09, 0, 0.09], [HEAD - 0.01, HEAD + 0.12, HEAD - 0.01], ink),  # the nose
        ([0, FAR * np.sin(a)], [0, FAR * np.cos(a)], {"color": c.ink, "width": 1.5}),
    )
    for x, y, line in lines:
        fig.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, row=1, col=2)
    fig.add_scatter(
        x=[-HEAD, HEAD],
        y=[0, 0],
        mode="markers",
        marker={"size": 9, "color": c.ink},
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=2,
    )
    fig.add_scatter(
        x=[FAR * np.sin(a)], y=[FAR * np.cos(a)], mode="markers", marker={"size": 15, "color": c.ink}, showlegend=False,
        hovertemplate=f"the source, {angle:.3g}°<extra></extra>", row=1, col=2,
    )  # fmt: skip
    side = "straight ahead" if abs(angle) < 1e-9 else f"{abs(angle):.3g}° {'right' if angle > 0 else 'left'}"
    fig.add_annotation(text=f"<b>{side}</b>", x=0, y=-0.85, showarrow=False, font={"size": 17, "color": c.ink}, row=1, col=2)
    fig.update_xaxes(range=[-1.9, 1.9], constrain="domain", visible=False, fixedrange=True, row=1, col=2)
    fig.update_yaxes(range=[-1.2, 1.9], scaleanchor="x2", constrain="domain", visible=False, fixedrange=True, row=1, col=2)
