"""Words of others on a page: file names, classes, values of links. They are shown as they are, never as Markdown or HTML."""

import re

# What begins a picture, a link, a tag, code, a formula, emphasis, an icon or an address; a sentence's own signs stay as they are.
_ACTIVE = re.compile(r"[\\`*\[\]<>$~|]|(?<![^\W_])_|_(?![^\W_])|:(?=[\w/])|(?<=www)\.|^[#+-]")


def literal(text: str) -> str:
    """A text for `st.markdown` and its like, in which nothing is a picture, a link, a formula or a tag."""
    return _ACTIVE.sub(r"\\\g<0>", " ".join(text.split()))
