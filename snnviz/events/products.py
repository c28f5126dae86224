"""How a run multiplies spikes with weights: a setting of how it is executed, never of what is trained."""

import enum

DENSE_FROM = 0.6  # the share of active inputs from which torch's dense product is faster (`bench/training_step.py` measures it)
CONVOLVE_DENSE_FROM = 0.3  # the same of convolutions


class Products(enum.Enum):
    """How layers multiply their input with their weights, where the native backend runs them.

    DENSE:    every product is torch's, over all inputs
    EVENTS:   the weights of active inputs alone, in every layer whose input is made of spikes, and in convolutions
    MEASURED: each layer and batch by the share of inputs that are active: events below `DENSE_FROM`, of convolutions below
              `CONVOLVE_DENSE_FROM`, else dense

    The gradients are the same up to the order of sums. Summed in another order a membrane that stands at the threshold may
    fall on its other side, in float32 for a few spikes of a million.
    """

    DENSE = "dense"
    EVENTS = "events"
    MEASURED = "measured"

    @property
    def most(self) -> float:
        """The largest share of active inputs, 0 to 1, with which a layer is computed from events."""
        return {Products.DENSE: 0.0, Products.EVENTS: 1.0, Products.MEASURED: DENSE_FROM}[self]

    @property
    def most_entries(self) -> float:
        """The same of a convolution."""
        return {Products.DENSE: 0.0, Products.EVENTS: 1.0, Products.MEASURED: CONVOLVE_DENSE_FROM}[self]
