"""Taking a screen away: its code as a notebook, its link with a QR code."""

import contextlib
import json
import urllib.parse

import streamlit as st

from snnviz.ui import address, qr


def notebook(source: str, link: str = "") -> str:
    """A Jupyter notebook (nbformat 4.5) that makes the picture of a screen: `source` as one cell below a few words."""
    words = ["# A screen of snnviz as a notebook\n", "\n", "It needs the package `snnviz` in this Python, and nothing else."]
    if link:
        words += ["\n", "\n", f"Made from <{link}>."]
    cells = [
        {"cell_type": "markdown", "id": "words", "metadata": {}, "source": words},
        {
            "cell_type": "code",
            "id": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source.strip().splitlines(keepends=True),
        },
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    book = {"cells": cells, "metadata": kernel | {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def notebook_button(source: str) -> None:
    """Draw the button that takes the code of a screen away as a notebook."""
    here = link()
    st.download_button(
        "Notebook (.ipynb)", lambda: notebook(source, here), "snnviz.ipynb", "application/x-ipynb+json",
        key="notebook", icon=":material/book:", on_click="ignore",
    )  # fmt: skip


def link() -> str:
    """The link to this page as it stands; "" outside a browser."""
    base, settings = (st.context.url or "").partition("?")[0], address.query()
    return f"{base}?{urllib.parse.urlencode(settings)}" if base and settings else base


def share() -> None:
    """Draw the button that opens this page's link, to be copied, and its QR code for a phone."""
    with st.sidebar.popover("Share", icon=":material/qr_code_2:"):
        here = link()
        st.markdown("This page, as it stands:")
        st.code(here or "/", language=None, wrap_lines=True)
        with contextlib.suppress(ValueError):  # a link longer than a code holds
            st.html(
                f'<img src="{qr.picture(here or "/", st.context.theme.type == "dark")}" alt="The link as a QR code" width="220">'
            )
