"""A lesson beside its page: text, question and choices; the page under a veil until a choice is made; then what happened and why.

with rail.beside("neuron"):      # a page without a lesson in its address is drawn as ever
    page.run()
"""

import contextlib
import functools
import html
from collections.abc import Iterator

import streamlit as st

from snnviz.lessons import Lesson, View, lessons
from snnviz.places import assets
from snnviz.ui import address, links, progress
from snnviz.ui import lessons as places
from snnviz.ui.lessons import Place, Reveal
from snnviz.ui.references import references

# The rail's own words, in English in every language of the lessons.
ALL, LEAVE = "Lessons", "Close the lesson"
STEP = "Step {number} of {count}"
MINUTES = "{minutes} min"
COVERED, WITH_CLASS = "The picture comes after your choice", "The picture comes with the class"
HINT = "Choose even if you are not sure. A wrong prediction helps you see as much as a right one. Keys A to {last} choose."
MINE, HAPPENED, BOTH = "your choice", "what happened", "your choice, and what happened"
WAIT = "Your choice is in. The teacher opens the picture."
CHANGE, BACK, NEXT, DONE = "Change one thing", "Back", "Next", "All lessons"
FOLLOWS = "Next: {title}"
# The page is drawn, and nobody sees, hears, finds or reaches anything of it: neither titles nor what is said of its pictures.
UNSEEN = (
    ".st-key-lesson-picture {height: 0; min-height: 0; overflow: hidden}"
    ".st-key-lesson-picture, .st-key-lesson-picture * {visibility: hidden !important}"
)
MARKED = ".st-key-lesson-choice-{letter} button {{border: 2px solid var(--ink) !important}}"  # the choice that is made and held
EVERY = 2.0  # seconds between two looks at a reveal that is held back: a class of sixty looks at once


@contextlib.contextmanager
def beside(page: str) -> Iterator[None]:
    """Draw the rail of the lesson that the address of this page asks for, and what is drawn within beside it."""
    place, problem = places.here(page)
    if problem:
        st.warning(problem, icon=":material/link_off:")
    if place is None:
        yield
        return
    progress.note(place.lesson, place.number, place.letter)
    now = place.reveal()
    covered = place.covered(now)
    st.html(f"<style>{_style()}{UNSEEN if covered else ''}</style>")
    with st.container(key="lesson"):
        with st.container(key="lesson-rail"):
            with st.container(key="lesson-head", gap="small"):
                _head(place, now)
            with st.container(key="lesson-tail", gap="small"):
                _tail(place, now, covered)
            progress.exchange()
        with st.container(key="lesson-page"):
            words = COVERED if place.letter is None else WITH_CLASS
            st.html(f'<div class="lesson-veil"><div><strong>{words}</strong></div></div>' if covered else "<!-- -->")
            with st.container(key="lesson-picture"):
                yield


def _head(place: Place, now: Reveal) -> None:
    lesson, step = place.lesson, place.step
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="lesson-top"):
        st.page_link("pages/lessons.py", label=ALL, icon=":material/chevron_left:")
        st.html(f'<span class="lesson-small">{STEP.format(number=place.number, count=len(lesson.steps))}</span>')
        st.button(LEAVE, icon=":material/close:", type="tertiary", key="lesson-leave", on_click=places.leave)
    names = ["done"] * (place.number - 1) + ["now"] + [""] * (len(lesson.steps) - place.number)
    bar = "".join(f'<i class="{name}"></i>' for name in names)
    speech = lesson.language
    st.html(
        f'<h2 class="lesson-title" lang="{speech}">{html.escape(lesson.title)}</h2>'
        f'<div class="lesson-bar" aria-hidden="true">{bar}</div>'
        f'<p class="lesson-step" lang="{speech}">{html.escape(step.title)}</p>'
    )
    if step.text and (place.letter is None or not step.choices):
        st.markdown(step.text)
    if not step.choices:
        return
    st.html(f'<h3 class="lesson-question" lang="{speech}">{html.escape(step.question)}</h3>')
    if place.letter is None or now.held:
        with st.container(key="lesson-choices", gap="xsmall"):
            for choice in step.choices:
                st.button(
                    f"**{choice.letter}** {choice.text}",
                    key=f"lesson-choice-{choice.letter}",
                    width="stretch",
                    on_click=places.choose,
                    args=(place, choice.letter),
                )
        if place.letter is not None:
            st.html(f"<style>{MARKED.format(letter=place.letter)}</style>")
        if now.held and now.counts is not None:
            _chosen(place, now)
        st.html(f'<p class="lesson-small">{HINT.format(last=step.choices[-1].letter.upper())}</p>')
        return
    _chosen(place, now)


