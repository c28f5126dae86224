"""What the sets of recordings share that lie on disk: a folder, how much of the set is in it, and fetching it."""

import abc
import dataclasses
from pathlib import Path
from typing import ClassVar

from snnviz import places
from snnviz.datasets.events import AbstractEvents, Found
from snnviz.params import param


class NotHere(FileNotFoundError):
    """A set is not on disk, or not all the files that its reader needs."""


@dataclasses.dataclass(frozen=True)
class AbstractOnDisk(AbstractEvents):
    """A set of recordings on disk, the whole set or any part of it; the source sentence says how much it is.

    size: of the download, in words. home: the page of its distributor, where tonic does not say it. Only
    `load(..., download=True)` and `fetch()` fetch.

    Raises:
        NotHere: from `load` and `find`, neither the set nor a part of it is on disk.
    """

    offline: ClassVar[bool] = False
    size: ClassVar[str]
    home: ClassVar[str] = ""

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

    @abc.abstractmethod
    def fetch(self) -> None:
        """Fetch the whole set into its folder, even if a part of it is on disk already.

        Raises ConnectionError with one sentence if that fails.
        """

    @abc.abstractmethod
    def look(self, root: Path) -> Found | None:
        """The recordings of this set in a folder; None where there are none.

        Raises:
            ValueError, FileNotFoundError: there are some that cannot be read here.
        """
