"""What a run has computed and the store has not confirmed: it lies in the run's own folder until the store has it.

Two files beside the checkpoints. `unsaved.jsonl` holds one epoch a line, appended and synced to the disk before the epoch's
checkpoint is written, so that a checkpoint never counts for more than what is recorded. `unsaved.json` holds what replaces
itself (curves, samples, a result, the status, the notes), by rename. Both hold rows of the tables as they go into the database:
handing them in needs no class of this version. To hand in twice changes nothing. Who hands in and who adds hold a lock: nothing
that comes meanwhile is forgotten with the rest.
"""

import base64
import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock

from snnviz import places


@dataclasses.dataclass(frozen=True)
class Unsaved:
    """Rows that the store has not.

    epochs: rows of the table of epochs. lines: columns of the table of lines, by the line's number. columns: of the table of
    runs.
    """

    epochs: tuple[Mapping[str, Any], ...] = ()
    lines: Mapping[int, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    columns: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Journal:
    """The rows of one run that the store has not, in the run's folder."""

    def __init__(self, folder: Path):
        self._epochs, self._state = folder / "unsaved.jsonl", folder / "unsaved.json"

    def __bool__(self) -> bool:
        return self._state.exists() or self._epochs.exists()

    def held(self) -> BaseFileLock:
        """Keep other threads and processes from adding and handing in, while the block runs."""
        return FileLock(self._state.parent / "unsaved.lock")

    def keep(self, unsaved: Unsaved) -> None:
        """Add the epochs to those that lie here, and replace the rest. It is on the disk when this returns.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        self._state.parent.mkdir(parents=True, exist_ok=True)
        with self.held():
            self._keep(unsaved)

    def _keep(self, unsaved: Unsaved) -> None:
        if unsaved.epochs:
            with self._epochs.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(dict(row)) + "\n" for row in unsaved.epochs)
                _sync(file)
        state = {"lines": {str(n): _coded(row) for n, row in unsaved.lines.items()}, "columns": _coded(unsaved.columns)}
        with places.replacement(self._state) as fresh, fresh.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            _sync(file)

    def read(self) -> Unsaved:
        """What lies here. A last line that a crash cut short is left out: its checkpoint was not written either."""
        epochs: list[Mapping[str, Any]] = []
        with contextlib.suppress(FileNotFoundError), self._epochs.open(encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(json.JSONDecodeError):
                    epochs.append(json.loads(line))
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except FileNotFoundError:
            state = {"lines": {}, "columns": {}}
        return Unsaved(tuple(epochs), {int(n): _decoded(row) for n, row in state["lines"].items()}, _decoded(state["columns"]))

    def forget(self) -> None:
        """The store has it."""
        for file in (self._epochs, self._state):
            file.unlink(missing_ok=True)


def last_of_each(epochs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One row for each line and epoch, the later one where an epoch was trained twice; in order."""
    by_place = {(row["line"], row["epoch"]): row for row in epochs}
    return [by_place[place] for place in sorted(by_place)]


def _coded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for name, v in row.items()}


def _decoded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: base64.b64decode(v["base64"]) if isinstance(v, dict) else v for name, v in row.items()}


def _sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
