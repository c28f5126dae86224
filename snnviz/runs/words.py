"""What the owner of a saved run says of it: a name, a note, tags. Text of a person: whoever shows it shows it literally.

say("a1b2", Words("my first", "it learns", ("class 4b",)), me)
of(["a1b2"])["a1b2"].name        ->  "my first"
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from snnviz.runs import rights, store
from snnviz.runs.rights import Visitor

LONGEST, NOTE, MOST, TAG = 80, 2000, 10, 30  # letters of a name and of a note; tags, and letters of one


@dataclasses.dataclass(frozen=True)
class Words:
    """A name, a note and tags; each may be empty.

    Raises:
        ValueError: one is too long, or there are too many tags.
    """

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self):
        parts = [("name", self.name, LONGEST), ("note", self.note, NOTE), *(("tag", tag, TAG) for tag in self.tags)]
        for what, text, most in parts:
            if len(text) > most:
                raise ValueError(f"The {what} of a run has at most {most:,} letters; this one has {len(text):,}.")
        if len(self.tags) > MOST:
            raise ValueError(f"A run has at most {MOST} tags; these are {len(self.tags)}.")


def tags(text: str) -> tuple[str, ...]:
    """Tags from a line of them with commas between; each once, in their order."""
    return tuple(dict.fromkeys(filter(None, (" ".join(part.split()) for part in text.split(",")))))


def of(runs: Sequence[str]) -> dict[str, Words]:
    """What is said of these runs, by run; nothing of the others."""
    saved = store.default()
    table = saved.tables["words"]

    def read(database: Any) -> list[Any]:
        return database.execute(table.select().where(table.c.run.in_(list(runs)))).all()

    rows = saved.transact(read)
    return {row.run: Words(row.name or "", row.note or "", tuple(filter(None, (row.tags or "").split("\n")))) for row in rows}


def say(run: str, words: Words, by: Visitor | None = None) -> None:
    """Put these words in the place of what was said of a run. by: who says it; None is whoever runs this Python.

    Raises:
        Forbidden: the run is somebody else's. ValueError: there is no such run.
    """
    saved = store.default()
    access = saved.access(run)
    if access is None:
        raise ValueError("There is no such run among the saved runs: it was deleted, or never was.")
    if by is not None and not by.may_change(access):
        raise rights.Forbidden("This run is somebody else's: who started it names it.")
    table = saved.tables["words"]

    def write(database: Any) -> None:
        database.execute(table.delete().where(table.c.run == run))
        if words != Words():
            database.execute(table.insert(), {"run": run, "name": words.name, "note": words.note, "tags": "\n".join(words.tags)})

    saved.transact(write)
