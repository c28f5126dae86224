"""The lessons as cards: title, goal, minutes, and how far this visitor is. A card as a whole is the link."""

import base64
import functools

import streamlit as st

from snnviz.lessons import ENGLISH, Lesson, languages, lessons
from snnviz.places import assets
from snnviz.ui import lessons as places
from snnviz.ui import page, progress

NAMES = {"en": "English", "es": "Español", "zh": "中文"}


def language() -> None:
    """Draw the choice of a language."""
    now, several = places.language(), languages()
    if len(several) < 2:
        return
    with st.container(horizontal=True, gap="xsmall", key="lesson-languages"):
        for name in several:
            kind = "primary" if name == now else "secondary"
            st.button(NAMES.get(name, name), key=f"language-{name}", type=kind, on_click=places.speak, args=(name,))


def cards(first: int | None = None, short: bool = False) -> None:
    """Draw the cards of all lessons, or of the first few; short: without their goals."""
    st.html(f"<style>{_style()}</style>")
    with st.container(key="lesson-cards"):
        for lesson in lessons(places.language())[:first]:
            _card(lesson, short)
    progress.exchange()


def doors(first: int = 3) -> None:
    """Draw the first few cards, and a link to all lessons: what stands under the playground."""
    with st.container(key="lesson-doors"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Lessons: predict, then see", anchor=False)
            st.page_link("pages/lessons.py", label=f"All {len(lessons())} lessons", icon=":material/school:")
        cards(first, short=True)


def _card(lesson: Lesson, short: bool) -> None:
    file, query = places.resumed(lesson)
    with st.container(border=True, key=f"lesson-card-{lesson.name}", gap="xxsmall"):
        if picture := _thumbnail(lesson.name, page.dark()):
            st.html(f'<img src="{picture}" alt="" width="64" height="44">')
        st.page_link(file, label=f"**{lesson.title}**", query_params=query)
        if not short:
            st.markdown(f":small[{lesson.goal}]")
        st.caption(_where(lesson))


def _where(lesson: Lesson) -> str:
    """A lesson's number and minutes, and how far this visitor is."""
    mine, count = progress.of(lesson), len(lesson.steps)
    far = "done" if mine.done else f"step {mine.step} of {count}" if mine.step else f"{count} steps"
    only = "" if lesson.language == places.language() else ", in English"
    return f"{lesson.order} · {lesson.minutes} min · {far}{only if places.language() != ENGLISH else ''}"


@functools.cache
def _thumbnail(name: str, dark: bool) -> str:
    """The picture on a card, as `python -m tools.lessons` has drawn it from the lesson's look; "" where there is none."""
    file = assets() / "lessons" / "thumbnails" / f"{name}-{'dark' if dark else 'light'}.png"
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}" if file.is_file() else ""


@functools.cache
def _style() -> str:
    return (assets() / "lessons" / "cards.css").read_text(encoding="utf-8")
