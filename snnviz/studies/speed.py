"""The time of one layer's loop over time on this machine, forward and backward, on each backend that runs here.

A loop has to read the input current x and to write the membrane u and the spikes s; on its way back it reads dL/ds and u and
writes delta = dL/dx: 3 numbers of 4 bytes for each neuron and step, either way. No loop can be faster than the memory moves these
bytes. How fast that is, a copy of an array of the same size tells, timed in the same turn.
"""

import dataclasses
import enum
import json
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from snnviz import account
from snnviz.backends import BACKENDS
from snnviz.backends.base import AbstractBackend, Upstream
from snnviz.draws import Draw
from snnviz.methods import BPTT
from snnviz.neurons import LIF
from snnviz.neurons.base import AbstractNeuron
from snnviz.params import Declared, param
from snnviz.studies.machine import RESULTS, in_words, machine
from snnviz.surrogates import FastSigmoid

BYTES = 12  # that a loop has to move for each neuron and step, one way
STEP_BY_STEP = 400_000  # neurons x steps: above, the reference, which autograd takes step by step, is left out
AGREE = 1e-4  # the largest difference of two backends' delta, relative to the largest entry
METHOD = BPTT(FastSigmoid(2.0))


class Grows(enum.Enum):
    """What grows from point to point."""

    NEURONS = "neurons"
    STEPS = "steps"
    BATCH = "batch"


@dataclasses.dataclass(frozen=True)
class SpeedPlan(Declared):
    """What to measure: a layer of N neurons over T steps on B samples, of which one number doubles from point to point.

    neuron: any that fires and can be differentiated.
    """

    neuron: AbstractNeuron = dataclasses.field(default_factory=LIF)
    grows: Grows = param(Grows.NEURONS, "Against", help="The number that doubles from point to point.")
    steps: int = param(100, "Steps", "T", low=1, high=2000, slider=(50, 500, 50), help="Of the smallest point.")
    neurons: int = param(64, "Neurons", "N", low=1, high=4096, slider=(32, 512, 32), help="Of the smallest point.")
    batch: int = param(16, "Batch", "B", low=1, high=256, slider=(1, 64, 1), help="Samples side by side, of the smallest point.")
    points: int = param(
        7, "Points", low=1, high=10, slider=(3, 9, 1), advanced=True, help="Each has twice the size of the one before it."
    )
    repeats: int = param(
        5,
        "Repeats",
        low=1,
        high=50,
        slider=(1, 20, 1),
        advanced=True,
        help="Backends and the copy take turns; the fastest turn of each counts.",
    )

    @property
    def title(self) -> str:
        """The plan in a few words."""
        return f"{self.neuron.title} over the {self.grows.value}: from T = {self.steps}, {self.batch} × {self.neurons} neurons"

    @property
    def sizes(self) -> list[tuple[int, int, int]]:
        """(steps, batch, neurons) of each point, in order."""

        def grown(which: Grows, value: int, factor: int) -> int:
            return value * factor if self.grows is which else value

        return [
            (
                grown(Grows.STEPS, self.steps, 2**k),
                grown(Grows.BATCH, self.batch, 2**k),
                grown(Grows.NEURONS, self.neurons, 2**k),
            )
            for k in range(self.points)
        ]

    def footprint(self) -> float:
        """Bytes that the largest point takes: x, dL/ds, the copy's target, and each way's three arrays."""
        steps, batch, neurons = self.sizes[-1]
        return 4.0 * 10 * steps * batch * neurons

    def check_budget(self) -> None:
        """Raise ValueError, with what to lower, if the largest point takes memory that is not there."""
        account.check(*self._request())

    def _request(self) -> tuple[float, str, str]:
        lower = f"the points ({self.points}), steps ({self.steps}), neurons ({self.neurons}) or batch ({self.batch})"
        return self.footprint(), "The largest point", f"lower {lower}"


