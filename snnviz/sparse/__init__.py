"""Layers of weights and spiking neurons whose backward pass touches the active entries only."""

from snnviz.sparse.active import ActiveSet as ActiveSet
from snnviz.sparse.active import Packed as Packed
from snnviz.sparse.active import Spikes as Spikes
from snnviz.sparse.active import ones as ones
from snnviz.sparse.active import pack as pack
from snnviz.sparse.active import packed_or_none as packed_or_none
from snnviz.sparse.calls import WIDE as WIDE
from snnviz.sparse.guard import DeadLayer as DeadLayer
from snnviz.sparse.guard import Guard as Guard
from snnviz.sparse.guard import NonFiniteWeights as NonFiniteWeights
from snnviz.sparse.guard import remedy as remedy
from snnviz.sparse.layer import gradients as gradients
from snnviz.sparse.layer import product as product
from snnviz.sparse.layer import spiking as spiking
from snnviz.sparse.layer import unsupported as unsupported
from snnviz.sparse.layer import what_is_listed as what_is_listed
