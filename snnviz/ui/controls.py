"""Controls drawn from the declarations in `snnviz.params`, with the URL as their memory.

Every control has a key like `neuron.lif.tau_mem`, which is also its name in the URL; what stands at its default is left out.
Numbers and switches are bound to the URL by Streamlit, which writes a moved slider there at once. A choice is written here,
because Streamlit would put the shown label in the URL and links would break with every rewording. What a URL asks for that
is impossible gets a message and the default: Streamlit alone drops it silently, or rounds it.
"""

import dataclasses
import enum
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.session_state_proxy import get_session_state

from snnviz.params import Declared, Param, params

Value = TypeVar("Value")
Table = Mapping[str, type]

# Where the session keeps what belongs to the controls.
_DRAWN = "_controls.drawn"  # keys drawn in this run
_COMPLAINTS = "_controls.complaints"  # key -> what was wrong in the URL
_SEEN = "_controls.seen"  # choice -> its text in the URL when last drawn
_EXTRA = "_controls.extra"  # key -> admissible values from a URL that the slider does not offer
_UNBOUND = "_controls.unbound"  # keys drawn unbound in the last run
_PAGE = "_controls.page"
_KEYS = "_controls.keys"  # every key drawn in this session by a page
LINK = "link"  # in the URL of a link to the page it stands on


def begin(page: str, shared: Collection[str] = ()) -> None:
    """Start a run of the app on a page; `shared` are the keys drawn on every page.

    A link with settings is the whole truth about its page: what was left there earlier is forgotten. Coming back to a page
    by the menu, without settings, finds it as it was left.
    """
    state = st.session_state
    state[_DRAWN] = set()
    followed = LINK in st.query_params
    if followed:
        # To Streamlit a link to the page itself is no navigation: controls would keep their values against the URL.
        del st.query_params[LINK]
        get_script_run_ctx().is_history_navigation = True
    if state.get(_PAGE) == page and not followed:
        return
    if _PAGE in state:
        state[_UNBOUND] = set()
        state[_COMPLAINTS] = {}
        state[_SEEN] = {}
    state[_PAGE] = page
    if any(key not in shared for key in st.query_params):
        for key in state.get(_KEYS, set()) - set(shared):
            if key in state:
                del state[key]


def end(place: Any, complete: bool = True) -> None:
    """Finish a run: say, in the container `place`, what the URL asked for that could not be had.

    `complete`: the page came to its end, so every control it has was drawn.
    """
    complaints = dict(st.session_state.get(_COMPLAINTS, {}))
    drawn = st.session_state[_DRAWN]
    unknown = [key for key in st.query_params if key not in drawn and key not in complaints] if complete else []
    for key in [key for key in unknown if key in st.session_state.get(_KEYS, set())]:
        _write(key, None)  # of a control that has just gone, and is not forgotten: it belongs to another view of the page
        st.session_state.get(_SEEN, {}).pop(key, None)
        unknown.remove(key)
    if unknown:
        names = ", ".join(f"`{safe(key)}`" for key in unknown[:5]) + (" and more" if len(unknown) > 5 else "")
        complaints["?"] = f"The link sets {names}, which this page does not have as it stands now. It was ignored."
    if complaints:
        place.warning("\n\n".join(complaints.values()), icon=":material/link_off:")


