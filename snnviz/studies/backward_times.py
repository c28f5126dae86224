"""The time of a layer's backward pass in four ways (`snnviz.studies.contenders`): measured here, recorded elsewhere, published.

All four compute the same gradient of the second hidden layer of a workload of generated spikes.
"""

import dataclasses
import itertools
import json
import math
import pathlib
import warnings
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from snnviz import account, sparse
from snnviz.backends import BACKENDS
from snnviz.params import Declared, param
from snnviz.studies.contenders import CONTENDERS, check, take_times
from snnviz.studies.machine import RESULTS, in_words
from snnviz.studies.workloads import WORKLOADS, Layers, layers

INPUTS = 200  # of the workload that is measured here
BYTES_AN_ENTRY = 150  # of a layer [T, B, N]: what its measurement takes at its peak
SHARES = (0.5, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)


@dataclasses.dataclass(frozen=True)
class Plan(Declared):
    """What to measure: a layer N to N on a batch of B, over the active share (at `steps`) or over the steps (at 1 %)."""

    over_steps: bool = False
    steps: int = param(
        200, "Steps", "T", low=10, high=1000, slider=(50, 500, 50), help="Naive slicing takes time and memory as their square."
    )
    batch: int = param(8, "Batch", "B", low=1, high=64, slider=(2, 32, 2), help="Samples side by side.")
    hidden: int = param(
        128, "Width", "N", low=8, high=1024, slider=(32, 512, 32), help="Neurons of the layer, and of the one below."
    )
    repeats: int = param(
        3,
        "Repeats",
        low=1,
        high=25,
        slider=(1, 9, 1),
        help="Contenders take turns; the fastest counts. The kernels, which take milliseconds, run five times as often.",
    )

    @property
    def title(self) -> str:
        """The plan in a few words."""
        against = "steps" if self.over_steps else "active share"
        return f"times over the {against}: T = {self.steps}, batch {self.batch}, {self.hidden} neurons, {self.repeats} repeats"

    @property
    def points(self) -> list[tuple[int, float]]:
        """(steps, active share) of each point, in order."""
        if self.over_steps:
            return [(max(2, round(self.steps * part)), 0.01) for part in (0.5, 1.0, 2.0, 4.0)]
        return [(self.steps, share) for share in SHARES]

    def footprint(self) -> float:
        """Bytes that measuring takes at its peak: the two layers of the longest point, and what autograd keeps of them."""
        steps = max(steps for steps, _ in self.points)
        return steps * self.batch * (BYTES_AN_ENTRY * self.hidden + 20 * INPUTS) + 40.0 * self.hidden**2

    def _request(self) -> tuple[float, str, str]:
        sizes = f"the steps ({self.steps}), the width ({self.hidden}) or the batch ({self.batch})"
        return self.footprint(), "Measuring", f"lower {sizes}"

    def check_budget(self) -> None:
        """Raise ValueError, with what to lower, if the contender that slices would take minutes, or memory that is not free."""
        account.check(*self._request())
        traffic = max(16 * steps**2 for steps, _ in self.points) * self.batch * self.hidden
        if traffic > 60e9:
            raise ValueError(
                f"Slicing would move {traffic / 1e9:.0f} GB in one backward pass, and 60 GB are allowed: lower the "
                f"steps ({self.steps}), the width ({self.hidden}) or the batch ({self.batch})."
            )


@dataclasses.dataclass(frozen=True)
class Timing:
    """One point: its size, the active share of the layer, and by contender the milliseconds of its passes."""

    steps: int
    batch: int
    hidden: int
    active: float
    forward: Mapping[str, float]
    backward: Mapping[str, float]

    def milliseconds(self, contender: str, step: bool) -> float:
        """The time of the backward pass; with `step`, of forward and backward together."""
        return self.backward[contender] + (self.forward[contender] if step else 0.0)

    def factor(self, contender: str, step: bool) -> float:
        """The time of a contender divided by the time of the sparse pass."""
        return self.milliseconds(contender, step) / self.milliseconds("sparse", step)


@dataclasses.dataclass(frozen=True)
class Series:
    """Points with the machine that measured them, what was measured, and when."""

    machine: str
    date: str
    about: str
    timings: tuple[Timing, ...]

    @property
    def contenders(self) -> list[str]:
        """The contenders that were timed at some point, in the order of `CONTENDERS`."""
        return [name for name in CONTENDERS if any(name in t.backward for t in self.timings)]


