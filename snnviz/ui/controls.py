"""Controls drawn from the declarations in `snnviz.params`; each page keeps what its own stand at (`snnviz.ui.address`)."""

import contextlib
import dataclasses
import enum
import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import streamlit as st

from snnviz.params import Declared, Param, params
from snnviz.ui import address, spelling
from snnviz.ui.url import Table


@dataclasses.dataclass(frozen=True)
class Front:
    """Fields that are drawn in view, where the rest stands in an expander: their names, and the place they are drawn in."""

    place: Any
    names: Collection[str]


Member = TypeVar("Member", bound=enum.Enum)


def edit(
    value: Any,
    prefix: str,
    *,
    only: Collection[str] | None = None,
    exclude: Collection[str] = (),
    tables: Sequence[Table] = (),
    columns: int = 1,
    more: str = "More settings",
    front: Front | None = None,
) -> Any:
    """Draw the controls of a dataclass and return the value they stand at.

    Args:
        value: a dataclass with `param()` fields, or one of its values, which then gives the defaults.
        prefix: begins every key: `edit(LIF, "neuron")` makes `neuron.tau_mem`.
        only, exclude: fields to draw; a field that is not drawn keeps its default.
        tables: registries; a field whose default is of a class in one of them becomes a choice from it.
        columns: controls side by side.
        more: the label of the expander with the advanced ones.
        front: fields that stand elsewhere, in view.
    """
    default = value() if isinstance(value, type) else value
    fields = {n: p for n, p in params(default).items() if n not in exclude and (only is None or n in only)}
    chosen: dict[str, Any] = {}
    plain = {n: p for n, p in fields.items() if not p.advanced}
    slots = st.columns(columns) if columns > 1 else None
    for i, (name, param) in enumerate(plain.items()):
        with front.place if front and name in front.names else slots[i % columns] if slots else st.container():
            chosen[name] = _control(getattr(default, name), param, f"{prefix}.{name}", tables)
    if len(plain) < len(fields):
        with st.expander(more):
            for name, param in fields.items():
                if param.advanced:
                    chosen[name] = _control(getattr(default, name), param, f"{prefix}.{name}", tables)
    return dataclasses.replace(default, **chosen)


def choose(
    table: Table,
    label: str,
    prefix: str,
    *,
    default: str | Declared | None = None,
    help: str | None = None,
    tables: Sequence[Table] = (),
    only: Collection[str] | None = None,
    exclude: Collection[str] = (),
    columns: int = 1,
    more: str = "More settings",
    front: Front | None = None,
    folded: str = "",
) -> Any:
    """Draw a choice of one class of a registry, then the controls of its fields, and return the value they stand at.

    The choice is `prefix` in the URL; a field is `prefix.name.field`, so each class keeps its own settings. `default` is a name
    in the table or a value of one of its classes, whose fields are then the defaults; else the first entry. folded: the label of
    an expander for the fields; without one they stand below the choice.
    """
    name_of = {cls: name for name, cls in table.items()}
    start = default if isinstance(default, str) else next(iter(table)) if default is None else name_of[type(default)]
    name = option(list(table), label, prefix, default=start, titles=lambda n: getattr(table[n], "title", n), help=help)
    value = default if not isinstance(default, str) and default is not None and name == start else table[name]
    if dataclasses.is_dataclass(value) and params(value):
        with st.expander(folded) if folded else contextlib.nullcontext():
            return edit(
                value, f"{prefix}.{name}", only=only, exclude=exclude, tables=tables, columns=columns, more=more, front=front
            )
    return value() if isinstance(value, type) else value


def option(
    options: Sequence[str],
    label: str,
    key: str,
    *,
    default: str | None = None,
    titles: Callable[[str], str] = str,
    help: str | None = None,
    segmented: bool = False,
    bare: bool = False,
) -> str:
    """Draw a choice of one of a few names, shown by their titles, and return the name.

    segmented: shows all side by side. bare: hides the label from those who see what is offered; screen readers read it.
    """
    default = options[0] if default is None else default
    widget = address.stand(key, label, default, lambda text: spelling.name(text, options), titles)
    if st.session_state[widget] not in options:
        st.session_state[widget] = default
    shared = {"format_func": titles, "key": widget, "help": help, "on_change": address.settle, "args": (key,)}
    shared["label_visibility"] = "collapsed" if bare else "visible"
    if segmented:
        name = st.segmented_control(label, list(options), required=True, wrap=True, **shared)
    else:
        name = st.selectbox(label, list(options), filter_mode=None if len(options) < 8 else "fuzzy", **shared)
    address.tell(key, None if name == default else name)
    return name


def several(
    options: Sequence[str],
    label: str,
    key: str,
    *,
    default: Sequence[str],
    titles: Callable[[str], str] = str,
    help: str | None = None,
    bare: bool = False,
) -> list[str]:
    """Draw a choice of any of a few names, all shown by their titles; return the chosen ones in the order of `options`.

    bare: hides the label from those who see what is offered; screen readers read it.
    """
    start, state = list(default), st.session_state
    widget = address.stand(
        key, label, start, lambda text: spelling.names(text, options), lambda names: ", ".join(map(titles, names))
    )
    if not set(state[widget] or ()) <= set(options):
        state[widget] = start
    chosen = st.pills(
        label, list(options), selection_mode="multi", format_func=titles, key=widget, help=help, wrap=True,
        on_change=address.settle, args=(key,), label_visibility="collapsed" if bare else "visible",
    )  # fmt: skip
    names = [name for name in options if name in chosen]
    address.tell(key, None if set(names) == set(default) else spelling.spell_names(names))
    return names


