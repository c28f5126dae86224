"""Values as text: the Python that makes them, and TOML. What a screen shows can be taken away and read back."""

import abc
import dataclasses
import enum
import inspect
import json
import math
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any, Self

from snnviz.params import declared, shown

NOTHING = "none"  # what TOML says where a value is None and would not be without a word
MARK = {"currents": "per ms"}  # beside "is", where version 0.1.0 would have meant something else by the same fields


def _default(field: dataclasses.Field) -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def source(value: Any) -> str:
    """The Python that makes a value, with what is not default: `LIF(tau_mem=10.0)`."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, tuple):
        return f"({', '.join(map(source, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Written) and (short := value.in_short()):
        return short
    if dataclasses.is_dataclass(value):
        changed = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value) if getattr(value, f.name) != _default(f))
        return f"{type(value).__name__}({', '.join(f'{name}={source(v)}' for name, v in changed)})"
    return repr(value)


def names(value: Any) -> set[str]:
    """The classes and enums that `source(value)` mentions: what its code has to import."""
    if isinstance(value, enum.Enum):
        return {type(value).__name__}
    if isinstance(value, tuple):
        return set().union(*map(names, value)) if value else set()
    if dataclasses.is_dataclass(value):
        changed = [getattr(value, f.name) for f in dataclasses.fields(value) if getattr(value, f.name) != _default(f)]
        return {type(value).__name__}.union(*map(names, changed))
    return set()


def plain(value: Any, nothing: str | None = None) -> Any:
    """A value as dictionaries, lists, numbers and texts, with each class named under "is".

    nothing: the word for None, of formats that have none (TOML); a field that is None by default is then left out.
    """
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [plain(item, nothing) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item, nothing) for name, item in value.items()}
    if dataclasses.is_dataclass(value):
        fields = {f.name: (getattr(value, f.name), f) for f in dataclasses.fields(value)}
        present = {n: v for n, (v, f) in fields.items() if not (nothing and v is None and _default(f) is None)}
        mark = MARK if isinstance(value, Written) and _was_other(value) else {}
        return {"is": type(value).__name__} | mark | {name: plain(item, nothing) for name, item in present.items()}
    return nothing if value is None else value


def _was_other(value: "Written") -> bool:
    """Whether version 0.1.0 would have meant something else by these fields, be it nothing possible."""
    try:
        return value.of_0_1_0() != value
    except ValueError:
        return True


def made(data: Any, classes: Mapping[str, type], kind: Any = object) -> Any:
    """The value that `plain` wrote, where a `kind` is declared; a field that is left out has its default, a list is a tuple.

    What a field takes is said by its declared type: a class under "is" that may stand there, a member of its enum, a list.
    Of a number, a switch and a text the class itself checks the type, and of all values whether they are possible. A class
    lists in `retired` the fields it once had: a file that has them still is read, without them.

    Args:
        classes: what may be made, by name.

    Raises:
        TypeError, ValueError: an unknown class or field, or a value that its class refuses; one sentence says which, and what
            would be possible.
    """
    if isinstance(kind, types.UnionType):
        kinds = [part for part in typing.get_args(kind) if part is not types.NoneType]
        if data is None or (data == NOTHING and len(kinds) < len(typing.get_args(kind)) and str not in kinds):
            return None
        return made(data, classes, kinds[0] if len(kinds) == 1 else object)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        for member in kind:
            if type(data) is type(member.value) and data == member.value:
                return member
        raise ValueError(f"{shown(data)} is not a {kind.__name__}: {', '.join(str(member.value) for member in kind)}.")
    if kind in (bool, int, float, str):
        return _number(data) if kind is float and type(data) is int else data
    if inspect.isabstract(kind) or dataclasses.is_dataclass(kind) or (isinstance(data, dict) and "is" in data):
        return _with_fields(data, classes, kind)
    if isinstance(data, dict):
        return {name: made(item, classes) for name, item in data.items()}
    if isinstance(data, (list, tuple)):
        item_kinds = typing.get_args(kind) or (object, ...)
        item_kinds = item_kinds[:1] * len(data) if item_kinds[-1] is ... else item_kinds
        return tuple(made(item, classes, item_kind) for item, item_kind in zip(data, item_kinds, strict=True))
    if typing.get_origin(kind) is tuple:
        raise ValueError(f"{shown(data)} is no list.")
    return data


def _number(data: int) -> float:
    try:
        return float(data)
    except OverflowError:
        raise ValueError(f"{shown(data)} is beyond all numbers.") from None


def _with_fields(data: Any, classes: Mapping[str, type], kind: Any) -> Any:
    """A value of the class that is named under "is"; what is wrong with one of its fields is said after the field's name."""
    choices = {name: cls for name, cls in classes.items() if not isinstance(kind, type) or issubclass(cls, kind)}
    name = data.get("is") if isinstance(data, dict) else data
    if isinstance(data, dict) and "is" not in data:
        raise ValueError(f'a table must say of which class it is: is = "{next(iter(sorted(choices)), "LIF")}".')
    if not isinstance(data, dict) or not isinstance(name, str) or name not in choices:
        noun = f"{kind.__name__.removeprefix('Abstract')} " if choices.keys() != classes.keys() else ""
        raise ValueError(f"there is no {noun}{shown(name)}; there are {', '.join(sorted(choices))}.")
    cls, fields = choices[name], {}
    kinds = {field: kind for field, (kind, _) in declared(cls).items()}
    for field, item in data.items():
        if field == "is" or field in MARK or field in getattr(cls, "retired", ()):
            continue
        if field not in kinds:
            raise ValueError(f"{cls.__name__} has no {shown(field)}; it has {', '.join(kinds)}.")
        try:
            fields[field] = made(item, classes, kinds[field])
        except (TypeError, ValueError) as problem:
            raise ValueError(f"{field}: {problem}") from None
    for field in dataclasses.fields(cls):
        if field.name not in fields and field.default is field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{cls.__name__} needs '{field.name}'.")
    value = cls(**fields)
    return value.of_0_1_0() if isinstance(value, Written) and not MARK.items() <= data.items() else value


