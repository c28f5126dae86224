"""A class listens to lessons: it keeps each student's choice, and holds the picture back until the teacher reveals it to all."""

import functools

from snnviz.classroom import rooms, shared
from snnviz.classroom.values import Room
from snnviz.lessons import Lesson
from snnviz.runs.rights import Forbidden
from snnviz.runs.store import StoreError
from snnviz.ui import lessons, visitors
from snnviz.ui.classroom import look
from snnviz.ui.classroom.polls import key_of
from snnviz.ui.classroom.role import Role, role


@functools.cache
def begin() -> None:
    """Listen from now on, for all sessions of this process."""
    lessons.listen(InClass())


class InClass(lessons.Listener):
    """What a class does with a choice in a lesson. A teacher, and whoever is in no class, has the lesson as it is."""

    def chosen(self, lesson: Lesson, number: int, letter: str) -> None:
        """Keep a student's choice; one that comes after the reveal is not counted."""
        mine = role()
        if mine is not None and not mine.teaches:
            _keep(mine, key_of(lesson, number), letter)

    def reveal(self, lesson: Lesson, number: int, letter: str | None) -> lessons.Reveal:
        """Hold a step back until the teacher reveals it, then say how many chose what."""
        mine = role()
        if mine is None or mine.teaches:
            return lessons.OPEN
        try:
            room = shared.read(mine.room, mine.number)
        except StoreError:
            return lessons.OPEN  # the class cannot reveal anything; the lesson goes on
        if room is None:
            return lessons.OPEN
        key, choices = key_of(lesson, number), lesson.steps[number - 1].choices
        if room.stage.is_revealed(key):
            counts = room.counts(key, len(choices))
            by_letter = {choice.letter: count for choice, count in zip(choices, counts, strict=True)}
            return lessons.Reveal(counts=by_letter, words=f"{sum(counts)} of you have chosen.")
        if letter is not None and mine.number not in room.chosen(key) and not room.stage.rounds.get(key):
            _keep(mine, key, letter)  # chosen before the class was joined
        return lessons.Reveal(held=True, words=_waiting(room, mine, key, letter))


def _keep(mine: Role, key: str, letter: str) -> None:
    try:
        rooms.default().answer(mine.room, visitors.visitor(), key, look.LETTERS.index(letter))
    except (StoreError, Forbidden):
        return  # the class is over, or its database away: the strip says so
    shared.changed(mine.room)


def _waiting(room: Room, mine: Role, key: str, letter: str | None) -> str:
    """What a student reads while the picture is held back. It says no count: that stands in the class's line, because whenever this
    changes the whole page is drawn anew."""
    if letter is not None and mine.number not in room.chosen(key):
        return "The class votes again: choose once more."
    return "You can still change your choice. Say to your neighbour why."
