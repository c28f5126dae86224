"""Temporal order: which of two symbols came first, among distractors."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz import clock
from snnviz.datasets.base import AbstractGenerated, Generated, balanced, bernoulli
from snnviz.params import param

DISTRACTORS = 4


@dataclasses.dataclass(frozen=True)
class TemporalOrder(AbstractGenerated):
    """A row of symbols in which two places, far apart, hold A or B; the class is the pair: AA, AB, BA or BB.

    Time is cut into slots of `symbol` ms. Every slot shows one symbol: the group of `width` neurons that stands for it
    fires at `rate`. Two slots hold A or B, the first within `spread` ms of the start, the second at least `delay` ms
    and at most delay + spread ms after it; all others hold one of four distractors at random. Spike counts tell AA, BB
    and a mixed pair apart but not AB from BA: for that the order must be remembered.

    Inputs `[T, S, 6 width]`, in the order A, B, distractors. After task 6a of Hochreiter and Schmidhuber (1997).
    """

    title: ClassVar[str] = "Temporal order"
    description: ClassVar[str] = (
        "Two relevant symbols, far apart among distractors. The class is which came first and which second, so a "
        "network must remember across the delay."
    )
    cite: ClassVar[str] = "hochreiter1997lstm"

    entry_bytes: ClassVar[float] = 26  # rates, their product with the step, and uniform numbers, each in float64

    steps: int = param(150, "Time steps", "T", low=2, high=20_000, slider=(50, 1000, 10))
    width: int = param(5, "Neurons per symbol", "", low=1, high=1000, slider=(1, 50, 1))
    symbol: float = param(10.0, "Length of a symbol", "", "ms", low=0, open_low=True, slider=(2.0, 50.0, 1.0))
    delay: float = param(
        60.0,
        "Delay",
        "",
        "ms",
        low=0,
        slider=(0.0, 500.0, 10.0),
        help="From the start of the first symbol to that of the second, at least.",
    )
    spread: float = param(20.0, "Spread of the places", "", "ms", low=0, slider=(0.0, 100.0, 5.0))
    rate: float = param(200.0, "Rate of a shown symbol", "", "Hz", low=0, slider=(50.0, 1000.0, 10.0))

    def channels(self) -> int:
        return (2 + DISTRACTORS) * self.width

    def aside(self) -> float:
        return self.steps * self.samples * (2 + DISTRACTORS) * 18

    def generate(self, rng: np.random.Generator) -> Generated:
        slots = int(clock.step_of(self.steps * self.dt, self.symbol))
        gap = max(1, -int(clock.step_of(-self.delay, self.symbol)))  # whole slots
        spread = int(clock.step_of(self.spread, self.symbol))
        self.demand(
            2 * spread + gap + 1 <= slots,
            f"two symbols {self.delay:g} ms apart with a spread of {self.spread:g} ms need "
            f"{(2 * spread + gap + 1) * self.symbol:g} ms, "
            f"but there are {self.steps * self.dt:g} ms; raise steps or shorten the delay.",
        )
        y = balanced(rng, self.samples, 4)
        shown = rng.integers(2, 2 + DISTRACTORS, (slots, self.samples))
        first = rng.integers(0, spread + 1, self.samples)
        second = first + gap + rng.integers(0, spread + 1, self.samples)
        everyone = np.arange(self.samples)
        shown[first, everyone], shown[second, everyone] = y // 2, y % 2
        slot = clock.step_of(np.arange(self.steps) * self.dt, self.symbol)
        inside = slot < slots  # what is left after the last whole slot stays silent
        rates = np.zeros((self.steps, self.samples, 2 + DISTRACTORS))
        rates[inside] = (shown[slot[inside], :, None] == np.arange(2 + DISTRACTORS)) * self.rate
        x = bernoulli(rng, np.repeat(rates, self.width, -1), self.dt, (self.steps, self.samples, (2 + DISTRACTORS) * self.width))
        return Generated(x, y, ("A then A", "A then B", "B then A", "B then B"))
