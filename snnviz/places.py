"""Where snnviz keeps things on this machine, and where its own files lie: each folder in one place.

| folder | holds | named by | without that, on Linux |
|---|---|---|---|
| `home()` | saved runs, checkpoints, uploads | SNNVIZ_HOME | ~/.local/share/snnviz |
| `cache()` | what can be made again: built kernels, read data sets | SNNVIZ_CACHE | ~/.cache/snnviz |
| `data()` | recordings | SNNVIZ_DATA | `cache()`/sets |

`platformdirs` knows the places of other systems, and XDG_DATA_HOME and XDG_CACHE_HOME.
"""

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def home() -> Path:
    """Where saved runs, checkpoints and uploads lie: SNNVIZ_HOME, else the platform's place for an application's data."""
    return _named("SNNVIZ_HOME") or platformdirs.user_data_path("snnviz", appauthor=False)


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
