"""Choosing gradient methods to compare: which, and what they have in common."""

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence

import streamlit as st

from snnviz.figures import theme
from snnviz.labels import distinct, labelled
from snnviz.laws import LAWS
from snnviz.methods import METHODS, AbstractGradientMethod, LocalZO, ResetPath, Slayer, SurrogateModules
from snnviz.params import Param, params
from snnviz.surrogates import SURROGATES, AbstractSurrogate, SingleExponential
from snnviz.ui import controls

# Every entry of every method's menu, by its name in addresses: the method's class and the entry.
CHOICES = {choice.name: (cls, choice) for cls in METHODS.values() for choice in cls.menu()}
SECOND = Param(
    "Once more, at the scale", "k", low=0.0, open_low=True, slider=(0.01, 10.0, 0.01), log=True,
    help="The same method beside itself, with another scale.",
)  # fmt: skip
FOR_A_NEURON = tuple(name for name, (cls, _) in CHOICES.items() if not cls().needs_layers)
FOR_A_NETWORK = tuple(CHOICES)
FIRST = ("kept", "cut", "slayer", "exodus", "localzo", "sparse")  # methods that are seen at once
MORE = '<details class="more-methods"><summary><span>More</span><span>Fewer</span></summary></details>'

# Of a line's dash: the pixels that are drawn of those in a period.
STROKES = {"solid": (9, 9), "dash": (9, 14), "dot": (3, 7), "dashdot": (12, 16), "longdash": (16, 21), "longdashdot": (16, 19)}


def title(name: str) -> str:
    """What an entry is called in menus."""
    return CHOICES[name][1].title


def hue(method: AbstractGradientMethod) -> str:
    """The role under which figures know this method's colour."""
    return method.choice.hue or method.choice.name


def hues(methods: Sequence[AbstractGradientMethod]) -> dict[str, str]:
    """Colour roles by distinct label, for a figure."""
    return labelled({method: hue(method) for method in methods})


def names(offered: Sequence[str], default: Sequence[str], prefix: str = "methods") -> list[str]:
    """Draw the choice of methods, each with the line that it has in figures under its name; their names, in the menu's order.

    Of those beyond the first few only the chosen ones are seen until the visitor asks for more.
    """
    st.html(_strokes(tuple(offered)))
    picked = controls.several(offered, "Methods", prefix, default=default, titles=title, bare=True)
    st.html(MORE)
    return picked


@functools.cache
def _strokes(offered: tuple[str, ...]) -> str:
    """The style of the pills of methods: each one's colour and dash, 3 pixels along its lower edge."""
    rules = []
    for number, name in enumerate(offered, 1):
        _, choice = CHOICES[name]
        hue = choice.hue or name
        light, dark = (theme.method_line(hue, night)["color"] for night in (False, True))
        on, period = STROKES[theme.method_line(hue)["dash"]]
        line = f"repeating-linear-gradient(90deg, var(--stroke) 0 {on}px, transparent {on}px {period}px)"
        pill = f"[data-variant=pills]:nth-child({number})"
        if name not in FIRST:
            rules.append(f".st-key-asks:has(.more-methods:not([open])) {pill}:not([data-selected]) {{display: none}}")
        rules.append(
            f".st-key-asks {pill} {{--stroke: light-dark({light}, {dark});"
            f"background-image: {line}; background-size: calc(100% - 20px) 3px}}"
        )
    return f"<style>{''.join(rules)}</style>"


def settings(chosen: Sequence[str], layers: int = 0, head: int = 0, again: bool = False) -> list[AbstractGradientMethod]:
    """Draw the surrogate that the chosen methods share and each one's own settings, and return the methods.

    layers: the hidden layers there are, for heads to sit after. head: the one that a head sits after by default, 0: the middle one.
    again: offer SLAYER a second time, at another scale.
    """
    surrogate = controls.choose(SURROGATES, "Surrogate, for all that use one", "surrogate", default=SingleExponential())
    with st.expander("Settings of the methods"):
        return [method for name in chosen for method in _settled(name, surrogate, layers, head, again)]


