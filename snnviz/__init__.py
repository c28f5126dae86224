"""snnviz: see how a spiking neural network is trained.

from snnviz import LIF, BPTT, Exodus, Slayer, Experiment, Step, simulate, compare_gradients

record = simulate(Experiment(LIF(tau_mem=20.0), Step(0.08)))
compare_gradients(Experiment(LIF(tau_mem=20.0), Step(0.08)), [BPTT(), Slayer(), Exodus()], autograd=True).rows
"""

from dataclasses import replace as replace

from snnviz.architectures import ARCHITECTURES as ARCHITECTURES
from snnviz.architectures import Convolutional as Convolutional
from snnviz.architectures import FeedForward as FeedForward
from snnviz.backends import kernel_text as kernel_text
from snnviz.datasets import DATASETS as DATASETS
from snnviz.datasets import Binning as Binning
from snnviz.datasets import Braille as Braille
from snnviz.datasets import Cifar10 as Cifar10
from snnviz.datasets import Cifar10Dvs as Cifar10Dvs
from snnviz.datasets import Circles as Circles
from snnviz.datasets import Coding as Coding
from snnviz.datasets import DelayedXor as DelayedXor
from snnviz.datasets import Digits as Digits
from snnviz.datasets import DvsGesture as DvsGesture
from snnviz.datasets import FashionMnist as FashionMnist
from snnviz.datasets import Mnist as Mnist
from snnviz.datasets import NMnist as NMnist
from snnviz.datasets import OwnPoints as OwnPoints
from snnviz.datasets import OwnRecordings as OwnRecordings
from snnviz.datasets import PlaneCoding as PlaneCoding
from snnviz.datasets import RandomManifolds as RandomManifolds
from snnviz.datasets import Saccades as Saccades
from snnviz.datasets import Samples as Samples
from snnviz.datasets import Shd as Shd
from snnviz.datasets import SpikePatterns as SpikePatterns
from snnviz.datasets import Spirals as Spirals
from snnviz.datasets import Split as Split
from snnviz.datasets import Ssc as Ssc
from snnviz.datasets import TemporalOrder as TemporalOrder
from snnviz.datasets import TimeUnit as TimeUnit
from snnviz.datasets import TonicSet as TonicSet
from snnviz.datasets import TwoMoons as TwoMoons
from snnviz.datasets import Xor as Xor
from snnviz.datasets import YinYang as YinYang
from snnviz.datasets import YinYangPoints as YinYangPoints
from snnviz.events import Products as Products
from snnviz.experiments import Comparison as Comparison
from snnviz.experiments import Experiment as Experiment
from snnviz.experiments import GradientRow as GradientRow
from snnviz.experiments import compare_gradients as compare_gradients
from snnviz.experiments import differentiate as differentiate
from snnviz.experiments import simulate as simulate
from snnviz.labels import distinct as distinct
from snnviz.laws import *  # noqa: F403  its __all__ names every law
from snnviz.losses import LOSSES as LOSSES
from snnviz.losses import REGULARISERS as REGULARISERS
from snnviz.losses import Activity as Activity
from snnviz.losses import CrossEntropy as CrossEntropy
from snnviz.losses import OverTime as OverTime
from snnviz.losses import SpikeAt as SpikeAt
from snnviz.losses import StepwiseCrossEntropy as StepwiseCrossEntropy
from snnviz.losses import VanRossum as VanRossum
from snnviz.losses import WeightedSpikes as WeightedSpikes
from snnviz.methods import *  # noqa: F403  its __all__ names every method
from snnviz.network import Network as Network
from snnviz.neurons import *  # noqa: F403  its __all__ names every neuron
from snnviz.optimisers import OPTIMISERS as OPTIMISERS
from snnviz.optimisers import SCHEDULES as SCHEDULES
from snnviz.optimisers import SGD as SGD
from snnviz.optimisers import Adam as Adam
from snnviz.optimisers import AdamW as AdamW
from snnviz.optimisers import Constant as Constant
from snnviz.optimisers import Cosine as Cosine
from snnviz.probe import Probe as Probe
from snnviz.records import LayerRecord as LayerRecord
from snnviz.records import RunRecord as RunRecord
from snnviz.spiking_layer import SpikingLayer as SpikingLayer
from snnviz.stimuli import STIMULI as STIMULI
from snnviz.stimuli import Noise as Noise
from snnviz.stimuli import Poisson as Poisson
from snnviz.stimuli import Pulses as Pulses
from snnviz.stimuli import Ramp as Ramp
from snnviz.stimuli import Shaped as Shaped
from snnviz.stimuli import Sine as Sine
from snnviz.stimuli import SpikeTrain as SpikeTrain
from snnviz.stimuli import Step as Step
from snnviz.studies import activity as activity
from snnviz.studies import backward_times as backward_times
from snnviz.studies import derivative as derivative
from snnviz.studies import loops as loops
from snnviz.studies import plane as plane
from snnviz.studies import sample_views as sample_views
from snnviz.studies import speed as speed
from snnviz.studies.backward_times import Plan as Plan
from snnviz.studies.depth import DepthStudy as DepthStudy
from snnviz.studies.depth import measure_depth as measure_depth
from snnviz.studies.derivative import Density as Density
from snnviz.studies.derivative import Drawing as Drawing
from snnviz.studies.derivative import Look as Look
from snnviz.studies.growth import GrowthSweep as GrowthSweep
from snnviz.studies.growth import Over as Over
from snnviz.studies.growth import depth_experiment as depth_experiment
from snnviz.studies.growth import sweep as sweep
from snnviz.studies.look_back import look_back as look_back
from snnviz.studies.rate_curve import rate_curve as rate_curve
from snnviz.studies.small_training import SmallTraining as SmallTraining
from snnviz.studies.smooth_spike import SmoothSpike as SmoothSpike
from snnviz.studies.smooth_spike import smooth_gradients as smooth_gradients
from snnviz.studies.speed import Grows as Grows
from snnviz.studies.speed import SpeedPlan as SpeedPlan
from snnviz.studies.widths import WidthSweep as WidthSweep
from snnviz.studies.widths import sweep_widths as sweep_widths
from snnviz.surrogates import *  # noqa: F403  its __all__ names every surrogate
from snnviz.training import BatchRecord as BatchRecord
from snnviz.training import EpochRecord as EpochRecord
from snnviz.training import Failure as Failure
from snnviz.training import TestRecord as TestRecord
from snnviz.training import TrainedNetwork as TrainedNetwork
from snnviz.training import Training as Training
from snnviz.training import compare_training as compare_training
from snnviz.training import load_network as load_network
from snnviz.training import presets as presets
from snnviz.training import train as train
from snnviz.training import trained as trained
from snnviz.why import Arithmetic as Arithmetic
from snnviz.why import arithmetic as arithmetic
from snnviz.zeroth_order import ZerothOrder as ZerothOrder
from snnviz.zeroth_order import matching_band as matching_band
