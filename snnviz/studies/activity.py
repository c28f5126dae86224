"""The work of a sparse backward pass: which entries of a stored run are active under a method, and the bytes it stores.

The forward pass is run once (`simulate`); `look` re-thresholds its stored membrane for another width, number of draws or
band. An entry is one neuron of one sample at one step; it is active where its ds_du is not exactly 0.
"""

import dataclasses
import math
import time

import numpy as np
import torch

from snnviz import account, waiting
from snnviz.architectures import FeedForward
from snnviz.backends import AbstractBackend, resolve
from snnviz.backends.base import Forward, Upstream
from snnviz.draws import Draw
from snnviz.experiments import Experiment
from snnviz.methods.base import AbstractGradientMethod
from snnviz.neurons import LIF
from snnviz.records import LayerRecord, RunRecord
from snnviz.sparse import WIDE, remedy, unsupported, what_is_listed
from snnviz.stimuli import Poisson
from snnviz.surrogates import AbstractSurrogate
from snnviz.zeroth_order import ZerothOrder, matching_band

SHOWN = (-1.6, 0.8)  # the range of margins that a histogram shows at first, in thresholds
MOST = 0.998  # of the entries are shown, where they are not too far below
BARS = 128  # bars in that range
SIZES = {"F-MNIST": (100, 256, 200), "N-MNIST": (300, 256, 200), "SHD": (500, 256, 200)}  # T, B, N of published layers


def example() -> Experiment:
    """A network of two hidden layers that spike in about 2 % of their entries, driven by Poisson spikes."""
    shape = FeedForward(layers=2, width=128, gain=3.0, first_gain=2.0)
    return Experiment(LIF(tau_mem=10.0), Poisson(rate=50.0, weight=1.0), 200, batch=8, architecture=shape)


