"""The neurons: parameters and a pure step each. `NEURONS` lists them."""

from snnviz.neurons.alif import ALIF as ALIF
from snnviz.neurons.base import AbstractNeuron as AbstractNeuron
from snnviz.neurons.base import Reset as Reset
from snnviz.neurons.base import Trace as Trace
from snnviz.neurons.cuba import CubaLIF as CubaLIF
from snnviz.neurons.eif import EIF as EIF
from snnviz.neurons.izhikevich import Izhikevich as Izhikevich
from snnviz.neurons.leaky import LeakyReadout as LeakyReadout
from snnviz.neurons.lif import IF as IF
from snnviz.neurons.lif import LIF as LIF
from snnviz.neurons.qif import QIF as QIF

NEURONS: dict[str, type[AbstractNeuron]] = {
    cls.__name__: cls
    for cls in (
        LIF,
        IF,
        CubaLIF,
        ALIF,
        QIF,
        EIF,
        LeakyReadout,
        Izhikevich,
    )
}
