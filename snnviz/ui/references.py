"""The papers of assets/references.bib, and how a page cites them."""

import dataclasses
import functools
from collections.abc import Mapping

import streamlit as st
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import SeparateCoAuthors, SplitNameParts
from bibtexparser.model import Entry

from snnviz.places import assets


@dataclasses.dataclass(frozen=True)
class Reference:
    """One entry of assets/references.bib: the authors' last names, and the other fields as text without braces."""

    key: str
    authors: tuple[str, ...]
    fields: Mapping[str, str]

    def text(self) -> str:
        """Authors (year). Title. Where; as Markdown with a link."""
        f, names = self.fields, self.authors
        who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} et al."
        where = f.get("journal") or f.get("booktitle") or f.get("publisher", "")
        at = ":".join(p for p in (f.get("volume", ""), f.get("pages", "").replace("--", "-")) if p)
        url = f"https://doi.org/{f['doi']}" if "doi" in f else f.get("url", "")
        title = f"[{f['title']}]({url})" if url else f["title"]
        return f"{who} ({f['year']}). {title}. *{where}*{f' {at}' if at else ''}."


def citation(*keys: str) -> None:
    """Cite papers by their keys in assets/references.bib.

    Raises:
        KeyError: there is no such paper.
    """
    st.caption("  \n".join(references()[key].text() for key in keys))


@functools.cache
def references() -> Mapping[str, Reference]:
    """All papers by their keys."""
    return read_bibtex((assets() / "references.bib").read_text(encoding="utf-8"))


def read_bibtex(text: str) -> dict[str, Reference]:
    """Read BibTeX entries.

    Raises:
        ValueError: an entry cannot be read, stands there twice, or lacks its author, title or year.
    """
    library = parse_string(text, append_middleware=[SeparateCoAuthors(), SplitNameParts()])
    for block in library.failed_blocks:
        raise ValueError(f"references.bib, line {(block.start_line or 0) + 1}: {block.error}")
    return {entry.key: _reference(entry) for entry in library.entries}


def _reference(entry: Entry) -> Reference:
    fields = {field.key.lower(): field.value for field in entry.fields}
    if missing := {"author", "title", "year"} - {name for name, value in fields.items() if value}:
        raise ValueError(f"references.bib: {entry.key} lacks {', '.join(sorted(missing))}.")
    authors = tuple(_unbraced(" ".join([*name.von, *name.last])) for name in fields.pop("author"))
    return Reference(entry.key, authors, {name: _unbraced(value) for name, value in fields.items()})


def _unbraced(text: str) -> str:
    return " ".join(text.replace("{", "").replace("}", "").split())