def edit(
    value: Any,
    prefix: str,
    *,
    only: Collection[str] | None = None,
    exclude: Collection[str] = (),
    tables: Sequence[Table] = (),
    columns: int = 1,
    more: str = "More settings",
) -> Any:
    """Draw the controls of a dataclass and return the value they stand at.

    Args:
        value: a dataclass with `param()` fields, or one of its values, which then gives the defaults.
        prefix: begins every key: `edit(LIF, "neuron")` makes `neuron.tau_mem`.
        only, exclude: fields to draw; a field that is not drawn keeps its default.
        tables: registries; a field whose default is of a class in one of them becomes a choice from it.
        columns: controls side by side.
        more: the label of the expander with the advanced ones.
    """
    default = value() if isinstance(value, type) else value
    fields = {n: p for n, p in params(default).items() if n not in exclude and (only is None or n in only)}
    chosen: dict[str, Any] = {}
    plain = {n: p for n, p in fields.items() if not p.advanced}
    slots = st.columns(columns) if columns > 1 else None
    for i, (name, known) in enumerate(plain.items()):
        with slots[i % columns] if slots else st.container():
            chosen[name] = _control(getattr(default, name), known, f"{prefix}.{name}", tables)
    if len(plain) < len(fields):
        with st.expander(more):
            for name, known in fields.items():
                if known.advanced:
                    chosen[name] = _control(getattr(default, name), known, f"{prefix}.{name}", tables)
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
) -> Any:
    """Draw a choice of one class of a registry, then the controls of its fields, and return the value they stand at.

    The choice is `prefix` in the URL; a field is `prefix.name.field`, so each class keeps its own settings. `default` is a name
    in the table or a value of one of its classes, whose fields are then the defaults; else the first entry.
    """
    name_of = {cls: name for name, cls in table.items()}
    start = default if isinstance(default, str) else next(iter(table)) if default is None else name_of[type(default)]
    name = option(list(table), label, prefix, default=start, titles=lambda n: getattr(table[n], "title", n), help=help)
    value = default if not isinstance(default, str) and default is not None and name == start else table[name]
    if dataclasses.is_dataclass(value) and params(value):
        return edit(value, f"{prefix}.{name}", only=only, exclude=exclude, tables=tables, columns=columns, more=more)
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
) -> str:
    """Draw a choice of one of a few names, shown by their titles, and return the name. `segmented` shows all side by side."""
    default = options[0] if default is None else default
    state = st.session_state
    _note(key)
    seen = state.setdefault(_SEEN, {})
    raw = st.query_params.get(key)
    if raw != seen.get(key, ""):
        # The URL was set by a link, by hand, or by going back; on a return to the page without settings, keep what was there.
        if raw is None:
            if key in seen:
                state[key] = default
        elif raw in options:
            state[key] = raw
            _settle(key)
        else:
            _complain(key, label, raw, f"one of {', '.join(f'`{o}`' for o in options)}", titles(default))
            state[key] = default
    if state.get(key) not in options:
        state[key] = default
    shared = {"format_func": titles, "key": key, "help": help, "persist_state": "session"}
    shared |= {"on_change": _settle, "args": (key,)}
    if segmented:
        name = st.segmented_control(label, list(options), required=True, wrap=True, **shared)
    else:
        name = st.selectbox(label, list(options), filter_mode=None if len(options) < 8 else "fuzzy", **shared)
    _tell(key, None if name == default else name)
    return name


def remember(asked: Mapping[str, str], *prefixes: str) -> None:
    """Let the URL say just this under these prefixes: settings of a control that is not Streamlit's."""
    for key in [k for k in st.query_params if k.startswith(prefixes) and k not in asked]:
        del st.query_params[key]
    for key, text in asked.items():
        drawn(key)
        if st.query_params.get(key) != text:
            st.query_params[key] = text


def release(key: str) -> None:
    """Let go of a widget's hold on the URL that another view of the page drew in the last run."""
    with get_session_state().query_params() as known:
        if binding := known.get_binding_for_param(key):
            known.unbind_widget(binding.widget_id)


def drawn(key: str) -> None:
    """Say that a page drew a control of its own, bound to the URL under this key."""
    _note(key)


def several(
    options: Sequence[str],
    label: str,
    key: str,
    *,
    default: Sequence[str],
    titles: Callable[[str], str] = str,
    help: str | None = None,
) -> list[str]:
    """Draw a choice of any of a few names, all shown by their titles; return the chosen ones in the order of `options`."""
    state = st.session_state
    _note(key)
    seen = state.setdefault(_SEEN, {})
    raw = st.query_params.get(key)
    if raw != seen.get(key, ""):
        asked = None if raw is None else raw.split("-") if raw else []
        if asked is None:
            if key in seen:
                state[key] = list(default)
        elif set(asked) <= set(options):
            state[key] = asked
            _settle(key)
        else:
            allowed = f"some of {', '.join(f'`{o}`' for o in options)}, joined by `-`"
            _complain(key, label, raw, allowed, ", ".join(titles(d) for d in default))
            state[key] = list(default)
    if not set(state.get(key) or ()) <= set(options) or key not in state:
        state[key] = list(default)
    chosen = st.pills(
        label, list(options), selection_mode="multi", format_func=titles, key=key, help=help, persist_state="session", wrap=True,
        on_change=_settle, args=(key,),
    )  # fmt: skip
    names = [o for o in options if o in chosen]
    _tell(key, None if set(names) == set(default) else "-".join(names))
    return names


