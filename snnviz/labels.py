"""Labels for reading. A value is the key of whatever is compared, kept or drawn; its label is made here, last.

distinct([LocalZO(), LocalZO(draws=5), Slayer()])  ->  ("LocalZO, m = 1", "LocalZO, m = 5", "SLAYER")
"""

import dataclasses
import enum
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

from snnviz.params import Param

V = TypeVar("V", bound=Hashable)
T = TypeVar("T")

LONGEST = 40  # characters of one field's value
GREEK: dict[str, str] = dict(
    zip(("alpha", "beta", "gamma", "delta", "theta", "kappa", "lambda", "rho", "sigma", "tau", "Delta"), "αβγδθκλρστΔ", strict=True)
)


def distinct(values: Sequence[Any], otherwise: Sequence[str] | None = None) -> tuple[str, ...]:
    """One label per value, no two alike: its own label or title, and those fields in which it differs from the others.

    A class can name the field that names the whole (`named_by = "method"`): that field's label comes first, then the other
    fields that differ. Equal values are told apart by `otherwise`, one text per value, where it differs, else by a number.

    Example:
        >>> from snnviz import BPTT, Arctan, FastSigmoid
        >>> distinct([BPTT(FastSigmoid(1.0)), BPTT(FastSigmoid(100.0)), BPTT(Arctan())])
        ('BPTT, reset kept, Fast sigmoid, k = 1', 'BPTT, reset kept, Fast sigmoid, k = 100', 'BPTT, reset kept, Arctan')
    """
    labels = [", ".join(parts) for parts in _named(values)]
    if otherwise is not None:
        labels = [
            f"{label}, {more}" if any(labels[j] == label and otherwise[j] != more for j in range(len(labels))) else label
            for label, more in zip(labels, otherwise, strict=True)
        ]
    return tuple(_numbered(labels))


def labelled(by_value: Mapping[V, T]) -> dict[str, T]:
    """What is kept by value, by distinct label: for a figure or a table."""
    return dict(zip(distinct(list(by_value)), by_value.values(), strict=True))


def _named(values: Sequence[Any]) -> list[list[str]]:
    """The parts of each value's label: its name, then what differs among the values of that name."""
    if values and all(field := getattr(type(value), "named_by", "") for value in values):
        heads = _named([getattr(value, field) for value in values])
        rest = _differences(values, exclude=(field,))
        return [head + more for head, more in zip(heads, rest, strict=True)]
    return _by_name(values)


def _by_name(values: Sequence[Any]) -> list[list[str]]:
    names = [_name(value) for value in values]
    groups: dict[tuple[type, str], list[int]] = {}
    for place, name in enumerate(names):
        groups.setdefault((type(values[place]), name), []).append(place)
    parts: list[list[str]] = [[name] for name in names]
    for places in groups.values():
        for place, more in zip(places, _differences([values[place] for place in places]), strict=True):
            parts[place] += more
    return parts


def _differences(values: Sequence[Any], exclude: Sequence[str] = ()) -> list[list[str]]:
    """Of values of one class, the parts that tell them apart, field by field."""
    parts: list[list[str]] = [[] for _ in values]
    fields = dataclasses.fields(values[0]) if values and dataclasses.is_dataclass(values[0]) else ()
    for field in (f for f in fields if f.name not in exclude):
        of_field = [getattr(value, field.name) for value in values]
        if all(_equal(one, of_field[0]) for one in of_field):
            continue
        whole = [dataclasses.is_dataclass(one) for one in of_field]
        if all(whole) and len({(type(one), _name(one)) for one in of_field}) == 1:
            words = _differences(of_field)
        else:
            nested = iter(_by_name([one for one, is_value in zip(of_field, whole, strict=True) if is_value]))
            words = [next(nested) if is_value else [_leaf(field, one)] for one, is_value in zip(of_field, whole, strict=True)]
        for mine, more in zip(parts, words, strict=True):
            mine += more
    return parts


def _name(value: Any) -> str:
    return getattr(value, "label", "") or getattr(value, "title", "") or type(value).__name__


def _equal(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)


def _leaf(field: dataclasses.Field, value: Any) -> str:
    """A field and its value in words: "m = 5", "band 0.2", "keep the reset path: no", "τ = 10 ms"."""
    declared: Param | None = field.metadata.get("param")
    symbol = "" if declared is None else _plain(declared.symbol)
    name = symbol or (field.name.replace("_", " ") if declared is None else _lower(declared.label))
    if isinstance(value, bool):
        return f"{name}: {'yes' if value else 'no'}"
    unit = f" {declared.unit}" if declared is not None and declared.unit else ""
    return f"{name}{' = ' if symbol else ' '}{_short(value)}{unit}"


def _short(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if value is None:
        return "none"
    if isinstance(value, tuple):
        text = f"({', '.join(map(_short, value))})"
    else:
        text = value if isinstance(value, str) else getattr(value, "__name__", repr(value))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def symbol(latex: str) -> str:
    """A symbol as text, what stands below the line behind "_": \\tau_a is τ_a, v_{min} is v_min, \\Delta t is Δt."""
    plain = re.sub(r"\\([A-Za-z]+)\s?", lambda match: GREEK.get(match[1], match[1]), latex)
    return re.sub(r"_\{(\w+)\}", r"_\1", plain)


def _plain(symbol: str) -> str:
    """A symbol of one letter as text; empty where it needs LaTeX."""
    letter = GREEK.get(symbol[1:], symbol) if symbol.startswith("\\") else symbol
    return letter if re.fullmatch(r"[A-Za-zα-ω]", letter) else ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _numbered(labels: Sequence[str]) -> list[str]:
    """The labels, with a number behind each that was there before."""
    out: list[str] = []
    for label in labels:
        number, one = 1, label
        while one in out or (number > 1 and one in labels):
            number += 1
            one = f"{label} ({number})"
        out.append(one)
    return out
