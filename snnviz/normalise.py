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
    BESSEL = 1  # what a variance's number of entries is lowered by
    mean: torch.Tensor
    variance: torch.Tensor
    batches: torch.Tensor

    def __init__(self, units: int, shift: float = 0.6):
        super().__init__()
        self.factor = 1.0
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

    def spread(self, variance: torch.Tensor) -> torch.Tensor:
        """What a unit's distance from its mean is divided by, of the shape of its variance [units]."""
        return variance.sqrt() + 1e-3

    def _follow(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        self.batches += 1
        rate = (1 / self.batches).clamp(min=self.FOLLOW).to(mean)
        self.mean.lerp_(mean, rate)
        self.variance.lerp_(variance, rate)

    @property
    def calibrated(self) -> bool:
        """Whether the running statistics have seen a batch."""
        return int(self.batches) > 0


class ThresholdNormalise(Normalise):
    """The same with currents as large as the threshold (tdBN): y = scale a theta (x - mean) / sqrt(variance + 1e-5) + shift

    scale starts at 1, shift at 0; the variance is that of all entries, without Bessel's correction. a: 1, or 1/sqrt(2) before two
    branches are added. theta: the threshold. As torch's batch norm whose weight starts at a theta, except that under SGD that
    weight moves (a theta)^2 times less there. Zheng, Wu, Deng, Hu & Li 2021. Input [B, units, ...].
    """

    BESSEL = 0

    def __init__(self, units: int, theta: float = 1.0, a: float = 1.0):
        super().__init__(units, shift=0.0)
        self.factor = a * theta

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (1, -1, *(1,) * (x.ndim - 2))
        mean, variance = self.mean, self.variance
        if self.training:
            dims = (0, *range(2, x.ndim))
            variance, mean = torch.var_mean(x, dims, correction=0)
            self._follow(mean.detach(), variance.detach())
        scale = self.factor * self.scale / self.spread(variance)
        return (x - mean.view(shape)) * scale.view(shape) + self.shift.view(shape)

    def spread(self, variance: torch.Tensor) -> torch.Tensor:
        return (variance + 1e-5).sqrt()
