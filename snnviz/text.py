"""Values as text: the Python that makes them, and TOML. What a screen shows can be taken away and read back."""

import abc
import dataclasses
import enum
import json
import math
import tomllib
from collections.abc import Mapping
from typing import Any, Self


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
    """A value as dictionaries, lists and numbers, with each class named under "is"; None is left out."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    if dataclasses.is_dataclass(value):
        fields = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"is": type(value).__name__} | {k: v for k, v in fields.items() if v is not None}
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
    try:
        return _made(tomllib.loads(text), classes)
    except tomllib.TOMLDecodeError as problem:
        raise ValueError(f"{where} is not valid TOML: {problem}.") from None
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{where}: {problem}") from None


def _made(data: Any, classes: dict[str, type], default: Any = None) -> Any:
    if isinstance(data, list):
        return tuple(_made(item, classes) for item in data)
    if isinstance(default, enum.Enum):
        return type(default)(data)
    if isinstance(default, float) and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, dict):
        return data
    kind = data.get("is")
    if kind not in classes:
        raise ValueError(f"there is no '{kind}'; there are {', '.join(sorted(classes))}.")
    fields = {f.name: f for f in dataclasses.fields(classes[kind])}
    # A class lists in `retired` the fields it once had: a file that has them still is read, without them.
    data = {name: item for name, item in data.items() if name not in getattr(classes[kind], "retired", ())}
    unknown = set(data) - {"is"} - set(fields)
    if unknown:
        raise ValueError(f"{kind} has no '{sorted(unknown)[0]}'; it has {', '.join(fields)}.")
    return classes[kind](**{k: _made(v, classes, _default(fields[k])) for k, v in data.items() if k != "is"})


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
        made = from_toml(toml, cls.parts(), where)
        if not isinstance(made, cls):
            name = cls.__name__
            raise ValueError(f'{where} describes no {name.lower()}: it must begin with is = "{name}".')
        return made
