"""Spikes as a list of events, sample by sample: what one layer hands to the next."""

import dataclasses
import functools

import numpy as np
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
    def counts(self) -> list[int]:
        """How many events each sample has."""
        return self.first[:, -1].tolist()

    @property
    def rate(self) -> float:
        """Spikes per entry: 0 to 1, or more where a neuron may fire several times in a step."""
        return sum(self.counts) / (self.steps * self.batch * self.columns)

    @classmethod
    def of(cls, spikes: torch.Tensor) -> "Events | None":
        """The events of numbers [T, B, N] on the CPU. None where they cannot be events: numbers other than 0, 1, 2, ..., more
        than one event per entry on average in a sample, or more than 65,536 columns or steps."""
        steps, batch, columns = spikes.shape
        if columns > PLACES or steps > PLACES or not spikes.numel() or spikes.dtype not in (torch.float32, torch.float64):
            return None
        carrier = _Carried.apply(spikes) if spikes.requires_grad else None
        return cls._listed("of", (spikes.detach().contiguous(),), steps, batch, columns, spikes.dtype, carrier)

    @classmethod
    def of_bytes(cls, counts: torch.Tensor, samples: torch.Tensor) -> "Events | None":
        """The events of some samples of counts uint8 [T, S, N] on the CPU, as float32; samples: their numbers, int64 [B].

        None where they cannot be events, as in `of`.
        """
        (steps, total, columns), batch = counts.shape, len(samples)
        if columns > PLACES or steps > PLACES or not (counts.numel() and batch):
            return None
        return cls._listed("of_bytes", (counts.contiguous(), samples, total), steps, batch, columns, torch.float32)

    @classmethod
    def _listed(cls, function: str, source: tuple, steps: int, batch: int, columns: int, dtype, carrier=None) -> "Events | None":
        first = torch.empty((batch, steps + 1), dtype=torch.int32)
        places = torch.empty((batch, steps * columns), dtype=torch.uint16)
        totals = torch.empty(batch, dtype=torch.int32)
        p = call_parameters(dtype, steps, batch, columns, columns, capacity=places.shape[1])
        run(function, p, dtype, by_threads(batch), (*source, first, places, totals))
        return None if (totals < 0).any() else cls(first, places, columns, dtype, carrier)

    @classmethod
    def of_sorted(cls, cells: np.ndarray, steps: int, batch: int, columns: int) -> "Events | None":
        """The events, as float32, in cells (b T + t) N + n, int64 in ascending order; a cell that fires n times is there n times.

        None where they cannot be events: more than 65,536 columns or steps.
        """
        if columns > PLACES or steps > PLACES:
            return None
        row = cells // columns
        first = np.zeros((batch, steps + 1), np.int32)
        np.cumsum(np.bincount(row, minlength=batch * steps).reshape(batch, steps), 1, out=first[:, 1:])
        sample = row // steps
        begin = np.cumsum(first[:, -1]) - first[:, -1]
        places = np.zeros((batch, max(1, int(first[:, -1].max(initial=0)))), np.uint16)
        places[sample, np.arange(len(cells)) - begin[sample]] = cells % columns
        return cls(torch.from_numpy(first), torch.from_numpy(places), columns)

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
        run("dense", p, dtype, by_threads(batch), (events.first, events.places, out))
        return out

    @staticmethod
    def backward(ctx, grad):
        return by_sample(grad), None
