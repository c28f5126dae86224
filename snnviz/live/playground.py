"""The playground as a value: all that its picture depends on, with ranges and words; and what its page is sent.

The page (assets/playground/) draws its controls from these declarations, so names, ranges and help stand once.
"""

import dataclasses
import functools
import re
from typing import Any

import numpy as np

from snnviz import neurons, surrogates
from snnviz.backends import browser
from snnviz.datasets import Digits, OwnPoints, Split
from snnviz.datasets.digits import pixels
from snnviz.live import declared, scopes
from snnviz.live.scenes import Named, plain
from snnviz.params import Declared, param


class PointSet(Named):
    """What is learned."""

    MOONS = "moons", "Two moons"
    CIRCLES = "circles", "Circles"
    XOR = "xor", "XOR"
    SPIRALS = "spirals", "Spirals"
    YINYANG = "yinyang", "Yin-Yang"
    OWN = "own", "Own points"
    DIGITS = "digits", "Digits"


class Coding(Named):
    """How a point enters the network."""

    LATENCY = "latency", "spike times"
    CONSTANT = "constant", "constant current"


class Neuron(Named):
    """What the hidden layers are made of."""

    LIF = "LIF", neurons.LIF.title
    IF = "IF", neurons.IF.title
    ALIF = "ALIF", neurons.ALIF.title
    CUBALIF = "CubaLIF", neurons.CubaLIF.title


class Descent(Named):
    """How a gradient becomes an update."""

    ADAM = "adam", "Adam"
    SGD = "sgd", "SGD"
    MOMENTUM = "momentum", "SGD, momentum"


class Stand(Named):
    """The surrogate of the methods that use one."""

    SINGLE_EXPONENTIAL = "single_exponential", surrogates.SingleExponential.title
    FAST_SIGMOID = "fast_sigmoid", surrogates.FastSigmoid.title
    GAUSSIAN = "gaussian", surrogates.Gaussian.title
    TRIANGLE = "triangle", surrogates.Triangle.title


class Reading(Named):
    """What the readout says of its membrane over time."""

    MEAN = "mean", "mean over time"
    MAX = "max", "largest"
    LAST = "last", "last step"


class Tile(Named):
    """What a neuron's tile shows."""

    COUNT = "count", "spikes"
    FIRST = "first", "first spike"


class Way(Named):
    """A gradient method, by the name of its hue."""

    BPTT = "bptt", "BPTT"
    EXODUS = "exodus", "EXODUS"
    BPTT_CUT = "bptt_cut", "BPTT, cut"
    SLAYER = "slayer", "SLAYER"
    LOCALZO = "localzo", "LocalZO"
    SPARSE = "sparse", "Sparse GD"


