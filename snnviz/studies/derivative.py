"""What the Spike derivative page shows, as numpy records: a surrogate's two curves, single values of a zeroth-order estimate with
its closed forms, and the noise or bias that a sparse gradient adds. The draws are those that the library trains with.

    sampled = sample(ZerothOrder(NormalLaw(), delta=0.5), u=0.05, count=300, seed=0)
    sampled.mean - sampled.expected         # within about two of sampled.errors
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import torch

from snnviz import waiting
from snnviz.draws import Draw
from snnviz.labels import distinct
from snnviz.laws import AbstractLaw, NormalLaw, RademacherLaw, SurrogateLaw
from snnviz.params import Declared, param
from snnviz.surrogates import AbstractSurrogate
from snnviz.zeroth_order import ZerothOrder, matching_band

POINTS = 121  # margins that are sampled; column POINTS is the margin u
MOST = 5_000  # random numbers drawn for one margin at most
FINE = 601  # points of a closed curve


@dataclasses.dataclass(frozen=True)
class Drawing(Declared):
    """The draws: `count` values of the estimate at each margin and at u, from `seed`."""

    u: float = param(
        0.05,
        "Margin followed",
        "u",
        slider=(-1.5, 1.5, 0.01),
        help="Membrane less threshold of the one neuron that is followed below.",
    )
    count: int = param(
        300,
        "Values drawn",
        "n",
        low=1,
        high=MOST,
        slider=(1, MOST, 3),
        log=True,
        help="How many values of the estimate are drawn at each margin.",
    )
    seed: int = param(0, "Seed", low=0, high=4294967295, slider=(0, 99, 1), help="Other draws, the same law.")


@dataclasses.dataclass(frozen=True)
class Look(Declared):
    """The range of margins, and the scale, at which surrogates are compared in one figure."""

    reach: float = param(
        1.5, "Margins shown, up to", low=0.0, open_low=True, slider=(0.1, 5.0, 0.1), help="Both ways from the threshold."
    )
    unit_area: bool = param(False, "All scaled to area 1", help="Compares shapes: every smooth spike then rises by 1.")


@dataclasses.dataclass(frozen=True)
class Density(Declared):
    """A normal density of the margins u = membrane - threshold over a layer's neurons and steps."""

    mean: float = param(
        -0.3, "Mean margin", r"\mu", slider=(-2.0, 0.5, 0.05), help="Where most membranes are; the threshold is at 0."
    )
    sd: float = param(
        0.1,
        "Spread of the margins",
        r"\sigma_u",
        low=0.0,
        open_low=True,
        slider=(0.05, 1.0, 0.05),
        help="Standard deviation of membrane less threshold.",
    )

    def __call__(self, u: torch.Tensor) -> torch.Tensor:
        return torch.exp(-0.5 * ((u - self.mean) / self.sd) ** 2) / (self.sd * math.sqrt(2 * math.pi))


@dataclasses.dataclass(frozen=True)
class Shape:
    """A surrogate's derivative and primitive at margins [N], its peak and area, and the margin where it is half its peak."""

    label: str
    margins: np.ndarray
    derivative: np.ndarray
    primitive: np.ndarray
    peak: float
    area: float
    half: float


@dataclasses.dataclass(frozen=True)
class Sampled:
    """`count` values of an estimate at margins [N] and at one margin u, with their exact mean and variance.

    mean, share: of the values at each margin, their mean and how many are not 0; expected, errors, activity: the closed
    curve there, the mean's standard error (inf where the variance is) and the probability. cloud_u, cloud: single values,
    for the eye. at_u: the values at u in order; sizes: |z| of the last of them, [m]; band: B_th, inf where none is as active.
    """

    estimate: ZerothOrder
    u: float
    count: int
    margins: np.ndarray
    mean: np.ndarray
    share: np.ndarray
    expected: np.ndarray
    errors: np.ndarray
    activity: np.ndarray
    cloud_u: np.ndarray
    cloud: np.ndarray
    at_u: np.ndarray
    sizes: np.ndarray
    g: float
    sigma: float
    active: float
    band: float

    @property
    def running(self) -> np.ndarray:
        """The mean of the first 1, 2, ... values at u."""
        return np.cumsum(self.at_u) / np.arange(1, self.count + 1)


