"""Lessons: predict, observe, explain. One Markdown file each in `assets/lessons/<language>/<name>.md`; adding one needs no Python.

    ---
    title: A leaky bucket
    goal: Know when a steady current makes a neuron fire.
    minutes: 8
    order: 1
    page: neuron
    thumbnail: ?view=figure                  a state of the page whose picture stands on the card; the first step's if there is none
    ---

    # The least current                      a step begins with its title
    look: ?neuron=LIF&run.steps=1000         what the page shows, as in its address; `look: depth?after=4` names another page

    What has to be said before the question.

    ## Question
    Which is the least current that makes it fire?
    - any, given time                        the choices, a, b, c in this order
      - It adds up in a bucket without a hole.     what is behind a wrong choice
    - **about 0.05**                         the right choice is bold
    ## Observe                               what to see once the picture is open
    - [0.05](?stimulus.Step.amplitude=0.05) 13 spikes      a view: the look of the page under a press
    ## Explain
    ## Honest
    ## Change one thing                      with views, too
    ## Source
    gerstner2002spiking                      keys of assets/references.bib

All parts of a step but its title and look may be missing; a step without a question has its picture open from the start. A view is
the whole state of its page: what it does not say stands at its default.
"""

import dataclasses
import functools
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

from snnviz.places import assets

ENGLISH = "en"  # the language that has every lesson
_LETTERS = "abcdefgh"
_PARTS = ("Question", "Observe", "Explain", "Honest", "Change one thing", "Source")
_VIEW = re.compile(r"- \[([^\]]+)\]\(([a-z]*\?[^)]*)\)\s*(.*)")
_KEY = re.compile(r"[a-z]{2,}(?:19|20)\d\d[a-z]+")


@dataclasses.dataclass(frozen=True)
class Look:
    """What a page shows: the page's name, and the settings in its address. They are all settings that are not at a default."""

    page: str
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """The settings as the query of a link."""
        return dict(self.settings)


@dataclasses.dataclass(frozen=True)
class View:
    """A look to press on: its label, the look, and what to see there (Markdown, may be empty)."""

    label: str
    look: Look
    text: str = ""


