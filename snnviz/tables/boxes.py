"""Files of several arrays by name: MATLAB's MAT, HDF5, Parquet and Feather. What is in them is found by the columns' names."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from snnviz.tables import limits
from snnviz.tables.arrays import of_arrays
from snnviz.tables.columns import WITHOUT_HEADING, Table, role_of

HDF5 = b"\x89HDF\r\n\x1a\n"
MOST_NAMES = 10_000  # arrays that are looked at


def of_hdf5(data: bytes, roles: Sequence[str]) -> Table:
    """The table in the first group of an HDF5 file that has columns, or in its first table of events.

    Raises:
        ValueError: the file is cut or damaged, or holds no columns that are known.
    """
    import h5py

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            if {"spikes/times", "spikes/units"} <= {f"{one}/{two}" for one in file for two in _names(file[one])}:
                count = len(_array(file, "spikes/times"))
                raise _Said(
                    f"holds {count:,} recordings laid out as SHD's: put it into a folder as shd_train.h5 or shd_test.h5 and choose "
                    "Spiking Heidelberg Digits, On disk."
                )
            arrays = _events_in(file)
    except _Said as sentence:
        raise ValueError(str(sentence)) from None
    except Exception as error:  # h5py says of a damaged file what its C library says, by many types
        raise ValueError(f"is HDF5, but cut short, damaged or packed in a way that is not read here ({_short(error)}).") from error
    if not arrays:
        raise ValueError("is HDF5 without columns that are known: t, neuron or t, x, y, p, in one group; or save it as CSV.")
    return of_arrays(arrays, roles)


class _Said(Exception):
    """A sentence for the user."""


def _names(group: Any) -> list[str]:
    return list(group) if hasattr(group, "keys") else []


def _array(file: Any, name: str) -> Any:
    return file[name]


def _events_in(file: Any) -> dict[str, np.ndarray]:
    """The columns of the group that comes first and has some, or of a structured or plain table of events."""
    import h5py

    groups: list[Any] = [file]
    looked = 0
    while groups and looked < MOST_NAMES:
        group = groups.pop(0)
        items = [(name, group.get(name, getlink=True)) for name in group]
        members = {name: group[name] for name, link in items if isinstance(link, h5py.HardLink)}  # others may lead out of the file
        looked += len(members)
        named = {name: one for name, one in members.items() if isinstance(one, h5py.Dataset)}
        columns = {name: one for name, one in named.items() if role_of(name) and one.ndim == 1 and one.dtype.kind in "iubf"}
        if {"t"} < {role_of(name) for name in columns}:
            return {name: _read(one) for name, one in columns.items()}
        for name, one in named.items():
            fields = one.dtype.names or ()
            if "t" in map(role_of, fields) or (name == "events" and one.ndim == 2 and one.shape[1] in WITHOUT_HEADING):
                return {name: _read(one)}
        groups += [one for one in members.values() if isinstance(one, h5py.Group)]
    return {}


def _read(dataset: Any) -> np.ndarray:
    """A dataset's values; its size is known before any is read."""
    if max(dataset.shape, default=0) > limits.MOST_EVENTS or dataset.nbytes > limits.LARGEST:
        raise _Said(f"holds {max(dataset.shape):,} events; one recording may have {limits.MOST_EVENTS:,}. Cut it.")
    if dataset.dtype.hasobject:
        raise _Said("holds columns of objects, which are not read; save plain numbers.")
    return np.asarray(dataset[()])


