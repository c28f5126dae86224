"""One neuron's run: input, membrane before and after reset with its threshold, its second state, and spikes."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from snnviz.figures.step_mark import mark_step
from snnviz.figures.theme import colours, finish, panels, three_digits
from snnviz.records import LayerRecord


def jagged(times: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The line u[0], v[0], u[1], v[1], ...: every reset is seen as a drop at its step."""
    return np.repeat(times, 2), np.column_stack([u, v]).ravel()


def axis(title: str, *notes: str) -> str:
    """An axis's title with what there is to note: its unit, a cut."""
    noted = ", ".join(note for note in notes if note)
    return f"{title} ({noted})" if noted else title


def spike_ticks(times: np.ndarray, colour: str, name: str, y: float = 0.0) -> go.Scatter:
    """Spikes of one neuron as upright ticks in a row of their own."""
    return go.Scatter(
        x=times,
        y=np.full(len(times), y),
        mode="markers",
        name=name,
        hovertemplate="%{x:.4g} ms<extra></extra>",
        marker={"symbol": "line-ns", "size": 13, "line": {"width": 1.6, "color": colour}},
    )


def says(layer: LayerRecord, neuron: int = 0) -> str:
    """What a run shows of one neuron, in a sentence of Markdown: that it is silent, fires like a clock, tires, or none of these."""
    one = (slice(None), 0, neuron)
    long = three_digits(len(layer.times) * layer.dt, "ms")
    if layer.spikes is None:
        return f"**It sums the input and never fires:** the membrane ends at {three_digits(float(layer.u[one][-1]))}."
    fired = layer.times[layer.spikes[one] > 0]
    if not len(fired):
        most = float((layer.u[one] / layer.theta[one]).max())
        share = f"the membrane comes to {three_digits(100 * most)} % of the threshold" if most > 0 else "the membrane stays down"
        return f"**It stays silent:** {share} in {long}."
    gaps, number = np.diff(fired), int(layer.spikes[one].sum())
    count = f"{number} spike{'s' if number != 1 else ''} in {long}"
    if len(gaps) < 3:
        return f"**It fires:** {count}, the first at {three_digits(float(fired[0]), 'ms')}."
    first, last, middle = float(gaps[0]), float(gaps[-1]), float(np.median(gaps))
    if np.ptp(gaps) <= max(2.5 * layer.dt, 0.1 * middle):
        return f"**It fires like a clock:** {count}, one every {three_digits(float(gaps.mean()), 'ms')}."
    if last > 1.5 * first and (np.diff(gaps) >= -1.5 * layer.dt).all():
        return (
            f"**It tires:** {count}; the first two are {three_digits(first, 'ms')} apart, the last two {three_digits(last, 'ms')}."
        )
    least, most = (three_digits(float(gap), "ms") for gap in (gaps.min(), gaps.max()))
    return f"**Its spikes come irregularly:** {count}, {least} to {most} apart."


def traces(
    layer: LayerRecord,
    neuron: int = 0,
    ghost: LayerRecord | None = None,
    dark: bool = False,
    height: int = 470,
    step: int | None = None,
) -> go.Figure:
    """The run of one neuron of a layer; `ghost` is an earlier run drawn faintly behind it, `step` one to be marked."""
    c, times = colours(dark), layer.times
    trace, spikes = None if layer.trace is None else layer.neuron.trace, layer.spikes
    fires = spikes is not None
    rows = ["input"] + (["spikes"] if fires else []) + ["membrane"] + (["second"] if trace else [])
    weight = {"input": 0.2, "spikes": 0.07, "membrane": 0.55, "second": 0.18}
    fig = panels(rows=len(rows), shared_xaxes=True, vertical_spacing=0.035, row_heights=[weight[r] for r in rows])
    at: dict[str, dict[str, Any]] = {row: {"row": i, "col": 1} for i, row in enumerate(rows, 1)}
    one = (slice(None), 0, neuron)
    peak = layer.neuron.peak

    def line(x, y, colour, name, row, **more):
        width = more.pop("width", 1.8)
        fig.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                name=name,
                line={"color": colour, "width": width} | more.pop("line", {}),
                hovertemplate="%{y:.4g} at %{x:.4g} ms<extra>" + name + "</extra>",
                **more,
            ),
            **at[row],
        )

    if ghost is not None:
        line(*jagged(ghost.times, ghost.u[:, 0, 0], ghost.v[:, 0, 0]), c.ghost, "held", "membrane", width=1.3)
    line(times, layer.current[one], c.current, "input", "input", fill="tozeroy", line={"shape": "hv"}, showlegend=False)
    line(*jagged(times, np.minimum(layer.u[one], peak), layer.v[one]), c.membrane, "membrane, before and after reset", "membrane")
    if spikes is not None:
        line(times, layer.theta[one], c.threshold, "threshold", "membrane", line={"dash": "dash"})
        fired = times[spikes[one] > 0]
        fig.add_trace(spike_ticks(fired, c.spike, "spikes").update(showlegend=False), **at["spikes"])
        fig.update_yaxes(visible=False, range=[-1, 1], fixedrange=True, **at["spikes"])
        fig.add_annotation(
            text="spikes",
            x=0,
            xref="x domain",
            xanchor="right",
            xshift=-10,
            y=0,
            showarrow=False,
            font={"size": 13, "color": c.muted},
            **at["spikes"],
        )
    if trace is not None:
        line(times, layer.array("trace")[one], c.series[3], trace.title.lower(), "second", showlegend=False)
        fig.update_yaxes(title_text=axis(trace.title.lower().replace(" ", "<br>"), trace.unit), nticks=4, **at["second"])
    fig.update_yaxes(title_text="input", nticks=4, rangemode="tozero", **at["input"])
    cut = f"cut at {peak:g}" if peak < np.inf else ""
    fig.update_yaxes(title_text=axis("membrane u", layer.neuron.unit, cut), **at["membrane"])
    count = 0 if spikes is None else int(spikes[one].sum())
    rate = count / (len(times) * layer.dt) * 1000
    first = "" if spikes is None or not count else f", the first at {three_digits(times[spikes[one] > 0][0], 'ms')}"
    title = (
        f"{layer.neuron.title}: {count} spike{'s' * (count != 1)}, {three_digits(rate)} per second"
        if fires
        else f"{layer.neuron.title}: it sums, and never fires"
    )
    alt = (
        f"{layer.neuron.title} over {three_digits(times[-1] + layer.dt, 'ms')}: {count} spikes{first}; the membrane runs from "
        f"{three_digits(float(layer.u[one].min()))} to {three_digits(float(layer.u[one].max()))}."
    )
    finish(fig, title, alt, dark=dark, height=height, uirevision=layer.neuron.kernel)
    fig.update_xaxes(range=[0, times[-1] + layer.dt])
    fig.update_xaxes(title_text="time (ms)", row=len(rows), col=1)
    return mark_step(fig, layer, step, neuron, at["membrane"]["row"], dark)
