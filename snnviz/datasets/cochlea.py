"""A model of the inner ear: a bank of gammatone filters, behind each a hair cell, and a nerve fibre that fires.

pressure -> gammatone filter of each channel -> half-wave rectified, compressed, smoothed -> spikes at whole numbers of its integral

After Slaney (1993) and Glasberg and Moore (1990); no adaptation, and no randomness: the same sound gives the same spikes.
"""

import numpy as np

COMPRESSION = 0.4  # of the hair cell: the power of the pressure that its current follows
SMOOTHING = 1000.0  # Hz: above this a fibre follows the envelope, and no more each period
SILENCE = 0.1  # of the loudest current: what lies below makes no fibre fire


def frequencies(low: float, high: float, channels: int) -> np.ndarray:
    """Centre frequencies in Hz, float64 `[channels]`, rising, in equal steps of the ear's own scale, 21.4 log10(1 + 0.00437 f)."""
    first, last = (21.4 * np.log10(1 + 0.00437 * end) for end in (low, high))
    return (10 ** (np.linspace(first, last, channels) / 21.4) - 1) / 0.00437


def currents(sound: np.ndarray, sampling: float, centres: np.ndarray) -> np.ndarray:
    """The hair cells' currents, float32 `[channels, samples]`, from 0 to 1: 1 is the loudest of this sound.

    sound: pressure in any unit, `[samples]`, `sampling` a second. centres: the channels' frequencies in Hz, below half of that.
    """
    from scipy.signal import gammatone, lfilter

    sound = np.asarray(sound, np.float64)
    loudest = float(np.abs(sound).max(initial=0.0))
    if not loudest:
        return np.zeros((len(centres), len(sound)), np.float32)
    keep = np.exp(-2 * np.pi * SMOOTHING / sampling)
    out = np.empty((len(centres), len(sound)), np.float32)
    for channel, centre in enumerate(centres):
        heard = lfilter(*gammatone(centre, "iir", fs=sampling), sound / loudest)
        compressed = np.maximum(heard, 1e-12).astype(np.float32) ** np.float32(COMPRESSION)  # never 0: denormal numbers are slow
        out[channel] = lfilter([1 - keep], [1, -keep], compressed)
    return out / out.max()


def spikes(current: np.ndarray, sampling: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """When the fibres fire, float64 `[spikes]` in microseconds and in order, and which ones, int64 `[spikes]`.

    A fibre fires whenever the integral over time of `rate` (current - SILENCE) / (1 - SILENCE), where that is above 0, reaches a
    whole number: a neuron that sums and forgets nothing. current: `[channels, samples]`, from 0 to 1. rate: in Hz, at 1.
    """
    drive = np.maximum(current - SILENCE, 0.0) * (rate / (1 - SILENCE) / sampling)
    reached = np.floor(np.cumsum(drive, axis=1, dtype=np.float64)).astype(np.int32)
    count = np.diff(reached, axis=1, prepend=np.int32(0))
    channel, sample = np.nonzero(count)
    number = count[channel, sample]
    order = np.argsort(sample, kind="stable")
    order = np.repeat(order, number[order])
    return sample[order] * (1e6 / sampling), channel[order]
