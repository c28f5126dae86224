"""Lessons in a real Chromium: each from its first step to its last, in the app's own ways, without opening a page anew."""

import re

import pytest

from snnviz import lessons
from tests.app_server import PHONE

pytestmark = pytest.mark.browser
PICTURE, CHOICE = ".st-key-lesson-picture", ".st-key-lesson-choice-{} button"


# Whether the rail is drawn as the address says: its step, and either the choices or what was chosen.
DRAWN = """query => {
  const now = new URLSearchParams(location.search), step = now.get('step');
  if (!Object.entries(query).every(([key, value]) => now.get(key) === value)) return false;
  const rail = document.querySelector('.st-key-lesson-rail');
  if (!step || !rail) return !step && !rail;
  if (!rail.querySelector('.lesson-small')?.innerText.startsWith(`Step ${step} of`)) return false;
  return !!rail.querySelector('.lesson-chosen') === now.has('chosen') || !rail.querySelector('.lesson-question');
}"""


def at(seen, **query):
    """Wait until the address says this, the rail shows it and the page stands still; None: it says nothing of a key."""
    seen.page.wait_for_function(DRAWN, arg=query, timeout=60_000)
    return seen.settle()


def is_covered(seen) -> bool:
    """Whether nobody sees, hears or finds anything of the page: no text, and nothing in the accessibility tree."""
    picture = seen.page.locator(PICTURE)
    words = picture.inner_text().strip()
    nodes = picture.aria_snapshot().strip()
    assert bool(words) == bool(nodes), (words[:80], nodes[:200])
    return not words


def choose(seen, letter):
    seen.page.locator(CHOICE.format(letter)).click()
    at(seen, chosen=letter)


@pytest.mark.parametrize("half", [0, 1])
def test_every_lesson_from_its_first_step_to_its_last(visit, half):
    """By the card, with a wrong choice at first and then the right ones, to the last step, and back to all lessons."""
    seen = visit("lessons")
    page = seen.page
    for lesson in lessons.lessons()[half::2]:
        page.get_by_role("link", name=re.compile(f"^{re.escape(lesson.title)}")).click()
        for number, step in enumerate(lesson.steps, 1):
            at(seen, lesson=lesson.name, step=str(number))
            assert page.locator(".lesson-title").inner_text() == lesson.title
            if step.right is not None:
                assert is_covered(seen) and step.right.text in page.locator(".st-key-lesson-choices").inner_text()
                mine = next((c for c in step.choices if not c.right), step.right) if number == 1 else step.right
                choose(seen, mine.letter)
                chosen = page.locator(".lesson-chosen")
                assert mine.text in chosen.locator(".mine").inner_text()
                assert step.right.text in chosen.locator(".right").inner_text() and "what happened" in chosen.inner_text()
            assert not is_covered(seen)
            assert page.get_by_test_id("stException").count() == 0
            if number < len(lesson.steps):
                page.locator(".st-key-lesson-next button").click()
        assert seen.cut_off() == 0
        page.locator(".st-key-lesson-top").get_by_role("link", name="Lessons").click()
        page.wait_for_url(re.compile(r"/lessons"))
        seen.settle()
        card = page.locator(f".st-key-lesson-card-{lesson.name}")
        assert "done" in card.inner_text()
    assert seen.errors == []


def test_a_lesson_by_the_keyboard_by_history_and_after_a_reload(visit):
    lesson = lessons.lesson("leaky-bucket")
    assert lesson is not None
    query = {"lesson": lesson.name, "step": "1"} | lesson.steps[0].look.query
    seen = visit("lessons")
    page = seen.page
    page.evaluate("localStorage.clear()")  # what other lessons of this browser have left there
    seen.open("neuron", **query)
    assert is_covered(seen) and seen.violations() == []
    page.keyboard.press("c")
    at(seen, chosen="c")
    assert not is_covered(seen) and seen.violations() == []
    page.locator(".st-key-lesson-looks button").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => !location.search.includes('amplitude')")
    seen.settle()
    page.get_by_role("slider", name="Membrane time constant").press("ArrowRight")
    at(seen, **{"neuron.LIF.tau_mem": "21", "lesson": lesson.name, "chosen": "c"})
    page.locator(".st-key-lesson-next button").press("Enter")
    at(seen, step="2", chosen=None)
    assert is_covered(seen)
    page.go_back()
    at(seen, step="1", chosen="c", **{"neuron.LIF.tau_mem": "21"})
    assert not is_covered(seen)
    page.go_forward()
    at(seen, step="2", chosen=None)
    assert is_covered(seen)
    page.keyboard.press("b")
    at(seen, step="2", chosen="b")
    page.reload()
    at(seen, step="2", chosen="b")
    assert not is_covered(seen) and "your choice" in page.locator(".lesson-chosen .mine").inner_text()
    page.locator(".st-key-lesson-back button").click()  # the choice of step 1 comes from the browser's storage
    at(seen, step="1", chosen="c")
    seen.dark().settle()
    assert seen.violations() == []
    seen.size(*PHONE).dark(False).settle()
    assert seen.cut_off() == 0
    tops = [page.locator(f".st-key-lesson-{part}").bounding_box()["y"] for part in ("head", "picture", "tail")]
    assert tops == sorted(tops), "on a phone: question, picture, explanation"
    page.get_by_role("button", name="Close the lesson").click()
    at(seen, lesson=None, step=None, chosen=None)
    assert page.locator(".st-key-lesson-rail").count() == 0 and not page.get_by_test_id("stAlert").count()
    assert seen.errors == []
