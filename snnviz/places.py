"""Where snnviz keeps things on this machine, and where its own files lie: each folder in one place.

| folder | holds | named by | without that, on Linux |
|---|---|---|---|
| `home()` | saved runs, checkpoints, uploads | SNNVIZ_HOME | ~/.local/share/snnviz |
| `cache()` | what can be made again: built kernels, read data sets | SNNVIZ_CACHE | ~/.cache/snnviz |
| `data()` | recordings | SNNVIZ_DATA | `cache()`/sets |

`platformdirs` knows the places of other systems, and XDG_DATA_HOME and XDG_CACHE_HOME. Where a folder cannot be written, a
temporary one takes its place (`spare`), and `troubles()` says so.
"""

import contextlib
import functools
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def home() -> Path:
    """Where saved runs, checkpoints and uploads lie: SNNVIZ_HOME, else the platform's place for an application's data.

    Raises:
        OSError: neither that nor a temporary folder can be written.
    """
    return _writable(_named("SNNVIZ_HOME") or platformdirs.user_data_path("snnviz", appauthor=False))


def cache() -> Path:
    """Where snnviz keeps what it can make again: SNNVIZ_CACHE, else the platform's place for caches."""
    return _named("SNNVIZ_CACHE") or platformdirs.user_cache_path("snnviz", appauthor=False)


def data(folder: str = "") -> Path:
    """Where recordings are looked for: the folder given, else SNNVIZ_DATA, else a folder in the cache."""
    return expanded(folder) if folder else _named("SNNVIZ_DATA") or cache() / "sets"


def expanded(folder: str) -> Path:
    """A folder as somebody typed it, with ~ and ~user resolved. Raises ValueError where there is no such user."""
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        raise ValueError(f"{folder!r} names the home of a user that this machine does not have; write the folder out.") from None


_troubles: dict[Path, str] = {}


def troubles() -> list[str]:
    """A sentence on each folder that could not be written since this process began, and what took its place."""
    return list(_troubles.values())


def cannot_write(folder: Path, problem: OSError, holds: str) -> None:
    """Note that `folder` cannot be written, so that what it `holds` goes to the temporary folder."""
    if folder not in _troubles:
        _troubles[folder] = (
            f"The folder {folder} cannot be written ({problem.strerror or problem}), so {holds} lie in {spare()} and are gone "
            "when that is cleared. Make room, give the right to write, or name another folder with SNNVIZ_HOME or SNNVIZ_CACHE."
        )
        print(f"snnviz: {_troubles[folder]}", file=sys.stderr, flush=True)


@functools.cache
def spare() -> Path:
    """A temporary folder of this user alone, the same for all processes of a machine until it is cleared.

    Raises:
        OSError: no temporary folder can be written either.
    """
    user = os.getuid() if hasattr(os, "getuid") else ""
    folder = Path(tempfile.gettempdir()) / f"snnviz-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
        # Kernels are loaded from here: a folder that somebody else has put there, or may write, is not taken.
        mine = not hasattr(os, "getuid") or (about.st_uid == user and not about.st_mode & 0o077)
        if stat.S_ISDIR(about.st_mode) and mine:
            return folder
    except FileExistsError:
        pass
    return Path(tempfile.mkdtemp(prefix="snnviz-"))


@functools.cache
def _writable(folder: Path) -> Path:
    """The folder, made if need be; the spare one in its place if it cannot be written. Asked once for each folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"snnviz")
    except OSError as problem:
        cannot_write(folder, problem, "saved runs and uploads")
        return spare()
    return folder


@contextlib.contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """A new file beside `path`, which takes its place at the end, at once; after a failure all is as before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=path.suffix)
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def of_compiler(folder: Path) -> dict[str, str]:
    """The variable that has zig keep what it makes for itself in `folder`, where its own place cannot be written."""
    own = platformdirs.user_cache_path("zig", appauthor=False)
    existing = next(parent for parent in (own, *own.parents) if parent.exists())
    if "ZIG_GLOBAL_CACHE_DIR" in os.environ or (existing.is_dir() and os.access(existing, os.W_OK)):
        return {}
    return {"ZIG_GLOBAL_CACHE_DIR": str(folder / "zig")}


def assets() -> Path:
    """The folder of references, lessons and pictures."""
    return _shipped("assets")


def kernels() -> Path:
    """The folder of the kernels' text."""
    return _shipped("kernels")


def app() -> Path:
    """The app's script, beside it the folder of its pages."""
    inside = _PACKAGE / "webapp" / "app.py"
    return inside if inside.is_file() else _PACKAGE.parent / "app.py"


def _named(variable: str) -> Path | None:
    """The folder that an environment variable names, None where it is unset or empty."""
    folder = os.environ.get(variable)
    return expanded(folder) if folder else None


def _shipped(name: str) -> Path:
    """A folder that comes with snnviz: inside the installed package, or at the top of the repository."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
