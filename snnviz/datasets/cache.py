"""Arrays that were slow to make, kept in the user's cache directory.

An entry is a folder of .npy files and one meta.json, written beside its place and moved there by one rename, so that a
reader sees all of it or nothing. Its name is the SHA-256 of whatever the entry depends on. Arrays come back
memory-mapped: an entry of any size opens at once and costs the memory of what is looked at.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from snnviz import places

LIMIT = 8 * 2**30  # bytes of all entries together


def key_of(settings: str, files: Iterable[Path] = ()) -> str:
    """The name of an entry: SHA-256 of the settings and of every source file's path, size and time of change."""
    digest = hashlib.sha256(settings.encode())
    for path in files:
        status = path.stat()
        digest.update(f"\n{path}|{status.st_size}|{status.st_mtime_ns}".encode())
    return digest.hexdigest()


def load(key: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """The arrays (memory-mapped, read-only, of the shapes they were stored with) and facts of an entry; None where there is none or
    it is damaged."""
    folder = places.cache() / "datasets" / key
    try:
        facts = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in facts["arrays"]}
        whole = all(list(arrays[name].shape) == shape for name, shape in facts["arrays"].items())
        os.utime(folder)  # what was used last is thrown away last
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    return (arrays, facts) if whole else None


def store(key: str, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
    """Keep an entry: arrays of any shape by name, and facts that JSON can hold. Where the cache cannot be written (full disk, no
    rights) nothing is kept, and nothing is raised."""
    root = places.cache() / "datasets"
    fresh = None
    try:
        root.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=root, prefix=".new-"))
        for name, array in arrays.items():
            np.save(fresh / f"{name}.npy", array, allow_pickle=False)
        facts = {**facts, "arrays": {name: list(array.shape) for name, array in arrays.items()}}
        (fresh / "meta.json").write_text(json.dumps(facts), encoding="utf-8")
        if (root / key).exists() and load(key) is None:
            shutil.rmtree(root / key)
        os.rename(fresh, root / key)
        prune(root)
    except OSError:
        if fresh is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(fresh)


def prune(root: Path) -> None:
    """Throw away the entries used longest ago until all together are below `LIMIT`; the newest stays in any case."""
    entries = sorted((path for path in root.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for number, entry in enumerate(entries):
        total += sum(file.stat().st_size for file in entry.iterdir())
        if number and total > LIMIT:
            shutil.rmtree(entry, ignore_errors=True)
