"""The lesson on a page: where the visitor stands in it, and who listens (a class).

The lesson, its step and the choice made stand in the page's address: `lesson=leaky-bucket&step=2&chosen=b`, the language where it
is not English: `language=es`. A class is a `Listener`: it hears every choice, and may hold a reveal back.
"""

import abc
import dataclasses
from collections.abc import Mapping

from snnviz.lessons import ENGLISH, Lesson
from snnviz.ui import address


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

        It is asked in every run of the page, and once a second while it holds a reveal back: it has to be quick.
        """


_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """From now on every visitor of this process has this listener; None: nobody listens."""
    global _listener
    _listener = listener


def reveal(lesson: Lesson, number: int, letter: str | None) -> Reveal:
    """What the listener says of a step's question; everything is open where nobody listens."""
    return OPEN if _listener is None else _listener.reveal(lesson, number, letter)


def link(lesson: Lesson, number: int, letter: str | None = None) -> tuple[str, dict[str, str]]:
    """Where step `number` of a lesson (from 1) is: the file of its page, as `st.page_link` and `st.switch_page` take it, and the
    whole query; its keys and values are those of the address. letter: a choice that has been made."""
    look = lesson.steps[number - 1].look
    query = {"lesson": lesson.name, "step": str(number)}
    query |= {"chosen": letter} if letter else {}
    query |= {"language": lesson.language} if lesson.language != ENGLISH else {}
    return f"pages/{look.page}.py", query | look.query | {address.LINK: "1"}
