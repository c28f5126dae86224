"""Tables in NumPy's own formats. Arrays of Python objects are refused: reading them would run what they say."""

import ast
import io
import zipfile
from collections.abc import Sequence

import numpy as np

from snnviz.tables import limits
from snnviz.tables.columns import UNITS, WITHOUT_HEADING, Table, TimeUnit, guess_roles, role_of

STATED = ("inputs", "unit", "own_zero")  # what a file says of its columns, as a text does in its comments: `Table`


def unpacked(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file that may be columns; how large each will be is known from its header before it is unpacked."""
    arrays: dict[str, np.ndarray] = {}
    try:
        packed = zipfile.ZipFile(io.BytesIO(data))
        entries = packed.infolist()
    except Exception as error:  # zipfile has many ways to dislike a file: BadZipFile, NotImplementedError, ValueError, ...
        raise ValueError("is cut short, damaged or no NPZ file.") from error
    with packed:
        alone = len(entries) == 1
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if not (alone or role_of(name) or name == "events" or name in STATED):
                continue
            try:
                with packed.open(entry) as member:
                    arrays[name] = array(member)
            except _Refused as refused:
                raise ValueError(f"array {name[:40]!r} {refused}") from None
            except Exception as error:  # zlib and zipfile each have their own idea of a damaged member
                raise ValueError(f"array {name[:40]!r} is damaged: {_sentence(error)}") from None
    return arrays


class _Refused(ValueError):
    """An array that is whole and cannot be used."""


def array(file, whole: bool = False) -> np.ndarray:
    """One array in NumPy's own format. Its size is checked before its values are read; objects are refused. `whole`: nothing may
    follow it."""
    magic = file.read(8)
    if magic[:6] != b"\x93NUMPY":
        raise _Refused("is no array.")
    if len(magic) < 8:
        raise _Refused("has a damaged heading.")
    length = int.from_bytes(file.read(2 if magic[6] == 1 else 4), "little")
    if length > 10_000:
        raise _Refused("has a damaged heading.")
    try:
        header = ast.literal_eval(file.read(length).decode("utf-8"))
        dtype, shape = np.lib.format.descr_to_dtype(header["descr"]), tuple(header["shape"])
        order = "F" if header["fortran_order"] else "C"
    except Exception as error:
        raise _Refused("has a damaged heading.") from error
    if dtype.hasobject:
        raise _Refused("holds Python objects, which are never loaded; save plain numbers.")
    if not all(type(side) is int and side >= 0 for side in shape) or len(shape) > 2:
        raise _Refused(f"has the shape {shape}; a column, or a table of rows and columns, was expected.")
    rows = max(shape, default=1)
    values = rows * min(shape, default=1) if len(shape) == 2 else rows
    if rows > limits.MOST_EVENTS or values > 8 * limits.MOST_EVENTS or values * dtype.itemsize > limits.LARGEST:
        raise _Refused(f"unpacks to {rows:,} events of {values * dtype.itemsize / max(rows, 1):.0f} bytes; one recording may have "
                       f"{limits.MOST_EVENTS:,} events. Cut it.")  # fmt: skip
    data = file.read(values * dtype.itemsize)
    if len(data) < values * dtype.itemsize:
        raise _Refused("is cut short.")
    if whole and file.read(1):
        raise _Refused("has something else behind it; save it again.")
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def of_arrays(arrays: dict[str, np.ndarray], roles: Sequence[str]) -> Table:
    """The table in the arrays of a file, by name: one column an array, or one array of two dimensions. roles: as for `of_text`."""
    named: list[tuple[str, np.ndarray]] = []
    stated = {name: arrays[name] for name in STATED if name in arrays} if len(arrays) > 1 else {}
    for name, array in arrays.items():
        if name in stated:
            continue
        if array.dtype.names:
            named += [(field, np.ascontiguousarray(array[field]).reshape(-1)) for field in array.dtype.names]
        elif array.ndim == 2 and not role_of(name):
            table = array if array.shape[1] <= array.shape[0] or array.shape[1] in WITHOUT_HEADING else array.T
            if table.shape[1] not in WITHOUT_HEADING:
                raise ValueError(
                    f"has a table of {array.shape[0]} x {array.shape[1]}; rows of t, neuron or t, x, y, p were expected."
                )
            named += [("", np.ascontiguousarray(column)) for column in table.T]
        else:
            named.append((name, array.reshape(-1)))
    headings, values = tuple(name for name, _ in named), [column for _, column in named]
    notes = ()
    if odd := next((name for name, column in named if column.dtype.kind not in "iubf" and role_of(name)), None):
        raise ValueError(f"column {odd} holds no numbers.")
    if len(roles) == len(values):
        chosen = tuple(roles)
    elif any(headings):
        chosen = tuple(map(role_of, headings))
    else:
        if not values or any(column.dtype.kind not in "iubf" for column in values):
            raise ValueError("holds no array of numbers.")
        chosen = guess_roles([column.astype(np.float64) for column in values])
        notes = (f"The columns have no names: they are read as {', '.join(chosen)}.",)
    named_roles = [role for role in chosen if role]
    if len(set(named_roles)) < len(named_roles):
        raise ValueError(f"names a column twice: {', '.join(named_roles)}.")
    first = tuple(str(column[0]) if len(column) else "" for column in values)
    used = {role: column for role, column in zip(chosen, values, strict=True) if role}
    return Table(used, headings, chosen, first, notes, *_stated(stated), assumed=bool(notes))


def _stated(arrays: dict[str, np.ndarray]) -> tuple[tuple[int, ...] | None, TimeUnit | None, bool]:
    """The size of the inputs, the unit of t, and whether times count from the recording's own zero; what is odd is not there."""
    sides = arrays["inputs"].reshape(-1) if "inputs" in arrays else np.zeros(0)
    size = tuple(map(int, sides)) if sides.dtype.kind in "iu" and len(sides) in (1, 3) else ()
    unit = arrays["unit"].reshape(-1) if "unit" in arrays else np.zeros(0)
    own = arrays["own_zero"].reshape(-1) if "own_zero" in arrays else np.zeros(0)
    return (
        size if size and all(0 < side < 10_000_000 for side in size) else None,
        UNITS.get(str(unit[0])) if unit.dtype.kind == "U" and len(unit) == 1 else None,
        bool(own[0]) if own.dtype.kind in "biu" and len(own) == 1 else False,
    )


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else text + "."