@dataclasses.dataclass(frozen=True)
class LoopTimes:
    """One point: its size; by backend the milliseconds of the loop forward and backward; copy: bytes that a copy of an array of
    this size moves in a millisecond, one read and one written for each of its bytes."""

    steps: int
    batch: int
    neurons: int
    forward: Mapping[str, float]
    backward: Mapping[str, float]
    copy: float

    @property
    def size(self) -> int:
        """Neurons x samples x steps."""
        return self.steps * self.batch * self.neurons

    def milliseconds(self, backend: str, way: str) -> float:
        """The time of a backend's loop; way: "forward" or "backward"."""
        return getattr(self, way)[backend]

    def share(self, backend: str, way: str) -> float:
        """The part of the copy's rate at which the loop moves the bytes that it must move; 1: it is as fast as memory allows."""
        return BYTES * self.size / self.milliseconds(backend, way) / self.copy


@dataclasses.dataclass(frozen=True)
class SpeedRecord:
    """Points with the machine that measured them, the date, and what was measured.

    load: how many programs wanted a core in the minute before; None where the system does not say. cores: how many it has.
    """

    machine: str
    date: str
    about: str
    points: tuple[LoopTimes, ...] = ()
    load: float | None = None
    cores: int = 1

    @property
    def busy(self) -> bool:
        """Whether other programs took turns with what was timed: then the times are of that moment."""
        return self.load is not None and self.load > self.cores

    @property
    def backends(self) -> list[str]:
        """The backends that were timed at some point, in the order of `BACKENDS`."""
        return [name for name in BACKENDS if any(name in point.forward for point in self.points)]


def begin(plan: SpeedPlan) -> SpeedRecord:
    """The record of a plan on this machine, before its first point."""
    this = machine()
    about = f"{plan.neuron.title}, against the {plan.grows.value}"
    return SpeedRecord(in_words(this), this["date"][:10], about, (), this["load"], this["cores"] or 1)


def measure(plan: SpeedPlan) -> Iterator[LoopTimes]:
    """Measure a plan on this machine, one point at a time, on every backend that runs here.

    Raises:
        ValueError: over budget; the neuron has no backward pass; or a backend computes other spikes or another gradient, and
            then nothing is timed.
    """
    plan.check_budget()
    if not (plan.neuron.fires and plan.neuron.differentiable):
        raise ValueError(f"{plan.neuron.title} has no spikes to go back through: choose another neuron.")
    usable = [backend for backend in BACKENDS.values() if backend.unusable() is None]
    with account.held(*plan._request()):
        for size in plan.sizes:
            yield _point(plan, size, usable)


def _point(plan: SpeedPlan, size: tuple[int, int, int], usable: list[AbstractBackend]) -> LoopTimes:
    steps, batch, neurons = size
    columns, neuron = batch * neurons, plan.neuron
    g = torch.Generator().manual_seed(0)
    x = torch.randn(steps, columns, generator=g).mul_(0.5).add_(0.1)
    upstream = torch.randn(steps, columns, generator=g)
    initial = torch.tensor(neuron.rest())[:, None].expand(-1, columns).contiguous()
    loops = {b.name: _loop(neuron, b, x, upstream, initial) for b in usable if b.name != "reference" or x.numel() <= STEP_BY_STEP}
    _check(loops)
    target = torch.empty_like(x)
    forward = dict.fromkeys(loops, float("inf"))
    backward, copy = dict(forward), float("inf")
    for _ in range(plan.repeats):
        copy = min(copy, _milliseconds(lambda: target.copy_(x), "cpu"))
        for name, (ahead, back, device) in loops.items():
            forward[name] = min(forward[name], _milliseconds(ahead, device))
            backward[name] = min(backward[name], _milliseconds(back, device))
    return LoopTimes(steps, batch, neurons, forward, backward, 2 * x.element_size() * x.numel() / copy)


_Loop = tuple[Callable[[], Any], Callable[[], Any], str]


