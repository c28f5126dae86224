"""The lesson on a page: where the visitor stands in it, and who listens (a class).

The lesson, its step and the choice made stand in the page's address: `lesson=leaky-bucket&step=2&chosen=b`, the language where it
is not English: `language=es`. A class is a `Listener`: it hears every choice, and may hold a reveal back.
"""

import abc
import dataclasses
from collections.abc import Mapping

from snnviz.lessons import ENGLISH, Lesson, Look, Step, languages, lesson
from snnviz.ui import address, progress, spelling

LESSON, STEP, CHOSEN, LANGUAGE = KEYS = ("lesson", "step", "chosen", "language")


@dataclasses.dataclass(frozen=True)
class Reveal:
    """What the rail shows of a question to somebody who has made a choice.

    held: picture, right choice and explanation stay covered, because a teacher has not opened them yet. counts: how many have made
    each choice, by its letter, drawn as a histogram in which no bar is marked before the reveal; None: no histogram. words: a line
    under it (Markdown), as "23 of 30 have chosen".
    """

    held: bool = False
    counts: Mapping[str, int] | None = None
    words: str = ""


OPEN = Reveal()


class Listener(abc.ABC):
    """Somebody to whom choices matter: a class. Its methods run in the visitor's own session, and decide by themselves whether this
    visitor is in a class; for one who is in none, `chosen` does nothing and `reveal` returns `OPEN`.
    """

    @abc.abstractmethod
    def chosen(self, lesson: Lesson, number: int, letter: str) -> None:
        """The visitor has made a choice: step `number` of the lesson (from 1), and the letter. Called once a choice, before the
        page is drawn; a visitor who goes back can make another one."""

    @abc.abstractmethod
    def reveal(self, lesson: Lesson, number: int, letter: str | None) -> Reveal:
        """What to show of a step's question; letter: the visitor's choice, None while there is none.

        It is asked in every run of the page, and every two seconds while it holds a reveal back: it has to be quick.
        """


_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """From now on every visitor of this process has this listener; None: nobody listens."""
    global _listener
    _listener = listener


def reveal(lesson: Lesson, number: int, letter: str | None) -> Reveal:
    """What the listener says of a step's question; everything is open where nobody listens."""
    return OPEN if _listener is None else _listener.reveal(lesson, number, letter)


# ---- addresses -----------------------------------------------------------------------------------------------------------


def link(lesson: Lesson, number: int, letter: str | None = None) -> tuple[str, dict[str, str]]:
    """Where step `number` of a lesson (from 1) is: the file of its page, as `st.page_link` and `st.switch_page` take it, and the
    whole query; its keys and values are those of the address. letter: a choice that has been made."""
    look = lesson.steps[number - 1].look
    return f"pages/{look.page}.py", _query(lesson, number, letter, look) | {address.LINK: "1"}


def resumed(lesson: Lesson) -> tuple[str, dict[str, str]]:
    """The link to where the visitor left a lesson: its first step where they never were, or are through; see `link`."""
    mine = progress.of(lesson)
    number = 1 if mine.done or not 1 <= mine.step <= len(lesson.steps) else mine.step
    return link(lesson, number, None if mine.done else mine.choices.get(number))


def _query(lesson: Lesson, number: int, letter: str | None, look: Look) -> dict[str, str]:
    mine = {LESSON: lesson.name, STEP: str(number)}
    mine |= {CHOSEN: letter} if letter else {}
    return mine | ({LANGUAGE: language()} if language() != ENGLISH else {}) | look.query


def language() -> str:
    """The language of the address, else the one that the browser remembers, else English."""
    text = address.Settings().get(LANGUAGE)
    if text in languages():
        progress.notebook().language = text
    return progress.notebook().language or ENGLISH


def speak(chosen: str) -> None:
    """Go on in another language."""
    progress.notebook().language = chosen
    address.put(LANGUAGE, None if chosen == ENGLISH else chosen)


# ---- where the visitor stands ------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Place:
    """A visitor's place in a lesson: the step's number, from 1, and the letter chosen at it."""

    lesson: Lesson
    number: int
    letter: str | None = None

    @property
    def step(self) -> Step:
        """The step that the visitor is at."""
        return self.lesson.steps[self.number - 1]

    @property
    def last(self) -> bool:
        """Whether no step follows."""
        return self.number == len(self.lesson.steps)

    def reveal(self) -> Reveal:
        """What the listener says of this step's question."""
        return reveal(self.lesson, self.number, self.letter) if self.step.choices else OPEN

    def covered(self, now: Reveal) -> bool:
        """Whether picture and explanation are covered."""
        return bool(self.step.choices) and (self.letter is None or now.held)


def here(page: str) -> tuple[Place | None, str]:
    """Where the visitor stands according to the address of this page; and a sentence where it says what cannot be."""
    settings = address.Settings()
    name, number, letter = (settings.get(key) for key in (LESSON, STEP, CHOSEN))
    spoken = settings.get(LANGUAGE)
    says, problem = language(), ""
    if spoken is not None and spoken not in languages():
        address.put(LANGUAGE, None)
        problem = f"There are no lessons in the language `{spelling.safe(spoken)}`, which the link asks for."
    if name is None:
        return None, problem
    one = lesson(name, says)
    if one is None:
        problem = f"The link asks for the lesson `{spelling.safe(name)}`, and there is none of this name."
    elif not (number or "1").isdecimal() or not 1 <= int(number or "1") <= len(one.steps):
        problem = (
            f"The link asks for step `{spelling.safe(number or '')}` of a lesson that has {len(one.steps)}; this is the first."
        )
        number = "1"
        address.put(STEP, number)
    if one is None or one.steps[int(number or "1") - 1].look.page != page:
        leave()
        return None, problem or "The lesson that the link asks for is not on this page, which is shown without it."
    place = Place(one, int(number or "1"), letter)
    if letter is not None and place.step.choice(letter) is None:
        address.put(CHOSEN, None)
        return Place(one, place.number), f"The link says the choice `{spelling.safe(letter)}`, which this question does not have."
    return place, problem


def choose(place: Place, letter: str) -> None:
    """Make a choice."""
    progress.note(place.lesson, place.number, letter)
    if _listener is not None:
        _listener.chosen(place.lesson, place.number, letter)
    address.put(CHOSEN, letter)


def go(place: Place, number: int) -> None:
    """Go to another step on the same page; a choice made there before is still made."""
    look = place.lesson.steps[number - 1].look
    address.follow(_query(place.lesson, number, progress.of(place.lesson).choices.get(number), look))


def show(place: Place, look: Look) -> None:
    """Give the page another look within the step."""
    address.follow(_query(place.lesson, place.number, place.letter, look))


def leave() -> None:
    """Leave the lesson; the page stays as it is."""
    for key in (LESSON, STEP, CHOSEN, LANGUAGE):
        address.put(key, None)
