"""Values as addresses, and addresses as values: how every setting is spelt in a URL. Nothing here knows streamlit.

| value | under the key `k` |
|---|---|
| number, whole number | `20`, `1e-05`: the shortest text that gives the same number |
| number that is infinite by default | nothing, or its finite value and `k.on=true` |
| switch | `true`, `false` |
| enum | its member's name in lower case |
| text, a drawn current | as it is |
| several numbers | `10 12.5 30`; whole ones `1-3` |
| several names, or members of an enum | `kept-slayer` |
| value with fields | each field under `k.field` |
| choice of a class from a registry | the class's name in the registry; its fields under `k.name.field` |
| nothing, where a value may be absent | `none` |

What stands at its default is left out. `read(write(value)) == value`; whatever else a URL says is a `Misread` and its default.
Version 0.1.0 put the fields of some choices under `k.field`; that is read too, and never written.
"""

import contextlib
import dataclasses
import enum
import functools
import math
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

from snnviz.params import Param, declared
from snnviz.ui import spelling
from snnviz.ui.spelling import NOTHING, Refused
from snnviz.ui.words import literal

Table = Mapping[str, type]  # a registry: classes by name


class Settings(Protocol):
    """The settings of a URL: a dictionary, or what looks them up."""

    def get(self, key: str, /) -> str | None:
        """The text of a key; None where it is not set."""


@dataclasses.dataclass(frozen=True)
class Misread:
    """A setting that stands for no possible value: `key=text`, why not, and the default that is `used`; its text is a sentence."""

    key: str
    text: str
    reason: str | Exception
    used: str
    label: str = ""

    def __str__(self) -> str:
        subject = f"{self.label}: the" if self.label else "The"
        must = isinstance(self.reason, (Refused, str))
        reason = f"but it must be {self.reason}" if must else f"which is not possible here: {literal(str(self.reason)).rstrip('.')}"
        return f"{subject} link says `{self.key}={spelling.safe(self.text)}`, {reason}. {self.used} is used instead."


def write(
    value: Any, key: str, default: Any = ..., *, tables: Sequence[Table] = (), exclude: Collection[str] = ()
) -> dict[str, str]:
    """The part of a URL that says `value` where a page without a URL has `default`.

    `write(ALIF(tau_mem=5.0), "neuron", tables=[NEURONS])` is `{"neuron": "ALIF", "neuron.ALIF.tau_mem": "5"}`; give it to
    `st.page_link(..., query_params=...)`.

    Args:
        default: a value, None for nothing, or a name in the registry; without it, the registry's first class or the class's
            own defaults.
        tables: registries; a value of a class in one of them is a choice from it.
        exclude: fields to leave out.
    """
    return {k: spelling.spell(v) for k, v in settings(value, key, default, tables=tables, exclude=exclude).items()}


def settings(
    value: Any, key: str, default: Any = ..., *, tables: Sequence[Table] = (), exclude: Collection[str] = ()
) -> dict[str, Any]:
    """What `write` spells: under each key its number, switch, member, text, or the name of a class."""
    table = _table(value if value is not None else default, None, tables)
    if default is ...:
        default = next(iter(table.values()))() if table else type(value)()
    elif isinstance(default, str) and table:
        default = table[default]()
    return _changed(value, default, key, table, tables, exclude)


def _changed(
    value: Any, default: Any, key: str, table: Table, tables: Sequence[Table], exclude: Collection[str] = ()
) -> dict[str, Any]:
    if value is None or not dataclasses.is_dataclass(value):
        if value == default:
            return {}
        return {key: value} | ({f"{key}.on": True} if _is_infinite(default) else {})
    entries: dict[str, Any] = {}
    if table:
        chosen = _name_of(value, table)
        if type(value) is not type(default):
            entries[key] = chosen
        key = f"{key}.{chosen}"
    elif type(value) is not type(default):
        raise TypeError(f"{key}: {type(value).__name__} is in none of the registries given.")
    start = default if type(default) is type(value) else type(value)()
    for field in _fields(type(value)):
        if field.name not in exclude:
            now, was = getattr(value, field.name), getattr(start, field.name)
            entries |= _changed(now, was, f"{key}.{field.name}", _table(was, field.kind, tables), tables)
    return entries


def read(
    settings: Settings,
    key: str,
    default: Any,
    *,
    tables: Sequence[Table] = (),
    exclude: Collection[str] = (),
    kind: type | None = None,
) -> tuple[Any, list[Misread]]:
    """The value that the settings say, and what could not be read; where they say nothing, or nothing possible, `default`.

    Nothing that a URL says is executed: classes come from `tables` only. `kind`: the class of which None is an absence.
    """
    reader = _Reader(settings, tables)
    return reader.part((key,), default, _Field(kind=kind), exclude), reader.misread


def read_name(settings: Settings, key: str, default: str, names: Collection[str]) -> tuple[str, list[Misread]]:
    """One of a few names, as the settings say, and what could not be read; see `read`."""
    text = settings.get(key)
    try:
        return default if text is None else spelling.name(text, names), []
    except Refused as refusal:
        return default, [Misread(key, text or "", refusal, default)]


@dataclasses.dataclass(frozen=True)
class _Field:
    """What a class declares about one of its fields; `infinite`: the default of a number that has no bound."""

    name: str = ""
    kind: Any = None
    param: Param | None = None
    infinite: float | None = None


