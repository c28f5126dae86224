"""The shapes of networks, as values."""

import abc
import dataclasses
from typing import Any

from snnviz import network
from snnviz.backends import AbstractBackend
from snnviz.methods import AbstractGradientMethod
from snnviz.network import Network
from snnviz.neurons import AbstractNeuron, LeakyReadout
from snnviz.params import Declared, param


class AbstractArchitecture(Declared, abc.ABC):
    """A network's shape, as a value."""

    title: str
    layers: int
    outputs: int

    @property
    @abc.abstractmethod
    def input_shape(self) -> tuple[int, ...]:
        """One sample's shape at one step."""

    @property
    @abc.abstractmethod
    def units(self) -> int:
        """Spiking units in all layers, for the budget."""

    @property
    @abc.abstractmethod
    def weights(self) -> tuple[int, ...]:
        """The number of weights of each layer, the readout's last."""

    @property
    def products(self) -> float:
        """Multiply-adds of one sample's step through all layers."""
        return float(sum(self.weights))

    @abc.abstractmethod
    def build(
        self, neuron: AbstractNeuron, method: AbstractGradientMethod, backend: AbstractBackend | str | None, seed: int
    ) -> Network:
        """The network, its weights drawn by seed."""


# What more than one shape declares stands once; each class says where it stands among its fields.


def _outputs(default: int) -> Any:
    return param(default, "Classes", low=2, high=1000, slider=(2, 100, 1), advanced=True, help="Outputs of the readout.")


def _gain(default: float, label: str, text: str) -> Any:
    return param(default, label, low=0.0, open_low=True, slider=(0.5, 5.0, 0.1), advanced=True, help=text)


def _normalise(each: str) -> Any:
    return param(False, "Normalise", advanced=True, help=f"Normalise currents over batch and time, per {each}.")


def _by_threshold() -> Any:
    return param(
        False, "Normalise to the threshold", advanced=True, help="Where currents are normalised: by the threshold's size (tdBN)."
    )


def _readout_tau() -> Any:
    return param(
        0.0,
        "Readout time constant",
        r"\tau_r",
        unit="ms",
        low=0.0,
        slider=(0.0, 100.0, 1.0),
        advanced=True,
        help="0: a plain linear readout; else a leaky one.",
    )


def _readout(tau: float, neuron: AbstractNeuron) -> LeakyReadout | None:
    """The leaky readout of a network of these neurons, or None for a plain linear one (tau 0 ms)."""
    return LeakyReadout(tau_mem=tau, dt=neuron.dt) if tau else None


@dataclasses.dataclass(frozen=True)
class FeedForward(AbstractArchitecture):
    """Linear layers of spiking neurons, then a linear readout (leaky where readout_tau > 0 ms)."""

    layers: int = param(3, "Hidden layers", low=1, high=50, slider=(1, 10, 1), help="Spiking layers between input and readout.")
    width: int = param(128, "Width", low=1, high=8192, slider=(8, 256, 8), help="Neurons in each hidden layer.")
    inputs: int = param(100, "Inputs", low=1, high=65536, slider=(1, 256, 1), advanced=True, help="Input channels.")
    outputs: int = _outputs(35)
    gain: float = _gain(2.0, "Weight gain", "Hidden weights are uniform in plus or minus gain over the root of the fan-in.")
    first_gain: float = _gain(1.0, "Weight gain of the first layer", "The same for the first layer.")
    normalise: bool = _normalise("unit")
    recurrent: bool = param(False, "Recurrent", advanced=True, help="Every hidden layer feeds itself one step later.")
    readout_tau: float = _readout_tau()
    bias: bool = param(
        False, "Biases", advanced=True, help="A neuron also weighs a constant input: its bias is where its membrane settles."
    )
    bias_start: float = param(
        0.0,
        "First biases up to",
        low=0.0,
        slider=(0.0, 3.0, 0.1),
        advanced=True,
        help="Hidden biases start between 0 and this, where there are biases.",
    )
    by_threshold: bool = _by_threshold()

    title = "Fully connected"
    retired = ("touch_active",)  # 0.1.0 wrote into the shape how a training is run

    @property
    def input_shape(self):
        return (self.inputs,)

    @property
    def units(self):
        return self.layers * self.width

    @property
    def weights(self):
        between = self.width * self.width
        hidden = [self.inputs * self.width, *[between] * (self.layers - 1)]
        if self.bias:
            hidden = [count + self.width for count in hidden]
        return (*hidden, *[between] * (self.layers * self.recurrent), (self.width + self.bias) * self.outputs)

    def build(self, neuron, method, backend, seed):
        return network.feed_forward(
            self.inputs,
            [self.width] * self.layers,
            self.outputs,
            neuron,
            method,
            backend,
            readout=_readout(self.readout_tau, neuron),
            gain=self.gain,
            first_gain=self.first_gain,
            normalise=self.normalise,
            by_threshold=self.by_threshold,
            recurrent=self.recurrent,
            bias=self.bias,
            bias_start=self.bias_start,
            seed=seed,
        )


@dataclasses.dataclass(frozen=True)
class Convolutional(AbstractArchitecture):
    """3 x 3 convolutions of spiking neurons, each with 2 x 2 average pooling while there is room, then a linear readout."""

    layers: int = param(2, "Convolutions", low=1, high=20, slider=(1, 6, 1), help="Spiking layers between input and readout.")
    channels: int = param(8, "Channels", low=1, high=512, slider=(2, 64, 2), help="Feature maps of each layer.")
    inputs: int = param(2, "Input channels", low=1, high=64, slider=(1, 8, 1), advanced=True, help="Two for ON and OFF events.")
    side: int = param(16, "Image side", low=2, high=256, slider=(4, 64, 2), advanced=True, help="Height and width in pixels.")
    outputs: int = _outputs(10)
    gain: float = _gain(2.0, "Weight gain", "Weights are uniform in plus or minus gain over the root of the fan-in.")
    normalise: bool = _normalise("channel")
    readout_tau: float = _readout_tau()
    by_threshold: bool = _by_threshold()

    title = "Convolutional"

    @property
    def input_shape(self):
        return (self.inputs, self.side, self.side)

    @property
    def _sides(self) -> list[int]:
        """The side of the image that each layer sees, in pixels, then the readout's."""
        sides = [self.side]
        for _ in range(self.layers):
            sides.append(sides[-1] // 2 if sides[-1] >= 4 else sides[-1])
        return sides

    @property
    def units(self):
        return self.channels * sum(side * side for side in self._sides[:-1])

    @property
    def weights(self):
        between = [9 * self.channels * self.channels] * (self.layers - 1)
        return (9 * self.inputs * self.channels, *between, self.channels * self._sides[-1] ** 2 * self.outputs)

    @property
    def products(self):
        *convolutions, readout = self.weights
        return float(sum(w * side**2 for w, side in zip(convolutions, self._sides, strict=False)) + readout)

    def build(self, neuron, method, backend, seed):
        return network.convolutional(
            self.input_shape,
            [self.channels] * self.layers,
            self.outputs,
            neuron,
            method,
            backend,
            readout=_readout(self.readout_tau, neuron),
            gain=self.gain,
            normalise=self.normalise,
            by_threshold=self.by_threshold,
            seed=seed,
        )


ARCHITECTURES: dict[str, type[AbstractArchitecture]] = {cls.__name__: cls for cls in (FeedForward, Convolutional)}
