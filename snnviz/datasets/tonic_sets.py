"""What the sets of tonic's catalogue share: where they lie on disk, and how tonic is let to fetch them."""

import abc
import dataclasses
from pathlib import Path
from typing import Any, ClassVar

from snnviz.datasets.events import AbstractEvents, Found, data_dir
from snnviz.params import param


@dataclasses.dataclass(frozen=True)
class AbstractTonic(AbstractEvents):
    """A set known to tonic, all of it or any part of it.

    `tonic` is the name of tonic's class, `calls` its arguments for each part; `size` says how much a download is. Part
    of a set on disk is read with tonic's readers, and the source sentence says how much of the whole it is. Nothing is
    fetched unless `load(..., download=True)` says so; tonic's class then fetches, verifies and unpacks.
    """

    offline: ClassVar[bool] = False
    tonic: ClassVar[str]
    calls: ClassVar[tuple[dict[str, Any], ...]] = ({"train": True}, {"train": False})
    size: ClassVar[str]

    folder: str = param(
        "", "Folder", help="Holds the set or part of it. Empty: SNNVIZ_DATA, else a folder beside the cache."
    )

    def find(self, download: bool = False) -> Found:
        root = data_dir(self.folder)
        found = self.look(root) if root.is_dir() else None
        if found is None and download:
            fetch(self.tonic, self.calls, root)
            found = self.look(root)
        if found is None:
            raise FileNotFoundError(
                f"{self.title} is not in {root}; name the folder that holds it, set SNNVIZ_DATA, or allow the "
                f"download ({self.size})."
            )
        return found

    @abc.abstractmethod
    def look(self, root: Path) -> Found | None:
        """The recordings of this set in a folder; None where there are none."""


def fetch(name: str, calls: tuple[dict[str, Any], ...], root: Path) -> None:
    """Let tonic fetch a set. Raises ConnectionError with one sentence where that fails."""
    import tonic.datasets

    try:
        root.mkdir(parents=True, exist_ok=True)
        for arguments in calls:
            getattr(tonic.datasets, name)(save_to=str(root), **arguments)
    except (Exception, SystemExit) as error:  # tonic's sets fail in their own ways, one by exit()
        raise ConnectionError(
            f"{name} could not be fetched into {root}: {error}. Try again, or fetch it by hand and name its folder."
        ) from error
