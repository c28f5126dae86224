"""A dataclass field that knows its label, symbol, unit, range and help.

Values with such fields check themselves when made, and the app draws its controls from the same declaration.
"""

import dataclasses
import enum
import math
from typing import Any, ClassVar

REACH = 1e30  # kernels compute with 32 bits: a finite number's size is at most this and, unless 0, at least 1 / REACH


@dataclasses.dataclass(frozen=True)
class Param:
    """What is known of a parameter besides its value.

    low, high bound what is allowed (open_low: low itself is not); slider = (from, to, step) is what a control offers,
    which may be less; log: the control moves in powers of ten. advanced: shown in an expander. branches: values that take
    another path through a kernel than the default does, which tests must see.
    """

    label: str
    symbol: str = ""
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    slider: tuple[float, float, float] | None = None
    log: bool = False
    advanced: bool = False
    help: str = ""
    branches: tuple[float, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed range in words: "above 0", "from 0 to 1"."""
        lower = "" if self.low == -math.inf else f"{'above' if self.open_low else 'at least'} {self.low:g}"
        upper = "" if self.high == math.inf else f"at most {self.high:g}"
        if lower and upper:
            return f"{lower} and {upper}"
        return lower or upper or "any finite number"

    def admits(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        return above and value <= self.high and not math.isnan(value) and _within_reach(value)

    def wanted(self, value: float) -> str:
        """What a refused value would have to be, in words."""
        return self.allowed if _within_reach(value) else f"of a size between {1 / REACH:g} and {REACH:g}"


def _within_reach(value: float) -> bool:
    return value == 0 or not math.isfinite(value) or 1 / REACH <= abs(value) <= REACH


def param(default: Any, label: str, symbol: str = "", unit: str = "", **known: Any) -> Any:
    """A dataclass field with a `Param`: `tau_mem: float = param(20.0, "Membrane time constant", r"\\tau", "ms", low=0)`."""
    return dataclasses.field(default=default, metadata={"param": Param(label, symbol, unit, **known)})


def params(owner: Any) -> dict[str, Param]:
    """The declared parameters of a dataclass or of one of its values, by field name, in order."""
    return {f.name: f.metadata["param"] for f in dataclasses.fields(owner) if "param" in f.metadata}


class Declared:
    """Base of every value with `param()` fields: checks them when made.

    Raises:
        TypeError: a number, switch or value of another kind than the default was expected.
        ValueError: a number is outside the allowed range. Both name the parameter and say what is allowed.
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]  # every subclass that is used is a dataclass

    def __post_init__(self) -> None:
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        for name, known in params(self).items():
            check(f"{type(self).__name__}.{name}", getattr(self, name), defaults[name], known)


def check(name: str, value: Any, default: Any, known: Param) -> None:
    """Raise one clear error if `value` is no possible value of the parameter `known`, whose default tells its type."""
    got = f"{name} = {value!r}"
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise TypeError(f"{got}: {known.label} is a switch; give True or False.")
    elif isinstance(default, enum.Enum):
        if not isinstance(value, type(default)):
            choices = ", ".join(str(c) for c in type(default))
            raise TypeError(f"{got}: {known.label} must be one of {choices}.")
    elif isinstance(default, (int, float)):
        whole = isinstance(default, int)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise TypeError(f"{got}: {known.label} must be a {'whole number' if whole else 'number'}, {known.allowed}.")
        if not known.admits(value):
            raise ValueError(f"{got}: {known.label} must be {known.wanted(value)}{f' {known.unit}' if known.unit else ''}.")
