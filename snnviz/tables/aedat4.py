"""The events of an AEDAT 4 file by the package aedat, as a program of its own: `python -P aedat4.py FILE OUT MOST`.

The package decodes in Rust, panics at bytes that it does not expect, and two panics end the process: not the one that
serves visitors, then. With `-P` aedat is that package and not the file beside this one. OUT becomes a NPZ of t, x, y, p and the
size; the exit status is 2 without a stream of events, 3 with more than MOST events. Nothing of snnviz is imported, which would take
longer than the decoding.
"""

import sys
from typing import Any

import numpy as np


def main(path: str, out: str, most: int) -> int:
    """Decode one file; the exit status."""
    import aedat

    decoder: Any = aedat.Decoder(path)  # pyright: ignore
    streams = {number: one for number, one in decoder.id_to_stream().items() if one["type"] == "events"}
    if not streams:
        return 2
    chosen, packets, count = min(streams), [], 0
    for packet in decoder:
        if packet["stream_id"] == chosen:
            packets.append(packet["events"])
            count += len(packets[-1])
            if count > most:
                return 3
    events = np.concatenate(packets) if packets else np.empty(0, [("t", "u8"), ("x", "u2"), ("y", "u2"), ("on", "?")])
    t, x, y, p = (events[name] for name in events.dtype.names or ())
    size = [int(streams[chosen].get(side) or 0) for side in ("height", "width")]
    np.savez(out, t=t.astype(np.int64), x=x, y=y, p=p.astype(np.int8), size=size)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