@dataclasses.dataclass(frozen=True)
class Playground(Declared):
    """All that the playground shows: a set, a network, the methods that train it from the same weights, one sample.

    points: the visitor's own, "x,y,class" with semicolons between them. image: a digit that the visitor has drawn, 64 grey values
    from 0 to g (16) row by row; "" is the unseen digit number `sample`.
    """

    set: PointSet = param(PointSet.MOONS, "Data", help="Points in a plane, one class a shape.")
    points: str = ""
    noise: float = param(0.05, "Noise", low=0, high=0.5, slider=(0.0, 0.3, 0.01), help="Spread of every point, as a share.")
    seed: int = param(1, "Seed", low=0, high=99_999, slider=(0, 100, 1), help="Other points, other first weights, other batches.")
    coding: Coding = param(Coding.LATENCY, "A point enters as", help="A large value fires early; or it flows in as a current.")
    mirrored: bool = param(True, "Mirrored inputs", help="−x and −y enter too, so every point brings as many spikes.")
    T: int = param(40, "Steps", "T", low=10, high=80, slider=(10, 80, 2), help="Steps of 1 ms that a point is seen.")
    tau: float = param(
        20.0, "Time constant", r"\tau", "ms", low=2, high=100, slider=(2.0, 60.0, 1.0), help="How long a membrane remembers."
    )
    neuron: Neuron = param(Neuron.LIF, "Neuron", help="What the hidden layers are made of.")
    hidden: tuple[int, ...] = (8, 8)
    methods: tuple[Way, ...] = (Way.BPTT, Way.SLAYER, Way.LOCALZO, Way.SPARSE)
    shown: Way = param(Way.LOCALZO, "Shown", help="Whose network is drawn.")
    rate: float = param(
        0.03, "Learning rate", low=1e-5, high=10, slider=(0.001, 1.0, 0.001), log=True, help="The size of an update."
    )
    optimiser: Descent = param(Descent.ADAM, "Optimiser", help="Adam divides a gradient by its recent size; SGD takes it as it is.")
    batch: int = param(32, "Batch", "B", low=1, high=128, slider=(8, 128, 8), help="Points in one update.")
    surrogate: Stand = param(Stand.SINGLE_EXPONENTIAL, "Surrogate", help="What stands for the derivative of a spike.")
    width: float = param(
        0.5,
        "Surrogate width",
        low=0.05,
        high=2,
        slider=(0.05, 2.0, 0.05),
        help="How far from the threshold it still passes a gradient.",
    )
    delta: float = param(
        0.3,
        "LocalZO's width",
        r"\delta",
        low=0.01,
        high=2,
        slider=(0.02, 2.0, 0.01),
        log=True,
        help="How far its draws reach from the threshold.",
    )
    draws: int = param(
        1, "Draws of LocalZO", "m", low=1, high=20, slider=(1, 20, 1), help="More draws: less noise, more entries touched."
    )
    scale: float = param(
        1.0,
        "SLAYER's scale",
        "k",
        low=0.01,
        high=10,
        slider=(0.05, 10.0, 0.05),
        log=True,
        help="Multiplies its surrogate in every layer.",
    )
    band: float = param(
        0.3,
        "Band",
        low=0.01,
        high=2,
        slider=(0.02, 2.0, 0.01),
        log=True,
        help="Farther from the threshold than this, sparse descent touches nothing.",
    )
    overTime: Reading = param(Reading.MEAN, "Readout", help="Which value of the readout's membrane votes for a class.")
    firstGain: float = param(
        2.5,
        "First weights",
        low=0,
        high=10,
        slider=(0.5, 5.0, 0.1),
        advanced=True,
        help="Spread of the first layer's first weights.",
    )
    gain: float = param(
        2.0,
        "Hidden weights",
        low=0,
        high=10,
        slider=(0.5, 5.0, 0.1),
        advanced=True,
        help="Spread of the hidden layers' first weights.",
    )
    bias: float = param(
        1.5,
        "First biases",
        low=0,
        high=10,
        slider=(0.0, 3.0, 0.1),
        advanced=True,
        help="Largest bias at first: where a membrane settles.",
    )
    speed: int = param(60, "Pace", low=0, high=100_000, help="Updates a second; 0 is as fast as it goes.")
    tile: Tile = param(Tile.COUNT, "Tiles show", help="Over the plane: how often a neuron fires, or how early.")
    race: bool = param(False, "Race", help="Stop when a method reaches 95 % on points that it has not seen.")
    px: float = param(0.3, "Point, across", low=-1, high=1, help="The point that runs through the network.")
    sample: int = param(0, "Digit", low=0, high=999, help="Which unseen digit runs through the network.")
    image: str = ""
    py: float = param(0.4, "Point, up", low=-1, high=1, help="The point that runs through the network.")

    def __post_init__(self) -> None:
        super().__post_init__()
        widest = 32 if self.set is PointSet.DIGITS else 12
        if not 1 <= len(self.hidden) <= 3 or not all(2 <= n <= widest for n in self.hidden):
            raise ValueError(f"Playground.hidden: one to three layers of 2 to {widest} neurons, not {self.hidden}.")
        if self.points:
            OwnPoints(placed=self.points)
        if self.image and not re.fullmatch("[0-9a-g]{64}", self.image):
            raise ValueError("Playground.image: 64 grey values, each one of 0-9 and a-g.")
        if not self.methods or len({*self.methods}) < len(self.methods):
            raise ValueError("Playground.methods: at least one, each once.")


KEY = "play"  # of its settings in an address: play.noise=0.1


@functools.cache
def data() -> dict[str, Any]:
    """What the page is sent that does not change: every field's declaration, and the colours of both themes, the digits."""
    value = Playground()
    fields = []
    controls = {control["name"]: control for control in declared.declare(value)}
    for field in dataclasses.fields(Playground):
        default = getattr(value, field.name)
        control = controls.get(field.name, {"name": field.name, "label": "", "help": "", "default": plain(default)})
        if isinstance(default, str):
            control["kind"] = "text"
        elif isinstance(default, tuple):
            names = isinstance(default[0], Named)
            control |= {"kind": "names" if names else "sizes", "default": [getattr(d, "value", d) for d in default]}
            if names:
                control["choices"] = declared.choices(type(default[0]))
        fields.append(control)
    return {"key": KEY, "fields": fields, "colours": scopes.colours(), "digits": digits()}


def digits() -> dict[str, Any]:
    """The digits as the page unpacks them: 64 grey values of every image, then every label, a byte each; the first `train` images
    are those to train on, in the order of `Digits()`."""
    images, labels = pixels()
    parts = Digits().halves(labels)
    order = np.concatenate([parts[Split.TRAIN], parts[Split.TEST]])
    data = images[order].astype(np.uint8).tobytes() + labels[order].astype(np.uint8).tobytes()
    return {"packed": browser.packed(data), "count": len(order), "train": len(parts[Split.TRAIN])}
