"""What a scope's page is sent of Python's declarations: controls, surrogates, and the laws of the draws as curves."""

import enum
import functools
import math
from typing import Any

import numpy as np
import torch

from snnviz.backends import browser
from snnviz.formulas import formulas
from snnviz.laws import LAWS, AbstractLaw, SurrogateLaw
from snnviz.live.scenes import plain
from snnviz.params import Declared, Param, params
from snnviz.surrogates import SURROGATES, FastSigmoid, SingleExponential, Triangle
from snnviz.zeroth_order import ZerothOrder


def declare(value: Declared) -> list[dict[str, Any]]:
    """The `param()` declarations of a value for the page, which draws its controls from them."""
    return [_control(name, getattr(type(value)(), name), param) for name, param in params(value).items()]


def _control(name: str, value: Any, param: Param) -> dict[str, Any]:
    control = {"name": name, "label": param.label, "symbol": param.symbol, "unit": param.unit, "help": param.help,
            "advanced": param.advanced, "default": plain(value)}  # fmt: skip
    if isinstance(value, bool):
        return control | {"kind": "switch"}
    if isinstance(value, enum.Enum):
        return control | {"kind": "choice", "choices": choices(type(value))}
    bounded = math.isfinite(param.low) or math.isfinite(param.high)
    return control | {
        "kind": "whole" if isinstance(value, int) else "number", "slider": list(param.slider or ()), "log": param.log,
        "low": plain(param.low), "high": plain(param.high), "open_low": param.open_low,
        "allowed": param.allowed if bounded else "",
    }  # fmt: skip


def choices(kind: type[enum.Enum]) -> list[list[str]]:
    """What a choice can be: each value, and the title under which it is offered."""
    return [[member.value, getattr(member, "title", member.value)] for member in kind]


@functools.cache
def surrogates() -> dict[str, Any]:
    """Every surrogate: its title, functor, controls, and coefficients as formulas of its fields."""
    return {
        n: {"title": s.title, "kernel": s.kernel, "controls": declare(s()), "coefficients": formulas(s, "coefficients")}
        for n, s in SURROGATES.items()
    }


SPACING, REACH = 0.02, 12.0  # of the grid t = |u|/delta on which the laws' curves go to the page


@functools.cache
def laws() -> dict[str, AbstractLaw]:
    """What the scope offers. A law made from a surrogate stands for every width of it: delta stretches it."""
    plain_ = {name: law() for name, law in LAWS.items() if law is not SurrogateLaw}
    made = (FastSigmoid(), Triangle(), SingleExponential())
    return plain_ | {f"SurrogateLaw.{type(s).__name__}": SurrogateLaw(s) for s in made}


@functools.lru_cache(maxsize=16)
def describe(laws: tuple[tuple[str, AbstractLaw], ...]) -> tuple[dict[str, Any], str]:
    """The laws' closed forms for delta = 1 on a grid, as places in one packed array of float32."""
    grid = torch.arange(0, REACH + SPACING / 2, SPACING, dtype=torch.float64)
    arrays, at, described = [], 0, {}

    def put(values: torch.Tensor) -> list[int]:
        nonlocal at
        arrays.append(values.to(torch.float32).numpy())
        at += len(values)
        return [at - len(values), len(values)]

    for name, law in laws:
        table = ZerothOrder(law).table()
        title = law.title if not isinstance(law, SurrogateLaw) else f"From {law.surrogate.title.lower()}"
        described[name] = {
            "title": title, "kernel": law.kernel, "coefficients": formulas(ZerothOrder, "coefficients", law=law),
            "g": put(law.expected_surrogate(grid)), "survival": put(law.survival(grid)), "second": put(law.second_moment(grid)),
            "table": None if table is None else put(table), "mean_abs": plain(law.mean_abs),
            "beyond": plain((law.tail_moment(1, REACH) - REACH * law.survival(REACH)).item()),
        }  # fmt: skip
    return described, packed_curves(np.concatenate(arrays))


def packed_curves(values: np.ndarray) -> str:
    """float32 values that follow smooth curves, as text, a quarter of what `browser.packed` makes of them: the second differences
    of their bits are small. `unpackCurves` of assets/scope/kernels.js gives back the same bits."""
    bits = np.ascontiguousarray(values, "<f4").view("<u4")
    for _ in range(2):
        bits = np.diff(bits, prepend=np.uint32(0))
    return browser.packed(bits.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes())
