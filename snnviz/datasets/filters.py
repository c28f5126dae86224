"""Filters of event recordings. They look at differences of times alone, so a recording's own clock does not matter to them.

After tonic's Denoise, RefractoryPeriod and DropPixel, whose memories begin at the clock's zero: there, which events survive
depends on when a recording began, and a refractory time goes on for as long as events keep coming.
"""

import numpy as np


def lonely(t: np.ndarray, x: np.ndarray, y: np.ndarray, within: float) -> np.ndarray:
    """Whether none of the four neighbouring pixels had an event less than `within` before each event, bool `[E]`.

    t: in order, in any unit, which is that of `within`. x, y: the pixel, whole numbers, at least 0.
    """
    width, count = int(x.max(initial=0)) + 3, len(t)
    pixel = (y.astype(np.int64) + 1) * width + x + 1  # a margin of one, so that a row's end is no neighbour of the next one's start
    key = np.sort(pixel * count + np.arange(count))  # events by pixel, in order of time
    alone = np.ones(count, bool)
    for step in (-1, 1, -width, width):
        neighbour = pixel + step
        place = np.searchsorted(key, neighbour * count + np.arange(count)) - 1  # its last event before this one
        last = key[place]
        at = last - neighbour * count
        earlier = (place >= 0) & (at >= 0)
        alone &= ~(earlier & (t - t[np.where(earlier, at, 0)] < within))
    return alone


def resting(t: np.ndarray, pixel: np.ndarray, dead: float) -> np.ndarray:
    """Whether each event falls into the refractory time `dead` after the last event of its pixel that did not, bool `[E]`.

    t: in order, in the unit of `dead`. pixel: a number of its own for each pixel or neuron.
    """
    order = np.argsort(pixel, kind="stable")
    time, place = t[order], pixel[order]
    begins = np.flatnonzero(np.r_[True, place[1:] != place[:-1]])
    ends = np.r_[begins[1:], len(t)]
    after, end = np.empty(len(t), np.int64), np.repeat(ends, ends - begins)
    for first, stop in zip(begins, ends, strict=True):  # behind each event of a pixel: the first that is later by more than `dead`
        after[first:stop] = first + np.searchsorted(time[first:stop], time[first:stop] + dead, side="right")
    rests = np.ones(len(t), bool)
    at = begins
    while len(at):  # one turn for each event that a pixel keeps
        rests[order[at]] = False
        at = after[at][after[at] < end[at]]
    return rests


def hot(t: np.ndarray, pixel: np.ndarray, per_unit: float) -> np.ndarray:
    """Whether each event is of a pixel that has more than `per_unit` events per unit of t over the whole recording, bool `[E]`."""
    _, number, count = np.unique(pixel, return_inverse=True, return_counts=True)
    return (count > per_unit * (t[-1] - t[0]))[number]
