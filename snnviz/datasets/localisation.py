"""Where does a sound come from? Two ears hear the same tone, the far one a little later."""

import dataclasses
from typing import ClassVar

import numpy as np

from snnviz.datasets.base import AbstractGenerated, Generated, balanced, bernoulli
from snnviz.params import param

HEAD = 0.0875  # metres: the radius of the head, which is a sphere
SOUND = 343.0  # metres a second


@dataclasses.dataclass(frozen=True)
class SoundLocalisation(AbstractGenerated):
    """A tone from one of several directions reaches two ears, each with `fibres` fibres of the auditory nerve.

    The ear at the far side hears it later by the interaural time difference of `delay`, 0.66 ms at most. A fibre fires at random,
    in phase with the tone, at `noise` + 8/3 `rate` ((1 + sin phase) / 2)^2, whose mean over a period is `noise` + `rate`. The
    phase at which a sample begins is drawn, so that no ear alone says anything, and no count of spikes: the two must be compared
    within less than a millisecond (Jeffress 1948).

    Inputs `[T, S, 2 fibres]`: the fibres of the left ear, then those of the right.
    """

    title: ClassVar[str] = "Sound localisation"
    description: ClassVar[str] = (
        "Where does a tone come from? It reaches one ear up to 0.66 ms before the other, and each ear's fibres fire in phase with "
        "what it hears. Made by formula: the difference between the two ears is all that tells the directions apart."
    )
    cite: ClassVar[str] = "jeffress1948place"
    entry_bytes: ClassVar[float] = 12  # uniform numbers in float64, what is below the rate, and the spikes

    steps: int = param(300, "Time steps", "T", low=10, high=20_000, slider=(100, 1000, 50))
    dt: float = param(0.1, "Step", r"\Delta t", "ms", low=0, open_low=True, high=1, slider=(0.02, 0.5, 0.02))
    directions: int = param(
        7, "Directions", "", low=2, high=37, slider=(3, 19, 2), help="From 90° left to 90° right, one class each."
    )
    tone: float = param(
        500.0, "Tone", "f", "Hz", low=20, high=5000, slider=(100.0, 1500.0, 50.0),
        help="Above 760 Hz a period is shorter than the largest difference: two directions then sound alike.",
    )  # fmt: skip
    fibres: int = param(30, "Fibres of each ear", "", low=1, high=1000, slider=(5, 100, 5))
    rate: float = param(200.0, "Mean rate of a fibre", "", "Hz", low=0, slider=(50.0, 500.0, 10.0))
    noise: float = param(
        10.0, "Spikes at random", "", "Hz", low=0, slider=(0.0, 200.0, 5.0), help="Of each fibre, whatever it hears."
    )

    def channels(self) -> int:
        return 2 * self.fibres

    def aside(self) -> float:
        return 40.0 * self.steps * self.samples * 2

    def period(self) -> float:
        """The length of a period of the tone in ms."""
        return 1000.0 / self.tone

    def angles(self) -> np.ndarray:
        """The direction of each class in degrees, from -90 at the left to 90 at the right, float64 `[directions]`."""
        return np.linspace(-90.0, 90.0, self.directions)

    def generate(self, rng: np.random.Generator) -> Generated:
        y = balanced(rng, self.samples, self.directions)
        start = rng.random(self.samples) * 2 * np.pi
        late = delay(self.angles())[y]
        now = np.arange(self.steps)[:, None] * self.dt
        ears = np.stack(
            [now - np.maximum(late, 0.0), now + np.minimum(late, 0.0)], -1
        )  # [T, S, 2]: the ear at the far side is late
        rates = self.noise + 8 / 3 * self.rate * ((1 + np.sin(2e-3 * np.pi * self.tone * ears + start[:, None])) / 2) ** 2
        spikes = bernoulli(rng, rates[..., None], self.dt, (self.steps, self.samples, 2, self.fibres))
        return Generated(spikes.reshape(self.steps, self.samples, -1), y, tuple(f"{angle:.3g}°" for angle in self.angles()))


def delay(angle: np.ndarray | float) -> np.ndarray:
    """How much later the left ear hears a sound than the right one, in ms, of the shape of `angle`: degrees, to the right > 0.

    (r / c) (a + sin a) with a in radians, for a sphere of radius r = 8.75 cm and a far source: the way along the head to
    the far ear.
    """
    a = np.deg2rad(angle)
    return 1000 * HEAD / SOUND * (a + np.sin(a))
