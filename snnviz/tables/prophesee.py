"""Prophesee's formats: RAW in its encodings EVT 2, 2.1 and 3, and DAT. Their headers are lines that begin with %.

All words have the low byte first. The highest four bits of a word of RAW say what it is: an event, several events, or a part of the
time or of the place of those that follow. All of it is decoded here: the reader that tonic brings, expelliarmus 1.1, knows no EVT
2.1, counts the clock of EVT 3 twice where its low part falls back, and hands a stranger's bytes to C.
"""

import re
from collections.abc import Callable

import numpy as np

from snnviz.tables import limits
from snnviz.tables.columns import Events

MOST_HEADER, LONGEST_LINE = 1_000_000, 10_000  # bytes
CUT = "Its last word is cut short and left out."
EVENTS_OF_DAT = (0, 12)  # types of two dimensions: before and since version 2
SIZES = {"2": 4, "2.1": 8, "3": 2}  # bytes of a word
LOOP = 0.5  # of its range: a clock that falls back by more has gone round
WORDS = 2  # of an event, at most, in a file as long as may be read


def of_header(data: bytes, name: str) -> Callable[[], Events] | None:
    """What decodes a file that begins with %, None if that is a comment of a text.

    Raises:
        ValueError: the header is cut short.
    """
    header, begin = _header(data)
    keys = {key.lower(): value for key, value in re.findall(r"^% ?(\w+) ?([^\n]*)$", header, re.MULTILINE)}
    version = _encoding(keys)
    if version is not None:
        swapped = "endianness=legacy" in keys.get("format", "")
        return lambda: _raw(data, begin, version, _size(keys), swapped)
    if "containing" in header or (name.endswith(".dat") and ("version" in keys or "height" in keys)):
        return lambda: _dat(data, begin, keys)
    if name.endswith((".raw", ".dat")):
        raise ValueError(
            "has a Prophesee header that does not say how its events are written; it is cut short, or of another kind."
        )
    return None


def _header(data: bytes) -> tuple[str, int]:
    """The lines of the header, and where the events begin. Events may begin with % too: they are no text."""
    begin = 0
    while data[begin : begin + 1] == b"%" and begin < MOST_HEADER:
        stop = data.find(b"\n", begin, begin + LONGEST_LINE)
        line = data[begin : stop if stop >= 0 else begin + LONGEST_LINE].rstrip(b"\r")
        text = all(32 <= byte < 127 or byte == 9 for byte in line)
        if stop < 0 and text:
            raise ValueError("is cut short within its header, or is no recording; export it again.")
        if not text:
            break
        begin = stop + 1
        if line.strip() == b"% end":
            break
    return data[:begin].decode("latin-1"), begin


def _encoding(keys: dict[str, str]) -> str | None:
    """The version of the encoding that a header of RAW names, in words of old or new headers."""
    stated = re.match(r"(?i)EVT ?(\d)\.?(\d?)", keys.get("format", ""))
    if stated is None and "evt" in keys:
        stated = re.match(r"(\d)\.?(\d?)", keys["evt"])
    if stated is None:
        return None
    version = stated[1] + (f".{stated[2]}" if stated[2] not in ("", "0") else "")
    if version not in SIZES:
        raise ValueError(f"is encoded as EVT {version}; EVT 2, 2.1 and 3 are read. Convert it with the maker's tools.")
    return version


def _size(keys: dict[str, str]) -> tuple[int, int, int] | None:
    """(2, height, width), where the header says it."""
    sides = {**dict(re.findall(r"(width|height)=(\d+)", keys.get("format", ""))), **keys}
    if match := re.fullmatch(r"(\d+)x(\d+)", keys.get("geometry", "").strip()):
        sides |= {"width": match[1], "height": match[2]}
    width, height = (int(sides[key]) if sides.get(key, "").strip().isdigit() else 0 for key in ("width", "height"))
    return (2, height, width) if 0 < width < 10_000 and 0 < height < 10_000 else None


