"""The entries that a backward pass visits, and spikes as bits: the values that one sparse layer passes to the next."""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np
import torch

from snnviz.sparse.calls import WIDE, call_parameters, run_jobs, tile_count


@dataclasses.dataclass(frozen=True, eq=False)
class ActiveSet:
    """The n entries of a layer's run [T, B, N] that its backward pass visits.

    A row is (sample, tile of 128 columns, step), and the entries lie row after row in that order.

    steps, batch, columns: T, B, N. counts: the number of entries of each row, uint8 [B, tiles, T]. index: an entry's place in its
    tile, + 128 if the neuron fired, uint8 [n]. value: ds_du [n]; it is 0 at a spike that is listed only because the backward
    step depends on spikes (reset to zero, adaptive threshold). extra: [n] or None; u (reset to zero) or the threshold, if a kept
    reset path needs it.
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
        """The lists for a given ds_du. spikes: nonzero where the neuron fired (None: nowhere). listed: nonzero at entries to list
        although their ds_du is 0. extra: u or the threshold. All arrays [T, B, N]."""
        steps, batch, columns = ds_du.shape
        mask_dense = ds_du != 0 if listed is None else (ds_du != 0) | (listed != 0)

        def rows(a):  # -> [B, tiles, T, 128]
            a = torch.nn.functional.pad(a, (0, tile_count(columns) * WIDE - columns))
            return a.reshape(steps, batch, -1, WIDE).permute(1, 2, 0, 3)

        mask = rows(mask_dense)
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
        """The number of entries with ds_du != 0."""
        return int(torch.count_nonzero(self.value))

    @property
    def share(self) -> float:
        """The share of entries with ds_du != 0 among all T B N, 0 to 1."""
        return self.number / (self.steps * self.batch * self.columns)

    @property
    def bytes(self) -> int:
        """The memory of the lists in bytes."""
        lists = (self.index, self.value, self.extra, self.counts)
        return sum(a.numel() * a.element_size() for a in lists if a is not None)

    def starts(self) -> torch.Tensor:
        """The number of each row's first entry, and at the end the number of all entries; int64 [B tiles T + 1]."""
        out = torch.zeros(self.counts.numel() + 1, dtype=torch.int64, device=self.counts.device)
        torch.cumsum(self.counts.reshape(-1), 0, out=out[1:])
        return out

    def places(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Step, sample and column of the entries with ds_du != 0, int64 each, for pictures and tests."""
        rows = torch.repeat_interleave(torch.arange(self.counts.numel(), device=self.counts.device), self.counts.reshape(-1).long())
        active = self.value != 0
        rows, place = rows[active], self.index[active].long() & 127
        job, t = rows // self.steps, rows % self.steps
        tiles = self.counts.shape[1]
        return t, job // tiles, job % tiles * WIDE + place

    def per_step(self) -> torch.Tensor:
        """The number of entries with ds_du != 0 at each step, int64 [T]."""
        return torch.bincount(self.places()[0], minlength=self.steps)

    def dense(self) -> torch.Tensor:
        """ds_du [T, B, N], for tests and pictures."""
        out = self.value.new_zeros(self.steps, self.batch, self.columns)
        out[self.places()] = self.value[self.value != 0]
        return out


@dataclasses.dataclass(frozen=True, eq=False)
class Packed:
    """Spikes of a run [T, B, N] as bits, 64 in a word.

    bits: int64 [T, B, words], words even. columns: N. dtype: of the spikes as numbers. active: the active set of the layer that
    fired them, None for a network's input. carrier: [n], one number per entry of the active set, through which autograd passes
    the gradient of the spikes: it exists only at those entries.
    """

    bits: torch.Tensor
    columns: int
    dtype: torch.dtype = torch.float32
    active: ActiveSet | None = None
    carrier: torch.Tensor | None = None

    @property
    def steps(self) -> int:
        """T, the number of steps."""
        return self.bits.shape[0]

    @property
    def batch(self) -> int:
        """B, the number of samples."""
        return self.bits.shape[1]

    @functools.cached_property
    def rate(self) -> float:
        """Spikes per entry, 0 to 1."""
        return ones(self.bits) / (self.steps * self.batch * self.columns)

    def dense(self) -> torch.Tensor:
        """The spikes as numbers [T, B, N]. Backward, a gradient reaches the active entries only."""
        return _Unpack.apply(self.carrier, self)


class Spikes(NamedTuple):
    """The result of `spiking`: the packed spikes; last: the state after the last step [states, B, N]; the active set."""

    spikes: Packed
    last: torch.Tensor
    active: ActiveSet


def ones(bits: torch.Tensor) -> int:
    """The number of bits that are 1."""
    if bits.device.type == "cpu":
        return int(np.bitwise_count(bits.numpy().view(np.uint64)).sum(dtype=np.int64))
    pairs = bits - (bits >> 1 & 0x5555555555555555)  # the ones of each 2 bits of a word, then of 4, then of 8
    fours = (pairs & 0x3333333333333333) + (pairs >> 2 & 0x3333333333333333)
    bytes_ = fours + (fours >> 4) & 0x0F0F0F0F0F0F0F0F
    return int((bytes_ * 0x0101010101010101 >> 56).sum())  # the product's highest byte is the sum of the eight


def pack(spikes: torch.Tensor) -> Packed:
    """Spikes [T, B, N], 0 or 1 as float32 or float64, to bits. No gradient flows through: this is a network's input.

    Raises:
        ValueError: another shape, or values other than 0 and 1.
    """
    if spikes.ndim != 3:
        raise ValueError(f"spikes must have the shape [T, B, N], not {tuple(spikes.shape)}.")
    packed = packed_or_none(spikes)
    if packed is None:
        raise ValueError("spikes must be 0 or 1 to be packed; hand counts and currents over as they are.")
    return packed


def packed_or_none(numbers: torch.Tensor) -> Packed | None:
    """`pack`, and None where numbers [T, B, N] are other than 0 and 1."""
    numbers = numbers.detach().contiguous()
    steps, batch, columns = numbers.shape
    bits = torch.empty((steps, batch, 2 * tile_count(columns)), dtype=torch.int64, device=numbers.device)
    others = torch.zeros(steps, dtype=torch.uint8, device=numbers.device)
    p = call_parameters(numbers.dtype, steps, batch, columns, columns)
    run_jobs("pack", p, numbers.dtype, [numbers, bits, others], range(steps))
    return None if others.any() else Packed(bits, columns, numbers.dtype)


def unpack(packed: Packed, samples: range) -> torch.Tensor:
    """The spikes of some samples of the batch as numbers [T, samples, N]."""
    out = torch.empty((packed.steps, len(samples), packed.columns), dtype=packed.dtype, device=packed.bits.device)
    p = call_parameters(
        packed.dtype, packed.steps, packed.batch, packed.columns, packed.columns, start=samples.start, samples=len(samples)
    )
    run_jobs("unpack", p, packed.dtype, [packed.bits, out], range(packed.steps))
    return out


def gather(active: ActiveSet, dense: torch.Tensor, samples: range, out: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
    """Copy the listed entries of some samples from a dense array [T, samples, N] into out [n]; return out."""
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
