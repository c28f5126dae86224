"""Two checks in every sparse forward pass: all weights are finite, and the layer can still learn."""

import dataclasses
import math
import warnings

import torch

from snnviz.methods.base import AtSpike
from snnviz.sparse.active import ActiveSet


class NonFiniteWeights(FloatingPointError):
    """A layer's weights hold NaN or infinity: it would fall silent, and its loss would look finite and constant."""


class DeadLayer(UserWarning):
    """A layer has no active entry, or too few: its gradient is zero, and no loss on its spikes can change that."""


@dataclasses.dataclass(frozen=True)
class Guard:
    """The checks of every forward pass. A comparison with NaN is false, so weights with NaN give no spikes and a finite,
    constant loss; a layer without active entries has a zero gradient for ever.

    floor: warn of a `DeadLayer` if the active share (0 to 1) is below it, or if no entry is active; negative: never warn.
    """

    floor: float = 1e-5

    def weights(self, label: str, weights: torch.Tensor) -> None:
        """Raise NonFiniteWeights if a weight is NaN or infinite; the message says the layer, how many, and a remedy."""
        if torch.isfinite(weights.detach().sum()):
            return
        bad = int((~torch.isfinite(weights.detach())).sum())
        if bad:
            raise NonFiniteWeights(
                f"{label}: {bad} of {weights.numel()} weights are not finite. Go back to weights "
                "from before this step, and lower the learning rate or clip the gradient."
            )

    def active(self, label: str, active: "ActiveSet", at_spike: AtSpike) -> None:
        """Warn of `DeadLayer`, with the layer, its active share and a remedy."""
        if active.share >= self.floor and (active.number or self.floor < 0):
            return
        entries = active.steps * active.batch * active.columns
        what = (
            f"only {active.number} of {entries} entries ({100 * active.share:.2g} %) are active in the backward "
            f"pass, below the floor of {100 * self.floor:.2g} %"
        )
        if not active.number:
            what = "no neuron is active in the backward pass: its gradient is zero, and stays zero"
        warnings.warn(f"{label}: {what}. {remedy(at_spike)}", DeadLayer, stacklevel=4)


def remedy(at_spike: AtSpike) -> str:
    """One sentence: the setting that makes more entries active, with its present value."""
    if at_spike.derivative.random:
        return f"Raise the width delta (now {at_spike.derivative.coefficients()[0]:g}), or the current into the layer."
    if at_spike.gate:
        return f"Raise the gate's probability at the threshold (s is now {at_spike.gate:g}), or the layer's current."
    if at_spike.window < math.inf:
        return f"Widen the band (now {at_spike.window:g}), or raise the current into the layer."
    return "Widen the surrogate, or raise the current into the layer."
