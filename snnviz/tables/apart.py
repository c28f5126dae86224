"""Files that are decoded in a process of its own, one for all such files of this process: `foreign.py` says why and how."""

import atexit
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

from snnviz.tables import limits

PATIENCE = 120.0  # seconds that decoding one file may take
_LOCK = threading.Lock()
_running: list[subprocess.Popen[str]] = []  # at most one


def decode(kind: str, data: bytes) -> dict[str, np.ndarray]:
    """The arrays in a file's bytes by name, of any shape; kind: "hdf5", "mat", "arrow" or "aedat4".

    Raises:
        ValueError: the file is not read; one sentence says why.
    """
    with _LOCK, tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "file", Path(folder) / "arrays.npz"
        path.write_bytes(data)
        names = _ask([kind, str(path), str(out), limits.MOST_EVENTS])
        if isinstance(names, str):
            raise ValueError(names)
        with np.load(out, allow_pickle=False) as arrays:
            return {name: arrays[f"arr_{number}"] for number, name in enumerate(names)}


def _ask(question: list) -> list[str] | str:
    """What the other process answers; a sentence if it dies of the question."""
    if not _running or _running[0].poll() is not None:
        _running[:] = [
            subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__).with_name("foreign.py"))], text=True, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
        ]  # fmt: skip
    process = _running[0]
    if process.stdin is None or process.stdout is None:
        raise OSError("A process was started without its pipes.")
    late = threading.Timer(PATIENCE, process.kill)
    late.start()
    try:
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except OSError:
        answer = ""
    finally:
        late.cancel()
    if answer:
        return json.loads(answer)
    _end()
    return f"is damaged so that its reader broke down, or takes longer than {PATIENCE:.0f} seconds; export it again, or cut it."


@atexit.register
def _end() -> None:
    """End the process, if it runs; it also ends by itself where this one is killed, as its input is closed then."""
    while _running:
        process = _running.pop()
        process.kill()
        process.communicate()
