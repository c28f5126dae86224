"""What several tests share: every neuron in every variant, a method made of its parts, and the plain call of a backend."""

import dataclasses

import pytest
import torch
from hypothesis import settings

from snnviz.backends import BACKENDS
from snnviz.backends.base import AbstractBackend, Upstream
from snnviz.draws import Draw
from snnviz.methods import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.neurons import LIF, NEURONS, CubaLIF
from snnviz.surrogates import Triangle

FOR_THE_BROWSER = {"playground.cu"}  # kernels that no GPU runs
REFERENCE = BACKENDS["reference"]
ALL_NEURONS = [neuron for cls in NEURONS.values() for neuron in cls.variants()]
DIFFERENTIABLE = [n for n in ALL_NEURONS if n.differentiable]
SWEPT = [ResetPath.KEPT, ResetPath.CUT, ResetPath.IGNORED]  # what the sweep itself does with the reset
TRAINABLE = [cls() for cls in NEURONS.values() if cls.differentiable and cls.fires]


def suited(method: AbstractGradientMethod, neuron):
    """A neuron that a method can go back through: the given one where it can."""
    return CubaLIF() if method.reset_path is ResetPath.TIMED and neuron.untimed_because() else neuron


def usable(backend: str, config: pytest.Config) -> AbstractBackend:
    """A backend that runs here. Without a GPU a test is skipped, or failed where one is required."""
    chosen = BACKENDS[backend]
    if reason := chosen.unusable():
        if backend == "cuda" and not config.getoption("--require-cuda"):
            pytest.skip(f"cuda: {reason}")
        pytest.fail(f"{backend}: {reason}")
    return chosen


class OnDevice(AbstractBackend):
    """The CUDA backend for tests that make their arrays on the CPU: takes them to the GPU, and what it gives back."""

    def __init__(self, backend: AbstractBackend):
        self.backend, self.name, self.title = backend, backend.name, backend.title

    def unusable(self):
        return self.backend.unusable()

    def forward(self, neuron, coefficients, x, initial):
        return moved(self.backend.forward(neuron, coefficients, moved(x, "cuda"), moved(initial, "cuda")), "cpu")

    def backward(self, neuron, coefficients, at_spike, path, draw, x, initial, forward, upstream, **kwargs):
        arrays = (moved(a, "cuda") for a in (x, initial, forward, upstream))
        return moved(self.backend.backward(neuron, coefficients, at_spike, path, draw, *arrays, **kwargs), "cpu")


def moved(value, device: str):
    """An array on another device; and so a value that is made of arrays and of what needs no device."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **{f.name: moved(getattr(value, f.name), device) for f in dataclasses.fields(value)})
    if isinstance(value, tuple):
        parts = [moved(a, device) for a in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


@dataclasses.dataclass(frozen=True)
class Chosen(AbstractGradientMethod):
    """Any spike derivative with any reset path, as a method that the sparse pass takes."""

    spike: AtSpike
    path: ResetPath = ResetPath.CUT
    at_spike = property(lambda self: self.spike)
    reset_path = property(lambda self: self.path)
    sparse = True


def examples(count: int) -> settings:
    """How often a property is tried where one try costs much; with the profile "fuzz" 25 times as often."""
    return settings(max_examples=count * (25 if settings.get_current_profile_name() == "fuzz" else 1))


def name(value) -> str | None:
    """A test id, the same in every process: a value's class and what is not default; pytest's own id for anything else."""
    from snnviz.text import source

    return source(value) if dataclasses.is_dataclass(value) else None


def coefficients(neuron) -> torch.Tensor:
    return torch.tensor([float(v) for v in neuron.coefficients().values()], dtype=torch.float64)


def problem(neuron, steps: int, columns: int, dtype=torch.float32, seed: int = 0, mean: float = 0.2, sd: float = 0.5):
    """A current [T, M] and a state to start from, [states, M]. mean and sd suit a LIF; a neuron of other units gets its own."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(steps, columns, generator=g) * sd + mean
    x = x if neuron.unit == LIF.unit else x * (neuron.amplitude / LIF.amplitude)
    initial = torch.tensor(neuron.rest())[:, None] + torch.randn(len(neuron.states), columns, generator=g) * 0.2
    return x.to(dtype), initial.to(dtype)


def upstream(neuron, x, seed: int = 1) -> Upstream:
    """A loss on everything that a run gives: spikes, membrane, last state."""
    g = torch.Generator().manual_seed(seed)
    s, u = torch.randn(x.shape, generator=g, dtype=torch.float64), torch.randn(x.shape, generator=g, dtype=torch.float64)
    last = torch.randn(len(neuron.states), x.shape[1], generator=g, dtype=torch.float64)
    return Upstream(s.to(x) if neuron.fires else None, (0.2 * u).to(x), last.to(x))


def backward(backend, neuron, x, initial, forward, grads, at_spike=None, path=ResetPath.KEPT, **kwargs):
    return backend.backward(
        neuron,
        coefficients(neuron),
        at_spike or AtSpike(Triangle()),
        path,
        kwargs.pop("draw", Draw()),
        x,
        initial,
        forward,
        grads,
        **kwargs,
    )


def rounding(neuron, dtype: torch.dtype, steps: int) -> float:
    """How far a gradient may be from the reference: some roundings, and for a membrane that is not linear, whose factors along
    time are themselves computed, one for each factor."""
    some, each = {torch.float32: (1e-6, 2.0**-24), torch.float64: (1e-12, 2.0**-53)}[dtype]
    return some if neuron.linear else max(some, steps * each)


def close(a: torch.Tensor, b: torch.Tensor, tolerance: float, what: str = "") -> None:
    """Largest difference within `tolerance` of the largest entry."""
    assert a.shape == b.shape, f"{what}: {a.shape} against {b.shape}"
    error = (a - b).abs().max().item() / max(b.abs().max().item(), 1e-30)
    assert error <= tolerance, f"{what}: relative difference {error:.2e} > {tolerance:.0e}"
