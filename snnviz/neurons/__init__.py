"""The neurons: parameters and a pure step each. `NEURONS` lists them, in the order of their imports here, which is the menu's."""

import inspect

from snnviz.neurons.base import AbstractNeuron as AbstractNeuron
from snnviz.neurons.base import Reset as Reset
from snnviz.neurons.base import Trace as Trace

# isort: off
from snnviz.neurons.lif import LIF as LIF
from snnviz.neurons.lif import IF as IF
from snnviz.neurons.cuba import CubaLIF as CubaLIF
from snnviz.neurons.alif import ALIF as ALIF
from snnviz.neurons.qif import QIF as QIF
from snnviz.neurons.eif import EIF as EIF
from snnviz.neurons.leaky import LeakyReadout as LeakyReadout
from snnviz.neurons.izhikevich import Izhikevich as Izhikevich
# isort: on

NEURONS: dict[str, type[AbstractNeuron]] = {
    name: cls
    for name, cls in list(globals().items())
    if isinstance(cls, type) and issubclass(cls, AbstractNeuron) and not inspect.isabstract(cls)
}
__all__ = ["NEURONS", "AbstractNeuron", "Reset", "Trace", *NEURONS]  # pyright: ignore[reportUnsupportedDunderAll]
