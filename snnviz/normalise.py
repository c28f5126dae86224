"""Currents normalised per unit: by the batch while a network trains, by running statistics while it is evaluated."""

import torch
from torch import nn


class Normalise(nn.Module):
    """Zero mean and unit variance per unit, then a learned scale and shift; the shift starts at `shift` so that about a
    quarter of the units fire at a threshold of 1.

    In training, mean and variance are those of the batch over samples and time; running statistics follow them. In
    evaluation the running statistics stand in, so that a sample's result does not depend on what else is in its batch
    (Ioffe and Szegedy 2015). Input [B, units, ...].
    """

    # How far the running statistics move towards those of a batch; the first batches count alike. A batch has samples times
    # steps entries, so its statistics are hardly noisy, and a slower pace would lag behind weights that learn.
    FOLLOW = 0.3
    mean: torch.Tensor
    variance: torch.Tensor
    batches: torch.Tensor

    def __init__(self, units: int, shift: float = 0.6):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(units)), nn.Parameter(torch.full((units,), shift))
        self.register_buffer("mean", torch.zeros(units))
        self.register_buffer("variance", torch.ones(units))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (1, -1, *(1,) * (x.ndim - 2))
        if self.training:
            dims = (0, *range(2, x.ndim))
            mean, deviation = x.mean(dims, keepdim=True), x.std(dims, keepdim=True)
            self._follow(mean.detach().flatten(), deviation.detach().flatten().square())
        else:
            mean, deviation = self.mean.view(shape), self.variance.sqrt().view(shape)
        return (x - mean) / (deviation + 1e-3) * self.scale.view(shape) + self.shift.view(shape)

    def _follow(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        self.batches += 1
        rate = (1 / self.batches).clamp(min=self.FOLLOW).to(mean)
        self.mean.lerp_(mean, rate)
        self.variance.lerp_(variance, rate)

    @property
    def calibrated(self) -> bool:
        """Whether the running statistics have seen a batch."""
        return int(self.batches) > 0
