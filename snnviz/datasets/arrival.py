"""How a set arrives on disk: whole or not at all, one process at a time, what is on its way apart from what is there."""

import contextlib
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from snnviz.datasets.checks import plain


def arriving(name: str, root: Path) -> Path:
    """The folder of a set while it is fetched; so deep in `root` that no search for recordings reaches it."""
    return root / ".fetching" / name


def arrived(name: str, root: Path) -> int:
    """The bytes of a set that are fetched and unpacked so far; 0 if no fetch is running."""
    total, folders = 0, [str(arriving(name, root))]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:  # a listed file may be removed meanwhile
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.stat().st_size
    return total


@contextlib.contextmanager
def arrival(name: str, root: Path, clear: Callable[[Path], None]) -> Iterator[Path]:
    """The folder `arriving(name, root)` to fetch a set into; its files are moved into `root` at the end, so that no reader sees
    half a set.

    clear: removes from that folder what may not stay, before anything is fetched and after a failure. After an interruption
    nothing stays.

    Raises:
        ConnectionError: the set cannot be fetched, or is being fetched by another process; one sentence says why.
    """
    from filelock import FileLock, Timeout

    place = arriving(name, root)
    lock = place.with_name(f"{name}.lock")
    try:
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            try:
                clear(place)
                yield place
                _merge(place, root)
            except (Exception, SystemExit):
                clear(place)
                raise
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
            finally:
                with contextlib.suppress(OSError):  # Windows cannot remove an open file
                    lock.unlink()
    except Timeout:
        raise ConnectionError(f"{name} is being fetched into {root} already; wait until that has ended.") from None
    except (Exception, SystemExit) as error:  # each of tonic's sets raises other errors, one calls exit()
        raise ConnectionError(
            f"{name} could not be fetched into {root}: {_why(error)} Try again, or fetch it by hand and name its folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            place.parent.rmdir()  # fails, and stays, if something else is in it


def _merge(source: Path, target: Path) -> None:
    """Move the contents of a folder into another one; files of equal names are replaced."""
    for path in source.iterdir():
        destination = target / path.name
        if path.is_dir() and destination.is_dir():
            _merge(path, destination)
        else:
            destination.unlink(missing_ok=True)
            shutil.move(path, destination)
    source.rmdir()


def _why(error: BaseException) -> str:
    """The innermost reason of an error as one sentence: libraries wrap "Connection refused" several times."""
    if isinstance(error, SystemExit):
        return "tonic gave up."
    below = [getattr(error, "reason", None), *error.args, error.__cause__]
    if wrapped := next((one for one in below if isinstance(one, Exception)), None):
        return _why(wrapped)
    text = re.sub(r"^\[Errno -?\d+\] ", "", plain(error))
    away = isinstance(error, (ConnectionError, TimeoutError, socket.gaierror))
    return f"no connection to its server ({text[:-1]})." if away else text
