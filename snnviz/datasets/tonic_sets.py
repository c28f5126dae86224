"""What the sets of tonic's catalogue share: where they lie on disk, and how tonic is let to fetch them."""

import abc
import contextlib
import dataclasses
import io
import os
import re
import shutil
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from snnviz import places
from snnviz.datasets.events import AbstractEvents, Found, plain
from snnviz.params import param


class NotHere(FileNotFoundError):
    """Nothing of a set is on disk, or not as much as tonic asks for."""


@dataclasses.dataclass(frozen=True)
class AbstractTonic(AbstractEvents):
    """A set known to tonic, all of it or any part of it.

    `tonic` is the name of tonic's class, `calls` its arguments for each part; `size` says how much a download is. Part
    of a set on disk is read with tonic's readers, and the source sentence says how much of the whole it is. Nothing is
    fetched unless `load(..., download=True)` or `fetch()` says so; tonic's class then fetches, verifies and unpacks.
    """

    offline: ClassVar[bool] = False
    tonic: ClassVar[str]
    calls: ClassVar[tuple[dict[str, Any], ...]] = ({"train": True}, {"train": False})
    size: ClassVar[str]

    folder: str = param("", "Folder", help="Holds the set or part of it. Empty: SNNVIZ_DATA, else a folder beside the cache.")

    def find(self, download: bool = False) -> Found:
        root = places.data(self.folder)
        found = self.look(root) if root.is_dir() else None
        if found is None and download:
            self.fetch()
            found = self.look(root)
        if found is None:
            raise NotHere(
                f"{self.title} is not in {root}; name the folder that holds it, set SNNVIZ_DATA, or allow the "
                f"download ({self.size})."
            )
        return found

    def fetch(self) -> None:
        """Let tonic fetch the set into its folder, whatever part of it is there already.

        Raises ConnectionError with one sentence where that fails.
        """
        fetch(self.tonic, self.calls, places.data(self.folder))

    @abc.abstractmethod
    def look(self, root: Path) -> Found | None:
        """The recordings of this set in a folder; None where there are none."""


def arriving(name: str, root: Path) -> Path:
    """Where the files of a set lie while it is fetched, so deep that nobody looks for recordings there."""
    return root / ".fetching" / name


def arrived(name: str, root: Path) -> int:
    """The bytes of a set that have been fetched and unpacked so far; 0 where no fetch is under way."""
    total, folders = 0, [str(arriving(name, root))]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:  # what is listed may have gone since
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.stat().st_size
    return total


def fetch(name: str, calls: Iterable[Mapping[str, Any]], root: Path) -> None:
    """Let tonic fetch a set into a folder, all of it or nothing.

    The files arrive in `arriving(name, root)` and are moved to their places once the last one is unpacked, so nobody
    finds half a set. tonic takes a file on disk for whole by its name; here its look is skipped, so that it goes by the
    MD5 sums and fetches again what a lost connection has cut. After a failure the archives that are whole are kept for
    the next try; after an interruption nothing is.

    Args:
        name: tonic's class.
        calls: its arguments for each part, besides the folder.
        root: the folder, made where there is none.

    Raises:
        ConnectionError: it cannot be fetched, or is being fetched by another process; one sentence says why.
    """
    import tonic.datasets
    from filelock import FileLock, Timeout

    made = getattr(tonic.datasets, name)
    eager = type(made.__name__, (made,), {"_check_exists": lambda _: False})
    sums = _sums(value for one in made.__mro__ for value in vars(one).values())
    place = arriving(name, root)
    lock = place.with_name(f"{name}.lock")
    try:
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            try:
                _drop_cut(place, sums)
                _bring(root / name, place / name, sums)
                for arguments in calls:
                    with contextlib.redirect_stdout(io.StringIO()):  # where it fetches to is our affair
                        eager(str(place), **arguments)
                _merge(place, root)
            except (Exception, SystemExit):
                _drop_cut(place, sums)
                raise
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
            finally:
                with contextlib.suppress(OSError):  # Windows, where nobody removes an open file
                    lock.unlink()
    except Timeout:
        raise ConnectionError(f"{name} is being fetched into {root} already; wait until that has ended.") from None
    except (Exception, SystemExit) as error:  # tonic's sets fail in their own ways, one by exit()
        raise ConnectionError(
            f"{name} could not be fetched into {root}: {_why(error)} Try again, or fetch it by hand and name its folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            place.parent.rmdir()  # where nothing else is in it


def _sums(values: Iterable[Any]) -> set[str]:
    """All MD5 sums among values, and in the lists and tables among them."""
    found = set()
    for value in values:
        if isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value):
            found.add(value)
        elif isinstance(value, (list, tuple, dict)):
            found |= _sums(value.values() if isinstance(value, dict) else value)
    return found


def _drop_cut(place: Path, sums: set[str]) -> None:
    """Remove all files but those with one of these MD5 sums, and the folders that are empty then."""
    from tonic.download_utils import calculate_md5

    for path in sorted(place.rglob("*"), reverse=True):  # what is in a folder before the folder
        if path.is_dir():
            with contextlib.suppress(OSError):
                path.rmdir()
        elif calculate_md5(str(path)) not in sums:
            path.unlink()
    with contextlib.suppress(OSError):
        place.rmdir()


def _bring(source: Path, place: Path, sums: set[str]) -> None:
    """Archives that somebody laid down by hand and that are whole need not be fetched: link to them."""
    from tonic.download_utils import calculate_md5

    for path in [*source.glob("*.zip"), *source.glob("*.gz")]:
        with contextlib.suppress(OSError):  # no links on this disk: it is fetched
            if calculate_md5(str(path)) in sums:
                place.mkdir(parents=True, exist_ok=True)
                os.link(path, place / path.name)


def _merge(source: Path, target: Path) -> None:
    """Move what is in a folder into another one; files of the same names are replaced."""
    for path in source.iterdir():
        there = target / path.name
        if path.is_dir() and there.is_dir():
            _merge(path, there)
        else:
            there.unlink(missing_ok=True)
            shutil.move(path, there)
    source.rmdir()


def _why(error: BaseException) -> str:
    """The reason at the bottom of an error, as one sentence: libraries wrap "Connection refused" several times."""
    if isinstance(error, SystemExit):
        return "tonic gave up."
    below = [getattr(error, "reason", None), *error.args, error.__cause__]
    if wrapped := next((one for one in below if isinstance(one, Exception)), None):
        return _why(wrapped)
    text = re.sub(r"^\[Errno -?\d+\] ", "", plain(error))
    away = isinstance(error, (ConnectionError, TimeoutError, socket.gaierror))
    return f"no connection to its server ({text[:-1]})." if away else text