def number(value: float, param: Param, key: str) -> float:
    """Draw the control of one number, `value` being its default: a slider where its `Param` says so, else a field to type in.

    A default without bound is a switch that is off; switched on, it shows the slider from its far end.
    """
    if not math.isfinite(value):
        if param.slider is None:
            raise TypeError(f"{param.label}: without a bound by default, it needs a slider to be set to one.")
        limited = Param(param.label, param.symbol, help=param.help)
        return number(float(param.slider[0]), param, key) if switch(False, limited, f"{key}.on") else value
    label, help_ = _words(param)
    whole = isinstance(value, int)
    kind = int if whole else float
    widget = address.stand(key, param.label, value, lambda text: spelling.number(text, value, param))
    stands = st.session_state[widget]
    shared = {"key": widget, "help": help_, "on_change": address.settle, "args": (key,)}
    if param.slider is None:
        limits = {}
        if math.isfinite(param.low):
            limits["min_value"] = kind(param.low) if not param.open_low else kind(param.low) + (1 if whole else 1e-9)
        if math.isfinite(param.high):
            limits["max_value"] = kind(param.high)
        chosen = st.number_input(label, format=None if whole else "%g", step=1 if whole else None, **limits, **shared)
    else:
        low, high, step = (kind(v) for v in param.slider)
        options = _decades(low, high, step, kind) if param.log else []
        extra = address.beyond(key)
        if stands not in (value, *options, *extra) and (param.log or not low <= stands <= high):
            extra.append(stands)
        offered = {value, *extra}
        if param.log:
            chosen = st.select_slider(label, sorted(offered.union(options)), format_func=spelling.spell, **shared)
        else:
            chosen = st.slider(label, min(low, *offered), max(high, *offered), step=step, format=_format(step), **shared)
    chosen = kind(chosen)
    address.tell(key, None if chosen == value else spelling.spell(chosen))
    return chosen


def one_of(count: int, label: str, key: str) -> int:
    """Draw a slider over the numbers of `count` things, from 0, where there are several."""
    return int(number(0, Param(label, low=0, high=count - 1, slider=(0, count - 1, 1)), key)) if count > 1 else 0


def switch(value: bool, param: Param, key: str) -> bool:
    """Draw one switch, `value` being its default."""
    label, help_ = _words(param)
    widget = address.stand(key, param.label, value, spelling.switch)
    on = st.toggle(label, key=widget, help=help_, on_change=address.settle, args=(key,))
    address.tell(key, None if on == value else spelling.spell(on))
    return on


def member(default: Member, param: Param, key: str) -> Member:
    """Draw the choice of one member of an enumeration, `default` being its default."""
    label, help_ = _words(param)
    members: dict[str, Member] = {m.name.lower(): m for m in type(default)}
    titles = {n: str(m.value).capitalize() for n, m in members.items()}
    return members[option(list(members), label, key, default=default.name.lower(), titles=titles.__getitem__, help=help_)]


def _control(default: Any, param: Param, key: str, tables: Sequence[Table]) -> Any:
    if isinstance(default, bool):
        return switch(default, param, key)
    if isinstance(default, (int, float)):
        return number(default, param, key)
    label, help_ = _words(param)
    if isinstance(default, enum.Enum):
        return member(default, param, key)
    table = next((t for t in tables if type(default) in t.values()), None)
    if table is not None:
        return choose(table, label, key, default=default, help=help_, tables=tables)
    if isinstance(default, Declared):
        st.markdown(f"**{label}**")
        return edit(default, key, tables=tables)
    raise TypeError(f"There is no control for {key} = {default!r}; leave it out with `exclude`.")


def _words(param: Param) -> tuple[str, str | None]:
    """The label and the help of a control: words first, symbol and range behind the question mark."""
    label = f"{param.label} ({param.unit})" if param.unit else param.label
    symbol = f"${param.symbol}$" if param.symbol else ""
    bounded = math.isfinite(param.low) or math.isfinite(param.high)
    allowed = f"Allowed: {param.allowed}." if bounded else ""
    sentences = [part for part in (symbol + ("." if symbol else ""), param.help, allowed) if part]
    return label, " ".join(sentences) or None


def _decades(low: float, high: float, per_decade: float, kind: type) -> list[float]:
    """Values from low to high in equal ratios, `per_decade` to each power of ten, rounded to two digits."""
    count = max(1, round(math.log10(high / low) * max(1.0, float(per_decade))))
    values = [low * (high / low) ** (i / count) for i in range(count + 1)]
    return sorted({kind(float(f"{v:.2g}")) for v in values})


def _format(step: float) -> str | None:
    if isinstance(step, int):
        return None
    return f"%.{max(0, -math.floor(math.log10(step) + 1e-9))}f"