@dataclasses.dataclass(frozen=True)
class LayerLook:
    """One layer under a method. Arrays are [T, B, N]: margins u - theta, where it spiked, and where ds_du is not 0.

    listed: how many entries the sparse pass lists; they include the spikes where the backward pass depends on them. extra: whether
    each listed entry also stores u or the threshold. dense_because: why the sparse pass refuses the layer, None if it takes it.
    """

    name: str
    dt: float
    theta: float
    margins: np.ndarray
    spikes: np.ndarray
    active: np.ndarray
    listed: int
    extra: bool
    dense_because: str | None = None

    @property
    def entries(self) -> int:
        """T B N, the number of entries."""
        return self.active.size

    @property
    def number(self) -> int:
        """The number of active entries."""
        return int(np.count_nonzero(self.active))

    @property
    def share(self) -> float:
        """The share of active entries."""
        return self.number / self.entries

    @property
    def spike_share(self) -> float:
        """The share of entries that spiked."""
        return float(self.spikes.mean())

    def within(self, band: float) -> float:
        """The share of entries closer to the threshold than `band`: those that a fixed band computes."""
        return float(np.mean(np.abs(self.margins) < band))

    @property
    def times(self) -> np.ndarray:
        """The time of each step in ms, [T]."""
        return np.arange(len(self.active)) * self.dt

    def table(self, sample: int = 0) -> dict[str, np.ndarray]:
        """The entries of one sample that are active or spiked, as columns."""
        step, neuron = np.nonzero(self.active[:, sample] | self.spikes[:, sample])
        here = (step, sample, neuron)
        return {
            "time_ms": step * self.dt,
            "neuron": neuron,
            "margin": self.margins[here],
            "spike": self.spikes[here].astype(int),
            "active": self.active[here].astype(int),
        }

    def over_time(self, window: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """The share of active and of spiking entries at each step, [T] each, as means over `window` ms."""
        width = min(max(1, round(window / self.dt)), len(self.active))
        kernel = np.ones(width)
        counted = np.convolve(np.ones(len(self.active)), kernel, "same")
        active, spikes = (np.convolve(a.mean((1, 2)), kernel, "same") / counted for a in (self.active, self.spikes))
        return active, spikes


@dataclasses.dataclass(frozen=True)
class Look:
    """A stored run under a method, by spiking layer.

    band: the half-width of a fixed band that has as many active entries where the membrane's density is flat, or None.
    seconds: the time that comparing with the threshold again took, without the forward pass.
    """

    layers: tuple[LayerLook, ...]
    band: float | None
    seconds: float

    def __getitem__(self, name: str) -> LayerLook:
        return next(layer for layer in self.layers if layer.name == name)

    @property
    def entries(self) -> int:
        """The number of entries in all layers."""
        return sum(layer.entries for layer in self.layers)

    @property
    def share(self) -> float:
        """The share of active entries in all layers."""
        return sum(layer.number for layer in self.layers) / self.entries

    @property
    def spike_share(self) -> float:
        """The share of entries that spiked, in all layers."""
        return sum(layer.spike_share * layer.entries for layer in self.layers) / self.entries

    def within(self, band: float) -> float:
        """The share of all entries that a fixed band computes."""
        return sum(layer.within(band) * layer.entries for layer in self.layers) / self.entries

    def over_time(self, window: float = 0.0) -> dict[str, np.ndarray]:
        """Every layer's share of active and of spiking entries at each step, as columns [T], with the time of the steps in ms."""
        columns = {"time_ms": self.layers[0].times}
        for layer in self.layers:
            columns[f"{layer.name}_active"], columns[f"{layer.name}_spiking"] = layer.over_time(window)
        return columns

    @property
    def dead(self) -> list[str]:
        """The layers without an active entry."""
        return [layer.name for layer in self.layers if not layer.number]


def look(run: RunRecord, method: AbstractGradientMethod, seed: int = 0) -> Look:
    """Which entries of a stored run a method's backward pass would touch. Nothing is run forward: the kernel reads the
    stored membrane. The draws are those that a network with this seed takes in its first pass.

    Raises:
        ValueError: the method is dense, so that every entry is active.
    """
    if not method.sparse:
        raise ValueError(f"{method.title} has no active set: its derivative is zero nowhere. Choose a sparse method.")
    backend, start = resolve(run.backend), time.perf_counter()
    firing = [layer for layer in run.layers if layer.neuron.fires]
    sizes = [layer.u.size for layer in firing]
    need = 6 * sum(sizes) + 20 * max(sizes, default=0)
    with account.held(need, "Looking at the run", "lower the steps, the batch or the network's size"):
        numbered = enumerate(waiting.steps(firing, "layer"))
        layers = tuple(_look(layer, method, Draw(seed, number), backend) for number, layer in numbered)
    seconds = time.perf_counter() - start
    return Look(layers, equal_band(method), seconds)


def _look(layer: LayerRecord, method: AbstractGradientMethod, draw: Draw, backend: AbstractBackend) -> LayerLook:
    def columns(a: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(a.reshape(len(a), -1)).to("cuda" if backend.name == "cuda" else "cpu")

    neuron, u = layer.neuron, columns(layer.u)
    initial = torch.stack([u.new_full(u.shape[1:], value) for value in neuron.rest()])
    values = {name: float(value) for name, value in neuron.coefficients().items()}
    coefficients, theta = torch.tensor([*values.values()], dtype=torch.float64), values["theta"]
    spikes = layer.array("spikes")
    stored = Forward(u, columns(spikes), None if layer.trace is None else columns(layer.trace), initial)
    out = backend.backward(
        neuron,
        coefficients,
        method.at_spike,
        method.reset_path,
        draw,
        columns(layer.current),
        initial,
        stored,
        Upstream(s=torch.zeros_like(u)),
        record=True,
    )
    active = (out.ds_du != 0).cpu().numpy().reshape(layer.u.shape)
    fired, refusal = spikes > 0, unsupported(neuron, method)
    too, extra = what_is_listed(neuron, method.reset_path) if refusal is None else (False, False)
    listed = int(np.count_nonzero(active | fired if too else active))
    return LayerLook(layer.name, layer.dt, theta, layer.u - layer.theta, fired, active, listed, extra, refusal)


def probability(method: AbstractGradientMethod, margins: np.ndarray) -> np.ndarray:
    """P(active | u - theta) for margins u - theta of any shape: the probability that a random band or a gate covers a margin; for a
    fixed band 1 inside it and 0 outside.

    Raises:
        ValueError: a derivative that is neither a surrogate nor an estimate, such as a function that was given.
    """
    at_spike, m = method.at_spike, torch.as_tensor(margins, dtype=torch.float64)
    if isinstance(at_spike.derivative, ZerothOrder):
        p = at_spike.derivative.activity(m)
    elif isinstance(at_spike.derivative, AbstractSurrogate):
        p = (at_spike.gain * at_spike.derivative.derivative(m)).abs()
        p = (at_spike.gate * p).clamp(max=1) if at_spike.gate else (p > 0).double()
    else:
        raise ValueError(f"{at_spike.derivative.title}: how likely an entry is active is not written down for it.")
    return torch.where(m.abs() < at_spike.window, p, 0.0).numpy()


def equal_band(method: AbstractGradientMethod) -> float | None:
    """The fixed band that is as active as this method where the membrane's density is flat: half the integral of
    P(active | m) over m. For LocalZO that is delta E[max |z|], the published match. None where the integral is infinite."""
    at_spike = method.at_spike
    if isinstance(at_spike.derivative, ZerothOrder):
        band = matching_band(at_spike.derivative)
        return band if math.isfinite(band) else None
    if not at_spike.gate:
        return at_spike.window
    m = np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 20_001)])
    p = probability(method, m)
    return None if p[-1] * m[-1] > 1e-3 else float(np.trapezoid(p, m))


