"""Readers of others for files of strangers, as a program of its own: MATLAB's MAT, HDF5, Parquet, Feather, AEDAT 4.

scipy's reader of MAT files crashes at bytes that it does not expect, the package aedat panics, HDF5 is a large library in C: none
of them may end the process that serves visitors. `snnviz.tables.apart` starts `python -P foreign.py`; with `-P` no file beside this
one hides a package. Of snnviz it loads one small file alone, without torch.

in:  a line of JSON, [kind, file, NPZ to write, most events]
out: a line of JSON, a sentence on why the file is not read, or the names of the arrays in the NPZ
"""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MOST_NAMES = 10_000  # arrays that are looked at


def _beside(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"tables_{name}", Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


columns = _beside("columns")
Arrays = dict[str, np.ndarray]


class Refused(Exception):
    """A sentence for the user."""


def bounded(shape: tuple[int, ...], most: int) -> None:
    """Refuse an array of more rows, or of many more values, than one recording may have."""
    if max(shape, default=0) > most or np.prod(shape, dtype=np.float64) > 8 * most:
        raise Refused(f"holds {max(shape):,} events; one recording may have {most:,}. Cut it.")


def hdf5(path: str, most: int) -> Arrays:
    """The columns of the first group that has some, or the first table of events, by name; none where there is none."""
    import h5py

    with h5py.File(path, "r") as file:
        groups: list[Any] = [file]
        looked = 0
        while groups and looked < MOST_NAMES:
            group = groups.pop(0)
            links = [(name, group.get(name, getlink=True)) for name in group]
            members = {
                name: group[name] for name, link in links if isinstance(link, h5py.HardLink)
            }  # others may lead out of the file
            looked += len(members)
            named = {name: one for name, one in members.items() if isinstance(one, h5py.Dataset)}
            if {"times", "units"} <= named.keys() and group.name == "/spikes":
                raise Refused(
                    f"holds {len(named['times']):,} recordings laid out as SHD's: put it into a folder as shd_train.h5 or "
                    "shd_test.h5 and choose Spiking Heidelberg Digits, On disk."
                )
            flat = {
                name: one for name, one in named.items() if columns.role_of(name) and one.ndim == 1 and one.dtype.kind in "iubf"
            }
            chosen = flat if {"t"} < {columns.role_of(name) for name in flat} else {}
            for name, one in () if chosen else named.items():
                fields = one.dtype.names or ()
                if "t" in map(columns.role_of, fields) or (
                    name == "events" and one.ndim == 2 and one.shape[1] in columns.WITHOUT_HEADING
                ):
                    chosen = {name: one}
                    break
            for one in chosen.values():
                bounded(one.shape, most)
                if one.dtype.hasobject:
                    raise Refused("holds columns of objects, which are not read; save plain numbers.")
            if chosen:
                return {name: np.asarray(one[()]) for name, one in chosen.items()}
            groups += [one for one in members.values() if isinstance(one, h5py.Group)]
    return {}


def mat(path: str, most: int) -> Arrays:
    """Arrays by name, those of a struct, or one cell of spike times for each neuron; of versions 4 to 7."""
    from scipy.io import loadmat, whosmat

    for _, shape, _ in whosmat(path, appendmat=False):
        bounded(shape, most)
    loaded = loadmat(path, appendmat=False, squeeze_me=True, struct_as_record=True)
    arrays = {name: value for name, value in loaded.items() if not name.startswith("__") and isinstance(value, np.ndarray)}
    for value in list(arrays.values()):
        if value.dtype.names and value.dtype.hasobject and value.ndim == 0:  # a struct
            fields = {field: np.asarray(value[field].item()) for field in value.dtype.names}
            if "t" in map(columns.role_of, fields):
                arrays = fields
                break
        elif value.dtype == object and value.ndim == 1 and all(_is_train(one) for one in value):
            trains = [np.atleast_1d(one) for one in value]
            neuron = np.repeat(np.arange(len(trains)), list(map(len, trains)))
            return {"t": np.concatenate([*trains, np.empty(0)]), "neuron": neuron}
    plain = {name: value for name, value in arrays.items() if value.dtype.kind in "iubf"}
    chosen = {name: value for name, value in plain.items() if columns.role_of(name)}
    tables = {name: value for name, value in plain.items() if value.ndim == 2}
    if "t" not in map(columns.role_of, chosen) and len(tables) == 1:
        chosen = tables
    return {name: np.atleast_1d(value) for name, value in chosen.items()}


def _is_train(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind in "iuf" and array.ndim <= 1


def arrow(path: str, most: int) -> Arrays:
    """The columns with known names of a Parquet or Feather file."""
    import pyarrow
    import pyarrow.ipc
    import pyarrow.parquet

    with pyarrow.OSFile(path) as source:
        if source.read(4) == b"PAR1":
            file = pyarrow.parquet.ParquetFile(path)
            bounded((file.metadata.num_rows,), most)
            table = file.read(columns=[name for name in file.schema_arrow.names if columns.role_of(name)])
        else:
            source.seek(0)
            table = pyarrow.ipc.open_file(source).read_all()
            bounded((table.num_rows,), most)
        return {name: table.column(name).to_numpy() for name in table.column_names if columns.role_of(name)}


def aedat4(path: str, most: int) -> Arrays:
    """t, x, y and p of the first stream of events, and its size, [height, width], 0 where it is not stated."""
    import aedat

    decoder: Any = aedat.Decoder(path)  # pyright: ignore
    streams = {number: one for number, one in decoder.id_to_stream().items() if one["type"] == "events"}
    if not streams:
        raise Refused("is AEDAT 4 without a stream of events; export it with its events.")
    chosen, packets, count = min(streams), [], 0
    for packet in decoder:
        if packet["stream_id"] == chosen:
            packets.append(packet["events"])
            count += len(packets[-1])
            bounded((count,), most)
    events = np.concatenate(packets) if packets else np.empty(0, [("t", "u8"), ("x", "u2"), ("y", "u2"), ("on", "?")])
    t, x, y, p = (events[name] for name in events.dtype.names or ())
    size = [int(streams[chosen].get(side) or 0) for side in ("height", "width")]
    return {"t": t.astype(np.int64), "x": x, "y": y, "p": p.astype(np.int8), "size": np.array(size)}


KINDS: dict[str, Callable[[str, int], Arrays]] = {"hdf5": hdf5, "mat": mat, "arrow": arrow, "aedat4": aedat4}


def main() -> None:
    """Answer one line after another until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        kind, path, out, most = json.loads(line)
        try:
            arrays = KINDS[kind](path, most)
            np.savez(out, *arrays.values())
            answer: str | list[str] = list(arrays)
        except Refused as refused:
            answer = str(refused)
        except ImportError as missing:
            answer = f"is read with the package {missing.name}, which is not here; install it with: pip install {missing.name}"
        except MemoryError:
            answer = "needs more memory than there is; cut it."
        except BaseException as error:  # readers raise whatever the bytes lead to; a panic of Rust's is no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            answer = "is cut short, damaged, or packed in a way that is not read here; export it again."
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
