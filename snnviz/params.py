"""A dataclass field that knows its label, symbol, unit, range and help.

Values with such fields check themselves when made, and the app draws its controls from the same declaration.
"""

import collections.abc
import dataclasses
import enum
import functools
import inspect
import math
import types
import typing
from typing import Any, ClassVar

REACH = 1e30  # kernels compute with 32 bits: a finite number's size is at most this and, unless 0, at least 1 / REACH
WHOLE = 2**53 - 1  # the largest whole number up to which a browser, as any 64-bit float, has every one


@dataclasses.dataclass(frozen=True)
class Param:
    """What is known of a parameter besides its value.

    low, high bound what is allowed (open_low: low itself is not; finite: infinity is not); slider = (from, to, step) is what a
    control offers, which may be less; log: the control moves in powers of ten. advanced: shown in an expander. branches: values
    that take another path through a kernel than the default does, which tests must see.
    """

    label: str
    symbol: str = ""
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    finite: bool = False
    slider: tuple[float, float, float] | None = None
    log: bool = False
    advanced: bool = False
    help: str = ""
    branches: tuple[float, ...] = ()

    @property
    def floor(self) -> float:
        """The least that learning may reach: `low`; where that itself is not allowed, a tenth of the way from it to the
        control's least value, where a derivative can still be felt."""
        return self.low + (self.slider[0] - self.low) / 10 if self.open_low and self.slider else self.low

    @property
    def allowed(self) -> str:
        """The allowed range in words: "above 0", "from 0 to 1"."""
        lower = "" if self.low == -math.inf else f"{'above' if self.open_low else 'at least'} {self.low:g}"
        upper = "" if self.high == math.inf else f"at most {self.high:g}"
        if lower and upper:
            return f"{lower} and {upper}"
        return lower or upper or "any finite number"

    def admits(self, value: float) -> bool:
        """Whether a value lies in the allowed range and is a number that kernels can compute with."""
        above = value > self.low if self.open_low else value >= self.low
        return (
            above
            and value <= self.high
            and value == value
            and _within_reach(value)
            and not (self.finite and value in (math.inf, -math.inf))
        )

    def requirement(self, value: float) -> str:
        """What a refused value would have to be, in words."""
        if self.finite and value in (math.inf, -math.inf):
            return self.allowed if self.low == -math.inf and self.high == math.inf else f"finite, {self.allowed}"
        if _within_reach(value):
            return self.allowed
        return f"of a size up to {WHOLE}" if isinstance(value, int) else f"of a size between {1 / REACH:g} and {REACH:g}"


def _within_reach(value: float) -> bool:
    if isinstance(value, int):
        return abs(value) <= WHOLE
    return value == 0 or not math.isfinite(value) or 1 / REACH <= abs(value) <= REACH


def param(default: Any, label: str, symbol: str = "", unit: str = "", **more: Any) -> Any:
    """A dataclass field with a `Param`: `tau_mem: float = param(20.0, "Membrane time constant", r"\\tau", "ms", low=0)`."""
    return dataclasses.field(default=default, metadata={"param": Param(label, symbol, unit, **more)})


def params(owner: Any) -> dict[str, Param]:
    """The declared parameters of a dataclass or of one of its values, by field name, in order."""
    return {f.name: f.metadata["param"] for f in dataclasses.fields(owner) if "param" in f.metadata}


class Declared:
    """Base of every value with declared fields: each is checked against its type hint, and its range, when the value is made.

    Raises:
        TypeError: a value of another kind than the field's hint.
        ValueError: a number is outside the allowed range. Both name class and field and say what is allowed.
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]  # every subclass that is used is a dataclass

    def __post_init__(self) -> None:
        for name, (kind, spec) in declared(type(self)).items():
            check(f"{type(self).__name__}.{name}", getattr(self, name), kind, spec)


@functools.cache
def declared(cls: type) -> dict[str, tuple[Any, Param | None]]:
    """The type hint of every field of a dataclass, and its `Param` where it has one, by name, in order."""
    hints, specs = typing.get_type_hints(cls), params(cls)
    return {f.name: (hints[f.name], specs.get(f.name)) for f in dataclasses.fields(cls)}


def check(name: str, value: Any, kind: Any, spec: Param | None = None) -> None:
    """Raise one clear error if `value` is not of the `kind` that a hint names, or not in the range of its `Param`."""
    subject = spec.label if spec and spec.label else "it"
    if not fits(value, kind):
        if isinstance(value, type) and issubclass(value, _classes(kind)):
            raise TypeError(f"{name} is the class {value.__name__}: give a value of it, {value.__name__}().")
        limits = f", {spec.allowed}" if spec and kind in (int, float) else ""
        raise TypeError(f"{name} = {shown(value)}: {subject} must be {in_words(kind)}{limits}.")
    if spec and isinstance(value, (int, float)) and not isinstance(value, bool) and not spec.admits(value):
        unit = f" {spec.unit}" if spec.unit else ""
        raise ValueError(f"{name} = {shown(value)}: {subject} must be {spec.requirement(value)}{unit}.")


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of the kind that a type hint names. A whole number is a number; a switch is neither."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return True
    if origin in (types.UnionType, typing.Union):
        return any(fits(value, part) for part in inner)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        kinds = inner[:1] * len(value) if inner[-1:] == (Ellipsis,) else inner
        return len(kinds) == len(value) and all(map(fits, value, kinds))
    if origin is collections.abc.Callable:
        return callable(value)
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    return isinstance(value, origin or kind)


def in_words(kind: Any) -> str:
    """What a type hint admits, in words: "one of Reset.SUBTRACT, Reset.ZERO", "ALIF(), LIF() or None"."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    simple = {bool: "a switch: give True or False", int: "a whole number", float: "a number", str: "a text", types.NoneType: "None"}
    if kind in simple:
        return simple[kind]
    if origin in (types.UnionType, typing.Union):
        return " or ".join(map(in_words, inner))
    if origin is tuple and inner[-1:] == (Ellipsis,):
        return "a tuple" if inner[0] is object else f"a tuple, each entry {in_words(inner[0])}"
    if origin is not None or not inspect.isclass(kind):
        return "a function" if origin is collections.abc.Callable else f"a {getattr(origin or kind, '__name__', kind)}"
    if issubclass(kind, enum.Enum):
        return f"one of {', '.join(map(str, kind))}"
    made = sorted(f"{cls.__name__}()" for cls in concrete(kind))
    return f"one of {', '.join(made)}" if len(made) > 1 else f"a {made[0] if made else kind.__name__}"


def concrete(kind: type) -> list[type]:
    """The classes of which there can be values that are a `kind`, as the package has them: itself or those derived from it."""
    below = [cls for derived in kind.__subclasses__() for cls in concrete(derived)]
    own = [] if inspect.isabstract(kind) or kind.__module__.partition(".")[0] != __package__ else [kind]
    return list(dict.fromkeys(own + below))


def shown(value: Any) -> str:
    """A refused value for a message, on one line and short."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a whole number of thousands of digits has no text, nor has an object that is half made
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= 100 else text[:99] + "…"


def _classes(kind: Any) -> tuple[type, ...]:
    """The classes in a hint that a value may be of."""
    return tuple(
        part
        for part in (typing.get_args(kind) or (kind,))
        if isinstance(part, type) and dataclasses.is_dataclass(part) | inspect.isabstract(part)
    )
