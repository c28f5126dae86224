"""Surrogate module learning: small non-spiking heads give early layers a short road to the loss."""

import dataclasses
import enum

from snnviz.methods.base import AbstractGradientMethod, AtSpike, Choice, ResetPath
from snnviz.params import param
from snnviz.surrogates import AbstractSpikeDerivative, Dspike


class Route(enum.Enum):
    """What trains the layers in front of a head.

    BOTH: the head's gradient and the network's own. DETACH: the head alone; the spikes that go on carry no gradient.
    """

    BOTH = "both"
    DETACH = "detach"


@dataclasses.dataclass(frozen=True)
class SurrogateModules(AbstractGradientMethod):
    """N heads, each reading one hidden layer's spikes averaged over time, with logits q_i beside the network's own q:

        L = (1 - lambda) / (1 + N alpha) (CE(q, y) + alpha sum_i CE(q_i, y))
            + lambda / (2 N) sum_i (KL_tau(q -> q_i) + KL_tau(q_i -> q))

        KL_tau(p -> r) = sum_c P_c (log P_c - log softmax(r / tau)_c),  P = softmax(p / tau) held constant

    A layer before a head reaches a loss through few exact factors instead of one surrogate for every layer above it. At
    the spike and along time this is BPTT. The heads are used in training only. With no head, or with alpha = lambda = 0
    on both roads, it is plain BPTT. after: the numbers of the hidden layers, from 1, that a head sits after.
    Deng, Lin, Li & Gu 2023.

    Raises:
        TypeError: `after` holds something else than whole numbers. ValueError: one below 1, or one twice.
    """

    surrogate: AbstractSpikeDerivative = dataclasses.field(default_factory=Dspike)
    keep_reset: bool = param(True, "Keep the reset path", help="Whether the gradient runs through the reset too.")
    after: tuple[int, ...] = (1,)
    route: Route = param(
        Route.BOTH, "Road to the layers before a head", help="The head's gradient beside the network's own, or the head's alone."
    )
    alpha: float = param(
        0.5,
        "Weight of the heads' own loss",
        r"\alpha",
        low=0.0,
        slider=(0.0, 2.0, 0.05),
        help="How much each head's cross-entropy counts beside the network's.",
    )
    weight: float = param(
        0.9,
        "Weight of agreement",
        r"\lambda",
        low=0.0,
        high=1.0,
        slider=(0.0, 1.0, 0.05),
        help="How much heads and network are trained to agree, at the cost of the labels.",
    )
    temperature: float = param(
        3.0,
        "Temperature",
        r"\tau",
        low=0.0,
        open_low=True,
        slider=(0.5, 10.0, 0.5),
        help="Larger: agreement on the unlikely classes counts more.",
    )
    width: int = param(
        64,
        "Width of a head",
        low=1,
        high=4096,
        slider=(8, 256, 8),
        advanced=True,
        help="Hidden units of a head on a fully connected layer.",
    )

    title = "Surrogate modules"
    choices = (Choice("modules", title),)
    equation = (
        r"L = \tfrac{1-\lambda}{1+N\alpha}\big(\mathrm{CE}(q,y) + \alpha\sum_i \mathrm{CE}(q_i,y)\big) + "
        r"\tfrac{\lambda}{2N}\sum_i\big(\mathrm{KL}_\tau(q \to q_i) + \mathrm{KL}_\tau(q_i \to q)\big)"
    )
    cite = "deng2023sml"

    def __post_init__(self):
        super().__post_init__()
        got = f"SurrogateModules.after = {self.after!r}"
        if not isinstance(self.after, tuple) or any(not isinstance(n, int) or isinstance(n, bool) for n in self.after):
            raise TypeError(f"{got}: give the numbers of hidden layers as a tuple of whole numbers.")
        if any(n < 1 for n in self.after) or len(set(self.after)) < len(self.after):
            raise ValueError(f"{got}: hidden layers are numbered from 1, and one head can sit after each.")

    @property
    def at_spike(self):
        return AtSpike(self.surrogate)

    @property
    def reset_path(self):
        return ResetPath.KEPT if self.keep_reset else ResetPath.CUT

    @property
    def heads(self):
        return self
