"""Linear layers with biases that a spiking network can learn: a bias is a level of the membrane."""

import torch
from torch import nn


class Biased(nn.Linear):
    """x W^T + constant b. A bias b weighs a constant input, and with `AbstractNeuron.bias_input` as that constant it is the level
    at which the membrane settles: a step of an optimiser moves it there, not by that much in every time step. Biases start at 0."""

    def __init__(self, inputs: int, outputs: int, constant: float):
        super().__init__(inputs, outputs, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.constant = constant

    @property
    def current(self) -> torch.Tensor:
        """What the biases add to the current in each step, [outputs]."""
        return self.constant * self.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(x, self.weight, self.current)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, constant input {self.constant:.4g}"


def added(linear: nn.Linear | nn.Conv2d) -> torch.Tensor | None:
    """What the biases of a layer add to its current in each step, [outputs]; None: it has none."""
    return linear.current if isinstance(linear, Biased) else linear.bias