def _dat(data: bytes, begin: int, keys: dict[str, str]) -> Events:
    if len(data) - begin < 2:
        raise ValueError("is cut short behind its header, before the two bytes that say what its events are; export it again.")
    kind, size = data[begin], data[begin + 1]
    if size != 8 or kind not in EVENTS_OF_DAT:
        raise ValueError(f"holds events of type {kind} with {size} bytes; those of pixels, types 0 and 12 with 8 bytes, are read.")
    body = data[begin + 2 :]
    raw = np.frombuffer(body, "<u4", count=len(body) // 8 * 2).reshape(-1, 2).astype(np.int64)
    limits.check_events(len(raw))
    t, word = _gone_round(raw[:, 0], 2**32), raw[:, 1]
    version = keys.get("version", "2").strip()
    if version in ("0", "1"):
        x, y, p = word & 0x1FF, (word >> 9) & 0xFF, (word >> 17) & 1
    else:
        x, y, p = word & 0x3FFF, (word >> 14) & 0x3FFF, (word >> 28) & 1
    return Events(t, x, y, p, "Prophesee DAT", _size(keys), (CUT,) if len(body) % 8 else ())


def _raw(data: bytes, begin: int, version: str, size: tuple[int, int, int] | None, swapped: bool) -> Events:
    """swapped: the high half of a word of 64 bits comes first, as cameras of before wrote it."""
    width = SIZES[version]
    count = (len(data) - begin) // width
    limits.check_events(count, WORDS)
    words = np.frombuffer(data, f"<u{width}", count, begin).astype({2: np.int32, 4: np.int64, 8: np.uint64}[width])
    if swapped and width == 8:
        words = words << np.uint64(32) | words >> np.uint64(32)
    t, x, y, p = {"2": _evt2, "2.1": _evt21, "3": _evt3}[version](words)
    limits.check_events(len(t))
    notes = (CUT,) if (len(data) - begin) % width else ()
    return Events(t, x, y, p, f"Prophesee RAW, EVT {version}", size, notes)


_Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _evt2(words: np.ndarray) -> _Columns:
    kind = words >> 28
    high, timed = _latest(words & 0xFFFFFFF, kind == 8, 2**28)
    ours = (kind <= 1) & timed
    one = words[ours]
    return high[ours] << 6 | (one >> 22) & 63, (one >> 11) & 2047, one & 2047, kind[ours]


def _evt21(words: np.ndarray) -> _Columns:
    kind = (words >> np.uint64(60)).astype(np.int64)
    rest, valid = (words >> np.uint64(32)).astype(np.int64), words.astype("<u4")
    high, timed = _latest(rest & 0xFFFFFFF, kind == 8, 2**28)
    ours = (kind <= 1) & timed
    one, bits = rest[ours], valid[ours]
    event, bit = _bits(bits)
    t = high[ours] << 6 | (one >> 22) & 63
    return t[event], ((one >> 11) & 2047)[event] + bit, (one & 2047)[event], kind[ours][event]


def _evt3(words: np.ndarray) -> _Columns:
    kind, rest = words >> 12, words & 4095
    place = np.arange(len(words))
    high, timed = _latest(rest, kind == 8, 2**12)
    low, _ = _latest(rest, kind == 6)
    low = np.where(_last(kind == 6) > _last(kind == 8), low, 0)  # a new high part begins at its zero
    row, rowed = _latest(rest, kind == 0)
    length = np.select([kind == 4, kind == 5], [12, 8], 0)  # events that a word may hold side by side
    before = np.cumsum(length) - length
    at, based = _latest(rest, kind == 3)
    base = (at & 2047) + before - before[np.maximum(_last(kind == 3), 0)]
    ready = timed & rowed
    alone = place[(kind == 2) & ready]
    several = place[(length > 0) & ready & based]
    one, bit = _bits((rest[several] & np.where(kind[several] == 5, 255, 4095)).astype("<u2"))
    word = np.concatenate([alone, several[one]])
    x = np.concatenate([rest[alone] & 2047, base[several][one] + bit])
    p = np.concatenate([rest[alone] >> 11, (at[several] >> 11)[one]])
    order = np.argsort(word, kind="stable")
    word = word[order]
    return high[word] << 12 | low[word], x[order], row[word] & 2047, p[order]


def _bits(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The set bits of words: which word, and which of its bits, from the lowest on."""
    apart = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), words.itemsize)
    word, bit = np.nonzero(np.unpackbits(apart, axis=1, bitorder="little"))
    return word, bit


def _last(here: np.ndarray) -> np.ndarray:
    """The place of the last true entry up to each one, -1 before the first, int32 `[words]`."""
    return np.maximum.accumulate(np.where(here, np.arange(len(here), dtype=np.int32), np.int32(-1)))


def _latest(values: np.ndarray, here: np.ndarray, bound: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """At each word the value of the last one where `here`, and whether there was one. bound: such values count a clock that begins
    again at 0 when it reaches this; it goes on here."""
    last = _last(here)
    own = _gone_round(values[here].astype(np.int64), bound) if bound else values[here]
    filled = np.zeros(len(values), own.dtype)
    filled[here] = own
    return filled[np.maximum(last, 0)], last >= 0


def _gone_round(times: np.ndarray, bound: int) -> np.ndarray:
    """Times of a clock that begins again at 0 when it reaches `bound`, as times that go on."""
    return times + bound * np.cumsum(np.diff(times, prepend=times[:1]) < -LOOP * bound)
