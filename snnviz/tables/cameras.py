"""Recordings of event cameras in their makers' own bytes: what a file is, and N-MNIST's and Prophesee's DAT events.

Every decoder works on the whole file at once, looks at nothing beyond its end, and runs nothing. A file that ends within an event
is read up to it, and a note says so; a header that is cut or contradicts itself is one sentence.
"""

from collections.abc import Callable, Sequence

import numpy as np

from snnviz.tables import aedat, limits, prophesee
from snnviz.tables.columns import Events

NMNIST_BYTES = 5
OVERFLOW = 240  # the row of an N-MNIST event that means that the clock has gone round
ROUND = 2**13  # microseconds that such an event adds


def of_camera(data: bytes, name: str) -> Events | None:
    """The events of a camera's file, None where the bytes and the file's name say that it is none.

    Raises:
        ValueError: one sentence on what is wrong with it.
    """
    name = name.lower()
    for begins, endings, decode in _KINDS:
        if begins is not None and data.startswith(begins):
            return decode(data)
        if name.endswith(endings):
            if begins is None:
                return decode(data)
            what = "cut short" if begins.startswith(data[: len(begins)]) else f"no {endings[0][1:].upper()} file"
            raise ValueError(f"is {what}: such a file begins with {begins.decode()!r}. Export it again.")
    if data.startswith(b"%") and (decode := prophesee.of_header(data, name)) is not None:
        return decode()
    if name.endswith(".raw"):
        raise ValueError(
            "has no header of a Prophesee RAW file, lines that begin with %; record or export it again with its header."
        )
    return None


def nmnist(data: bytes) -> Events:
    """N-MNIST's and N-Caltech101's BIN: five bytes an event, x, y, polarity in the highest bit of what is 23 bits of microseconds.

    Raises:
        ValueError: the file ends within an event, or has more than one recording may have.
    """
    if len(data) % NMNIST_BYTES:
        raise ValueError(
            f"has {len(data):,} bytes, no whole number of events of {NMNIST_BYTES} as N-MNIST's files have; it is cut short or of "
            "another kind."
        )
    limits.check_events(len(data) // NMNIST_BYTES)
    rows = np.frombuffer(data, np.uint8).reshape(-1, NMNIST_BYTES).astype(np.int64)
    t = (rows[:, 2] & 127) << 16 | rows[:, 3] << 8 | rows[:, 4]
    wraps = rows[:, 1] == OVERFLOW
    t += ROUND * np.cumsum(wraps)
    rows, t = rows[~wraps], t[~wraps]
    return Events(t, rows[:, 0], rows[:, 1], rows[:, 2] >> 7, "N-MNIST's BIN")


_KINDS: Sequence[tuple[bytes | None, tuple[str, ...], Callable[[bytes], Events]]] = (
    (b"#!AER-DAT", (".aedat", ".aedat4"), aedat.decode),
    (None, (".bin",), nmnist),
)
