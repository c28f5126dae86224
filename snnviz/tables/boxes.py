"""Files of several arrays by name: MATLAB's MAT, HDF5, Parquet and Feather. What is in them is found by the columns' names."""

from collections.abc import Sequence

from snnviz.tables import apart
from snnviz.tables.arrays import of_arrays
from snnviz.tables.columns import Table

HDF5 = b"\x89HDF\r\n\x1a\n"
ARROW = (b"PAR1", b"ARROW1")


def of_box(data: bytes, name: str, roles: Sequence[str]) -> Table | None:
    """The table in a file of arrays, None where bytes and name say that it is none: the columns of the first group that has some,
    arrays by name or a struct of them, or one cell of spike times for each neuron. roles: as for `of_arrays`.

    Raises:
        ValueError: the file is cut or damaged, or holds no columns that are known.
    """
    if data.startswith(HDF5) or data[512:520] == HDF5 or name.endswith((".h5", ".hdf5")):  # the second: MATLAB 7.3
        what, kind = "HDF5", "hdf5"
    elif data.startswith(b"MATLAB ") or name.endswith(".mat"):
        what, kind = "a MATLAB file", "mat"
    elif data.startswith(ARROW) or name.endswith((".parquet", ".feather")):
        what, kind = "a Parquet or Feather table", "arrow"
    else:
        return None
    arrays = apart.decode(kind, data)
    if not arrays:
        raise ValueError(f"is {what} without columns that are known: t, neuron or t, x, y, p; name them so, or save it as CSV.")
    return of_arrays(arrays, roles)
