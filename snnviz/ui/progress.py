"""How far a visitor has come in the lessons: kept in the browser's own storage, without an account, and in the session.

The browser gives what it has once a session; from then on the session says it, and the browser writes it down.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from snnviz.lessons import Lesson, languages
from snnviz.places import assets
from snnviz.ui import scope

_KEY = "_progress"
_COMPONENT = "lessons-kept"


@dataclasses.dataclass
class Progress:
    """Of one lesson. step: the one reached last, from 1, 0 before it was opened; choices: the letter chosen at each step, by its
    number; done: whether the last step was reached and all questions have a choice."""

    step: int = 0
    choices: dict[int, str] = dataclasses.field(default_factory=dict)
    done: bool = False


@dataclasses.dataclass
class Notebook:
    """Of all lessons, by their names, and the language that was chosen last, "" before one was."""

    lessons: dict[str, Progress] = dataclasses.field(default_factory=dict)
    language: str = ""
    heard: bool = False  # what the browser has was taken over


def notebook() -> Notebook:
    """What is known of this visitor, in their session."""
    return st.session_state.setdefault(_KEY, Notebook())


def of(lesson: Lesson) -> Progress:
    """How far the visitor is in a lesson."""
    return notebook().lessons.get(lesson.name, Progress())


def note(lesson: Lesson, number: int, letter: str | None) -> None:
    """The visitor is at step `number` of a lesson, with this choice made there or none."""
    mine = notebook().lessons.setdefault(lesson.name, Progress())
    mine.step = number
    if letter:
        mine.choices[number] = letter
    questions = [i for i, step in enumerate(lesson.steps, 1) if step.choices]
    mine.done = mine.done or (number == len(lesson.steps) and all(i in mine.choices for i in questions))


def exchange() -> None:
    """Mount the part of the page that reads and writes the browser's storage; it has no size."""
    mine = notebook()
    answer = st.session_state.get(_COMPONENT)
    answer = answer.get("kept") if isinstance(answer, Mapping) else None
    if not mine.heard and isinstance(answer, Mapping):
        mine.heard = True
        _take(answer)
    text = json.dumps({"language": mine.language, "lessons": {name: dataclasses.asdict(one) for name, one in mine.lessons.items()}})
    _component()(key=_COMPONENT, data={"write": text, "heard": mine.heard}, on_kept_change=lambda: None, height=1)


def _take(answer: Mapping[str, Any]) -> None:
    """Take over what a browser has, whoever wrote it; what this session has seen stands before it."""
    mine = notebook()
    if not mine.language and answer.get("language") in languages():
        mine.language = answer["language"]
    stored = answer.get("lessons")
    for name, one in stored.items() if isinstance(stored, Mapping) else ():
        try:
            choices = {int(number): str(letter)[:1] for number, letter in one["choices"].items()}
            past = Progress(int(one["step"]), choices, one["done"] is True)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        now = mine.lessons.setdefault(str(name)[:80], past)
        if now is not past:
            now.choices, now.done = past.choices | now.choices, past.done or now.done


@functools.cache
def _component() -> Any:
    script = (assets() / "lessons" / "rail.js").read_text(encoding="utf-8")
    return scope.component("snnviz_lessons", "", script)
