"""Tables of times: the one reader of spike trains and event recordings, text or NumPy's NPY and NPZ.

Nothing is executed or unpickled. What a file does not say is assumed, and `Table.notes` says what was.
"""

import io
from collections.abc import Sequence

from snnviz.tables import limits
from snnviz.tables.arrays import array, of_arrays, unpacked
from snnviz.tables.columns import ROLES as ROLES
from snnviz.tables.columns import Table as Table
from snnviz.tables.columns import TimeUnit as TimeUnit
from snnviz.tables.columns import guess_unit as guess_unit
from snnviz.tables.spikes import SpikeTimes as SpikeTimes
from snnviz.tables.spikes import spike_times as spike_times
from snnviz.tables.text import decode as decode
from snnviz.tables.text import of_text


def read(data: bytes, name: str = "", roles: Sequence[str] = ()) -> Table:
    """The table in a file's bytes.

    roles: of each column (t, neuron, x, y, p, "" for one that is not used), instead of what the heading says or what is assumed;
    for files with that number of columns.

    Raises:
        ValueError: one sentence that says what is wrong and where.
    """
    if len(data) > limits.LARGEST:
        raise ValueError(f"is {len(data) / 1e9:.1f} GB large; one recording may take {limits.LARGEST / 1e9:.0f} GB.")
    if data.startswith(b"\x93NUMPY"):
        return of_arrays({"": array(io.BytesIO(data), whole=True)}, roles)
    if data.startswith(b"PK") or name.lower().endswith((".npz", ".npy")):
        return of_arrays(unpacked(data), roles)
    return of_text(decode(data), roles)