@dataclasses.dataclass(frozen=True)
class Choice:
    """An answer to choose. letter: a, b, c, ... in the file's order; idea: the thought behind a wrong one, and what breaks it."""

    letter: str
    text: str
    right: bool = False
    idea: str = ""


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of a lesson; every text is Markdown and may be empty.

    look: the state of the page. text: what stands above the question. question, choices: both or none; exactly one choice is right.
    observe, views, explain, honest: what comes after the choice. change, changes: the thing to change, and its views.
    sources: keys of assets/references.bib.
    """

    title: str
    look: Look
    text: str = ""
    question: str = ""
    choices: tuple[Choice, ...] = ()
    observe: str = ""
    views: tuple[View, ...] = ()
    explain: str = ""
    honest: str = ""
    change: str = ""
    changes: tuple[View, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def right(self) -> Choice | None:
        """The right choice; None where nothing is asked."""
        return next((choice for choice in self.choices if choice.right), None)

    def choice(self, letter: str | None) -> Choice | None:
        """The choice of a letter; None where there is none of it."""
        return next((choice for choice in self.choices if choice.letter == letter), None)


@dataclasses.dataclass(frozen=True)
class Lesson:
    """A lesson. name: of its file, the same in all languages, and its name in addresses; order: its place in the list, from 1;
    minutes: how long it takes; page: the page that it begins on; thumbnail: the look whose picture stands on its card.

    Step number i of a lesson (from 1) is `steps[i - 1]` in every language.
    """

    name: str
    language: str
    title: str
    goal: str
    minutes: int
    order: int
    page: str
    steps: tuple[Step, ...]
    thumbnail: Look


def languages() -> tuple[str, ...]:
    """The languages that there are lessons in, English first."""
    others = {path.parent.name for path in (assets() / "lessons").glob("*/*.md")} - {ENGLISH}
    return (ENGLISH, *sorted(others))


@functools.cache
def lessons(language: str = ENGLISH) -> tuple[Lesson, ...]:
    """All lessons in their order; one that there is no translation of is in English.

    Raises:
        ValueError: a file of the lessons is no lesson; the message says where and why.
    """
    folder = assets() / "lessons"
    files = {path.stem: path for path in sorted((folder / ENGLISH).glob("*.md"))}
    if language != ENGLISH and language in languages():
        files |= {path.stem: path for path in sorted((folder / language).glob("*.md"))}
    return tuple(sorted(map(_lesson_of, files.values()), key=lambda lesson: (lesson.order, lesson.name)))


def lesson(name: str, language: str = ENGLISH) -> Lesson | None:
    """The lesson of a name, in English where it is not translated; None where there is no such lesson."""
    return next((one for one in lessons(language) if one.name == name), None)


def _lesson_of(path: Path) -> Lesson:
    return parse(path.read_text(encoding="utf-8"), path.stem, path.parent.name)


# ---- reading a file ------------------------------------------------------------------------------------------------------


def parse(text: str, name: str, language: str = ENGLISH) -> Lesson:
    """The lesson that a file's text says.

    Raises:
        ValueError: it says none; one sentence with the file's name, the line and what is expected there.
    """
    lines = [_Line(name, language, number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1)]
    if not lines or lines[0].text != "---":
        raise ValueError(
            f"lessons/{language}/{name}.md, line 1: a lesson begins with --- and its title, goal, minutes, order and page."
        )
    end = next((i for i, line in enumerate(lines[1:], 1) if line.text == "---"), None)
    if end is None:
        raise lines[0].wrong("the --- that ends the head of the lesson is missing")
    head = _head(lines[1:end])
    for key in ("title", "goal", "minutes", "order", "page"):
        if not head.get(key):
            raise lines[0].wrong(f"the head of the lesson has no {key}")
    numbers = {}
    for key in ("minutes", "order"):
        if not head[key].isdigit() or not int(head[key]):
            raise lines[0].wrong(f"{key} must be a whole number from 1, and is {head[key]!r}")
        numbers[key] = int(head[key])
    body = lines[end + 1 :]
    starts = [i for i, line in enumerate(body) if line.text.startswith("# ")]
    if not starts:
        raise lines[end].wrong("the lesson has no step; a step begins with a line like: # Its title")
    if before := next((line for line in body[: starts[0]] if line.text), None):
        raise before.wrong("this text stands before the first step, which begins with a line like: # Its title")
    steps = tuple(_step(body[a:b], head["page"]) for a, b in zip(starts, [*starts[1:], len(body)], strict=True))
    thumbnail = _look(head["thumbnail"], head["page"], lines[0]) if head.get("thumbnail") else steps[0].look
    return Lesson(name, language, head["title"], head["goal"], numbers["minutes"], numbers["order"], head["page"], steps, thumbnail)


@dataclasses.dataclass(frozen=True)
class _Line:
    name: str
    language: str
    number: int
    text: str

    def wrong(self, what: str) -> ValueError:
        return ValueError(f"lessons/{self.language}/{self.name}.md, line {self.number}: {what}.")


def _head(lines: list[_Line]) -> dict[str, str]:
    entries: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.text.partition(":")
        if not colon or key not in ("title", "goal", "minutes", "order", "page", "thumbnail"):
            raise line.wrong(f"a line of the head is one of title, goal, minutes, order, page, thumbnail, and not {line.text!r}")
        if key in entries:
            raise line.wrong(f"the head says {key} twice")
        entries[key] = value.strip()
    return entries


def _look(text: str, page: str, line: _Line) -> Look:
    where, mark, query = text.strip().partition("?")
    if not mark:
        raise line.wrong(f"a look is ?settings, or page?settings, as in an address, and not {text!r}")
    try:
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise line.wrong(f"the settings {query!r} cannot be read; they are key=value, with & between them") from None
    if twice := next((key for key, _ in pairs if [other for other, _ in pairs].count(key) > 1), None):
        raise line.wrong(f"the look sets {twice} twice")
    return Look(where or page, tuple(pairs))


def _step(lines: list[_Line], page: str) -> Step:
    first, parts = lines[0], dict(_parts(lines))
    above = parts.pop("")
    looks = [line for line in above if line.text.startswith("look:")]
    if len(looks) != 1:
        raise first.wrong("a step says once what its page shows, in a line like: look: ?neuron=LIF")
    look = _look(looks[0].text.removeprefix("look:"), page, looks[0])
    question, choices = _question(parts.get("Question", []), first)
    observe, views = _with_views(parts.get("Observe", []), page)
    change, changes = _with_views(parts.get("Change one thing", []), page)
    sources = [key for line in parts.get("Source", []) for key in re.split(r"[,\s]+", line.text) if key]
    for key in sources:
        if not _KEY.fullmatch(key):
            raise first.wrong(f"a source is a key of references.bib, as gerstner2002spiking, and not {key!r}")
    return Step(
        first.text.removeprefix("# ").strip(), look, _text(line for line in above if line not in looks), question, choices,
        observe, views, _text(parts.get("Explain", [])), _text(parts.get("Honest", [])), change, changes, tuple(sources),
    )  # fmt: skip


def _parts(lines: list[_Line]) -> Iterator[tuple[str, list[_Line]]]:
    """The parts of a step by their names; what stands before the first has the name ""."""
    names, part = {""}, []
    name = ""
    for line in lines[1:]:
        if not line.text.startswith("## "):
            part.append(line)
            continue
        yield name, part
        name, part = line.text.removeprefix("## ").strip(), []
        if name not in _PARTS:
            raise line.wrong(f"a part of a step is one of {', '.join(_PARTS)}, and not {name!r}")
        if name in names:
            raise line.wrong(f"the step has two parts {name!r}")
        names.add(name)
    yield name, part


def _question(lines: list[_Line], first: _Line) -> tuple[str, tuple[Choice, ...]]:
    text, choices = [], []
    for line in lines:
        if line.text.startswith("- "):
            words = line.text.removeprefix("- ").strip()
            right = words.startswith("**") and words.endswith("**") and len(words) > 4
            if len(choices) == len(_LETTERS):
                raise line.wrong(f"a question has at most {len(_LETTERS)} choices")
            choices.append(Choice(_LETTERS[len(choices)], words.strip("*") if right else words, right))
        elif line.text.startswith("  - ") and choices:
            if choices[-1].idea:
                raise line.wrong(f"choice {choices[-1].letter} has two ideas behind it; join them")
            choices[-1] = dataclasses.replace(choices[-1], idea=line.text.strip().removeprefix("- "))
        elif choices and line.text:
            raise line.wrong("after the choices nothing but choices and their ideas can stand")
        else:
            text.append(line)
    question = _text(text)
    if not lines:
        return "", ()
    if not question:
        raise first.wrong("the step has choices and asks nothing")
    if len(choices) < 2:
        raise first.wrong("a question has two choices or more, each in a line like: - its text")
    if sum(choice.right for choice in choices) != 1:
        raise first.wrong("exactly one choice is right and stands in bold: - **its text**")
    if lacking := next((choice for choice in choices if not choice.right and not choice.idea), None):
        raise first.wrong(f"choice {lacking.letter} is wrong, and the idea behind it is missing: an indented line like: - the idea")
    return question, tuple(choices)


def _with_views(lines: list[_Line], page: str) -> tuple[str, tuple[View, ...]]:
    text, views = [], []
    for line in lines:
        if match := _VIEW.fullmatch(line.text):
            label, look, words = match.groups()
            views.append(View(label, _look(look, page, line), words))
        elif line.text.startswith("- ["):
            raise line.wrong("a view is a line like: - [its label](?settings) what to see")
        else:
            text.append(line)
    return _text(text), tuple(views)


def _text(lines: Iterable[_Line]) -> str:
    return "\n".join(line.text for line in lines).strip()