def of_mat(data: bytes, roles: Sequence[str]) -> Table:
    """The table in a MAT file of versions 4 to 7: arrays by name, a struct of them, or one cell of spike times for each neuron.

    Raises:
        ValueError: the file is cut or damaged, or holds no columns that are known.
    """
    if HDF5 in (data[:8], data[512:520]):  # version 7.3
        return of_hdf5(data, roles)
    from scipy.io import loadmat, whosmat

    try:
        listed = whosmat(io.BytesIO(data))
        for name, shape, _ in listed:
            if np.prod(shape, dtype=np.float64) > 8 * limits.MOST_EVENTS:
                raise _Said(f"array {name[:40]!r} has {np.prod(shape, dtype=np.float64):,.0f} values; one recording may have "
                            f"{limits.MOST_EVENTS:,} events. Cut it.")  # fmt: skip
        loaded = loadmat(io.BytesIO(data), squeeze_me=True, struct_as_record=True)
    except _Said as sentence:
        raise ValueError(str(sentence)) from None
    except Exception as error:  # scipy raises whatever the bytes lead to
        raise ValueError(f"is no MATLAB file that can be read, cut short or damaged ({_short(error)}).") from error
    arrays = {name: value for name, value in loaded.items() if not name.startswith("__") and isinstance(value, np.ndarray)}
    for value in list(arrays.values()):
        if value.dtype.names and value.dtype.hasobject and value.ndim == 0:  # a struct
            fields = {field: np.asarray(value[field].item()) for field in value.dtype.names}
            if "t" in map(role_of, fields):
                arrays = fields
                break
        elif value.dtype == object and value.ndim == 1 and all(_is_train(one) for one in value):
            trains = [np.atleast_1d(one) for one in value]
            arrays = {
                "t": np.concatenate([*trains, np.empty(0)]),
                "neuron": np.repeat(np.arange(len(trains)), list(map(len, trains))),
            }
            break
    columns = {name: value for name, value in arrays.items() if value.dtype.kind in "iubf" and role_of(name)}
    alone = {name: value for name, value in arrays.items() if value.dtype.kind in "iubf" and value.ndim == 2}
    if "t" not in map(role_of, columns) and len(alone) == 1:
        columns = alone
    if not columns:
        raise ValueError("is a MATLAB file without columns that are known: t, neuron or t (ts), x, y, p (pol); or save it as CSV.")
    return of_arrays({name: np.atleast_1d(value) for name, value in columns.items()}, roles)


def _is_train(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind in "iuf" and array.ndim <= 1


def of_arrow(data: bytes, roles: Sequence[str]) -> Table:
    """The table in a Parquet or Feather file, as pandas writes them.

    Raises:
        ValueError: the file is cut or damaged, holds no columns that are known, or there is no package to read it.
    """
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise ValueError("is read with the package pyarrow, which is not here; install it, or save the table as CSV.") from None
    try:
        source = pyarrow.BufferReader(data)
        if data.startswith(b"PAR1"):
            file = pyarrow.parquet.ParquetFile(source)
            if file.metadata.num_rows > limits.MOST_EVENTS:
                raise _Said(f"holds {file.metadata.num_rows:,} rows; one recording may have {limits.MOST_EVENTS:,} events. Cut it.")
            names = [name for name in file.schema_arrow.names if role_of(name)] or file.schema_arrow.names[:4]
            table = file.read(columns=names)
        else:
            table = pyarrow.ipc.open_file(source).read_all()
            if table.num_rows > limits.MOST_EVENTS:
                raise _Said(f"holds {table.num_rows:,} rows; one recording may have {limits.MOST_EVENTS:,} events. Cut it.")
        arrays = {name: table.column(name).to_numpy() for name in table.column_names if role_of(name)}
    except _Said as sentence:
        raise ValueError(str(sentence)) from None
    except Exception as error:  # pyarrow has many types of errors
        raise ValueError(f"is a table in Arrow's formats, but cut short or damaged ({_short(error)}).") from error
    if not arrays:
        raise ValueError("has no column named as is known: t, neuron or t, x, y, p; name them, or save the table as CSV.")
    return of_arrays(arrays, roles)


def _short(error: BaseException) -> str:
    """An error's first words, without its end."""
    return (" ".join(str(error).split()) or type(error).__name__)[:120].rstrip(".")
