"""What the sets of tonic's catalogue share: their folders on disk, and fetching them with tonic."""

import contextlib
import dataclasses
import io
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from snnviz import places
from snnviz.datasets.arrival import arrival
from snnviz.datasets.arrival import arrived as arrived
from snnviz.datasets.arrival import arriving as arriving
from snnviz.datasets.on_disk import AbstractOnDisk
from snnviz.datasets.on_disk import NotHere as NotHere


@dataclasses.dataclass(frozen=True)
class AbstractTonic(AbstractOnDisk):
    """A set of tonic's catalogue, the whole set or any part of it.

    tonic: the name of tonic's class. calls: its arguments, one mapping for each part. If only a part of the set is on disk,
    tonic's readers read that part. To fetch, tonic's class downloads, verifies and unpacks.
    """

    tonic: ClassVar[str]
    calls: ClassVar[tuple[dict[str, Any], ...]] = ({"train": True}, {"train": False})

    def fetch(self) -> None:
        """Let tonic fetch the whole set into its folder, even if a part of it is on disk already.

        Raises ConnectionError with one sentence if that fails.
        """
        fetch(self.tonic, self.calls, places.data(self.folder))


def fetch(name: str, calls: Iterable[Mapping[str, Any]], root: Path) -> None:
    """Let tonic fetch a set into a folder: the whole set or nothing.

    tonic takes a file for complete if its name exists; that check is replaced here, so tonic compares MD5 sums and fetches a file
    again that a lost connection has cut. After a failure complete archives stay on disk for the next attempt; after an
    interruption nothing stays.

    Args:
        name: tonic's class.
        calls: its arguments for each part, besides the folder.
        root: the folder, made where there is none.

    Raises:
        ConnectionError: it cannot be fetched, or is being fetched by another process; one sentence says why.
    """
    import tonic.datasets

    made = getattr(tonic.datasets, name)
    eager = type(made.__name__, (made,), {"_check_exists": lambda _: False})
    sums = _sums(value for one in made.__mro__ for value in vars(one).values())
    with arrival(name, root, lambda place: _drop_cut(place, sums)) as place:
        _bring(root / name, place / name, sums)
        for arguments in calls:
            with contextlib.redirect_stdout(io.StringIO()):  # tonic prints our temporary folder: not for the user
                eager(str(place), **arguments)


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
