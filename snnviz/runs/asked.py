"""What every kind of work of a run is, and how far it has come."""

import abc
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from snnviz import text
from snnviz.params import Declared


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far work of any kind but a training has come.

    share: of the work that is done, from 0 to 1. doing: what comes now, in words. result: a frozen value, None before there
    is one; it is replaced as it grows. seconds: by the clock since it began, pauses included.
    """

    share: float = 0.0
    doing: str = ""
    result: Any = None
    seconds: float = 0.0


class Work(text.Written, Declared, abc.ABC):
    """What a run asks for; a frozen dataclass.

    kind: the word for it in the store and under Runs. can_pause: whether it can be held between two records; can_step:
    whether a page offers to make one step (a batch of each training) and hold. goes_on:
    whether one that was stopped or interrupted goes on from what it has; otherwise it starts again. takes_turns: whether it
    computes, so that it has to take turns with others; alone: whether a machine does one of these at a time only, because two
    would spoil each other. saved_at_once: whether each longer result is saved as it comes, for work whose parts take long.
    made_once: whether its page shows everybody the run of just the settings there, whoever started it,
    so that a class waits for it once.
    """

    kind: ClassVar[str]
    can_pause: ClassVar[bool] = True
    can_step: ClassVar[bool] = False
    goes_on: ClassVar[bool] = False
    takes_turns: ClassVar[bool] = True
    saved_at_once: ClassVar[bool] = False
    alone: ClassVar[bool] = False
    made_once: ClassVar[bool] = True

    @property
    @abc.abstractmethod
    def title(self) -> str:
        """A few words for a list of runs."""

    @abc.abstractmethod
    def check(self) -> None:
        """Raise a ValueError, with what to change, if the work cannot be done or is too much."""

    @abc.abstractmethod
    def records(self, backend: str, folder: Path, result: Any = None) -> Iterator[Any]:
        """Do the work. It can be left at any record: closing the generator ends what it has started.

        backend: a name, or "" for the best one here. folder: for files that it needs until it is done. result: what an
        earlier try left, for work that goes on.
        """

    def records_of(self, run: Any, folder: Path, result: Any = None) -> Iterator[Any]:
        """Do the work for a run (`values.Run`), as `records`."""
        return self.records(run.backend, folder, result)

    def visible(self, result: Any) -> Any:
        """The part of a result that its picture shows: a page is drawn again when this changes."""
        return result

    @classmethod
    def result_parts(cls) -> dict[str, type]:
        """The classes that a result is made of, by name."""
        return {}

    @classmethod
    def encode(cls, result: Any) -> bytes:
        """A result as the store keeps it."""
        return b"" if result is None else text.to_json(result).encode()

    @classmethod
    def decode(cls, data: bytes) -> Any:
        """The result that `encode` wrote. Raises ValueError where it is none."""
        return text.from_json(data.decode(), cls.result_parts()) if data else None