def number(value: float, known: Param, key: str) -> float:
    """Draw the control of one number, `value` being its default: a slider where its `Param` says so, else a field to type in.

    A default without bound is a switch that is off; switched on, it shows the slider from its far end.
    """
    if not math.isfinite(value):
        limited = Param(known.label, known.symbol, help=known.help)
        return number(float(known.slider[0]), known, key) if switch(False, limited, f"{key}.on") else value
    label, help_ = _words(known)
    whole = isinstance(value, int)
    kind = int if whole else float

    def told(range_: str) -> str:
        return f"{'a whole number, ' if whole else 'a number, '}{range_}{f' {known.unit}' if known.unit else ''}"

    allowed = told(known.allowed)

    def read(raw: str) -> float:
        got = kind(raw)
        if not (math.isfinite(got) and known.admits(got)):
            raise _Refused(told(known.wanted(got)))
        return got

    exact = known.slider is not None and known.log
    asked = _from_url(key, known.label, value, read, allowed, _text, exact)
    shared = {"key": key, "help": help_, "on_change": _settle, "args": (key,)}
    shared |= {} if asked.rewritten else {"bind": "query-params", "value": value}
    if known.slider is None:
        limits = {}
        if math.isfinite(known.low):
            limits["min_value"] = kind(known.low) if not known.open_low else kind(known.low) + (1 if whole else 1e-9)
        if math.isfinite(known.high):
            limits["max_value"] = kind(known.high)
        return kind(st.number_input(label, format=None if whole else "%g", step=1 if whole else None, **limits, **shared))

    extra = st.session_state.setdefault(_EXTRA, {}).setdefault(key, [])
    low, high, step = (kind(v) for v in known.slider)
    offered = {value, *extra}
    if asked.value is not None and (known.log or not low <= asked.value <= high):
        extra.append(asked.value)
        offered.add(asked.value)
    if known.log:
        options = sorted(offered | set(_decades(low, high, step, kind)))
        return st.select_slider(label, options, format_func=_text, **shared)
    return st.slider(label, min(low, *offered), max(high, *offered), step=step, format=_format(step), **shared)


def switch(value: bool, known: Param, key: str) -> bool:
    """Draw one switch, `value` being its default."""
    label, help_ = _words(known)

    def read(raw: str) -> bool:
        return {"true": True, "false": False}[raw.lower()]

    asked = _from_url(key, known.label, value, read, "`true` or `false`", lambda v: str(v).lower())
    shared = {"key": key, "help": help_, "on_change": _settle, "args": (key,)}
    shared |= {} if asked.rewritten else {"bind": "query-params", "value": value}
    return st.toggle(label, **shared)


def query(value: Any, prefix: str, *, default: Any = None, tables: Sequence[Table] = ()) -> dict[str, str]:
    """The part of a URL in which `edit` (or, with a class from `tables`, `choose`) stands at `value`.

    `query(ALIF(tau_mem=5.0), "neuron", tables=[NEURONS])` is `{"neuron": "alif", "neuron.alif.tau_mem": "5"}`; give it to
    `st.page_link(..., query_params=...)`. `default` is what the page draws without a URL.
    """
    asked: dict[str, str] = {}
    table = _table_of(value, tables)
    if table is not None:
        names = {cls: name for name, cls in table.items()}
        first = next(iter(table))
        start = default if isinstance(default, str) else first if default is None else names[type(default)]
        name = names[type(value)]
        if name != start:
            asked[prefix] = name
        prefix = f"{prefix}.{name}"
    if default is None or type(default) is not type(value):
        default = type(value)()
    for name in params(value) if dataclasses.is_dataclass(value) else ():
        now, was = getattr(value, name), getattr(default, name)
        if dataclasses.is_dataclass(now):
            asked |= query(now, f"{prefix}.{name}", default=was, tables=tables)
        elif now != was:
            asked[f"{prefix}.{name}"] = _spell(now)
            if isinstance(was, float) and not math.isfinite(was):
                asked[f"{prefix}.{name}.on"] = "true"
    return asked


@dataclasses.dataclass(frozen=True)
class _Asked:
    """What the URL asked of one control: a value or None, and whether its text had to be put right in this run."""

    value: Any = None
    rewritten: bool = False


class _Refused(ValueError):
    """A text was understood and its value is not allowed; says what is."""