@functools.cache
def _fields(cls: type) -> tuple[_Field, ...]:
    declarations = declared(cls)
    return tuple(
        _Field(f.name, *declarations[f.name], f.default if _is_infinite(f.default) else None)
        for f in dataclasses.fields(cls)
        if f.init
    )


@dataclasses.dataclass
class _Reader:
    """Reads one value. Keys come as alternatives: how this version spells a key, then how version 0.1.0 did."""

    settings: Settings
    tables: Sequence[Table]
    misread: list[Misread] = dataclasses.field(default_factory=list)

    def text(self, keys: Sequence[str]) -> tuple[str, str | None]:
        """The first key that is set, and its text."""
        for key in keys:
            if (text := self.settings.get(key)) is not None:
                return key, text
        return keys[0], None

    def part(self, keys: tuple[str, ...], default: Any, field: _Field, exclude: Collection[str] = ()) -> Any:
        """A choice, a value with fields, or one value."""
        table = _table(default, field.kind, self.tables)
        if not table and dataclasses.is_dataclass(default):
            return self.fields(keys, default, exclude)
        if not table:
            return self.one(keys, default, field)
        usual = NOTHING if default is None else _name_of(default, table)
        options = [*table, NOTHING] if default is None or types.NoneType in typing.get_args(field.kind) else list(table)
        key, text = self.text(keys)
        try:
            chosen = usual if text is None else spelling.name(text, options)
        except Refused as refusal:
            self.refuse(key, text, refusal, default, field.param)
            chosen = usual
        if chosen == NOTHING:
            return None
        start = default if chosen == usual else table[chosen]()
        return self.fields((*(f"{k}.{chosen}" for k in keys), *keys), start, exclude)

    def fields(self, keys: tuple[str, ...], start: Any, exclude: Collection[str]) -> Any:
        """A value with its fields as set, `start` being the rest."""
        changed: dict[str, Any] = {}
        fields = {field.name: field for field in _fields(type(start)) if field.name not in exclude}
        for name, field in fields.items():
            was = getattr(start, name)
            now = self.part(tuple(f"{k}.{name}" for k in keys), was, field)
            if now != was:
                changed[name] = now
        try:
            return dataclasses.replace(start, **changed)
        except (ValueError, TypeError):
            pass
        for name, now in changed.items():  # they do not go together, or one is no value of its class: one after the other
            try:
                start = dataclasses.replace(start, **{name: now})
            except (ValueError, TypeError) as problem:
                key, text = self.text([f"{k}.{name}" for k in keys])
                self.refuse(key, text, problem, getattr(start, name), fields[name].param)
        return start

    def one(self, keys: tuple[str, ...], default: Any, field: _Field) -> Any:
        """One value: a number, a switch, a member of an enum, a text or several numbers."""
        key, text = self.text(keys)
        if field.infinite is not None and (on := self.on(keys)) is not None:
            first = field.param.slider if field.param else None
            text = None if not on else spelling.spell(float(first[0])) if text is None and first else text
        try:
            return default if text is None else _one(text, default, field)
        except Refused as refusal:
            self.refuse(key, text, refusal, default, field.param)
            return default

    def on(self, keys: tuple[str, ...]) -> bool | None:
        """Whether the switch of a number that is infinite by default is on; None where the settings do not say."""
        key, text = self.text([f"{k}.on" for k in keys])
        try:
            return None if text is None else spelling.switch(text)
        except Refused as refusal:
            self.refuse(key, text, refusal, False)
            return False

    def refuse(self, key: str, text: str | None, reason: Exception, default: Any, param: Param | None = None) -> None:
        """Note that a setting was not possible."""
        self.misread.append(Misread(key, text or "", reason, _title(default), param.label if param else ""))


def _one(text: str, default: Any, field: _Field) -> Any:
    if isinstance(default, bool):
        return spelling.switch(text)
    if isinstance(default, enum.Enum):
        return spelling.member(text, type(default))
    if isinstance(default, (int, float)):
        return spelling.number(text, float(default) if field.kind is float else default, field.param, field.infinite)
    if isinstance(default, tuple):
        kind: type = typing.get_args(field.kind)[0]
        if issubclass(kind, enum.Enum):
            return tuple(spelling.member(word, kind) for word in text.split("-") if word)
        return spelling.numbers(text, kind)
    if isinstance(default, str):
        return text
    raise TypeError(f"{default!r} has no spelling in a URL.")


def _is_infinite(value: Any) -> TypeGuard[float]:
    return isinstance(value, float) and math.isinf(value)


def _table(value: Any, kind: Any, tables: Sequence[Table]) -> Table:
    """The classes from which a value is chosen, by name: those of its registry that may stand in its place."""
    bases = tuple(part for part in (typing.get_args(kind) or (kind,)) if isinstance(part, type) and part is not types.NoneType)
    for table in tables:
        if type(value) in table.values() if value is not None else all(issubclass(c, bases or object) for c in table.values()):
            return {name: cls for name, cls in table.items() if not bases or issubclass(cls, bases)}
    return {}


def _name_of(value: Any, table: Table) -> str:
    """The name of a value's class in its registry."""
    return next(name for name, cls in table.items() if cls is type(value))


def _title(value: Any) -> str:
    """A default as a sentence names it."""
    if value is None or value == "":
        return "Nothing"
    with contextlib.suppress(TypeError):
        return spelling.spell(value)
    return getattr(value, "title", type(value).__name__)
