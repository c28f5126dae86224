"""The gradient methods: a frozen value each. `METHODS` lists them, in the order of their imports here, which is the menus'."""

import inspect

from snnviz.methods.base import AbstractGradientMethod as AbstractGradientMethod
from snnviz.methods.base import AtSpike as AtSpike
from snnviz.methods.base import ResetPath as ResetPath
from snnviz.methods.eprop import Feedback as Feedback
from snnviz.methods.modules import Route as Route

# isort: off
from snnviz.methods.bptt import BPTT as BPTT
from snnviz.methods.slayer import Slayer as Slayer
from snnviz.methods.exodus import Exodus as Exodus
from snnviz.methods.localzo import LocalZO as LocalZO
from snnviz.methods.localzo import GatedZO as GatedZO
from snnviz.methods.sparse import SparseGD as SparseGD
from snnviz.methods.modules import SurrogateModules as SurrogateModules
from snnviz.methods.sltt import SLTT as SLTT
from snnviz.methods.ottt import OTTT as OTTT
from snnviz.methods.ostl import OSTL as OSTL
from snnviz.methods.eprop import EProp as EProp
from snnviz.methods.decolle import Decolle as Decolle
from snnviz.methods.eventprop import EventProp as EventProp
# isort: on

METHODS: dict[str, type[AbstractGradientMethod]] = {
    name: cls
    for name, cls in list(globals().items())
    if isinstance(cls, type) and issubclass(cls, AbstractGradientMethod) and not inspect.isabstract(cls)
}
__all__ = ["METHODS", "AbstractGradientMethod", "AtSpike", "Feedback", "ResetPath", "Route", *METHODS]  # pyright: ignore[reportUnsupportedDunderAll]
