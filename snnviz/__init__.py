"""snnviz: see how a spiking neural network is trained.

from snnviz import LIF, BPTT, Exodus, Slayer, Experiment, Step, simulate, compare_gradients

record = simulate(Experiment(LIF(tau_mem=20.0), Step(0.08)))
compare_gradients(Experiment(LIF(tau_mem=20.0), Step(0.08)), [BPTT(), Slayer(), Exodus()]).rows
"""

from snnviz.architectures import ARCHITECTURES as ARCHITECTURES
from snnviz.architectures import Convolutional as Convolutional
from snnviz.architectures import FeedForward as FeedForward
from snnviz.experiments import Comparison as Comparison
from snnviz.experiments import Experiment as Experiment
from snnviz.experiments import compare_gradients as compare_gradients
from snnviz.experiments import differentiate as differentiate
from snnviz.experiments import simulate as simulate
from snnviz.losses import CrossEntropy as CrossEntropy
from snnviz.losses import OverTime as OverTime
from snnviz.losses import SpikeAt as SpikeAt
from snnviz.losses import WeightedSpikes as WeightedSpikes
from snnviz.methods import *  # noqa: F403
from snnviz.network import SpikingLayer as SpikingLayer
from snnviz.neurons import *  # noqa: F403
from snnviz.probe import Probe as Probe
from snnviz.stimuli import *  # noqa: F403
from snnviz.studies.rate_curve import rate_curve as rate_curve
from snnviz.surrogates import *  # noqa: F403
