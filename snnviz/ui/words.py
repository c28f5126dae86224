"""Words of others on a page: file names, classes, values of links. They are shown as they are, never as Markdown or HTML."""

import re

_ACTIVE = re.compile(r"([!-/:-@\[-`{-~])")  # ASCII punctuation: what Markdown, TeX and Streamlit's own signs are made of


def literal(text: str) -> str:
    """A text for `st.markdown` and its like, in which nothing is a picture, a link, a formula or a tag."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))
