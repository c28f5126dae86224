"""Tables of times: the one reader of spike trains and event recordings, as text, as arrays, and as event cameras write them.

Nothing is executed or unpickled. What a file does not say is assumed, and `Table.notes` says what was.
"""

import io
import zlib
from collections.abc import Sequence

from snnviz.tables import limits, refused
from snnviz.tables.arrays import array, of_arrays, unpacked
from snnviz.tables.boxes import of_box
from snnviz.tables.cameras import of_camera
from snnviz.tables.columns import ROLES as ROLES
from snnviz.tables.columns import Table as Table
from snnviz.tables.columns import TimeUnit as TimeUnit
from snnviz.tables.columns import guess_unit as guess_unit
from snnviz.tables.spikes import SpikeTimes as SpikeTimes
from snnviz.tables.spikes import spike_times as spike_times
from snnviz.tables.text import decode as decode
from snnviz.tables.text import of_text

KINDS = ("csv", "tsv", "txt", "dat", "gdf", "npz", "npy", "mat", "h5", "hdf5", "parquet", "feather",
         "aedat", "aedat4", "raw", "bin", "gz")  # fmt: skip
"""The endings of files that are read, without the dot."""


def read(data: bytes, name: str = "", roles: Sequence[str] = ()) -> Table:
    """The table in a file's bytes.

    roles: of each column (t, neuron, x, y, p, "" for one that is not used), instead of what the heading says or what is assumed;
    for files with that number of columns.

    Raises:
        ValueError: one sentence that says what is wrong and where.
    """
    name = name.lower()
    if len(data) > limits.LARGEST:
        raise ValueError(f"is {len(data) / 1e9:.1f} GB large; one recording may take {limits.LARGEST / 1e9:.0f} GB.")
    if data.startswith(b"\x1f\x8b"):
        return read(_unzipped(data), name.removesuffix(".gz"), roles)
    if data.startswith(b"\x93NUMPY"):
        return of_arrays({"": array(io.BytesIO(data), whole=True)}, roles)
    if why := refused.reason(data, name):
        raise ValueError(why)
    if data.startswith(b"PK") or name.endswith((".npz", ".npy")):
        return of_arrays(unpacked(data), roles)
    if (table := of_box(data, name, roles)) is not None:
        return table
    if (events := of_camera(data, name)) is not None:
        return events.table()
    return of_text(decode(data), roles)


def _unzipped(data: bytes) -> bytes:
    """What gzip packed, at most as large as one recording may be.

    Raises:
        ValueError: it is cut, damaged or too large.
    """
    unpacker = zlib.decompressobj(31)
    try:
        out = unpacker.decompress(data, limits.LARGEST)
    except zlib.error as error:
        raise ValueError("is packed with gzip, but cut short or damaged.") from error
    if unpacker.unconsumed_tail:
        raise ValueError(f"unpacks to more than {limits.LARGEST / 1e9:.0f} GB; one recording may take that. Cut it.")
    if not unpacker.eof:
        raise ValueError("is packed with gzip, but cut short or damaged.")
    if out.startswith(b"\x1f\x8b"):
        raise ValueError("is packed with gzip twice; unpack it first.")
    return out
