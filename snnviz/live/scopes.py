"""The data of the scopes, as assets/scope/ reads them: one neuron class, the laws of draws, the colours of both themes.

Everything here is what classes declare; what a page adds (a current, a scene) is not.
"""

import dataclasses
import functools
from collections.abc import Collection
from typing import Any

from snnviz.figures import theme
from snnviz.laws import AbstractLaw
from snnviz.live import declared
from snnviz.live.scenes import DrawScene, Scene, plain
from snnviz.neurons import AbstractNeuron
from snnviz.neurons.formula import formulas
from snnviz.zeroth_order import ZerothOrder

SURROGATE = {"name": "surrogate", "label": "Surrogate", "kind": "choice", "help": "What stands in for ds/du."}


def neuron_data(neuron: AbstractNeuron, exclude: Collection[str] = ("dt",)) -> dict[str, Any]:
    """What the neuron scope has to know of a neuron; its parameters are the scene's.

    Args:
        exclude: fields of the neuron without a control there.
    """
    return {
        "view": "neuron", "exclude": list(exclude), "kernel": neuron.kernel, "states": list(neuron.states), "fires": neuron.fires,
        "adaptive": neuron.adaptive, "trace": neuron.trace and dataclasses.asdict(neuron.trace), "peak": plain(neuron.peak),
        "multiplier": neuron.multiplier, "differentiable": neuron.fires and neuron.differentiable,
        "reset_field": neuron.reset_field, "formulas": formulas(type(neuron)),
        "controls": {"neuron": [d for d in declared.declare(neuron) if d["name"] not in exclude]}
        | {d["name"]: d for d in declared.declare(Scene())}
        | {"surrogate": SURROGATE},
    }  # fmt: skip


def derivative_data(laws: dict[str, AbstractLaw]) -> dict[str, Any]:
    """What the spike-derivative scope has to know: laws of draws by name, whose curves are `curves`, float32."""
    described, numbers = declared.describe(tuple(laws.items()))
    return {
        "view": "derivative", "laws": described, "curves": numbers, "spacing": declared.SPACING,
        "controls": {d["name"]: d for d in declared.declare(ZerothOrder()) + declared.declare(DrawScene())},
    }  # fmt: skip


@functools.cache
def colours() -> dict[str, Any]:
    """The roles' colours, by theme."""
    return {name: dataclasses.asdict(theme.colours(name == "dark")) for name in ("light", "dark")}