@dataclasses.dataclass(frozen=True)
class Histogram:
    """Margins of one layer: how many entries, and how many active ones, in bars of a width around centres [K]; and
    P(active | margin) on a finer grid. shown: the range to open with."""

    centres: np.ndarray
    width: float
    entries: np.ndarray
    active: np.ndarray
    margins: np.ndarray
    probability: np.ndarray
    shown: tuple[float, float]


def histogram(layer: LayerLook, method: AbstractGradientMethod, reach: float | None = None) -> Histogram:
    """The margins of a layer in bars, one of whose edges is the threshold. reach: show what is so close to it, in narrower bars."""
    if reach is None:
        low = float(np.quantile(layer.margins, 1 - MOST))
        shown = (max(min(SHOWN[0] * layer.theta, low), 4 * SHOWN[0] * layer.theta), SHOWN[1] * layer.theta)
    else:
        shown = (-reach, reach)
    width = (shown[1] - shown[0]) / BARS
    bars = np.floor(layer.margins / width).astype(np.int64)
    first, last = (int(np.clip(edge, -5 * BARS, 5 * BARS)) for edge in (bars.min(), bars.max()))
    places = np.clip(bars, first, last) - first
    entries, active = (np.bincount(p.ravel(), minlength=last - first + 1) for p in (places, places[layer.active]))
    near = np.geomspace(1e-6, 1, 121) * shown[1]
    margins = np.unique(np.concatenate([np.linspace(*shown, 481), near, -near]))
    centres = (np.arange(first, last + 1) + 0.5) * width
    return Histogram(centres, width, entries, active, margins, probability(method, margins), shown)


def reach(layer: LayerLook, band: float | None) -> float:
    """How far from the threshold most active entries of a layer lie, and a fixed band ends, with room beside them; in u's unit."""
    farthest = float(np.quantile(np.abs(layer.margins[layer.active]), 0.99)) if layer.number else 0.0
    return min(1.6 * max(farthest, band or 0.0), 0.5 * layer.theta) or 0.1 * layer.theta


@dataclasses.dataclass(frozen=True)
class Kept:
    """One array that a layer keeps from its forward to its backward pass: which design keeps it, and its bytes."""

    design: str
    array: str
    bytes: int


def bytes_kept(active: int, listed: int | None, steps: int, batch: int, columns: int, extra: bool = False) -> list[Kept]:
    """The bytes that a layer [T, B, N] with so many active entries keeps, array by array, its spikes included because the layer
    above needs them, in three designs. Autograd keeps dense arrays. The published sparse code keeps three 64-bit indices for each
    entry, in both layers that use them, and the filtered spikes as a dense array. This library keeps a byte and a number for each
    entry that is `listed`, another number with `extra`, a count for each row, and one bit for each spike.

    listed: None where the sparse pass refuses the layer."""
    dense, rows = 4 * steps * batch * columns, steps * batch * -(-columns // WIDE)
    return [
        Kept("Dense autograd", "membrane u", dense),
        Kept("Dense autograd", "spikes, as numbers", dense),
        Kept("Published sparse code", "active lists", (28 + 24) * active),
        Kept("Published sparse code", "filtered spikes", dense),
    ] + (
        []
        if listed is None
        else [
            Kept("Sparse, here", "active lists", (9 if extra else 5) * listed + rows),
            Kept("Sparse, here", "spikes, as bits", 16 * rows),
        ]
    )


def kept_by(layer: LayerLook, size: str = "run") -> list[Kept]:
    """What this layer keeps, or a layer of a published size (`SIZES`) would with this layer's shares."""
    steps, batch, columns = SIZES.get(size, layer.active.shape)
    scale = steps * batch * columns / layer.entries
    listed = None if layer.dense_because else round(layer.listed * scale)
    return bytes_kept(round(layer.number * scale), listed, steps, batch, columns, layer.extra)


def totals(arrays: list[Kept]) -> dict[str, int]:
    """Bytes by design."""
    return {design: sum(k.bytes for k in arrays if k.design == design) for design in dict.fromkeys(k.design for k in arrays)}


def help_for(method: AbstractGradientMethod) -> str:
    """One sentence: which setting of the method makes more entries active."""
    return remedy(method.at_spike)
