"""Arithmetic as data: what a method computes from the fields of its value, as a formula that a page can evaluate by itself.

    formulas(Gaussian, "coefficients")  ->  ["sigma", ["/", 1.0, ["*", "sigma", 2.5066282746310002]]]

A formula is a number, a field's name, or [operation, argument, ...]: + - * / ** and the functions below. The method is called
once with names in place of numbers; what it does with them is written down. So a page's sliders move numbers that Python
defines, with no second text of them in JavaScript (`evaluate` in assets/scope/coefficients.js).
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

Formula = float | str | list


def _operation(symbol: str) -> tuple[Callable[..., "Traced"], Callable[..., "Traced"]]:
    """The operator with a traced number on its left, and on its right."""
    return (
        lambda traced, other: Traced([symbol, traced.formula, written(other)]),
        lambda traced, other: Traced([symbol, written(other), traced.formula]),
    )


@dataclasses.dataclass(frozen=True)
class Traced:
    """A number that has no value yet: its formula."""

    formula: Formula

    __add__, __radd__ = _operation("+")
    __sub__, __rsub__ = _operation("-")
    __mul__, __rmul__ = _operation("*")
    __truediv__, __rtruediv__ = _operation("/")
    __pow__, __rpow__ = _operation("**")

    def __neg__(self):
        return 0.0 - self


def written(value: Any) -> Formula:
    """The formula of a number, traced or not."""
    return value.formula if isinstance(value, Traced) else float(value)


def _function(name: str) -> Callable[[Any], Any]:
    """math.<name>, for traced numbers too. JavaScript's Math has it by the same name."""
    plain = getattr(math, name)
    return lambda x: Traced([name, x.formula]) if isinstance(x, Traced) else plain(x)


exp, log, sqrt, tanh = map(_function, ("exp", "log", "sqrt", "tanh"))


def formulas(cls: type, method: str, **values: Any) -> list[Formula]:
    """The numbers that a method of a dataclass gives, as formulas of its fields; `values`: of the fields that stay as they are.

    Raises:
        TypeError: it does more with a field than arithmetic and the functions above.
    """
    value = object.__new__(cls)
    for field in dataclasses.fields(cls):
        object.__setattr__(value, field.name, values.get(field.name, Traced(field.name)))
    return [written(number) for number in getattr(value, method)()]
