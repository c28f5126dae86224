"""What the playground's settings mean in the library: one training a method, which gives the page's losses; and the data set."""

import dataclasses

from snnviz.datasets import AbstractDataset, Circles, Digits, OwnPoints, Spirals, TwoMoons, Xor, YinYangPoints
from snnviz.datasets.points import PlaneCoding
from snnviz.live.playground import Coding, Descent, Neuron, Playground, PointSet, Reading, Stand, Way
from snnviz.losses import CrossEntropy, OverTime
from snnviz.methods import BPTT, AbstractGradientMethod, Exodus, LocalZO, Slayer, SparseGD
from snnviz.neurons import ALIF, IF, LIF, AbstractNeuron, CubaLIF
from snnviz.optimisers import SGD, AbstractOptimiser, Adam
from snnviz.studies.small_training import SmallTraining
from snnviz.surrogates import AbstractSurrogate, FastSigmoid, Gaussian, SingleExponential, Triangle

IN_THE_PLANE = {  # the sets whose points the page draws itself
    PointSet.MOONS: TwoMoons,
    PointSet.CIRCLES: Circles,
    PointSet.XOR: Xor,
    PointSet.SPIRALS: Spirals,
    PointSet.YINYANG: YinYangPoints,
}
_OVER_TIME = {Reading.MEAN: OverTime.MEAN, Reading.MAX: OverTime.MAX, Reading.LAST: OverTime.LAST}


def trainings(value: Playground) -> dict[str, SmallTraining]:
    """By the method's title on its card, in the order of the cards."""
    base = SmallTraining(
        dataset(value),
        value.hidden,
        neuron(value),
        loss=CrossEntropy(_OVER_TIME[value.overTime]),
        optimiser=optimiser(value),
        batch=value.batch,
        seed=value.seed,
        readout_tau=value.tau,
        first_gain=value.firstGain,
        gain=value.gain,
        bias=value.bias,
    )
    return {way.title: dataclasses.replace(base, method=method(value, way)) for way in Way if way in value.methods}


def dataset(value: Playground) -> AbstractDataset:
    """The points or digits that are learned.

    Raises:
        ValueError: no own point is placed.
    """
    if value.set is PointSet.DIGITS:
        return Digits(steps=value.T)
    coding = PlaneCoding.CONSTANT if value.coding is Coding.CONSTANT else PlaneCoding.SPIKE_TIME
    if value.set is PointSet.OWN:
        return OwnPoints(steps=value.T, coding=coding, mirrored=value.mirrored, placed=value.points, seed=value.seed)
    return IN_THE_PLANE[value.set](steps=value.T, noise=value.noise, coding=coding, mirrored=value.mirrored, seed=value.seed)


def neuron(value: Playground) -> AbstractNeuron:
    """The neuron of the hidden layers."""
    return {
        Neuron.LIF: LIF(tau_mem=value.tau),
        Neuron.IF: IF(),
        Neuron.ALIF: ALIF(tau_mem=value.tau),
        Neuron.CUBALIF: CubaLIF(tau_mem=value.tau),
    }[value.neuron]


def surrogate(value: Playground) -> AbstractSurrogate:
    """The surrogate of the methods that use one."""
    return {
        Stand.SINGLE_EXPONENTIAL: SingleExponential(value.width),
        Stand.FAST_SIGMOID: FastSigmoid(1 / value.width),
        Stand.GAUSSIAN: Gaussian(value.width),
        Stand.TRIANGLE: Triangle(value.width),
    }[value.surrogate]


def method(value: Playground, way: Way) -> AbstractGradientMethod:
    """A gradient method with the settings of its card."""
    stand = surrogate(value)
    return {
        Way.BPTT: BPTT(stand),
        Way.EXODUS: Exodus(stand),
        Way.BPTT_CUT: BPTT(stand, keep_reset=False),
        Way.SLAYER: Slayer(stand, scale=value.scale),
        Way.LOCALZO: LocalZO(delta=value.delta, draws=value.draws),
        Way.SPARSE: SparseGD(stand, band=value.band),
    }[way]


def optimiser(value: Playground) -> AbstractOptimiser:
    """How a gradient becomes an update."""
    return {
        Descent.ADAM: Adam(value.rate),
        Descent.SGD: SGD(value.rate, momentum=0.0),
        Descent.MOMENTUM: SGD(value.rate),
    }[value.optimiser]