def to_toml(value: Any) -> str:
    """A value, or a mapping of values, as TOML."""
    import tomli_w

    return tomli_w.dumps(plain(value, NOTHING))


def from_toml(toml: str, classes: Mapping[str, type], where: str = "the text") -> Any:
    """The value that `to_toml` wrote. `classes`: what may be made, by name.

    Raises:
        ValueError: no TOML, an unknown class or field, or a value that its class refuses. `where` names the place.
    """
    return placed(parsed(toml, where), classes, where)


def parsed(toml: str, where: str = "the text") -> dict[str, Any]:
    """TOML as dictionaries, lists and numbers. A byte-order mark in front, which some editors write, is no part of it.

    Raises:
        ValueError: it is no TOML.
    """
    try:
        return tomllib.loads(toml.removeprefix("\ufeff"))
    except ValueError as problem:  # a number of thousands of digits is one too
        raise ValueError(f"{where} is not valid TOML: {str(problem).rstrip('.')}.") from None
    except RecursionError:
        raise ValueError(f"{where} is not valid TOML: it is nested too deeply.") from None


def placed(data: Any, classes: Mapping[str, type], where: str) -> Any:
    """`made`, with errors that begin with the place.

    Raises:
        ValueError: as `from_toml`.
    """
    try:
        return made(data, classes)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{where}: {problem}") from None
    except RecursionError:
        raise ValueError(f"{where}: it is nested too deeply.") from None


def to_json(value: Any) -> str:
    """A result (frozen dataclasses, tuples, mappings, enums, numbers, texts, None) as JSON; NaN and infinity as Python does."""
    return json.dumps(plain(value), separators=(",", ":"))


def from_json(json_text: str, classes: Mapping[str, type]) -> Any:
    """The result that `to_json` wrote; lists come back as tuples. `classes`: what may be made, by name.

    Raises:
        ValueError: no JSON, an unknown class or field, or a value that its class refuses.
    """
    try:
        return made(json.loads(json_text), classes)
    except TypeError as problem:
        raise ValueError(str(problem)) from None
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None


class Written(abc.ABC):
    """A value whose repr is the Python that makes it, and that can be written as TOML and read back."""

    @classmethod
    @abc.abstractmethod
    def parts(cls) -> dict[str, type]:
        """The classes that its TOML may name, itself among them, by name."""

    def of_0_1_0(self) -> Self:
        """What version 0.1.0 meant by these fields. What is read without the `MARK` means that."""
        return self

    def in_short(self) -> str:
        """Shorter Python that makes this value than its fields; "": there is none."""
        return ""

    def __repr__(self) -> str:
        return source(self)

    def to_toml(self) -> str:
        """This value as TOML, which `from_toml` reads."""
        return to_toml(self)

    @classmethod
    def from_toml(cls, toml: str, where: str = "the text") -> Self:
        """Read what `to_toml` wrote.

        Raises:
            ValueError: it is no such value; one sentence says what is wrong and where.
        """
        value = from_toml(toml, cls.parts(), where)
        if not isinstance(value, cls):
            name = cls.__name__
            raise ValueError(f'{where} describes no {name.lower()}: it must begin with is = "{name}".')
        return value
