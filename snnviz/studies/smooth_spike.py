"""Who is right? The gradient of a smooth spike, by the adjoint and by finite differences."""

import dataclasses
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import torch

from snnviz import waiting
from snnviz.backends.reference import Spike, reset_along
from snnviz.draws import Draw
from snnviz.experiments import Experiment
from snnviz.methods.base import AbstractGradientMethod, ResetPath, Unsuited
from snnviz.neurons.base import AbstractNeuron
from snnviz.surrogates import AbstractSurrogate


@dataclasses.dataclass(frozen=True)
class SmoothSpike:
    """One neuron whose step is replaced by a surrogate's primitive, so that it has a true gradient. All [T], float64.

    times: in ms. current, u, theta, spikes: the smooth run. differences: dL/dx by finite differences, where
    L = sum upstream s. gradients: the same by each method's recursion on that run.
    """

    times: np.ndarray
    current: np.ndarray
    u: np.ndarray
    theta: np.ndarray
    spikes: np.ndarray
    differences: np.ndarray
    gradients: dict[AbstractGradientMethod, np.ndarray]

    def error(self, method: AbstractGradientMethod) -> float:
        """A method's largest deviation from the finite differences, relative to the largest of these."""
        deviation = np.abs(self.gradients[method] - self.differences).max()
        return float(deviation / max(np.abs(self.differences).max(), 1e-300))


def smooth_gradients(experiment: Experiment, methods: Sequence[AbstractGradientMethod]) -> SmoothSpike:
    """`smooth_spike_gradients` for the first neuron of an experiment, smoothed by the first method's surrogate; the weights
    of L are drawn by the experiment's seed.

    Raises:
        ValueError: no methods, a method whose derivative is drawn or cut off to a band, or as `smooth_spike_gradients` says.
    """
    surrogate = methods[0].at_spike.derivative if methods else None
    if not isinstance(surrogate, AbstractSurrogate) or any(method.sparse for method in methods):
        raise ValueError("methods: give methods whose derivative is that of a smooth spike: BPTT, SLAYER or EXODUS.")
    current = experiment.input(torch.float64)[:, 0, 0].numpy()
    upstream = np.random.default_rng(experiment.seed).standard_normal(len(current))
    return smooth_spike_gradients(experiment.neuron, surrogate, current, upstream, methods)


def smooth_spike_gradients(
    neuron: AbstractNeuron,
    surrogate: AbstractSurrogate,
    current: Sequence[float] | np.ndarray,
    upstream: Sequence[float] | np.ndarray,
    methods: Sequence[AbstractGradientMethod],
) -> SmoothSpike:
    """Run one neuron with s = primitive(u - theta) for current [T]; differentiate L = sum upstream s by the current.

    The finite differences are central ones of fourth order, in float64. Give the methods the same surrogate: then ds/du
    is the smooth spike's true derivative, and what they do with the reset is all that differs. Bauer et al. 2023.

    Raises:
        Unsuited: a method without a surrogate.
        ValueError: the neuron does not fire or has no gradient; current and upstream are not two arrays [T].
    """
    if not (neuron.fires and neuron.differentiable):
        raise ValueError(f"{neuron.title} has no spike to smooth and differentiate; choose another neuron.")
    x, g = (torch.as_tensor(np.asarray(a, dtype=np.float64)) for a in (current, upstream))
    if x.ndim != 1 or x.shape != g.shape or not len(x):
        got = f"{list(x.shape)} and {list(g.shape)}"
        raise ValueError(f"current and upstream must be two arrays [T] of one length, not {got}.")
    x, g, steps = x[:, None], g[:, None], len(x)
    with waiting.part(0, 2):
        differences = _differences(lambda x: (g * _smooth(neuron, surrogate, x)[2]).sum(0), x)
    u, theta, s, v = _smooth(neuron, surrogate, x)
    gradients = {}
    for method in waiting.steps(methods, "method"):
        if method.reset_path is ResetPath.TIMED:
            raise Unsuited(f"{method.title} has no surrogate that a smooth spike could be the integral of: leave it out here.")
        margin = (v if method.at_spike.after_reset else u) - theta
        leaf = x.clone().requires_grad_()
        smooth = _smooth(neuron, surrogate, leaf, method.reset_path, method.at_spike.ds_du(margin, Draw()))[2]
        gradients[method] = torch.autograd.grad((g * smooth).sum(), leaf)[0][:, 0].numpy()
    times = np.arange(steps) * neuron.dt
    x, u, theta, s = (a[:, 0].numpy() for a in (x, u, theta, s))
    return SmoothSpike(times, x, u, theta, s, differences.numpy(), gradients)


def _differences(function, x: torch.Tensor) -> torch.Tensor:
    """The derivatives [T] of a function of columns [T, M] -> [M] at the column x [T, 1], each with the step that suits
    it: large steps see the bend, small ones the rounding, and between them neighbouring steps agree best."""
    slopes = []
    for step in waiting.steps(10.0 ** torch.arange(-2, -7.5, -0.5, dtype=x.dtype), "difference"):
        offsets = torch.cat([k * step * torch.eye(len(x), dtype=x.dtype) for k in (-2, -1, 1, 2)], 1)
        low, lower, upper, high = function(x + offsets).view(4, len(x))
        slopes.append((low - 8 * lower + 8 * upper - high) / (12 * step))
    slopes = torch.stack(slopes)
    return slopes[1:].gather(0, slopes.diff(dim=0).abs().argmin(0, keepdim=True))[0]


def _smooth(neuron, surrogate, x, path: ResetPath = ResetPath.KEPT, ds_du: torch.Tensor | None = None):
    """u, theta, smooth s and v after reset, each [T, M], for current x [T, M]; with ds_du [T, M], a gradient takes that
    at the spike, and this way through the reset."""
    c = SimpleNamespace(**{k: torch.tensor(value, dtype=x.dtype) for k, value in neuron.coefficients().items()})
    state, rows = tuple(x.new_full(x.shape[1:], value) for value in neuron.rest()), []
    for t, x_t in enumerate(waiting.steps(x, "step")):
        u, state = neuron.charge(c, state, x_t)
        theta = torch.zeros_like(u) + neuron.threshold(c, state)
        s = surrogate.primitive(u - theta)
        if ds_du is None:
            state = neuron.reset(c, state, u, theta, s)
        else:
            s = Spike.apply(u - theta, s.detach(), ds_du[t])
            state = reset_along(neuron, c, state, u, theta, s, path)
        rows.append((u, theta, s, state[0]))
    return tuple(torch.stack(row) for row in zip(*rows, strict=True))
