"""A neuron's formulas written down as steps, so that a page can evaluate them itself while a hand moves a parameter.

`coefficients`, `rest`, `reset_level` and `threshold` are called once with numbers that note what is done with them, for every
combination of the neuron's choices and switches. So a page needs no second copy of a formula: assets/scope/coefficients.js
evaluates what stands here.
"""

import dataclasses
import functools
import itertools
from types import SimpleNamespace
from typing import Any

from snnviz.neurons.base import AbstractNeuron, is_choice


class Number:
    """A number of a program, known by its place: arithmetic on it is appended to the program."""

    def __init__(self, program: "Program", place: int):
        self.program, self.place = program, place

    def __add__(self, other):
        return self.program.add("+", self, other)

    def __radd__(self, other):
        return self.program.add("+", other, self)

    def __sub__(self, other):
        return self.program.add("-", self, other)

    def __rsub__(self, other):
        return self.program.add("-", other, self)

    def __mul__(self, other):
        return self.program.add("*", self, other)

    def __rmul__(self, other):
        return self.program.add("*", other, self)

    def __truediv__(self, other):
        return self.program.add("/", self, other)

    def __rtruediv__(self, other):
        return self.program.add("/", other, self)

    def __neg__(self):
        return self.program.add("-", 0.0, self)

    def exp(self):
        return self.program.add("exp", self)


class Program:
    """Steps in order: ["number", value], ["input", name], or an operation on the places of earlier steps."""

    def __init__(self) -> None:
        self.steps: list[list[Any]] = []

    def input(self, name: str) -> Number:
        self.steps.append(["input", name])
        return Number(self, len(self.steps) - 1)

    def add(self, operation: str, *operands: Number | float) -> Number:
        places = [self.place(operand) for operand in operands]
        self.steps.append([operation, *places])
        return Number(self, len(self.steps) - 1)

    def place(self, value: Number | float) -> int:
        if isinstance(value, Number):
            return value.place
        self.steps.append(["number", float(value)])
        return len(self.steps) - 1


@functools.cache
def formulas(cls: type[AbstractNeuron]) -> dict[str, Any]:
    """A neuron class's formulas as JSON can hold them.

    choices: the fields that choose among `paths`, whose keys are their values joined by commas. Each path has steps over the
    other fields, and the places of the coefficients, the state at rest and the reset level (None where nothing moves it) in
    them. threshold: steps over the coefficients by name and `trace`, and the place of the threshold; None if it never fires.
    """
    plain = cls()
    fields = {field.name: getattr(plain, field.name) for field in dataclasses.fields(cls)}
    options = {n: list(type(v)) if not isinstance(v, bool) else [False, True] for n, v in fields.items() if is_choice(v)}
    paths = {}
    for values in itertools.product(*options.values()):
        key = ",".join(str(v).lower() if isinstance(v, bool) else v.value for v in values)
        paths[key] = _path(cls, dict(zip(options, values, strict=True)))
    return {"choices": list(options), "paths": paths, "threshold": _threshold(plain) if cls.fires else None}


def _path(cls: type[AbstractNeuron], chosen: dict[str, Any]) -> dict[str, Any]:
    program, neuron = Program(), object.__new__(cls)
    for field in dataclasses.fields(cls):
        value = chosen[field.name] if field.name in chosen else program.input(field.name)
        object.__setattr__(neuron, field.name, value)
    level = neuron.reset_level()
    return {
        "coefficients": [program.place(value) for value in neuron.coefficients().values()],
        "rest": [program.place(value) for value in neuron.rest()],
        "level": None if level is None else program.place(level),
        "steps": program.steps,
    }


def _threshold(neuron: AbstractNeuron) -> dict[str, Any]:
    program = Program()
    c = SimpleNamespace(**{name: program.input(name) for name in neuron.coefficients()})
    place = program.place(neuron.threshold(c, (None, program.input("trace"))))
    return {"names": list(neuron.coefficients()), "place": place, "steps": program.steps}
