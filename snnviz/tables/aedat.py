"""AEDAT, the formats of iniVation's and iniLabs' cameras: 2 (jAER), 3.1 (cAER) and 4 (DV).

Versions 2 and 3.1 are decoded here: tonic 1.7 raises at version 2, and reads packets of frames and of motion in 3.1 as events.
"""

import re

import numpy as np

from snnviz.tables import apart, limits
from snnviz.tables.columns import Events

MOST_HEADER, LONGEST_LINE = 1_000_000, 10_000  # bytes
DVS128, DAVIS240, DAVIS346 = (128, 128), (180, 240), (260, 346)  # height, width
CHIPS = {"dvs128": DVS128, "davis240": DAVIS240, "davis346": DAVIS346, "davis240c": DAVIS240}
PACKET = np.dtype([("type", "<u2"), ("source", "<i2"), ("size", "<i4"), ("offset", "<i4"), ("overflow", "<i4"),
                   ("capacity", "<i4"), ("number", "<i4"), ("valid", "<i4")])  # fmt: skip
POLARITY, COMPRESSED = 1, 0x8000
CUT = "Its last event is cut short and left out."


def decode(data: bytes) -> Events:
    """The events of a file that begins with #!AER-DAT and the number of its version.

    Raises:
        ValueError: one sentence on what is wrong with it.
    """
    version = re.match(rb"#!AER-DAT(\d)\.(\d)\r?\n", data)
    if version is None:
        raise ValueError("is cut short within the first line of its AEDAT header, or has no version there; export it again.")
    if version[1] == b"2":
        return _version_2(data)
    if version[1] == b"3":
        return _version_3(data)
    if version[1] == b"4":
        return _version_4(data)
    raise ValueError(
        f"is AEDAT {version[1].decode()}.{version[2].decode()}; versions 2, 3.1 and 4 are read. Convert it with jAER or DV."
    )


def _version_2(data: bytes) -> Events:
    """Address and microseconds, 32 bits each, the high byte first. jAER counts rows from below and columns from the right."""
    header, begin = _commented(data)
    raw = np.frombuffer(data, ">u4", count=(len(data) - begin) // 8 * 2, offset=begin).reshape(-1, 2)
    limits.check_events(len(raw))
    notes = (CUT,) if (len(data) - begin) % 8 else ()
    address, stamp = raw[:, 0].astype(np.int64), raw[:, 1].astype(np.int64)
    t = stamp + 2**32 * np.cumsum(np.diff(stamp, prepend=stamp[:1]) < -(2**31))  # the clock has gone round
    chip = re.search(r"(?i)(dvs128|davis\s?-?240c?|davis\s?-?346)", header)
    size = CHIPS[re.sub(r"[\s-]", "", chip[1].lower())] if chip else None
    if size is None:
        size = DVS128 if address.max(initial=0) < 2**15 else DAVIS346
        if size is DAVIS346:
            seen = address[(address >> 31 == 0)]
            size = (
                DAVIS240 if ((seen >> 12) & 1023).max(initial=0) < 240 and ((seen >> 22) & 511).max(initial=0) < 180 else DAVIS346
            )
        notes += (f"Its header names no camera: it is read as one of {size[1]} x {size[0]} pixels.",)
    if size is DVS128:
        of_pixels = (address >> 15) == 0  # else a mark from outside
        x, y, p = (address >> 1) & 127, (address >> 8) & 127, 1 - (address & 1)
    else:
        of_pixels = (address >> 31 == 0) & ((address >> 10) & 1 == 0)  # else a frame's or a motion sensor's
        x, y, p = (address >> 12) & 1023, (address >> 22) & 511, (address >> 11) & 1
    t, x, y, p = t[of_pixels], size[1] - 1 - x[of_pixels], size[0] - 1 - y[of_pixels], p[of_pixels]
    if (outside := (x < 0) | (y < 0)).any():
        raise ValueError(
            f"has {int(outside.sum()):,} events outside the {size[1]} x {size[0]} pixels of its camera; it is damaged."
        )
    return Events(t, x, y, p, "AEDAT 2", (2, *size), notes)


def _commented(data: bytes) -> tuple[str, int]:
    """The header of version 2, lines that begin with #, and where the events begin, of which one may begin with #, too."""
    cut = ValueError("is cut short within its AEDAT header; export it again.")
    if (last := data.find(b"#End Of ASCII Header", 0, MOST_HEADER)) >= 0:
        if (stop := data.find(b"\n", last)) < 0:
            raise cut
        return data[: stop + 1].decode("latin-1"), stop + 1
    begin = 0
    while data[begin : begin + 1] == b"#" and begin < MOST_HEADER:
        stop = data.find(b"\n", begin, begin + LONGEST_LINE)
        line = data[begin : stop if stop >= 0 else begin + LONGEST_LINE].rstrip(b"\r")
        if not all(32 <= byte < 127 or byte == 9 or byte >= 160 for byte in line):
            break
        if stop < 0:
            raise cut
        begin = stop + 1
    return data[:begin].decode("latin-1"), begin


def _version_3(data: bytes) -> Events:
    """Packets: a head of 28 bytes, then `capacity` events of `size` bytes, the low byte first; those of pixels are of type 1."""
    mark = re.search(rb"#!END-HEADER\r?\n", data[:MOST_HEADER])
    if mark is None:
        raise ValueError("is cut short within its AEDAT header, which ends with #!END-HEADER; export it again.")
    header = data[: mark.end()].decode("latin-1")
    form = re.search(r"#Format: *([\w, -]+)", header)
    if form and form[1].strip() != "RAW":
        raise ValueError(f"is AEDAT 3 in the format {form[1].strip()}, packed; export it as RAW.")
    words, base, notes, at = [], [], (), mark.end()
    while at < len(data):
        if len(data) - at < PACKET.itemsize:
            notes = (CUT,)
            break
        head = np.frombuffer(data, PACKET, 1, at)[0]
        kind, size, capacity, number = (int(head[name]) for name in ("type", "size", "capacity", "number"))
        at += PACKET.itemsize
        if kind & COMPRESSED:
            raise ValueError("is AEDAT 3 with packed events; export it as RAW.")
        if size < 1 or not 0 <= number <= capacity or (kind == POLARITY and size != 8):
            raise ValueError(f"has a damaged packet before byte {at:,}; export it again.")
        if kind == POLARITY:
            whole = min(number, (len(data) - at) // 8)
            notes = (CUT,) if whole < number else notes
            words.append(np.frombuffer(data, "<u4", 2 * whole, at).reshape(-1, 2))
            base.append(np.full(whole, int(head["overflow"]) << 31, np.int64))
        at += size * capacity
    rows = np.concatenate(words).astype(np.int64) if words else np.empty((0, 2), np.int64)
    limits.check_events(len(rows))
    word, t = rows[:, 0], rows[:, 1] + (np.concatenate(base) if base else 0)
    valid = word & 1 == 1
    word, t = word[valid], t[valid]
    chip = re.search(r"(?i)(dvs128|davis240c?|davis346)", header)
    size = (2, *CHIPS[chip[1].lower()]) if chip else None
    return Events(t, word >> 17, (word >> 2) & 0x7FFF, (word >> 1) & 1, "AEDAT 3.1", size, notes)


def _version_4(data: bytes) -> Events:
    """By the package aedat, in a process of its own."""
    arrays = apart.decode("aedat4", data)
    height, width = arrays["size"].tolist()
    size = (2, height, width) if height and width else None
    return Events(arrays["t"], arrays["x"], arrays["y"], arrays["p"], "AEDAT 4", size)
