"""What the playground's engine takes from Python's declarations: methods, surrogates, neurons, optimisers, point sets.

`script()` is the text of assets/playground/facts.js, so that the engine runs where no Python is, and a test holds the file against
it: `python tools/facts.py` writes it anew. Coefficients are formulas of the page's settings (snnviz/formulas.py), which
assets/scope/coefficients.js evaluates.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from snnviz.datasets import Digits, OwnPoints
from snnviz.datasets.base import AbstractGenerated
from snnviz.datasets.points import STREAMS, AbstractPoints
from snnviz.figures import theme
from snnviz.formulas import Formula, Traced, formulas, written
from snnviz.laws import NormalLaw
from snnviz.live.declared import declare
from snnviz.live.playground import Descent, PointSet, Way
from snnviz.live.small import IN_THE_PLANE
from snnviz.methods import BPTT, AbstractGradientMethod, Exodus, LocalZO, Slayer, SparseGD
from snnviz.methods.base import AtSpike, Choice
from snnviz.neurons import ALIF, IF, LIF, AbstractNeuron, CubaLIF
from snnviz.optimisers import SGD, Adam
from snnviz.surrogates import AbstractSurrogate, FastSigmoid, Gaussian, SingleExponential, Triangle
from snnviz.zeroth_order import ZerothOrder

WIDTH, TAU = Traced("width"), Traced("tau")  # the page's settings that formulas stand on
_NOTES = {  # in what a method differs, as short as a card needs it
    Way.BPTT: "reset kept",
    Way.EXODUS: "closed form",
    Way.BPTT_CUT: "reset cut",
    Way.SLAYER: "no reset",
    Way.LOCALZO: "at random",
    Way.SPARSE: "in a band",
}
_DASHES = {"solid": [], "dash": [7, 5], "dot": [2, 3], "dashdot": [9, 3, 2, 3]}


def facts() -> dict[str, Any]:
    """All of it as JSON can hold it; None stands for an infinite bound."""
    return {
        "methods": _methods(),
        "surrogates": _surrogates(),
        "neurons": {cls.__name__: _neuron(cls) for cls in (LIF, IF, ALIF, CubaLIF)},
        "optimisers": {
            Descent.ADAM.value: {"title": Descent.ADAM.title, "beta1": Adam().beta1, "beta2": Adam().beta2},
            Descent.SGD.value: {"title": Descent.SGD.title, "momentum": 0.0},
            Descent.MOMENTUM.value: {"title": Descent.MOMENTUM.title, "momentum": SGD().momentum},
        },
        "sets": {
            **{points.value: _set(points, cls, len(cls.classes)) for points, cls in IN_THE_PLANE.items()},
            PointSet.OWN.value: _set(PointSet.OWN, OwnPoints, 3),
            PointSet.DIGITS.value: _set(PointSet.DIGITS, Digits, 10),
        },
        "streams": STREAMS,
    }  # fmt: skip


def script() -> str:
    """The text of assets/playground/facts.js."""
    text = json.dumps(facts(), ensure_ascii=False, separators=(",", ":"))
    note = "Written by tools/facts.py from Python's declarations; snnviz/live/played.py says what stands here."
    return f"// {note}\nexport const FACTS = {text};\n"


def _set(points: PointSet, cls: type[AbstractGenerated], classes: int) -> dict[str, Any]:
    """plane: its samples are points in the plane; drawn: at random by the page; pixels: of an image."""
    plane = issubclass(cls, AbstractPoints)
    kinds = {"plane": plane, "drawn": plane and cls is not OwnPoints, "pixels": 0 if plane else 64}
    return {"title": points.title, "classes": classes} | kinds


def _methods() -> dict[str, Any]:
    """The methods in the order in which they are drawn, each by the name of its hue."""
    listed = {
        choice.hue or choice.name: (cls, choice) for cls in (BPTT, Exodus, Slayer, LocalZO, SparseGD) for choice in cls.menu()
    }
    return {name: _method(name, *listed[name]) for name in theme.METHOD_DASHES if name in listed}


def _method(name: str, cls: type[AbstractGradientMethod], choice: Choice) -> dict[str, Any]:
    """One row. own: what the method's own numbers are where the page does not say; derivative: None where the page's surrogate
    stands for ds/du."""
    controls = [c for c in declare(cls()) if c["kind"] in ("number", "whole")]
    traced = object.__new__(cls)
    numbers = {c["name"]: Traced(c["name"]) for c in controls}
    for field, value in (vars(cls()) | numbers | dict(choice.fixed)).items():
        object.__setattr__(traced, field, value)
    drawn = {"kernel": NormalLaw.kernel, "coefficients": formulas(ZerothOrder, "coefficients", law=NormalLaw())}
    at_spike = AtSpike(ZerothOrder()) if cls is LocalZO else traced.at_spike
    way = Way(name)
    return {
        "title": way.title, "note": _NOTES[way], "dash": _DASHES[theme.METHOD_DASHES[name]],
        "reset": traced.reset_path.value, "own": {c["name"]: c["default"] for c in controls},
        "gain": written(at_spike.gain), "window": _bounded(written(at_spike.window)),
        "derivative": drawn if cls is LocalZO else None,
    }  # fmt: skip


def _surrogates() -> dict[str, Any]:
    """Those with one width, as formulas of it."""
    ways: Mapping[type[AbstractSurrogate], tuple[str, Any]] = {
        SingleExponential: ("width", WIDTH),
        FastSigmoid: ("slope", 1 / WIDTH),
        Gaussian: ("sigma", WIDTH),
        Triangle: ("width", WIDTH),
    }
    return {
        cls.kernel: {
            "title": cls.title, "kernel": cls.kernel, "coefficients": formulas(cls, "coefficients", **{field: value}),
        }
        for cls, (field, value) in ways.items()
    }  # fmt: skip


def _neuron(cls: type[AbstractNeuron]) -> dict[str, Any]:
    neuron, memory = cls(), cls.memory
    traced = object.__new__(cls)
    for name, value in vars(neuron).items():
        object.__setattr__(traced, name, TAU if name == memory else value)
    return {
        "title": cls.title, "kernel": cls.kernel, "states": len(cls.states),
        "adaptive": cls.adaptive, "bias": written(traced.bias_input()),
        "coefficients": [_bounded(written(value)) for value in traced.coefficients().values()],
    }  # fmt: skip


def _bounded(formula: Formula) -> Formula | None:
    return None if isinstance(formula, float) and math.isinf(formula) else formula
