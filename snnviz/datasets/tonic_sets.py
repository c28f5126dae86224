"""What the sets of tonic's catalogue share: their folders on disk, and fetching them with tonic."""

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
    """A set is not on disk, or not all the files that tonic needs."""


@dataclasses.dataclass(frozen=True)
class AbstractTonic(AbstractEvents):
    """A set of tonic's catalogue, the whole set or any part of it.

    tonic: the name of tonic's class. calls: its arguments, one mapping for each part. size: of the download, in words. If
    only a part of the set is on disk, tonic's readers read that part, and the source sentence says how much it is. Only
    `load(..., download=True)` and `fetch()` fetch; tonic's class then downloads, verifies and unpacks.

    Raises:
        NotHere: from `load` and `find`, neither the set nor a part of it is on disk.
    """

    offline: ClassVar[bool] = False
    tonic: ClassVar[str]
    calls: ClassVar[tuple[dict[str, Any], ...]] = ({"train": True}, {"train": False})
    size: ClassVar[str]

    folder: str = param("", "Folder", help="Holds the set or part of it. Empty: SNNVIZ_DATA, else a folder beside the cache.")

    def find(self, download: bool = False) -> Found:
        root = places.data(self.folder)
        listing = self.look(root) if root.is_dir() else None
        if listing is None and download:
            self.fetch()
            listing = self.look(root)
        if listing is None:
            raise NotHere(
                f"{self.title} is not in {root}; name the folder that holds it, set SNNVIZ_DATA, or allow the "
                f"download ({self.size})."
            )
        return listing

    def have(self) -> str:
        """A sentence on how much of the set is on disk. Raises as `find` does."""
        return self.find().have

    def fetch(self) -> None:
        """Let tonic fetch the whole set into its folder, even if a part of it is on disk already.

        Raises ConnectionError with one sentence if that fails.
        """
        fetch(self.tonic, self.calls, places.data(self.folder))

    @abc.abstractmethod
    def look(self, root: Path) -> Found | None:
        """The recordings of this set in a folder; None where there are none.

        Raises:
            ValueError, FileNotFoundError: there are some that cannot be read here.
        """


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


def fetch(name: str, calls: Iterable[Mapping[str, Any]], root: Path) -> None:
    """Let tonic fetch a set into a folder: the whole set or nothing.

    tonic writes the files into `arriving(name, root)`. They are moved to their places after the last one is unpacked, so no
    reader sees half a set. tonic takes a file for complete if its name exists; that check is replaced here, so tonic compares
    MD5 sums and fetches a file again that a lost connection has cut. After a failure complete archives stay on disk for the
    next attempt; after an interruption nothing stays.

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
                    with contextlib.redirect_stdout(io.StringIO()):  # tonic prints our temporary folder: not for the user
                        eager(str(place), **arguments)
                _merge(place, root)
            except (Exception, SystemExit):
                _drop_cut(place, sums)
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


def _sums(values: Iterable[Any]) -> set[str]:
    """All MD5 sums among `values`, and inside lists, tuples and mappings among them."""
    sums = set()
    for value in values:
        if isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value):
            sums.add(value)
        elif isinstance(value, (list, tuple, dict)):
            sums |= _sums(value.values() if isinstance(value, dict) else value)
    return sums


def _drop_cut(place: Path, sums: set[str]) -> None:
    """Remove all files whose MD5 sum is not in `sums`, then the empty folders."""
    from tonic.download_utils import calculate_md5

    for path in sorted(place.rglob("*"), reverse=True):  # files before their folder
        if path.is_dir():
            with contextlib.suppress(OSError):
                path.rmdir()
        elif calculate_md5(str(path)) not in sums:
            path.unlink()
    with contextlib.suppress(OSError):
        place.rmdir()


def _bring(source: Path, place: Path, sums: set[str]) -> None:
    """Link complete archives that the user has put into `source` by hand into `place`: they need no download."""
    from tonic.download_utils import calculate_md5

    for path in [*source.glob("*.zip"), *source.glob("*.gz")]:
        with contextlib.suppress(OSError):  # this disk has no links: tonic fetches the archive
            if calculate_md5(str(path)) in sums:
                place.mkdir(parents=True, exist_ok=True)
                os.link(path, place / path.name)


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