def _from_url(
    key: str,
    label: str,
    default: Any,
    read: Callable[[str], Any],
    allowed: str,
    spell: Callable[[Any], str],
    exact: bool = False,
) -> _Asked:
    """Read a control's value from the URL before Streamlit does.

    A text that Streamlit would refuse or round is taken out of the URL, and the control is drawn unbound for this run at its
    default; the next run binds it again. The same way a text is put right where only the `exact` spelling will be found.
    """
    _note(key)
    unbound = st.session_state.setdefault(_UNBOUND, set())
    if key in unbound and key in st.session_state:
        # Moved while it was unbound: Streamlit has not written it to the URL.
        value = st.session_state[key]
        _write(key, None if value == default else spell(value))
        unbound.discard(key)
        return _Asked(value)
    raws = st.query_params.get_all(key)
    if not raws:
        return _Asked()
    try:
        if len(raws) > 1:
            raise ValueError
        value = read(raws[0])
    except (ValueError, KeyError, OverflowError) as problem:
        _complain(key, label, " and ".join(raws), str(problem) if isinstance(problem, _Refused) else allowed, spell(default))
        st.session_state[key] = default
        _write(key, None)
        unbound.add(key)
        return _Asked(rewritten=True)
    if exact and raws[0] != spell(value):
        st.session_state[key] = value
        _write(key, spell(value))
        unbound.add(key)
        return _Asked(value, rewritten=True)
    return _Asked(value)


def _write(key: str, text: str | None) -> None:
    """Set or remove an unbound query parameter; a bound one is Streamlit's own affair."""
    try:
        if text is None:
            del st.query_params[key]
        else:
            st.query_params[key] = text
    except (KeyError, st.errors.StreamlitAPIException):
        pass


def _control(default: Any, known: Param, key: str, tables: Sequence[Table]) -> Any:
    if isinstance(default, bool):
        return switch(default, known, key)
    if isinstance(default, (int, float)):
        return number(default, known, key)
    label, help_ = _words(known)
    if isinstance(default, enum.Enum):
        members = {m.name.lower(): m for m in type(default)}
        name = option(
            list(members), label, key, default=default.name.lower(), titles=lambda n: str(members[n].value).capitalize(), help=help_
        )
        return members[name]
    table = _table_of(default, tables)
    if table is not None:
        return choose(table, label, key, default=default, help=help_, tables=tables)
    if isinstance(default, Declared):
        st.markdown(f"**{label}**")
        return edit(default, key, tables=tables)
    raise TypeError(f"No control is known for {key} = {default!r}; leave it out with `exclude`.")


def _table_of(value: Any, tables: Sequence[Table]) -> Table | None:
    return next((t for t in tables if type(value) in t.values()), None)


def _words(known: Param) -> tuple[str, str | None]:
    """The label and the help of a control: words first, symbol and range behind the question mark."""
    label = f"{known.label} ({known.unit})" if known.unit else known.label
    symbol = f"${known.symbol}$" if known.symbol else ""
    bounded = math.isfinite(known.low) or math.isfinite(known.high)
    allowed = f"Allowed: {known.allowed}." if bounded else ""
    told = [part for part in (symbol + ("." if symbol else ""), known.help, allowed) if part]
    return label, " ".join(told) or None


def _decades(low: float, high: float, per_decade: float, kind: type) -> list[float]:
    """Values from low to high in equal ratios, `per_decade` to each power of ten, rounded to two digits."""
    count = max(1, round(math.log10(high / low) * max(1.0, float(per_decade))))
    values = [low * (high / low) ** (i / count) for i in range(count + 1)]
    return sorted({kind(float(f"{v:.2g}")) for v in values})


def _format(step: float) -> str | None:
    if isinstance(step, int):
        return None
    return f"%.{max(0, -math.floor(math.log10(step) + 1e-9))}f"


def _text(value: float) -> str:
    return format(value, ".12g")


def _spell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return value.name.lower()
    return _text(value)


def _tell(key: str, text: str | None) -> None:
    """Let the URL say what a choice stands at, None being its default, and remember what it says."""
    if text is None:
        if key in st.query_params:
            del st.query_params[key]
    elif st.query_params.get(key) != text:
        st.query_params[key] = text
    st.session_state[_SEEN][key] = text


def _note(key: str) -> None:
    st.session_state.setdefault(_DRAWN, set()).add(key)
    st.session_state.setdefault(_KEYS, set()).add(key)


def _complain(key: str, label: str, raw: str, allowed: str, default: str) -> None:
    st.session_state.setdefault(_COMPLAINTS, {})[key] = (
        f"{label}: the link says `{key}={safe(raw)}`, but it must be {allowed}. {default} is used instead."
    )


def _settle(key: str) -> None:
    """A control was moved by hand: nothing is wrong with it any more."""
    st.session_state.get(_COMPLAINTS, {}).pop(key, None)


def safe(text: str) -> str:
    """A piece of somebody's URL, short and harmless inside Markdown code."""
    clean = "".join(c if c.isprintable() and c != "`" else "·" for c in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"