def unmeasurable() -> str | None:
    """One sentence: why nothing can be measured here. None: it can."""
    return BACKENDS["native"].unusable()


def measure(plan: Plan) -> Iterator[Timing]:
    """Measure a plan on this machine's CPU, one point at a time.

    Raises:
        ValueError: over budget, or a contender computes another gradient. RuntimeError: it cannot be measured here, and why.
    """
    plan.check_budget()
    if reason := unmeasurable():
        raise RuntimeError(reason)
    prepared: dict[int, Layers] = {}
    with account.held(*plan._request()):
        for steps, share in plan.points:
            if steps not in prepared:
                work = dataclasses.replace(WORKLOADS["SHD"], inputs=INPUTS, steps=steps)
                prepared = {steps: layers(work, plan.hidden, plan.batch)}
            yield _timing(plan, prepared[steps], share)


def _timing(plan: Plan, prepared: Layers, share: float) -> Timing:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sparse.DeadLayer)
        case = prepared.case(share, "native")
        try:
            check(case, CONTENDERS)
        except ValueError as problem:
            raise ValueError(f"Nothing was timed: {problem}") from None
        few = 1 if plan.over_steps else plan.repeats
        times = take_times(case, ("naive", "unbind"), few, "cpu", few)
        times |= take_times(case, ("fused", "sparse"), 5 * plan.repeats, "cpu", 0)
    forward, backward = ({name: min(t[f"all_{way}_ms"]) for name, t in times.items()} for way in ("forward", "backward"))
    return Timing(prepared.work.steps, plan.batch, plan.hidden, case.active.share, forward, backward)


def recorded(folder: pathlib.Path = RESULTS, gpu: bool = True) -> list[Series]:
    """The results of bench/sparsity.py in a folder, one series for each layer that was measured; gpu: only those of a GPU.
    A file that is none of its results is passed over."""
    recordings = []
    for path in sorted(folder.glob("sparsity-*.json")):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            ran_on = report["machine"]
            if gpu and not ran_on.get("gpu"):
                continue
            by_layer: dict[str, list[Timing]] = {}
            for case in report["cases"]:
                size = f"batch {case['batch']}, {case['hidden']} to {case['hidden']} neurons"
                about = f"{case['workload']}, T = {case['steps']}, {size}"
                forward, backward = ({n: t[f"{way}_ms"] for n, t in case["contenders"].items()} for way in ("forward", "backward"))
                by_layer.setdefault(about, []).append(
                    Timing(case["steps"], case["batch"], case["hidden"], case["active"], forward, backward)
                )
            recordings += [Series(in_words(ran_on), ran_on["date"][:10], about, tuple(t)) for about, t in by_layer.items()]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return recordings


def unrecorded(folder: pathlib.Path = RESULTS) -> str:
    """Sentences: why there is no result of a GPU, and how to make one."""
    if not folder.is_dir():
        return (
            "This copy of snnviz has no recorded results: they lie in bench/results of the repository. Run the app from a "
            "copy of it to see them, or to record your own."
        )
    return (
        "No GPU result is recorded yet. On a machine with one, `python -m bench.sparsity --device cuda` writes one to "
        "bench/results, and it appears here."
    )


def crossover(timings: Sequence[Timing], step: bool = False) -> float | None:
    """The active share at which sparse is as fast as fused, between measured points; None if they do not cross."""
    points = sorted((t.active, math.log(t.factor("fused", step))) for t in timings if t.active > 0)
    for (a, high), (b, low) in itertools.pairwise(points):
        if high > 0 >= low:
            part = high / (high - low)
            return math.exp(math.log(a) + part * (math.log(b) - math.log(a)))
    return None