def _chosen(place: Place, now: Reveal) -> None:
    """The choice made and, unless a teacher holds it back, what happened; with the histogram of a class all choices."""
    step, rows = place.step, []
    most = max(now.counts.values(), default=0) if now.counts is not None else 0
    for choice in step.choices:
        mine, right = choice.letter == place.letter, choice.right and not now.held
        if not (mine or right or now.counts is not None):
            continue
        words = BOTH if mine and right else MINE if mine else HAPPENED if right else ""
        kind = " ".join(word for word, holds in (("mine", mine), ("right", right)) if holds)
        bar = ""
        if now.counts is not None:
            count = now.counts.get(choice.letter, 0)
            bar = f'<span class="bar"><i style="width:{100 * count / max(1, most):.0f}%"></i></span><b>{count}</b>'
        text = f'<span class="text" lang="{place.lesson.language}">{html.escape(choice.text)}</span>'
        rows.append(f'<li class="{kind}"><b class="letter">{choice.letter}</b>{text}<em>{words}</em>{bar}</li>')
    st.html(f'<ul class="lesson-chosen">{"".join(rows)}</ul>')
    if now.words and not now.held:
        st.markdown(now.words)


def _tail(place: Place, now: Reveal, covered: bool) -> None:
    lesson, step = place.lesson, place.step
    if covered and place.letter is not None:
        _wait(place, now)
    if not covered:
        mine = step.choice(place.letter)
        if mine is not None and not mine.right:
            st.markdown(mine.idea)
        _with_views(place, step.observe, step.views, "look")
        if step.explain:
            st.markdown(step.explain)
        if step.change:
            with st.container(border=True, key="lesson-change", gap="small"):
                st.markdown(f"**{CHANGE}**")
                _with_views(place, step.change, step.changes, "change")
        if step.honest:
            st.caption(step.honest)
        if step.sources:
            st.caption("  \n".join(references()[key].text() for key in step.sources))
    with st.container(horizontal=True, horizontal_alignment="distribute", key="lesson-ways"):
        if place.number > 1:
            _way(place, place.number - 1, BACK, "back")
        if not covered and not place.last:
            _way(place, place.number + 1, NEXT, "next", main=True)
        if not covered and place.last:
            _follows(lesson)


def _with_views(place: Place, text: str, views: tuple[View, ...], key: str) -> None:
    if text:
        st.markdown(text)
    if not views:
        return
    state = {name: value for name, value in address.query().items() if name not in places.KEYS}
    with st.container(horizontal=True, gap="xsmall", key=f"lesson-{key}s"):
        for i, view in enumerate(views):
            label = f"**{view.label}**" + (f" {view.text}" if view.text else "")
            shown = "primary" if {k: v for k, v in view.look.query.items() if k != links.MARK} == state else "secondary"
            st.button(label, key=f"lesson-{key}-{i}", type=shown, on_click=places.show, args=(place, view.look))


def _way(place: Place, number: int, label: str, key: str, main: bool = False) -> None:
    """The button that leads to another step."""
    target = place.lesson.steps[number - 1].look.page
    kind = "primary" if main else "secondary"
    if target == place.step.look.page:
        st.button(label, key=f"lesson-{key}", type=kind, on_click=places.go, args=(place, number))
    elif st.button(label, key=f"lesson-{key}", type=kind):
        file, query = places.link(place.lesson, number, progress.of(place.lesson).choices.get(number))
        st.switch_page(file, query_params=query)


def _follows(lesson: Lesson) -> None:
    """The button that leads to the next lesson, or back to all of them."""
    after = next((one for one in lessons(places.language()) if one.order > lesson.order), None)
    if st.button(FOLLOWS.format(title=after.title) if after else DONE, key="lesson-follows", type="primary"):
        file, query = places.link(after, 1) if after else ("pages/lessons.py", {})
        st.switch_page(file, query_params=query)


def _wait(place: Place, now: Reveal) -> None:
    """Look every two seconds whether the teacher has opened the picture, or others have chosen."""

    def look() -> None:
        if place.reveal() != now:
            st.rerun()
        st.info(f"{WAIT} {now.words}", icon=":material/hourglass_top:")

    st.fragment(look, run_every=EVERY)()


@functools.cache
def _style() -> str:
    return (assets() / "lessons" / "style.css").read_text(encoding="utf-8")
