"""Spikes as a list of events, sample by sample: what one layer hands to the next."""

import dataclasses
import functools

import torch

from snnviz.events.calls import by_threads, call_parameters, padded, run

PLACES = 1 << 16  # a place and a step are stored in 16 bits


@dataclasses.dataclass(frozen=True, eq=False)
class Events:
    """Spikes of a run [T, B, N] as events.

    first: the number of the first event of each step in its sample, int32 [B, T + 1]; the last is how many the sample has.
    places: the neuron (0 to N - 1) of each event, uint16 [B, room], in the order of steps; a neuron that fires n times in a step
    is there n times. columns: N. dtype: of the spikes as numbers. carrier: through what autograd passes the gradient of the
    spikes, [B, T, N rounded up to 16]; it takes no memory itself. None: nobody asks for it.
    """

    first: torch.Tensor
    places: torch.Tensor
    columns: int
    dtype: torch.dtype = torch.float32
    carrier: torch.Tensor | None = None

    @property
    def steps(self) -> int:
        """T, the number of steps."""
        return self.first.shape[1] - 1

    @property
    def batch(self) -> int:
        """B, the number of samples."""
        return self.first.shape[0]

    @functools.cached_property
    def rate(self) -> float:
        """Spikes per entry: 0 to 1, or more where a neuron may fire several times in a step."""
        return int(self.first[:, -1].sum()) / (self.steps * self.batch * self.columns)

    @classmethod
    def of(cls, spikes: torch.Tensor) -> "Events | None":
        """The events of numbers [T, B, N] on the CPU. None where they cannot be events: numbers other than 0, 1, 2, ..., more
        than one event per entry on average in a sample, or more than 65,536 columns or steps."""
        steps, batch, columns = spikes.shape
        if columns > PLACES or steps > PLACES or not spikes.numel() or spikes.dtype not in (torch.float32, torch.float64):
            return None
        x = spikes.detach().contiguous()
        first = torch.empty((batch, steps + 1), dtype=torch.int32)
        places = torch.empty((batch, steps * columns), dtype=torch.uint16)
        counts = torch.empty(batch, dtype=torch.int32)
        p = call_parameters(x.dtype, steps, batch, columns, columns, capacity=places.shape[1])
        run("of", p, x.dtype, by_threads(batch), lambda number: (x, first, places, counts))
        if (counts < 0).any():
            return None
        return cls(first, places, columns, x.dtype, _Carried.apply(spikes) if spikes.requires_grad else None)

    def without_gradient(self) -> "Events":
        """The same events, through which no gradient passes."""
        return dataclasses.replace(self, carrier=None)

    def dense(self) -> torch.Tensor:
        """The spikes as numbers [T, B, N], differentiable."""
        return _Dense.apply(self.carrier, self)


def by_sample(grad: torch.Tensor) -> torch.Tensor:
    """A gradient [T, B, N] as the kernels read it, [B, T, N rounded up]."""
    out = grad.new_zeros(grad.shape[1], grad.shape[0], padded(grad.shape[2]))
    out[..., : grad.shape[2]] = grad.transpose(0, 1)
    return out


class _Carried(torch.autograd.Function):
    """From spikes [T, B, N] that are numbers to the carrier of their events."""

    @staticmethod
    def forward(ctx, spikes):
        ctx.columns = spikes.shape[2]
        return spikes.new_zeros(1).expand(spikes.shape[1], spikes.shape[0], padded(spikes.shape[2]))

    @staticmethod
    def backward(ctx, grad):
        return grad[..., : ctx.columns].transpose(0, 1)


class _Dense(torch.autograd.Function):
    @staticmethod
    def forward(ctx, carrier, events):
        steps, batch, columns, dtype = events.steps, events.batch, events.columns, events.dtype
        out = torch.zeros((steps, batch, columns), dtype=dtype)
        p = call_parameters(dtype, steps, batch, columns, columns, capacity=events.places.shape[1])
        run("dense", p, dtype, by_threads(batch), lambda number: (events.first, events.places, out))
        return out

    @staticmethod
    def backward(ctx, grad):
        return by_sample(grad), None
