"""What events must be before anything is computed from them, and which recordings are taken."""

import numpy as np

LONGEST = 2**31 - 1  # microseconds, 35 minutes
PICOSECOND = 1e-6  # microseconds: times this near to whole ones are whole
MOST_INPUTS = 4_000_000  # of one sample at one time

Columns = dict[str, np.ndarray]
"""Events by column: t in microseconds, x, and for cameras y and p."""


def checked(events: Columns, sensor: tuple[int, ...] | None) -> tuple[Columns, float]:
    """The events in order of time, and the time of the first, from which their times count then.

    Columns are int32, but for times that are no whole microseconds, which are float64. Raises ValueError, saying what is wrong.
    """
    out = {}
    for name, column in events.items():
        column = np.asarray(column).reshape(-1)
        if column.dtype.kind == "f":
            if not np.isfinite(column).all():
                raise ValueError(f"column {name} holds values that are not finite numbers.")
            if np.abs(column).max(initial=0) > 2**53:
                raise ValueError(f"column {name} holds values too large to be meant.")
            near = np.rint(column)
            if name == "t" and np.abs(column - near).max(initial=0) > PICOSECOND:
                out[name] = column.astype(np.float64)
                continue
            if name != "t" and (column != near).any():
                raise ValueError(f"column {name} holds fractions; whole numbers are expected.")
            column = near
        elif column.dtype.kind not in "iub":
            raise ValueError(f"column {name} holds no numbers.")
        elif column.dtype.kind == "u" and column.max(initial=0) > 2**53:
            raise ValueError(f"column {name} holds values too large to be meant.")
        out[name] = column.astype(np.int64)
    if len({len(column) for column in out.values()}) != 1:
        raise ValueError(f"columns {', '.join(out)} have different lengths.")
    if not len(out["t"]):
        raise ValueError("holds no events.")
    begin = out["t"].min()
    if begin < 0:
        raise ValueError("holds negative times.")
    if out["t"].max() - begin > LONGEST:
        raise ValueError("is longer than 35 minutes; check the unit of its times, or cut it.")
    if "p" in out:
        if (np.abs(out["p"]) == 1).all():
            out["p"] = (out["p"] + 1) // 2
        elif ((out["p"] != 0) & (out["p"] != 1)).any():
            raise ValueError("polarities are neither 0 and 1 nor -1 and 1.")
    if sensor is not None and ("y" in out) is not (len(sensor) == 3):
        raise ValueError(f"has the columns {', '.join(out)}, which is another kind of recording.")
    limits = {"x": MOST_INPUTS, "y": MOST_INPUTS} if sensor is None else dict(zip("xy", sensor[::-1], strict=False))
    for name, limit in limits.items():
        if name in out and (out[name].min() < 0 or out[name].max() >= limit):
            raise ValueError(
                f"{name} runs from {out[name].min()} to {out[name].max()}, outside 0 to {limit - 1}; it is damaged or "
                "of another kind."
            )
    order = np.argsort(out["t"], kind="stable")
    out["t"] = out["t"] - begin
    kinds = {name: column.dtype if column.dtype.kind == "f" else np.int32 for name, column in out.items()}
    return {name: column[order].astype(kinds[name]) for name, column in out.items()}, begin.item()


def only(events: Columns, keep: np.ndarray) -> Columns:
    """The events where `keep`, bool `[events]`, is true."""
    return {name: column[keep] for name, column in events.items()}


def extent(recordings: dict[int, Columns], stated: dict[int, tuple[int, ...] | None]) -> tuple[tuple[int, ...], set[int]]:
    """The sensor that all events fit on and that is as large as any recording states, and the recordings that have other columns
    than most, which do not count."""
    cameras = {number for number, events in recordings.items() if "y" in events}
    neurons = recordings.keys() - cameras
    most, others = (cameras, neurons) if len(cameras) >= len(neurons) else (neurons, cameras)
    names = ("y", "x") if most is cameras else ("x",)
    size = [1 + max((int(recordings[n][name].max()) for n in most), default=0) for name in names]
    sizes = [one for n in most if (one := stated[n]) is not None and len(one) == (3 if most is cameras else 1)]
    size = [max([side, *(one[place - len(names)] for one in sizes)]) for place, side in enumerate(size)]
    if most is neurons:
        return tuple(size), set(others)
    one_channel = len(sizes) == len(most) and all(one[0] == 1 for one in sizes)
    return (1 if one_channel else 2, *size), set(others)


def evenly(members: np.ndarray, labels: np.ndarray, number: int, seed: int) -> list[int]:
    """`number` of the members `[members]`, every class of `labels` `[S]` as often as can be, drawn by seed."""
    rng = np.random.default_rng([seed, 0xE7E2])
    ranked = []
    for label in np.unique(labels[members]):
        mine = rng.permutation(members[labels[members] == label])
        ranked += [(rank, int(label), int(one)) for rank, one in enumerate(mine)]
    return sorted(one for _, _, one in sorted(ranked)[:number])


def plain(error: BaseException) -> str:
    """An exception as one sentence for people."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else text + "."
