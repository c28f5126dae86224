"""Delayed XOR: two cues, a wait between them, and a question that needs both."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz import clock
from snnviz.datasets.base import AbstractGenerated, Generated, balanced, bernoulli
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class DelayedXor(AbstractGenerated):
    """Two binary cues A and B, each a burst of spikes, `delay` ms apart; the class is A xor B.

    Four groups of `width` neurons stand for A = 0, A = 1, B = 0 and B = 1; a cue makes its group fire at `rate` for
    `cue` ms. All neurons also fire at `noise` Hz throughout. Each cue alone, and any weighted sum of spike counts, says
    nothing about the class (three of the four cases at best); the network must keep A until B comes. A begins at a random
    moment of the first `jitter` ms; B begins `delay` ms after the end of A.

    Inputs `[T, S, 4 width]`, in the order A = 0, A = 1, B = 0, B = 1.
    """

    title: ClassVar[str] = "Delayed XOR"
    description: ClassVar[str] = (
        "Two yes-or-no cues, each a burst of spikes, with a silent delay between them. The answer is whether they "
        "differ, so the first must be remembered."
    )
    cite: ClassVar[str] = ""

    entry_bytes: ClassVar[float] = 26  # rates, their product with the step, and uniform numbers, each in float64

    steps: int = param(150, "Time steps", "T", low=2, high=20_000, slider=(50, 1000, 10))
    width: int = param(5, "Neurons per group", "", low=1, high=1000, slider=(1, 50, 1))
    cue: float = param(20.0, "Length of a cue", "", "ms", low=0, open_low=True, slider=(5.0, 50.0, 1.0))
    delay: float = param(60.0, "Delay", "", "ms", low=0, slider=(0.0, 500.0, 10.0), help="From the end of A to the start of B.")
    jitter: float = param(10.0, "Jitter of the onset", "", "ms", low=0, slider=(0.0, 50.0, 1.0))
    rate: float = param(200.0, "Rate in a burst", "", "Hz", low=0, slider=(50.0, 1000.0, 10.0))
    noise: float = param(2.0, "Background rate", "", "Hz", low=0, slider=(0.0, 50.0, 1.0))

    def channels(self) -> int:
        return 4 * self.width

    def aside(self) -> float:
        return self.steps * self.samples * (4 * 8 + 20)

    def generate(self, rng: np.random.Generator) -> Generated:
        needed = 2 * self.cue + self.delay + self.jitter
        self.demand(
            needed <= self.steps * self.dt,
            f"two cues, the delay and the jitter take {needed:g} ms, but {self.steps} steps of {self.dt:g} ms end at "
            f"{self.steps * self.dt:g} ms; raise steps or shorten the delay.",
        )
        case = balanced(rng, self.samples, 4)
        a, b = case // 2, case % 2
        onset_a = rng.random(self.samples) * self.jitter
        onset_b = onset_a + self.cue + self.delay
        rates = np.full((self.steps, self.samples, 4), self.noise)
        now = np.arange(self.steps)[:, None] * self.dt
        for onset, group in ((onset_a, a), (onset_b, 2 + b)):
            step, sample = np.nonzero(clock.reached(now, onset, self.dt) & ~clock.reached(now, onset + self.cue, self.dt))
            rates[step, sample, group[sample]] = self.rate
        x = bernoulli(rng, np.repeat(rates, self.width, -1), self.dt, (self.steps, self.samples, 4 * self.width))
        return Generated(x, a ^ b, ("same", "different"))
