"""A class as values: who is there, what they chose, and the stage: what the teacher has set for all of them."""

import dataclasses
import time
from collections.abc import Mapping

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # of a join code: no vowels, so that no word comes out, and nothing that looks like a digit
CODE = 5  # letters of a join code
DAY = 86_400.0  # seconds for which a class is kept
NICKNAME = 20  # letters
TEXT, CHOICE, CHOICES = 200, 80, 6  # letters of an own question and of each of its choices, and how many of them
MOST = 200  # students of a class
HERE = 25.0  # seconds after the last sign of a browser for which its student counts as here


@dataclasses.dataclass(frozen=True)
class Question:
    """A question of the teacher's own. number: counts the questions of a class."""

    text: str = ""
    choices: tuple[str, ...] = ()
    number: int = 0

    @property
    def key(self) -> str:
        """The name of its poll; those of lessons have a / in their names."""
        return f"own-{self.number}"

    def check(self) -> None:
        """Raise ValueError, with what to change, if it cannot be asked."""
        if not self.text.strip() or len(self.text) > TEXT:
            raise ValueError(f"A question has 1 to {TEXT} letters.")
        if not 2 <= len(self.choices) <= CHOICES:
            raise ValueError(f"A question has 2 to {CHOICES} choices, one on each line; here are {len(self.choices)}.")
        if any(not choice.strip() or len(choice) > CHOICE for choice in self.choices):
            raise ValueError(f"A choice has 1 to {CHOICE} letters.")
        if len(set(self.choices)) < len(self.choices):
            raise ValueError("Two of the choices are the same.")


@dataclasses.dataclass(frozen=True)
class Push:
    """Where the teacher has brought all: a page by its address, with its settings. number: counts them; 0: nowhere yet."""

    number: int = 0
    page: str = ""
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One training that each browser of the class does with a seed of its own.

    number: counts the experiments of a class; below 1 none is going on. training: as `Training.to_toml` writes it. title: what it
    is, in a few words. backend: what runs it. shown: whether the students see the picture of all.
    """

    number: int = 0
    training: str = ""
    title: str = ""
    backend: str = ""
    shown: bool = False

    @property
    def count(self) -> int:
        """How many experiments there were, this one among them."""
        return abs(self.number)

    def put_away(self) -> "Experiment":
        """None, which remembers how many there were: an old run is no run of the next one."""
        return Experiment(-self.count)


@dataclasses.dataclass(frozen=True)
class Stage:
    """What the teacher has set for all. frozen: the students' pages wait. revealed: the ballots whose answers all may see.
    rounds: of the polls that were voted on again, how often. questions: how many of its own were asked."""

    frozen: bool = False
    push: Push = Push()
    question: Question | None = None
    questions: int = 0
    revealed: tuple[str, ...] = ()
    rounds: Mapping[str, int] = dataclasses.field(default_factory=dict)
    experiment: Experiment = Experiment()

    def ballot(self, key: str) -> str:
        """The name of the present round of a poll: answers are kept by it."""
        return f"{key}.{self.rounds.get(key, 0)}"

    def is_revealed(self, key: str) -> bool:
        """Whether all may see what was answered in the present round of a poll."""
        return self.ballot(key) in self.revealed

    def reveal(self, key: str) -> "Stage":
        """With the answers of a poll shown to all."""
        return self if self.is_revealed(key) else dataclasses.replace(self, revealed=(*self.revealed, self.ballot(key)))

    def vote_again(self, key: str) -> "Stage":
        """With a fresh round of a poll."""
        return dataclasses.replace(self, rounds={**self.rounds, key: self.rounds.get(key, 0) + 1})

    def ask(self, text: str, choices: tuple[str, ...]) -> "Stage":
        """With a question of the teacher's own, to which all are brought. Raises ValueError if it cannot be asked."""
        question = Question(text.strip(), tuple(choice.strip() for choice in choices), self.questions + 1)
        question.check()
        return dataclasses.replace(self, question=question, questions=self.questions + 1).bring("class", {})

    def bring(self, page: str, settings: Mapping[str, str]) -> "Stage":
        """With all brought to a page."""
        return dataclasses.replace(self, push=Push(self.push.number + 1, page, dict(settings)))


@dataclasses.dataclass(frozen=True)
class Student:
    """A student of a class. number: 1, 2, ... in the order in which they came. seen: when their browser last gave a sign, in
    seconds since 1970. place: where they are: a page, or a lesson and its step with a / between them. followed: the number of the
    last push that brought them somewhere."""

    number: int
    nickname: str = ""
    seen: float = 0.0
    place: str = ""
    followed: int = 0

    @property
    def name(self) -> str:
        """The nickname, else the number. Somebody's own words: to be shown literally."""
        return self.nickname or str(self.number)


@dataclasses.dataclass(frozen=True)
class Room:
    """A class as it stands. code: by which students join. until: when it is gone, in seconds since 1970. answers: by ballot, then
    by student, the number of the choice. seeds: by experiment, then by student, the run."""

    id: str
    code: str
    until: float
    stage: Stage
    students: tuple[Student, ...] = ()
    answers: Mapping[str, Mapping[int, int]] = dataclasses.field(default_factory=dict)
    seeds: Mapping[int, Mapping[int, str]] = dataclasses.field(default_factory=dict)

    def student(self, number: int) -> Student | None:
        """The student of a number."""
        return next((student for student in self.students if student.number == number), None)

    def here(self, now: float | None = None) -> tuple[Student, ...]:
        """The students whose browsers gave a sign not long ago."""
        since = (time.time() if now is None else now) - HERE
        return tuple(student for student in self.students if student.seen >= since)

    def chosen(self, key: str) -> Mapping[int, int]:
        """What each student chose in the present round of a poll."""
        return self.answers.get(self.stage.ballot(key), {})

    def counts(self, key: str, choices: int) -> tuple[int, ...]:
        """How many students chose each of so many choices."""
        chosen = list(self.chosen(key).values())
        return tuple(chosen.count(choice) for choice in range(choices))


def nickname(text: str) -> str:
    """A nickname as it is kept: one line of visible letters, at most `NICKNAME` of them."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:NICKNAME].strip()


def code(text: str) -> str:
    """A join code as somebody typed it, in its own spelling: "ktr-fb" is "KTRFB"."""
    return "".join(letter for letter in text.upper() if letter.isalnum())[: 4 * CODE]
