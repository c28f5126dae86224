"""Values as text: the Python that makes them, and TOML. What a screen shows can be taken away and read back."""

import abc
import dataclasses
import enum
import json
import math
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any, Self

from snnviz.params import declared, shown

NOTHING = "none"  # in TOML, which has no word of its own for it


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


def plain(value: Any) -> Any:
    """A value as dictionaries, lists and numbers, with each class named under "is". None is left out where it is the default,
    else it is the word "none"."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    if dataclasses.is_dataclass(value):
        fields = {f.name: (plain(getattr(value, f.name)), _default(f)) for f in dataclasses.fields(value)}
        written = {name: NOTHING if now is None else now for name, (now, usual) in fields.items() if now is not None or usual is not None}
        return {"is": type(value).__name__} | written
    return value


def to_toml(value: Any) -> str:
    """A value as TOML."""
    import tomli_w

    return tomli_w.dumps(plain(value))


def from_toml(text: str, classes: dict[str, type], where: str = "the text") -> Any:
    """The value that `to_toml` wrote. `classes`: what may be made, by name.

    Raises:
        ValueError: no TOML, an unknown class or field, or a value that its class refuses. `where` names the place.
    """
    return made(parsed(text, where), classes, where)


def parsed(text: str, where: str = "the text") -> dict[str, Any]:
    """TOML as dictionaries, lists and numbers; a byte-order mark in front, as some editors write it, is no part of it.

    Raises:
        ValueError: it is no TOML; `where` names the place.
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as problem:
        raise ValueError(f"{where} is not valid TOML: {problem}.") from None
    except RecursionError:
        raise ValueError(f"{where} is not valid TOML: it is nested too deeply.") from None
    except ValueError as problem:  # a number of thousands of digits, a day that no month has
        raise ValueError(f"{where} is not valid TOML: {problem}.") from None


def made(data: Any, classes: dict[str, type], where: str = "the text", kind: Any = Any) -> Any:
    """The value that `plain` took apart. `kind`: the hint of the field that it is for.

    Raises:
        ValueError: as `from_toml`.
    """
    try:
        return _made(data, classes, kind, ())
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{where}: {problem}") from None
    except RecursionError:
        raise ValueError(f"{where}: it is nested too deeply.") from None


def _made(data: Any, classes: dict[str, type], kind: Any, path: tuple[str, ...]) -> Any:
    """`path`: the keys from the top to this place, for messages."""
    place = f"{'.'.join(path)}: " if path else ""
    if isinstance(data, list):
        return tuple(_made(item, classes, _of_entry(kind), (*path, str(n))) for n, item in enumerate(data, 1))
    if isinstance(data, dict):
        return _instance(data, classes, kind, path, place)
    for part in _parts(kind):
        if isinstance(part, type) and issubclass(part, enum.Enum):
            return _member(data, part, place)
    if data == NOTHING and types.NoneType in _parts(kind):
        return None
    if float in _parts(kind) and int not in _parts(kind) and isinstance(data, int) and not isinstance(data, bool):
        try:
            return float(data)
        except OverflowError:
            raise ValueError(f"{place}{shown(data)} is beyond all numbers.") from None
    return data


def _instance(data: dict, classes: dict[str, type], kind: Any, path: tuple[str, ...], place: str) -> Any:
    chosen = data.get("is")
    fitting = sorted(name for name, cls in classes.items() if _may_be(cls, kind)) or sorted(classes)
    if "is" not in data:
        raise ValueError(f'{place}it must name its class, as is = "{fitting[0]}"; there are {", ".join(fitting)}.')
    if not isinstance(chosen, str) or chosen not in classes:
        raise ValueError(f"{place}there is no {shown(chosen)}; there are {', '.join(fitting)}.")
    cls = classes[chosen]
    fields = declared(cls)
    # A class lists in `retired` the fields it once had: a file that has them still is read, without them.
    data = {name: item for name, item in data.items() if name not in getattr(cls, "retired", ())}
    unknown = set(data) - {"is"} - set(fields)
    if unknown:
        raise ValueError(f"{place}{chosen} has no '{sorted(unknown)[0]}'; it has {', '.join(fields)}.")
    values = {name: _made(item, classes, fields[name][0], (*path, name)) for name, item in data.items() if name != "is"}
    for field in dataclasses.fields(cls):
        if field.name not in values and field.default is field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{place}{chosen} needs '{field.name}'.")
    try:
        return cls(**values)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{place}{problem}") from None


def _member(data: Any, kind: type[enum.Enum], place: str) -> enum.Enum:
    for member in kind:
        if data == member.value and type(data) is type(member.value):
            return member
    choices = ", ".join(str(member.value) for member in kind)
    raise ValueError(f"{place}{shown(data)} is not a {kind.__name__}: {choices}.")


def _parts(kind: Any) -> tuple[Any, ...]:
    """The alternatives of a hint."""
    return typing.get_args(kind) if typing.get_origin(kind) in (types.UnionType, typing.Union) else (kind,)


def _of_entry(kind: Any) -> Any:
    """The hint of a tuple's entries."""
    inner = next((typing.get_args(part) for part in _parts(kind) if typing.get_origin(part) is tuple), ())
    return inner[0] if inner else Any


def _may_be(cls: type, kind: Any) -> bool:
    return any(part is Any or (isinstance(part, type) and issubclass(cls, part)) for part in _parts(kind))


def to_json(value: Any) -> str:
    """A result (frozen dataclasses, tuples, mappings, enums, numbers, texts, None) as JSON; NaN and infinity as Python does."""
    return json.dumps(_jsonable(value), separators=(",", ":"))


def _jsonable(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [_jsonable(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if dataclasses.is_dataclass(value):
        return {"is": type(value).__name__} | {f.name: _jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def from_json(json_text: str, classes: dict[str, type]) -> Any:
    """The result that `to_json` wrote; lists come back as tuples. `classes`: what may be made, by name.

    Raises:
        ValueError: no JSON, an unknown class or field, or a value that its class refuses.
    """
    try:
        return _from_jsonable(json.loads(json_text), classes)
    except TypeError as problem:
        raise ValueError(str(problem)) from None
    except RecursionError:
        raise ValueError("It is nested too deeply.") from None


def _from_jsonable(data: Any, classes: dict[str, type], default: Any = None) -> Any:
    if isinstance(data, list):
        return tuple(_from_jsonable(item, classes) for item in data)
    if isinstance(default, enum.Enum):
        return type(default)(data)
    if not isinstance(data, dict):
        return data
    if "is" not in data:
        return {k: _from_jsonable(v, classes) for k, v in data.items()}
    if (kind := data["is"]) not in classes:
        raise ValueError(f"there is no '{kind}'; there are {', '.join(sorted(classes))}.")
    defaults = {f.name: _default(f) for f in dataclasses.fields(classes[kind])}
    return classes[kind](**{k: _from_jsonable(v, classes, defaults.get(k)) for k, v in data.items() if k != "is"})


class Written(abc.ABC):
    """A value whose repr is the Python that makes it, and that can be written as TOML and read back."""

    @classmethod
    @abc.abstractmethod
    def parts(cls) -> dict[str, type]:
        """The classes that its TOML may name, itself among them, by name."""

    def __repr__(self) -> str:
        return source(self)

    def to_toml(self) -> str:
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
