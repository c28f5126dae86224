"""What is asked in a class: the teacher's own question, and the questions of the lesson steps where students are."""

import dataclasses
import re

from snnviz import lessons
from snnviz.classroom.values import Room
from snnviz.lessons import Lesson
from snnviz.ui.classroom import look


@dataclasses.dataclass(frozen=True)
class Poll:
    """A question to a class. key: its name in the answers; title: for a list of several; choices: plain texts."""

    key: str
    title: str
    question: str
    choices: tuple[str, ...]


def of_room(room: Room) -> list[Poll]:
    """What can be answered in a class now: the teacher's own question first, then steps of lessons, the one with most answers or
    students first."""
    own = room.stage.question
    weights: dict[str, int] = {}
    for student in room.here():
        weights[student.place] = weights.get(student.place, 0) + 1
    for ballot, answers in room.answers.items():
        key = ballot.rpartition(".")[0]
        weights[key] = weights.get(key, 0) + (len(answers) if ballot == room.stage.ballot(key) else 0)
    steps = [poll for key in sorted(weights, key=lambda key: (-weights[key], key)) if (poll := _of_step(key)) is not None]
    return [Poll(own.key, "Your question", own.text, own.choices), *steps] if own is not None else steps


def key_of(lesson: Lesson, number: int) -> str:
    """The name of the poll of a lesson's step, from 1; it is also where a student is who stands there."""
    return f"{lesson.name}/{number}"


def step_of(key: str) -> tuple[Lesson, int] | None:
    """The lesson and the number of the step that a key or a place names; None where it names none."""
    name, _, number = key.partition("/")
    lesson = lessons.lesson(name) if number.isdigit() else None
    if lesson is None or not 0 < int(number) <= len(lesson.steps):
        return None
    return lesson, int(number)


def _of_step(key: str) -> Poll | None:
    if (place := step_of(key)) is None:
        return None
    lesson, number = place
    step = lesson.steps[number - 1]
    if not step.choices:
        return None
    return Poll(key, f"{lesson.title}: {step.title}", plain(step.question), tuple(plain(choice.text) for choice in step.choices))


def plain(markdown: str) -> str:
    """The words of a short Markdown text, without its marks."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)|[*`$]", lambda match: match.group(1) or "", markdown).strip()


def places(room: Room) -> dict[str, str]:
    """Where students are, and what it is called: of each lesson that somebody is in all steps in their order, then pages."""
    titles: dict[str, str] = {}
    named = [(student.place, step_of(student.place)) for student in room.here()]
    for lesson in dict.fromkeys(place[0].name for _, place in named if place is not None):
        steps = next(place[0] for _, place in named if place is not None and place[0].name == lesson)
        titles |= {key_of(steps, number): f"{number} {plain(step.title)}" for number, step in enumerate(steps.steps, 1)}
    return titles | {place: place for place, step in named if step is None}


def draw(room: Room, poll: Poll, here: int) -> None:
    """The answers so far, on the teacher's screen: no bar is marked, so that it may be on the wall."""
    counts = room.counts(poll.key, len(poll.choices))
    look.draw(
        f"<div class=head style='display:flex;justify-content:space-between;gap:12px'><h2>{look.escaped(poll.question)}</h2>"
        f"<span class=muted style='white-space:nowrap'>{sum(counts)} of {max(here, sum(counts))}</span></div>"
        + look.histogram(poll.choices, counts)
    )
    if sum(counts) > 2 and 2 * max(counts) <= sum(counts) and not room.stage.is_revealed(poll.key):
        look.note("No answer has a majority: let them talk, then vote again.")
