"""Prepared grids: the shape and width of the surrogate, the depth of the network, the scale of SLAYER's gradient."""

import dataclasses

from snnviz.architectures import FeedForward
from snnviz.datasets import Digits
from snnviz.losses import CrossEntropy, OverTime
from snnviz.methods import BPTT, Exodus, Slayer, SurrogateModules
from snnviz.optimisers import SGD, Adam
from snnviz.studies.grid import TIMES, Axis, Grid
from snnviz.studies.widths import FACTORS, SHAPES, manifolds
from snnviz.training import Training


def shape() -> Grid:
    """Six shapes of the surrogate, each at its width, ten times narrower and ten times wider."""
    return Grid((manifolds(),), (Axis("method.surrogate", SHAPES), Axis(f"method.surrogate.{TIMES}", FACTORS)), 1)


def depth() -> Grid:
    """Three methods on networks of one to eight hidden layers, without normalisation."""
    network = FeedForward(layers=1, width=32, first_gain=4.0, gain=3.0)
    training = Training(Digits(steps=10), network, loss=CrossEntropy(OverTime.MEAN), epochs=6)
    methods = (BPTT(), Exodus(), SurrogateModules(after=(1,)))
    return Grid((training,), (Axis("method", methods), Axis("architecture.layers", (1, 2, 4, 8))), 1)


def scale() -> Grid:
    """The scale of SLAYER's gradient over three decades, under gradient descent and under Adam, which divides the scale out."""
    training = dataclasses.replace(Training(Digits(steps=20)), method=Slayer(), epochs=5)
    return Grid((training,), (Axis("optimiser", (SGD(0.1), Adam(5e-3))), Axis("method.scale", (0.03, 0.1, 0.3, 1.0, 3.0, 10.0))), 1)


GRIDS = {"shape": shape, "depth": depth, "scale": scale}
