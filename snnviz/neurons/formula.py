"""A neuron's formulas written down, so that a page can evaluate them itself while a hand moves a parameter.

What a choice or a switch decides is Python, so the formulas are written down for every combination of them; the numbers are
traced (snnviz/formulas.py). assets/scope/coefficients.js evaluates what stands here.
"""

import dataclasses
import functools
import itertools
from types import SimpleNamespace
from typing import Any

from snnviz.formulas import Traced, written
from snnviz.neurons.base import AbstractNeuron, is_choice


@functools.cache
def formulas(cls: type[AbstractNeuron]) -> dict[str, Any]:
    """A neuron class's formulas as JSON can hold them.

    choices: the fields that choose among `paths`, whose keys are their values joined by commas. Each path has, as formulas of
    the other fields, the coefficients, the state at rest, the reset level (None where nothing moves it), and the scales of a drive
    and of a charge. threshold: a formula of the coefficients by name and `trace`, the second state; None if it never fires.
    coefficients: their names.

    Raises:
        TypeError: a method does more with a number than arithmetic and the functions of snnviz.formulas.
    """
    plain = cls()
    fields = {field.name: getattr(plain, field.name) for field in dataclasses.fields(cls)}
    options = {n: list(type(v)) if not isinstance(v, bool) else [False, True] for n, v in fields.items() if is_choice(v)}
    paths = {}
    for values in itertools.product(*options.values()):
        key = ",".join(str(v).lower() if isinstance(v, bool) else v.value for v in values)
        paths[key] = _path(cls, dict(zip(options, values, strict=True)))
    names = list(plain.coefficients())
    c = SimpleNamespace(**{name: Traced(name) for name in names})
    state: Any = (Traced("v"), Traced("trace"))
    threshold = written(plain.threshold(c, state)) if cls.fires else None
    return {"choices": list(options), "paths": paths, "coefficients": names, "threshold": threshold}


def _path(cls: type[AbstractNeuron], chosen: dict[str, Any]) -> dict[str, Any]:
    neuron = object.__new__(cls)
    for field in dataclasses.fields(cls):
        object.__setattr__(neuron, field.name, chosen.get(field.name, Traced(field.name)))
    level = neuron.reset_level()
    return {
        "coefficients": [written(value) for value in neuron.coefficients().values()],
        "rest": [written(value) for value in neuron.rest()],
        "level": None if level is None else written(level),
        "scales": [written(neuron.drive_scale()), written(neuron.charge_scale())],
    }
