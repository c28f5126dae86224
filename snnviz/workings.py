"""Numbers that remember how they were made: a formula's own code, run once with them, writes its arithmetic down.

    u, _ = LIF().charge(c, (v,), x)          every argument a Number
    Line.of(u)                               β v[t−1] + x[t]    0.9512 · 0.8377 + 0.2975    1.0943

So what a page shows of a step is what the reference computes, and there is no second text of a formula. Figures are rounded so that
who computes with what is shown gets what is shown.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import torch

LEAST, MOST = 4, 15  # decimals of a figure
PLAIN = -4, 6  # powers of ten from which and up to which a number is written without one
COARSE = (13, 10, 7, 5, 4)  # digits below a line's largest figure, where its result is smaller than what its figures can say
PRECISION = 60  # digits that Decimal computes with
OPERATIONS: dict[str, tuple[int, Callable[..., Any]]] = {  # how tightly each binds, and what it does
    "+": (1, lambda a, b: a + b), "−": (1, lambda a, b: a - b), "·": (2, lambda a, b: a * b), "/": (2, lambda a, b: a / b),
    "neg": (2, lambda a: -a), "is": (4, lambda a: a), "^": (3, lambda a, b: a**b), "abs": (4, abs),
}  # fmt: skip
ATOM = 4
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def _tanh(x: Decimal) -> Decimal:
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


FUNCTIONS: dict[str, Callable[[Decimal], Decimal]] = {"exp": Decimal.exp, "tanh": _tanh}


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Number) else value


def _binary(symbol: str, swapped: bool = False) -> Callable[["Number", Any], "Number"]:
    def operator(self: "Number", other: Any) -> "Number":
        a, b = (lifted(other), self) if swapped else (self, lifted(other))
        value = OPERATIONS[symbol][1](a.value, b.value)
        if (symbol == "·" and a.one) or (symbol in ("·", "/") and b.one):  # a factor of 1 that nobody named is no step
            return b if a.one and symbol == "·" else a
        return Number(value, made=(symbol, (a, b)))

    return operator


def _compared(function: Callable[[Any, Any], Any]) -> Callable[["Number", Any], torch.Tensor]:
    return lambda self, other: torch.as_tensor(function(self.value, _bare(other)))


class Number:
    """A number and how it was made: its value (a tensor of one entry, or a plain number), its symbol ("": a bare constant), and the
    operation with its parts (None: it was given).

    It goes through arithmetic, comparisons and the functions of torch that neurons and surrogates use; of a choice (`torch.where`,
    a clamp) the branch that was taken is written down.
    """

    def __init__(self, value: Any, name: str = "", made: tuple[str, tuple["Number", ...]] | None = None):
        self.value, self.name, self.made = value, name, made

    @property
    def one(self) -> bool:
        """Whether it is a bare constant of 1."""
        return self.made is None and not self.name and not isinstance(self.value, torch.Tensor) and self.value == 1

    @property
    def dtype(self) -> torch.dtype:
        """The number type of its value."""
        return self.value.dtype if isinstance(self.value, torch.Tensor) else torch.float64

    @property
    def exact(self) -> Decimal:
        """Its value as the shortest decimal that stands for it."""
        single = isinstance(self.value, torch.Tensor) and self.value.dtype is torch.float32
        value = float(self.value)
        return Decimal(str(np.float32(value)) if single else repr(value))

    def text(self, digits: int = LEAST) -> str:
        """Its value as lines show it: so many decimals, below 0.01 so many digits, and fewer where they say it exactly."""
        with localcontext(prec=PRECISION):
            shown = _rounded(self.exact, _quantum(self.exact, digits))
            return _text(shown, shown == self.exact)

    def contains(self, part: "Number") -> bool:
        """Whether it was made of that number."""
        return self is part or any(one.contains(part) for one in (self.made[1] if self.made else ()))

    def called(self, name: str) -> "Number":
        """Itself, under a symbol: what is made of it names it, and does not write it out."""
        self.name = name
        return self

    __add__, __radd__ = _binary("+"), _binary("+", True)
    __sub__, __rsub__ = _binary("−"), _binary("−", True)
    __mul__, __rmul__ = _binary("·"), _binary("·", True)
    __truediv__, __rtruediv__ = _binary("/"), _binary("/", True)
    __pow__ = _binary("^")
    __lt__, __le__ = _compared(lambda a, b: a < b), _compared(lambda a, b: a <= b)
    __gt__, __ge__ = _compared(lambda a, b: a > b), _compared(lambda a, b: a >= b)

    def __neg__(self) -> "Number":
        return Number(-self.value, made=("neg", (self,)))

    def abs(self) -> "Number":
        """Its size."""
        return Number(abs(self.value), made=("abs", (self,)))

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None) -> Any:
        if function is torch.where:
            condition, then, otherwise = args
            taken, other = (then, otherwise) if bool(condition) else (otherwise, then)
            return taken if isinstance(taken, Number) else Number(torch.full_like(other.value, float(taken)))
        value = function(*map(_bare, args), **{name: _bare(more) for name, more in (kwargs or {}).items()})
        if function in (torch.zeros_like, torch.full_like):
            return Number(value)
        if function is torch.clamp:
            return args[0] if bool(value == args[0].value) else Number(value)
        return Number(value, made=(function.__name__, tuple(map(lifted, args))))


def lifted(value: Any) -> Number:
    """A number as a Number, a plain one as a constant."""
    return value if isinstance(value, Number) else Number(value)


def opaque(name: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Marks a function of one tensor that is written down by its name, and not by what it is made of."""

    def mark(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @functools.wraps(function)
        def call(x: Any) -> Any:
            return Number(function(x.value), made=(name, (x,))) if isinstance(x, Number) else function(x)

        return call

    return mark


# ---- rounding --------------------------------------------------------------------------------------------------------------


def _quantum(value: Decimal, digits: int) -> Decimal:
    """The unit of the last digit shown: `digits` decimals, and of a number below 0.01 or from a million on as many digits."""
    if not value:
        return Decimal(1).scaleb(-digits)
    power = value.adjusted()
    return Decimal(1).scaleb(-digits if -2 <= power < PLAIN[1] else power - digits + 1)


def _rounded(value: Decimal, quantum: Decimal) -> Decimal:
    return value.quantize(quantum)


def _text(value: Decimal, exact: bool) -> str:
    """A rounded number: without the zeros at its end where it is exact."""
    if not value:
        return "0"
    value = value.normalize() if exact else value
    power = value.adjusted()
    small = PLAIN[0] <= power < PLAIN[1]
    words = f"{value:f}" if small else f"{value.scaleb(-power):f}×10{str(power).translate(SUPERSCRIPTS)}"
    return words.replace("-", "−")


def compared(a: Number, b: Number) -> str:
    """Which of two numbers is larger, in figures: with as many digits as it takes to see it."""
    larger = a.exact >= b.exact
    with localcontext(prec=PRECISION):
        for digits in range(LEAST, MOST + 1):
            shown = [_rounded(number.exact, _quantum(number.exact, digits)) for number in (a, b)]
            if (shown[0] >= shown[1]) == larger:
                break
    return f"{a.text(digits)} {'≥' if larger else '<'} {b.text(digits)}"


# ---- lines -----------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of arithmetic: its right side in symbols, the same in figures, and what they come to.

    What `figures` say is `result` when it is computed as written and rounded to as many digits. value: the number itself.
    digits: the decimals of the result. name: what later lines call it, of a part that stands on a line of its own.
    """

    symbols: str
    figures: str
    result: str
    value: float
    digits: int
    name: str = ""

    @classmethod
    def of(cls, number: Number, least: int = LEAST, value: Any = None) -> "Line":
        """The line of a number with at least so many decimals. value: what it must come to, where another place has computed it.

        Example:
            >>> Line.of(Number(0.9512, "β") * Number(0.5, "v") + Number(0.25, "x")).figures
            '0.9512 · 0.5 + 0.25'
        """
        total = number if value is None else Number(value)
        with localcontext(prec=PRECISION):
            exact = total.exact
            top = max((part.exact.adjusted() for part in _parts(number) if part.exact), default=0)
            tried = [(digits, _quantum(exact, digits)) for digits in range(least, least + 4)]
            tried += [(digits, Decimal(1).scaleb(top - below)) for digits, below in ((least, below) for below in COARSE)]
            for (digits, quantum), finer in itertools.product(tried, range(MOST)):
                leaves = min(digits + finer, MOST)
                if _rounded(_evaluated(number, leaves), quantum) == _rounded(exact, quantum):
                    return cls._written(number, exact, quantum, digits, leaves)
        raise ArithmeticError(f"{_symbols(number)} does not come to {float(exact):g}.")

    @classmethod
    def _written(cls, number: Number, exact: Decimal, quantum: Decimal, digits: int, leaves: int) -> "Line":
        shown = _rounded(exact, quantum)

        def leaf(part: Number) -> str:
            rounded = _rounded(part.exact, _quantum(part.exact, leaves))
            return _text(rounded, rounded == part.exact)

        figures = _write(number, leaf, " · ")
        return cls(_symbols(number), figures, _text(shown, shown == exact), float(exact), digits, number.name)


def lines(number: Number, least: int = LEAST, value: Any = None) -> list[Line]:
    """The lines of a number: first those of parts that occur in it more than once, then its own, as `Line.of` writes it."""
    names = iter("pqr")
    shared = _repeated(number)
    for part in shared:
        part.called(next(names, "r"))
    return [*(Line.of(part) for part in shared), Line.of(number, least, value)]


def summed(terms: Sequence[Number], whole: Any) -> tuple[list[Line], Line]:
    """The lines of some products, and the line of their sum, which is made of the products as those lines show them.

    whole: what the sum must come to, as another place has computed it. Where terms almost cancel, they get more decimals, so that
    three digits of the sum are seen.

    Raises:
        ArithmeticError: the products do not add up to it.
    """
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    if len(terms) == 1:
        total = Number(total.value, total.name)
    with localcontext(prec=PRECISION):
        exact = Number(whole).exact
        for dropped, level in itertools.product(range(3), range(LEAST, MOST)):
            units = [_quantum(term.exact, level) for term in terms]
            unit = max(units).scaleb(dropped)
            shown = _rounded(exact, unit)
            products = [Line.of(term, level) for term in terms]
            few = exact and abs(shown) < 1000 * unit and level < MOST - 4
            if few or any(line.digits != level for line in products):
                continue
            if _rounded(sum(map(_rounded, (term.exact for term in terms), units), Decimal(0)), unit) == shown:
                return products, Line._written(total, exact, unit, level, level)
    raise ArithmeticError(f"{' + '.join(term.name for term in terms)} is not {float(exact):g}.")


def _parts(number: Number) -> Iterator[Number]:
    """The parts that a line of a number shows, not those that they are made of."""
    for part in number.made[1] if number.made else (number,):
        yield from [part] if part.name or not part.made else _parts(part)


def _plain_parts(number: Number) -> list[Number]:
    """The parts of a number that were computed and have no symbol."""
    return [part for part in number.made[1] if part.made and not part.name] if number.made else []


def _repeated(number: Number) -> list[Number]:
    """What is used more than once in a number, from the inside out: what takes two operations or more, or is used three times."""
    uses: dict[int, int] = {}
    order: list[Number] = []

    def walk(whole: Number) -> None:
        for part in _plain_parts(whole):
            uses[id(part)] = uses.get(id(part), 0) + 1
            if uses[id(part)] == 1:
                walk(part)
                order.append(part)

    walk(number)
    return [part for part in order if uses[id(part)] > 2 or (uses[id(part)] > 1 and _plain_parts(part))]


def _evaluated(number: Number, leaves: int, root: bool = True) -> Decimal:
    """What a line comes to, computed with its figures as they are shown."""
    if number.made is None or (number.name and not root):
        return _rounded(number.exact, _quantum(number.exact, leaves))
    operation, parts = number.made
    values = [_evaluated(part, leaves, False) for part in parts]
    function = OPERATIONS[operation][1] if operation in OPERATIONS else FUNCTIONS[operation]
    return function(*values)


def _symbols(number: Number) -> str:
    names = [part.name for part in _parts(number)]
    times = " · " if any("∂" in name for name in names) else " "
    return _write(number, lambda part: part.name or _text(part.exact, True), times)


def _write(number: Number, leaf: Callable[[Number], str], times: str) -> str:
    """A number's right side, its leaves written by `leaf`."""

    def write(part: Number, root: bool = False) -> tuple[str, int]:
        if part.made is None or (part.name and not root):
            words = leaf(part)
            return words, ATOM if "×" not in words else ATOM - 2
        operation, parts = part.made
        if operation == "is":
            return write(parts[0])
        if operation == "abs":
            return f"|{write(parts[0])[0]}|", ATOM
        if operation not in OPERATIONS:
            return f"{operation}({', '.join(write(p)[0] for p in parts)})", ATOM
        binds = OPERATIONS[operation][0]
        if operation == "neg":
            return f"−{bracketed(parts[0], binds)}", binds
        a, b = parts
        if operation == "^":
            return f"{bracketed(a, ATOM)}{write(b)[0].translate(SUPERSCRIPTS)}", binds
        if operation == "+":
            left, right = first(a, binds), write(b)
            if right[0].startswith("−") and right[1] >= binds:
                return f"{left} − {right[0][1:]}", binds
            return f"{left} + {bracketed(b, binds)}", binds
        sign = {"−": " − ", "·": times, "/": " / "}[operation]
        return f"{first(a, binds)}{sign}{bracketed(b, binds + 1 if operation != '·' else binds)}", binds

    def first(part: Number, binds: int) -> str:
        """What stands at the left of an operation: a minus sign there needs no brackets."""
        words, tight = write(part)
        return words if tight >= binds else f"({words})"

    def bracketed(part: Number, binds: int) -> str:
        words, tight = write(part)
        return words if tight >= binds and not words.startswith("−") else f"({words})"

    return write(number, True)[0]
