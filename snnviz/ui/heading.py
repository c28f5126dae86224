"""The top of every page: its title, presets, and the sentence that says what the picture shows.

The lit preset is computed from the settings that stand, never stored. The sentence is the lit preset's; else what the picture says
of itself (its title); else the text of the page.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import streamlit as st

from snnviz.figures.theme import DARK, LIGHT
from snnviz.places import app, assets
from snnviz.ui import address, streamlit_private

# title -> (the sentence that it proves, or "" for what the picture says of itself; its settings in the URL)
Presets = Mapping[str, tuple[str, Mapping[str, str]]]
_TOP = "_heading.top"  # the key of this run's `_Top` in the session
WORDS = 60  # a text above a picture has fewer


@dataclasses.dataclass
class _Top:
    """What a run of a page has drawn at its top, to be drawn again when all controls are."""

    presets: Presets
    text: str
    light: Any  # the place of the lit preset's look
    sentence: Any  # the place of the sentence
    drawn: tuple[str | None, str] | None = None  # the lit preset and the sentence that stand there

    def draw(self) -> None:
        """Light the preset that is shown and write the sentence, where they do not stand so."""
        lit = lit_of(self.presets)
        sentence = (self.presets[lit][0] if lit is not None else "") or self.text
        if self.drawn == (lit, sentence):
            return
        self.light.html("<style></style>" if lit is None else _lit_style(list(self.presets).index(lit)))
        self.sentence.markdown(sentence)
        self.drawn = lit, sentence


def heading(title: str, text: str, file: str = "", presets: Presets | None = None) -> None:
    """Draw the title of a page, its presets, and the sentence: `text`, in under sixty words, until something says more.

    file: the page's own, in pages/, which the presets open with their settings.
    """
    if len(text.split()) >= WORDS:
        raise ValueError(f"The paragraph above the picture has {len(text.split())} words; keep it under {WORDS}.")
    if streamlit_private.route_by_app():
        st.rerun()
    dress()
    with st.container(key="page-top"):
        st.title(title, anchor=False)
        if presets:
            with st.container(horizontal=True, gap="small", key="presets"):
                for name, (_, settings) in presets.items():
                    st.page_link(str(app().parent / "pages" / file), label=name, query_params=address.link_to(settings))
    top = _Top(presets or {}, text, st.empty(), st.container(key="sentence").empty())
    top.draw()
    st.session_state[_TOP] = top


def says(sentence: str) -> None:
    """Let the picture say what it shows, in the place of the page's text; a lit preset's sentence comes before it."""
    if (top := st.session_state.get(_TOP)) is not None:
        top.text = sentence


def finish() -> None:
    """Draw the top of the page again if it says something else now that all controls are drawn."""
    if (top := st.session_state.pop(_TOP, None)) is not None:
        top.draw()


def lit_of(presets: Presets) -> str | None:
    """The preset that is shown: of those whose settings all hold the one that names most; None where none holds."""
    holding = [title for title, (_, settings) in presets.items() if settings and address.holds(settings)]
    return max(holding, key=lambda title: len(presets[title][1]), default=None)


def dress() -> None:
    """Give a page the style of all pages; `heading` does so."""
    st.html(style())


@functools.cache
def style() -> str:
    """The style sheet of every page, with the colours of the figures by role."""
    roles = ("paper", "panel", "ink", "muted", "grid", "active", "silent", "threshold")
    colours = {role: (getattr(LIGHT, role), getattr(DARK, role)) for role in roles}
    colours |= {"accent": (LIGHT.membrane, DARK.membrane), "soft": ("#EAF3FA", "#16303F")}
    variables = "".join(f"--{role}: light-dark({light}, {dark});" for role, (light, dark) in colours.items())
    return f"<style>.stApp {{{variables}}}\n{(assets() / 'page' / 'page.css').read_text(encoding='utf-8')}</style>"


def _lit_style(number: int) -> str:
    """The look of the lit preset, ink on a ground that is ink; `--lit` is its number, by which present mode knows it."""
    link = f".st-key-presets > :nth-child({number + 1}) a"
    ink = f"{link}, {link}:hover {{background: var(--ink)}} {link} p {{color: var(--paper)}}"
    return f"<style>.stApp {{--lit: {number}}} {ink}</style>"
