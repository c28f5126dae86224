"""Layers whose input spikes are events: their products read the weights of active inputs alone, on the CPU."""

from snnviz.events.convolution import adds_entries as adds_entries
from snnviz.events.convolution import convolve as convolve
from snnviz.events.layer import Fired as Fired
from snnviz.events.layer import fire as fire
from snnviz.events.layer import product as product
from snnviz.events.layer import spiking as spiking
from snnviz.events.layer import unsupported as unsupported
from snnviz.events.products import DENSE_FROM as DENSE_FROM
from snnviz.events.products import Products as Products
from snnviz.events.value import Events as Events