def _settled(name: str, surrogate: AbstractSurrogate, layers: int, head: int, again: bool) -> list[AbstractGradientMethod]:
    method = _method(name, surrogate, layers, head)
    if not (again and isinstance(method, Slayer)):
        return [method]
    scale = controls.number(math.inf, SECOND, f"{name}.again")
    return [method] if math.isinf(scale) else [method, dataclasses.replace(method, scale=scale)]


def _method(name: str, surrogate: AbstractSurrogate, layers: int, head: int) -> AbstractGradientMethod:
    cls, choice = CHOICES[name]
    fields, fixed = {f.name for f in dataclasses.fields(cls)}, dict(choice.fixed)
    of_gradient = {"surrogate": surrogate} if "surrogate" in fields and not cls.own_surrogate else {}
    value = cls(**of_gradient, **fixed)
    if set(params(cls)) <= set(fixed):
        return value
    st.markdown(f"**{choice.title}**")
    if isinstance(value, LocalZO):
        value = dataclasses.replace(value, law=controls.choose(LAWS, "Law of the draws", f"{name}.law", default=value.law))
    if isinstance(value, SurrogateModules) and layers:
        numbers = [str(n) for n in range(1, layers + 1)]
        after = controls.several(numbers, "Heads after hidden layers", f"{name}.after", default=[str(head or -(-layers // 2))])
        value = dataclasses.replace(value, after=tuple(map(int, after)))
    return controls.edit(value, name, exclude=("width", *fixed))


def terms(active: Mapping[AbstractGradientMethod, float]) -> str:
    """The methods as rows of three choices, a Markdown table; what differs from the first is bold. `active`: the share of
    entries computed, by method."""
    labels = distinct(list(active))
    rows = [(label, *_terms(m), f"{100 * share:.3g} %") for label, (m, share) in zip(labels, active.items(), strict=True)]
    lines = [
        "| method | 1. at the spike | 2. along time | 2. once more, for what goes down | 3. across layers | what it cuts "
        "| memory over time | entries active |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, *cells in rows:
        marked = [cell if cell == first else f"**{cell}**" for cell, first in zip(cells, rows[0][1:], strict=True)]
        lines.append(f"| {' | '.join([label, *marked])} |")
    return "\n".join(lines)


def _terms(method: AbstractGradientMethod) -> tuple[str, ...]:
    spike = method.at_spike
    words = "sampled difference quotient" if spike.derivative.random else spike.derivative.title.lower()
    if isinstance(spike.derivative, AbstractSurrogate):
        words += " surrogate"
    if spike.gate:
        words += ", sampled by a gate"
    if spike.gain != 1:
        words += f" × {spike.gain:g}"
    if spike.window < float("inf"):
        words += f" within ±{spike.window:g}"
    if spike.after_reset:
        words += ", read after the reset"
    road = "chain rule" if method.heads is None else f"chain rule and heads ({method.heads.route.value})"
    if method.feedback is not None:
        road = f"straight from the readout ({method.feedback.feedback_by.value})"
    if method.local:
        road = "none: a fixed random head on every layer, at every step"
    own, down = _ALONG[method.reset_path], _ALONG[method.down_path]
    memory = f"does not grow with T; {method.trace}" if method.online else "grows with T"
    return words, own, "the same" if own == down else down, road, _cuts(method), memory


_ALONG = {
    None: "nothing goes down",
    ResetPath.KEPT: "reset kept",
    ResetPath.CUT: "reset cut",
    ResetPath.IGNORED: "reset left out",
    ResetPath.NONE: "nothing",
    ResetPath.TIMED: "the spike's time",
}


def _cuts(method: AbstractGradientMethod) -> str:
    """What of BPTT's gradient a method leaves out."""
    own, down, cuts = method.reset_path, method.down_path, []
    if own is ResetPath.TIMED:
        cuts.append("spikes that appear or vanish")
    elif own is ResetPath.NONE:
        cuts.append("all that comes from later steps")
    elif own is not ResetPath.KEPT:
        cuts.append("the way through the reset")
    if down is ResetPath.NONE and own is not down:
        cuts.append("later steps, for the layers below")
    if down is None:
        cuts.append("all that layers above do" if method.local else "the way through the layers above, but for the readout")
    if not method.through_recurrence:
        cuts.append("loops between neurons")
    if method.at_spike.window < float("inf"):
        cuts.append("what is outside the band")
    return ", ".join(cuts) or "nothing"
