"""Results of long work that come with snnviz, so that a page has a picture before anybody has waited for one.

`assets/recorded/*.json` hold each a piece of work, its result, and where and when it was done; `write` makes such a file.
A page says that its picture was recorded, and offers to do the work anew.
"""

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

from snnviz.places import assets
from snnviz.runs.work import KINDS, Work


@dataclasses.dataclass(frozen=True)
class Recording:
    """A piece of work and its result; where: the machine; when: the month, in words."""

    work: Work
    result: Any
    where: str
    when: str

    @property
    def words(self) -> str:
        """Where it comes from, as a caption says it."""
        return f"Recorded on {self.where}, {self.when}."


def recording(work: Work) -> Recording | None:
    """The recorded result of just this work; None where there is none."""
    return next((one for one in _all() if one.work == work), None)


@functools.cache
def _all() -> tuple[Recording, ...]:
    return tuple(read(path) for path in sorted((assets() / "recorded").glob("*.json")))


def read(path: Path) -> Recording:
    """The recording of a file that `write` made.

    Raises:
        ValueError: it is none.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))
    kind = KINDS[entries["kind"]]
    work = kind.from_toml(entries["work"], path.name)
    return Recording(work, kind.decode(json.dumps(entries["result"]).encode()), entries["where"], entries["when"])


def write(path: Path, recording: Recording) -> None:
    """Write a recording to a file."""
    work = recording.work
    entries = {"kind": work.kind, "where": recording.where, "when": recording.when, "work": work.to_toml()}
    entries["result"] = json.loads(work.encode(recording.result))
    path.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
