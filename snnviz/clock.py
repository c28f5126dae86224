"""When a time lies in which step: one arithmetic for events, spike trains, stimuli, frames and time surfaces.

Step k covers `[k dt, (k + 1) dt)`. Neither a decimal time nor a decimal dt is exact in binary: 3 * 16.1 / 16.1 may come out
below 3, and 48.3 ms would land in step 2. So a time within a billionth of a step of a border counts as at the border. That is
above the rounding of every time of up to some millions of steps, and below anything a recording means.
"""

import numpy as np

TOLERANCE = 1e-9  # steps


def step_of(times: np.ndarray | float, dt: float | np.ndarray) -> np.ndarray:
    """The step that each time lies in, int64 of the shape of `times`; times and dt in the same unit."""
    return np.floor(np.asarray(times, np.float64) / dt + TOLERANCE).astype(np.int64)


def reached(times: np.ndarray | float, moment: np.ndarray | float, dt: float) -> np.ndarray:
    """Whether each of the times has come to a moment, bool of the shape of `times`; all three in the same unit."""
    return (np.asarray(times, np.float64) - moment) / dt + TOLERANCE >= 0