@dataclasses.dataclass(frozen=True)
class LawCurves:
    """A law's density at z [K], and the integral that gives its estimate's mean: g(u) = (1/delta) times the area under
    `weight` beyond edge = |u|/delta, with weight = c z^alpha times the density.

    at_u: g(u). area: the integral of g over u. band: B_th of one draw. atoms: values of |z| that have a probability above 0.
    """

    z: np.ndarray
    density: np.ndarray
    weight: np.ndarray
    atoms: tuple[float, ...]
    margins: np.ndarray
    g: np.ndarray
    constant: float
    mean_abs: float
    mean_square: float
    area: float
    band: float
    alpha: int
    edge: float
    at_u: float


@dataclasses.dataclass(frozen=True)
class Point:
    """One sparse derivative: the share of entries it computes, and its error. Both are integrals over the density of margins."""

    family: str
    label: str
    activity: float
    variance: float
    squared_bias: float

    @property
    def percent(self) -> float:
        """The activity in percent, under a density of the margins whose integral is 1."""
        return 100 * self.activity

    @property
    def error(self) -> float:
        """The mean squared error: variance and squared bias."""
        return self.variance + self.squared_bias


def shape(surrogate: AbstractSurrogate, reach: float, unit_area: bool = False) -> Shape:
    """A surrogate from -reach to reach; unit_area: divided by its area.

    Raises:
        ValueError: unit_area, and the area is not above 0.
    """
    m = torch.linspace(-reach, reach, FINE, dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    area, peak = 2 * surrogate.primitive(zero).item(), surrogate.derivative(zero).item()
    if unit_area and not area > 0:
        raise ValueError(f"{surrogate.title}: its area is {area:.3g}, so it cannot be scaled to area 1. Show it as it is.")
    by = area if unit_area else 1.0
    far = torch.logspace(-4, 3, 20_001, dtype=torch.float64)
    below = (surrogate.derivative(far) < peak / 2).nonzero()
    half = far[int(below[0])].item() if len(below) else math.inf
    return Shape(
        surrogate.title,
        m.numpy(),
        (surrogate.derivative(m) / by).numpy(),
        (surrogate.primitive(m) / by).numpy(),
        peak / by,
        area / by,
        half,
    )


def shapes(surrogates: Sequence[AbstractSurrogate], look: Look = Look()) -> list[Shape]:
    """`shape` of each surrogate; the labels name the parameters that differ."""
    named = zip(distinct(surrogates), surrogates, strict=True)
    return [dataclasses.replace(shape(one, look.reach, look.unit_area), label=label) for label, one in named]


def reach_of(estimate: ZerothOrder) -> float:
    """The largest margin to show: where the estimate's mean has fallen to 2 % of its peak, and its band."""
    t = torch.logspace(-3, 3, 601, dtype=torch.float64)
    g = estimate.law.expected_surrogate(t)
    low = (g < 0.02 * estimate.law.expected_surrogate(0.0)).nonzero()
    return estimate.delta * min(1.15 * t[int(low[0])].item() if len(low) else 4.0, 5.0)


def sample(estimate: ZerothOrder, drawing: Drawing, reach: float | None = None) -> Sampled:
    """Draw: value n at margin i is estimate.ds_du(margins, Draw(seed, 0, n))[0, i], as in the live scope.

    reach: the margins go from -reach to reach; None: as far as the estimate's mean does.

    Raises:
        ValueError: more numbers would be drawn than a page should wait for.
    """
    if drawing.count * estimate.draws > MOST:
        raise ValueError(
            f"{drawing.count} values of {estimate.draws} draws each are more than the {MOST} random numbers a margin "
            f"may ask for here. Lower the values drawn to {MOST // estimate.draws}, or the draws of each."
        )
    reach = max(reach or reach_of(estimate), 1.1 * abs(drawing.u))
    margins = torch.linspace(-reach, reach, POINTS, dtype=torch.float32)
    row = torch.cat((margins, torch.tensor([drawing.u], dtype=torch.float32)))
    values = estimate.ds_du(row.expand(drawing.count, -1), Draw(drawing.seed))
    last = Draw(drawing.seed, first=drawing.count - 1)
    sizes = torch.stack([z[0, POINTS] for z in estimate.sizes(1, POINTS + 1, last, row)])
    drawn = values[-max(1, min(drawing.count, 2400 // POINTS)) :, :POINTS]
    fine = margins.double()
    variance = estimate.variance(fine).clamp(min=0)
    one = torch.tensor(drawing.u, dtype=torch.float64)
    return Sampled(
        estimate, drawing.u, drawing.count, margins.numpy(), values[:, :POINTS].double().mean(0).numpy(),
        (values[:, :POINTS] != 0).double().mean(0).numpy(), estimate.mean(fine).numpy(),
        (variance / drawing.count).sqrt().numpy(), estimate.activity(fine).numpy(),
        margins.repeat(len(drawn)).numpy(), drawn.reshape(-1).numpy(), values[:, POINTS].double().numpy(), sizes.double().numpy(),
        estimate.mean(one).item(), math.sqrt(max(0.0, estimate.variance(one).item())), estimate.activity(one).item(),
        matching_band(estimate),
    )  # fmt: skip


def affordable(estimate: ZerothOrder, u: float, seed: int) -> Drawing:
    """A drawing of 1,000 values, or of as many as a page can wait for."""
    return Drawing(u, max(1, min(1000, MOST // estimate.draws)), seed)


def law_curves(law: AbstractLaw, delta: float, u: float) -> LawCurves:
    """A law and the mean of its estimate of width delta; u: where the integral is shown."""
    estimate = ZerothOrder(law, delta)
    reach = max(reach_of(estimate), 1.1 * abs(u))
    margins = torch.linspace(-reach, reach, FINE, dtype=torch.float64)
    z = torch.linspace(0, reach / delta, FINE, dtype=torch.float64)
    z[0] = z[1] * 1e-3  # a density may be 0/0 at 0 itself
    density = law.density(z)
    atoms = _atoms(law)
    area = law.constant * law.tail_moment(1 + law.alpha, 0.0).item()
    return LawCurves(
        z.numpy(), density.numpy(), (density * law.constant * z**law.alpha).numpy(), atoms, margins.numpy(),
        estimate.mean(margins).numpy(), law.constant, law.mean_abs, law.mean_square, area, matching_band(estimate),
        law.alpha, abs(u) / delta, estimate.mean(u).item(),
    )  # fmt: skip


def _atoms(law: AbstractLaw) -> tuple[float, ...]:
    """The values |z| that have a probability above 0 (atoms): where the survival function has a step."""
    if isinstance(law, RademacherLaw):
        return (1.0,)
    width = getattr(law.surrogate, "width", None) if isinstance(law, SurrogateLaw) else None
    return (width,) if width and abs(law.survival(width * 1.000001).item() - law.survival(width * 0.999999).item()) > 0.5 else ()


def trade_off(
    law: AbstractLaw,
    delta: float,
    draws: Sequence[int] = (1, 2, 5, 10, 20),
    peaks: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 3.0),
    density: Density | None = None,
) -> list[Point]:
    """The error of sparse derivatives against their activity: LocalZO with these draws, the gate with these peaks, and the fixed
    bands that are as active as LocalZO.

    density: of the margins; None: flat, and integrals are over the margins themselves, in the membrane's unit. The gate
    is this project's own extra. Variances that diverge are inf. Mukhoty et al. 2023; Perez-Nieves & Goodman 2021.
    """
    ends = (1e-6, 1e4)
    log = torch.linspace(math.log(ends[0]), math.log(ends[1]), 12_001, dtype=torch.float64)
    u = delta * torch.exp(log)
    weight = u * (log[1] - log[0]) * (2.0 if density is None else density(u) + density(-u))
    g, second, hit = law.expected_surrogate(u, delta), law.second_moment(u, delta), law.survival(u / delta).clamp(0, 1)
    far = len(u) - len(u) // 10  # the part of the integral over the last decade: if it is large, the integral diverges

    def over(values: torch.Tensor) -> float:
        parts = values * weight
        total = parts.sum().item()
        return math.inf if parts[far:].sum() > 1e-3 * total or not math.isfinite(total) else total

    points = []
    for m in draws:
        activity = over(-torch.expm1(m * torch.log1p(-hit)))
        points.append(Point("localzo", f"LocalZO, m = {m}", activity, over((second - g * g).clamp(min=0)) / m, 0.0))
    peak = law.expected_surrogate(0.0, delta)
    for share in peaks:
        p = (share * g / peak).clamp(max=1)
        noise = torch.where(g > 0, g * g * (1 / p.clamp(min=1e-300) - 1), 0.0).clamp(min=0)
        points.append(Point("gated", f"gate, {share:g} at the threshold (ours)", over(p), over(noise), 0.0))
    for m in draws:
        band = matching_band(ZerothOrder(law, delta, m))
        if math.isfinite(band):
            inside = ((math.log(band) - log - math.log(delta)) / (log[1] - log[0]) + 0.5).clamp(0, 1)  # the last cell in part
            points.append(Point("sparse", f"band ±{band:.3g}, matches m = {m}", over(inside), 0.0, over((1 - inside) * g * g)))
    return points


@dataclasses.dataclass(frozen=True)
class Sweep:
    """LocalZO and the band that matches it, against its draws m or its width delta: lists over `values`."""

    name: str
    values: tuple[float, ...]
    activity: tuple[float, ...]
    variance: tuple[float, ...]
    band_activity: tuple[float, ...]
    band_bias: tuple[float, ...]


def sweep(law: AbstractLaw, delta: float, draws: int, over: str, density: Density | None = None) -> Sweep:
    """`trade_off` against the draws (over = "draws", at this delta) or the width (over = "delta", with these draws).

    Raises:
        ValueError: another `over`.
    """
    if over not in ("draws", "delta"):
        raise ValueError(f"over = {over!r}: sweep over 'draws' or 'delta'.")
    widths = tuple(float(f"{0.01 * 10 ** (i / 5):.2g}") for i in range(12))
    counts = (1, 2, 3, 5, 7, 10, 14, 20, 30, 50)
    values = counts if over == "draws" else widths
    at = [(delta, count) for count in counts] if over == "draws" else [(width, draws) for width in widths]
    rows = [trade_off(law, width, (count,), (), density) for width, count in waiting.steps(at, "value")]
    nothing = Point("sparse", "", math.nan, math.nan, math.nan)
    bands = [row[1] if len(row) > 1 else nothing for row in rows]
    return Sweep(
        over,
        values,
        tuple(r[0].activity for r in rows),
        tuple(r[0].variance for r in rows),
        tuple(b.activity for b in bands),
        tuple(b.squared_bias for b in bands),
    )


@dataclasses.dataclass(frozen=True)
class Question:
    """A question with a numeric answer, to be predicted before the figure is shown."""

    text: str
    estimate: ZerothOrder
    u: float

    @property
    def answer(self) -> float:
        """The probability that the value is not 0, in percent."""
        return 100 * self.estimate.activity(self.u).item()


def questions() -> list[Question]:
    """One draw, and five: is the activity five times as high?"""

    def ask(draws: int) -> str:
        return f"Normal law, δ = 0.05, u = 0.05, m = {draws}: with which probability is the value not 0? "

    return [Question(ask(m), ZerothOrder(NormalLaw(), 0.05, m), 0.05) for m in (1, 5)]


def along(surrogate: AbstractSurrogate, margins: np.ndarray) -> np.ndarray:
    """A surrogate's derivative at these margins, float64 of their shape."""
    return surrogate.derivative(torch.from_numpy(margins).double()).numpy()
