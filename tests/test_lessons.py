"""Lessons: every file is one, says what it must, and a file that is none gets one sentence."""

import re

import pytest

from app import PAGES
from snnviz import lessons
from snnviz.ui.references import references

NAMES = {entry.file.removesuffix(".py") for entry in PAGES}


def test_a_choice_and_a_look_are_read_as_they_stand():
    one = lessons.lesson("leaky-bucket")
    assert one is not None and (one.order, one.page, one.minutes, one.language) == (1, "neuron", 8, "en")
    step = one.steps[0]
    assert [choice.letter for choice in step.choices] == list("abcd")
    assert step.right is not None and (step.right.letter, step.right.text, step.right.idea) == ("b", "about 0.05", "")
    assert step.choice("a") == step.choices[0] and step.choice("e") is None and step.choice(None) is None
    assert step.look.page == "neuron" and step.look.query["stimulus.Step.amplitude"] == "0.045"
    assert [view.label for view in step.views] == ["0.045", "0.05", "0.055", "0.08"] and step.views[1].text == "13 spikes"
    assert step.views[1].look.query["stimulus.Step.amplitude"] == "0.05"
    assert "[" not in step.observe and step.sources == ("gerstner2002spiking",)
    assert lessons.lesson("nothing of this name") is None


def test_lessons_in_all_languages_are_the_same_lessons():
    english = lessons.lessons()
    assert [one.order for one in english] == sorted({one.order for one in english})
    for language in lessons.languages():
        for one, other in zip(lessons.lessons(language), english, strict=True):
            assert (one.name, one.minutes, one.order, one.page, one.thumbnail) == (
                other.name, other.minutes, other.order, other.page, other.thumbnail
            )  # fmt: skip
            assert one.language in (language, "en") and len(one.steps) == len(other.steps)
            for mine, theirs in zip(one.steps, other.steps, strict=True):
                assert (mine.look, mine.sources) == (theirs.look, theirs.sources)
                assert [(c.letter, c.right) for c in mine.choices] == [(c.letter, c.right) for c in theirs.choices]
                for views, others in ((mine.views, theirs.views), (mine.changes, theirs.changes)):
                    assert [view.look for view in views] == [view.look for view in others]
                for look in (mine.look, *(view.look for view in (*mine.views, *mine.changes))):
                    assert look.page in NAMES
                assert set(mine.sources) <= references().keys()


def test_a_translation_says_the_same_numbers():
    """Choices, ideas, observations and the rest: word for word other words, number for number the same numbers."""
    translated = 0
    for language in lessons.languages()[1:]:
        for one in lessons.lessons(language):
            original = lessons.lesson(one.name)
            assert original is not None
            translated += one.language == language
            for mine, theirs in zip(one.steps, original.steps, strict=True):
                for part in ("text", "question", "observe", "explain", "honest", "change"):
                    assert numbers(getattr(mine, part)) == numbers(getattr(theirs, part)), (language, one.name, mine.title, part)
                for choice, other in zip(mine.choices, theirs.choices, strict=True):
                    assert numbers(choice.text) == numbers(other.text) and numbers(choice.idea) == numbers(other.idea), choice
                assert [numbers(view.text) for view in mine.views] == [numbers(view.text) for view in theirs.views]
    assert translated == 12


def numbers(text: str) -> list[str]:
    return sorted(number.rstrip(",") for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text))


WHOLE = """---
title: A
goal: B.
minutes: 3
order: 1
page: neuron
---
# One
look: ?a=1
Words.
## Question
Which?
- **this**
- that
  - It is not.
## Observe
- [x](?b=2) there
"""
BROKEN = {
    "begins with ---": ("---\ntitle", "title"),
    "the --- that ends": ("---\n# One", "# One"),
    "has no goal": ("goal: B.\n", ""),
    "minutes must be a whole number": ("minutes: 3", "minutes: soon"),
    "says title twice": ("goal: B.", "title: B."),
    "is one of title, goal": ("goal: B.", "colour: blue"),
    "line 7: the lesson has no step": ("# One", ""),
    "before the first step": ("# One", "Text\n# One"),
    "says once what its page shows": ("look: ?a=1\n", ""),
    "line 9: a look is ?settings": ("?a=1", "a=1"),
    "cannot be read": ("?a=1", "?a"),
    "sets a twice": ("?a=1", "?a=1&a=2"),
    "a part of a step is one of": ("## Observe", "## Look"),
    "two parts 'Question'": ("## Observe", "## Question"),
    "asks nothing": ("Which?\n", ""),
    "two choices or more": ("- that\n  - It is not.\n", ""),
    "exactly one choice is right": ("**this**", "this"),
    "choice b is wrong, and the idea": ("  - It is not.\n", ""),
    "has two ideas": ("  - It is not.", "  - It is not.\n  - Nor this."),
    "nothing but choices": ("- that", "words\n- that"),
    "a view is a line like": ("(?b=2)", "?b=2"),
    "a source is a key": ("## Observe", "## Source\nBauer\n## Observe"),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_bad_file_gets_one_sentence_that_says_where(sentence):
    assert lessons.parse(WHOLE, "a").steps[0].views[0].text == "there"
    before, after = BROKEN[sentence]
    assert WHOLE.count(before) == 1
    with pytest.raises(ValueError) as failure:
        lessons.parse(WHOLE.replace(before, after), "a")
    message = str(failure.value)
    assert sentence in message and message.startswith("lessons/en/a.md, line ") and message.endswith(".") and "\n" not in message