def exponents(timings: Sequence[Timing], step: bool = False) -> dict[str, float]:
    """By contender the exponent k of time ~ T^k over the longer half of the runs: the slope of a straight line through
    their logarithms. Short runs are left out because what a call costs hides the rest."""
    longer = sorted(timings, key=lambda t: t.steps)[len(timings) // 2 - 1 :] if len(timings) > 2 else timings
    steps = np.log([t.steps for t in longer])
    if not len(steps) or np.ptp(steps) == 0:
        return {}
    return {
        name: float(np.polyfit(steps, np.log([t.milliseconds(name, step) for t in longer]), 1)[0])
        for name in CONTENDERS
        if all(name in t.backward for t in longer)
    }


def nearest(series: Series, share: float) -> Timing:
    """The point whose active share is nearest to this one; of several, the one with most steps."""
    return min(series.timings, key=lambda t: (abs(round(math.log(max(t.active, 1e-9) / share), 1)), -t.steps))


def factors(timing: Timing) -> dict[str, list]:
    """A table of one point: each contender's times, and how many times as long as the sparse pass it takes."""
    names = [name for name in CONTENDERS if name in timing.backward]

    def faster(name: str, step: bool) -> str:
        factor = timing.factor(name, step)
        return "" if name == "sparse" else f"{factor:,.0f}×" if factor >= 100 else f"{factor:.3g}×"

    return {
        "contender": [CONTENDERS[name] for name in names],
        "backward, ms": [timing.milliseconds(name, False) for name in names],
        "backward: sparse is faster": [faster(name, False) for name in names],
        "whole step, ms": [timing.milliseconds(name, True) for name in names],
        "step: sparse is faster": [faster(name, True) for name in names],
    }


def table(series: Series) -> dict[str, list]:
    """Every point and contender as a row."""
    rows = [
        (t.steps, t.batch, t.hidden, t.active, name, t.forward[name], t.backward[name], series.machine, series.date)
        for t in series.timings
        for name in t.backward
    ]
    names = ("steps", "batch", "hidden", "active", "contender", "forward_ms", "backward_ms", "machine", "date")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


@dataclasses.dataclass(frozen=True)
class Published:
    """One published setting, medians recomputed from the raw results that Perez-Nieves & Goodman 2021 published.

    band: the half-width of the active band; active: percent of the second hidden layer; backward: how many times faster than
    the slicing loop its backward pass is; step: its forward and backward together; saved: percent of peak backward memory;
    accuracy: of the test set, dense and sparse; dense_ms: the slicing loop's backward pass.
    """

    data: str
    steps: int
    hidden: int
    batch: int
    band: float
    active: float | None
    backward: float
    step: float
    saved: float
    dense_accuracy: float
    accuracy: float
    dense_ms: float
    device: str


_RTX = "RTX 6000"
PUBLISHED = (
    Published("F-MNIST", 100, 200, 256, 0.2, 0.78, 6.2, 1.45, 31, 0.819, 0.828, 30.1, _RTX),
    Published("F-MNIST", 100, 1000, 256, 0.2, None, 8.0, 2.55, 32, 0.823, 0.830, 135.0, _RTX),
    Published("N-MNIST", 300, 200, 256, 0.2, 0.64, 35.6, 2.12, 34, 0.888, 0.915, 236.0, _RTX),
    Published("N-MNIST", 300, 1000, 256, 0.2, None, 26.0, 5.25, 33, 0.908, 0.925, 1151.3, _RTX),
    Published("SHD", 500, 200, 256, 0.2, 0.92, 43.9, 2.89, 30, 0.459, 0.485, 644.0, _RTX),
    Published("SHD", 500, 400, 256, 0.2, None, 41.0, 4.50, 34, 0.460, 0.453, 1269.1, _RTX),
    Published("SHD", 500, 1000, 256, 0.2, None, 37.1, 8.17, 37, 0.458, 0.506, 3162.2, _RTX),
)
PUBLISHED_BANDS = tuple(
    Published("SHD", 500, 400, 128, band, active, backward, step, saved, 0.734, accuracy, 923.0, "GTX 1080 Ti")
    for band, active, backward, step, saved, accuracy in (
        (0.25, 0.69, 32, 5.2, 31, 0.727),
        (0.2, 0.59, 40, 5.6, 34, 0.716),
        (0.1, 0.27, 79, 5.8, 42, 0.697),
        (0.05, 0.14, 141, 6.1, 45, 0.763),
        (0.01, 0.03, 265, 6.1, 48, 0.727),
        (0.001, 0.002, 340, 6.2, 49, 0.515),
    )
)
