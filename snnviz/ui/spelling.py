"""One value as the text that stands for it in a URL, and back: a number, a switch, a member of an enum, names, numbers."""

import enum
import math
import re
from collections.abc import Collection
from typing import Any

from snnviz.params import WHOLE, Param

NOTHING = "none"


class Refused(ValueError):
    """A text stands for no possible value; the message says what would: "a number, above 0 ms"."""


def spell(value: Any) -> str:
    """One value as text: a number, a switch, a member of an enum, a text, several numbers, or None.

    Raises:
        TypeError: it has no spelling.
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, float):
        short = format(value, ".12g")
        return short if float(short) == value else repr(value)
    if isinstance(value, (int, str)):
        return str(value)
    if isinstance(value, tuple):
        return ("-" if all(type(v) is int or isinstance(v, enum.Enum) for v in value) else " ").join(map(spell, value))
    raise TypeError(f"{value!r} has no spelling in a URL.")


def number(text: str, default: float, param: Param | None = None, infinite: float | None = None) -> float:
    """A number of the kind of its default, whole or not. If infinite, it must be its default or `infinite`.

    Raises:
        Refused: it is none, or the parameter does not admit it.
    """
    kind = type(default)
    try:
        value = kind(text)
    except (ValueError, OverflowError):
        raise Refused(expected(default, param)) from None
    if param is not None and not param.admits(value):
        raise Refused(expected(default, param, value))
    if isinstance(value, int) and abs(value) > WHOLE:
        raise Refused(f"a whole number of a size up to {WHOLE}")
    if not (math.isfinite(value) or value in (default, infinite)):
        raise Refused(expected(default, param, value))
    return value


def expected(default: float, param: Param | None, value: float | None = None) -> str:
    """What a number must be, in words: "a whole number, at least 1"; `value` was refused."""
    kind = "a whole number" if isinstance(default, int) else "a number"
    if param is None:
        return kind
    return f"{kind}, {param.allowed if value is None else param.requirement(value)}{f' {param.unit}' if param.unit else ''}"


def switch(text: str) -> bool:
    """True or False.

    Raises:
        Refused: the text is neither.
    """
    if text.lower() not in ("true", "false"):
        raise Refused("`true` or `false`")
    return text.lower() == "true"


def name(text: str, names: Collection[str]) -> str:
    """One of a few names.

    Raises:
        Refused: it is none of them.
    """
    if text not in names:
        raise Refused(f"one of {_listed(names)}")
    return text


def names(text: str, options: Collection[str]) -> list[str]:
    """Some of a few names, as `spell_names` joined them.

    Raises:
        Refused: one is unknown.
    """
    chosen = text.split("-") if text else []
    if not set(chosen) <= set(options):
        raise Refused(f"some of {_listed(options)}, joined by `-`")
    return chosen


def spell_names(chosen: Collection[str]) -> str:
    """Several names as text; no name contains "-"."""
    return "-".join(chosen)


def member(text: str, kind: type[enum.Enum]) -> enum.Enum:
    """A member of an enum, by its name in lower case or by its value.

    Raises:
        Refused: there is no such member.
    """
    for one in kind:
        if text in (one.name.lower(), one.value):
            return one
    raise Refused(f"one of {_listed([one.name.lower() for one in kind])}")


def numbers(text: str, kind: type[float]) -> tuple[float, ...]:
    """Several finite numbers, separated by spaces, commas, or a "-" after a digit.

    Raises:
        Refused: one is none.
    """
    return tuple(number(word, kind(0)) for word in re.split(r"[\s,;]+|(?<=\d)-", text) if word)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def safe(text: str) -> str:
    """A piece of somebody's URL, short and harmless inside Markdown code."""
    clean = "".join(c if c.isprintable() and c != "`" else "·" for c in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"