def _loop(neuron: AbstractNeuron, backend: AbstractBackend, *arrays: torch.Tensor) -> _Loop:
    """Forward and backward of a backend on x, dL/ds [T, M] and the initial state, and the device that it runs on."""
    device = "cuda" if backend.name == "cuda" else "cpu"
    backend.prepare()
    x, upstream, initial = (array.to(device) for array in arrays)
    c = torch.tensor([float(value) for value in neuron.coefficients().values()], dtype=torch.float64)
    ran = backend.forward(neuron, c, x, initial)

    def ahead():
        return backend.forward(neuron, c, x, initial)

    def back():
        return backend.backward(neuron, c, METHOD.at_spike, METHOD.reset_path, Draw(), x, initial, ran, Upstream(upstream))

    return ahead, back, device


def _check(loops: Mapping[str, _Loop]) -> None:
    """Raise ValueError where two backends disagree."""
    first, *others = loops
    spikes, delta = loops[first][0]().s.cpu(), loops[first][1]().x.cpu()
    for name in others:
        if not torch.equal(loops[name][0]().s.cpu(), spikes):
            raise ValueError(f"Nothing was timed: the spikes of {name} and {first} differ.")
        if (loops[name][1]().x.cpu() - delta).abs().max() > AGREE * delta.abs().max():
            raise ValueError(f"Nothing was timed: the gradients of {name} and {first} differ.")


def _milliseconds(run: Callable[[], Any], device: str) -> float:
    """The second of two calls: it finds its own data in the caches, and not what another has left there."""
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return 1e3 * (time.perf_counter() - start)


def recorded(device: str, folder: pathlib.Path = RESULTS) -> SpeedRecord | None:
    """What bench/kernels.py has recorded of a device ("cpu" or "cuda"); None where there is no such file, or it is none of ours.

    There M is batch x neurons, and the limit is that of both ways together.
    """
    try:
        report = json.loads((folder / f"kernels-{device}.json").read_text(encoding="utf-8"))
        points = tuple(
            LoopTimes(
                row["T"],
                1,
                row["M"],
                {row["backend"]: row["forward ms"]},
                {row["backend"]: row["backward ms"]},
                1e6 * row["copy GB/s"],
            )
            for row in report["rows"]
        )
        ran_on = report["machine"]
        return SpeedRecord(
            in_words(ran_on), ran_on["date"][:10], "LIF, one sample", points, ran_on.get("load"), ran_on.get("cores") or 1
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@dataclasses.dataclass(frozen=True)
class PeerTime:
    """A peer's time divided by ours, on one layer; machine and date say who measured it."""

    peer: str
    work: str
    ms: float
    ours_ms: float
    machine: str
    date: str

    @property
    def times(self) -> float:
        """How many times as long as ours the peer takes."""
        return self.ms / self.ours_ms


def peers(folder: pathlib.Path = RESULTS, device: str = "cpu") -> list[PeerTime]:
    """What bench/peers.py has recorded of a device, by peer and layer; empty where there is no such file."""
    try:
        report = json.loads((folder / f"peers-{device}.json").read_text(encoding="utf-8"))
        machine, date = in_words(report["machine"]), report["machine"]["date"][:10]
        return [
            PeerTime(r["peer"], f"batch {r['batch']}, T = {r['T']}, N = {r['N']:,}", r["peer ms"], r["snnviz ms"], machine, date)
            for r in report["rows"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def table(record: SpeedRecord) -> dict[str, list]:
    """Every point and backend as a row."""
    rows = [
        (
            p.steps, p.batch, p.neurons, name, p.forward[name], p.backward[name], p.copy / 1e6,
            p.share(name, "forward"), p.share(name, "backward"), record.machine, record.date,
        )
        for p in record.points
        for name in p.forward
    ]  # fmt: skip
    names = (
        "steps", "batch", "neurons", "backend", "forward_ms", "backward_ms", "copy_gb_per_s", "forward_share",
        "backward_share", "machine", "date",
    )  # fmt: skip
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
