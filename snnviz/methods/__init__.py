"""The gradient methods: a frozen value each. `METHODS` lists them."""

from snnviz.methods.base import AbstractGradientMethod as AbstractGradientMethod
from snnviz.methods.base import AtSpike as AtSpike
from snnviz.methods.base import ResetPath as ResetPath
from snnviz.methods.bptt import BPTT as BPTT
from snnviz.methods.exodus import Exodus as Exodus
from snnviz.methods.localzo import GatedZO as GatedZO
from snnviz.methods.localzo import LocalZO as LocalZO
from snnviz.methods.modules import Route as Route
from snnviz.methods.modules import SurrogateModules as SurrogateModules
from snnviz.methods.slayer import Slayer as Slayer
from snnviz.methods.sparse import SparseGD as SparseGD

METHODS: dict[str, type[AbstractGradientMethod]] = {
    cls.__name__: cls for cls in (BPTT, Slayer, Exodus, LocalZO, GatedZO, SparseGD, SurrogateModules)
}
