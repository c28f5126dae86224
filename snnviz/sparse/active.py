"""The entries that a backward pass visits, and spikes as bits: the values that sparse layers hand to each other."""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np
import torch

from snnviz.sparse.calls import WIDE, call_parameters, run_jobs, tile_count


@dataclasses.dataclass(frozen=True, eq=False)
class ActiveSet:
    """The entries of a layer that its backward pass visits, of a run [T, B, N].

    They lie in rows (sample, tile of 128 columns, step), in that order; counts [B, tiles, T] uint8 says how many each
    has. index [n] uint8: the place in the tile, + 128 where the neuron fired. value [n]: ds_du; 0 where a spike is
    listed because the way back depends on it (reset to zero, adaptive threshold). extra [n] or None: u (reset to zero)
    or the threshold, where a kept reset path needs it.
    """

    steps: int
    batch: int
    columns: int
    index: torch.Tensor
    value: torch.Tensor
    extra: torch.Tensor | None
    counts: torch.Tensor

    @classmethod
    def of(
        cls,
        ds_du: torch.Tensor,
        spikes: torch.Tensor | None = None,
        listed: torch.Tensor | None = None,
        extra: torch.Tensor | None = None,
    ) -> "ActiveSet":
        """The lists for a known ds_du [T, B, N]. spikes: where the neuron fired (None: nowhere); listed: entries to
        list although their ds_du is 0; extra: u or the threshold. All [T, B, N]."""
        steps, batch, columns = ds_du.shape
        kept = ds_du != 0 if listed is None else (ds_du != 0) | (listed != 0)

        def rows(a):  # -> [B, tiles, T, 128]
            a = torch.nn.functional.pad(a, (0, tile_count(columns) * WIDE - columns))
            return a.reshape(steps, batch, -1, WIDE).permute(1, 2, 0, 3)

        mask = rows(kept)
        index = torch.arange(WIDE, dtype=torch.uint8, device=ds_du.device).expand(mask.shape)[mask]
        if spikes is not None:
            index = index + 128 * rows(spikes != 0)[mask].to(torch.uint8)
        return cls(
            steps,
            batch,
            columns,
            index,
            rows(ds_du)[mask],
            None if extra is None else rows(extra)[mask],
            mask.sum(3).to(torch.uint8),
        )

    @functools.cached_property
    def number(self) -> int:
        """How many entries have ds_du != 0."""
        return int(torch.count_nonzero(self.value))

    @property
    def share(self) -> float:
        """Their share of all T B N."""
        return self.number / (self.steps * self.batch * self.columns)

    @property
    def bytes(self) -> int:
        """What the lists take."""
        lists = (self.index, self.value, self.extra, self.counts)
        return sum(a.numel() * a.element_size() for a in lists if a is not None)

    def starts(self) -> torch.Tensor:
        """Where each row's entries begin, and where the last ends, int64 [B tiles T + 1]."""
        out = torch.zeros(self.counts.numel() + 1, dtype=torch.int64, device=self.counts.device)
        torch.cumsum(self.counts.reshape(-1), 0, out=out[1:])
        return out

    def places(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Step, sample and column of the entries with ds_du != 0, int64 each, for pictures and tests."""
        rows = torch.repeat_interleave(torch.arange(self.counts.numel(), device=self.counts.device), self.counts.reshape(-1).long())
        kept = self.value != 0
        rows, place = rows[kept], self.index[kept].long() & 127
        job, t = rows // self.steps, rows % self.steps
        tiles = self.counts.shape[1]
        return t, job // tiles, job % tiles * WIDE + place

    def per_step(self) -> torch.Tensor:
        """How many entries are active at each step, int64 [T]."""
        return torch.bincount(self.places()[0], minlength=self.steps)

    def dense(self) -> torch.Tensor:
        """ds_du [T, B, N], for tests and pictures."""
        out = self.value.new_zeros(self.steps, self.batch, self.columns)
        out[self.places()] = self.value[self.value != 0]
        return out


@dataclasses.dataclass(frozen=True, eq=False)
class Packed:
    """Spikes of a run [T, B, N], 64 to a word: bits [T, B, words] int64 (words even). active: the active set of the
    layer they came from, None for a network's input. carrier: a float stand-in that autograd follows, one number an
    entry of the active set: the gradient of the spikes exists at those entries only."""

    bits: torch.Tensor
    columns: int
    dtype: torch.dtype = torch.float32
    active: ActiveSet | None = None
    carrier: torch.Tensor | None = None

    @property
    def steps(self) -> int:
        return self.bits.shape[0]

    @property
    def batch(self) -> int:
        return self.bits.shape[1]

    @functools.cached_property
    def rate(self) -> float:
        """The share of ones."""
        return ones(self.bits) / (self.steps * self.batch * self.columns)

    def dense(self) -> torch.Tensor:
        """The spikes as numbers [T, B, N]; a gradient flows back to the active entries."""
        return _Unpack.apply(self.carrier, self)


class Spikes(NamedTuple):
    """What `spiking` gives: the spikes, packed; last: the state after the last step [states, B, N]; the active set."""

    spikes: Packed
    last: torch.Tensor
    active: ActiveSet


def ones(bits: torch.Tensor) -> int:
    """How many bits are set."""
    if bits.device.type == "cpu":
        return int(np.bitwise_count(bits.numpy().view(np.uint64)).sum(dtype=np.int64))
    return sum(int((bits >> shift & 1).sum()) for shift in range(64))


def pack(spikes: torch.Tensor) -> Packed:
    """Spikes [T, B, N], 0 or 1 as float32 or float64, to bits. No gradient flows through: this is a network's input.

    Raises:
        ValueError: another shape, or values other than 0 and 1.
    """
    if spikes.ndim != 3:
        raise ValueError(f"spikes must have the shape [T, B, N], not {tuple(spikes.shape)}.")
    spikes = spikes.detach().contiguous()
    if not ((spikes == 0) | (spikes == 1)).all():
        raise ValueError("spikes must be 0 or 1 to be packed; hand counts and currents over as they are.")
    steps, batch, columns = spikes.shape
    bits = torch.empty((steps, batch, 2 * tile_count(columns)), dtype=torch.int64, device=spikes.device)
    p = call_parameters(spikes.dtype, steps, batch, columns, columns)
    run_jobs("pack", p, spikes.dtype, [spikes, bits], range(steps))
    return Packed(bits, columns, spikes.dtype)


def unpack(packed: Packed, samples: range) -> torch.Tensor:
    """[T, samples, N] of a part of the batch."""
    out = torch.empty((packed.steps, len(samples), packed.columns), dtype=packed.dtype, device=packed.bits.device)
    p = call_parameters(
        packed.dtype, packed.steps, packed.batch, packed.columns, packed.columns, start=samples.start, samples=len(samples)
    )
    run_jobs("unpack", p, packed.dtype, [packed.bits, out], range(packed.steps))
    return out


def gather(active: ActiveSet, dense: torch.Tensor, samples: range, out: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
    """The entries of some samples out of a dense [T, samples, N], written into out [n]."""
    p = call_parameters(
        dense.dtype, active.steps, active.batch, active.columns, active.columns, start=samples.start, samples=len(samples)
    )
    tiles = tile_count(active.columns)
    run_jobs(
        "gather",
        p,
        dense.dtype,
        [starts, active.index, dense.contiguous(), out],
        range(samples.start * tiles, samples.stop * tiles),
    )
    return out


class _Unpack(torch.autograd.Function):
    @staticmethod
    def forward(ctx, carrier, packed):
        ctx.active = packed.active
        return unpack(packed, range(packed.batch))

    @staticmethod
    def backward(ctx, grad):
        active = ctx.active
        if active is None:
            return None, None
        return gather(active, grad, range(active.batch), torch.empty_like(active.value), active.starts()), None
