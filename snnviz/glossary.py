"""The words of the field, from the one file that explains them: `assets/glossary.toml`.

[word.name for word in mentioned("Near the threshold SLAYER forgets nothing")]  ->  ["threshold", "SLAYER"]
"""

import dataclasses
import functools
import re
import tomllib
from collections.abc import Sequence

from snnviz.places import assets


@dataclasses.dataclass(frozen=True)
class Word:
    """A word of the field. name: as it is written; symbol: in formulas, or ""; says: what it means; also: other forms."""

    name: str
    says: str
    symbol: str = ""
    also: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """What finds it in a text, in any of its forms."""
        forms = sorted((self.name, *self.also), key=len, reverse=True)
        return rf"(?<!\w)(?:{'|'.join(map(re.escape, forms))})(?!\w)"


@functools.cache
def words() -> tuple[Word, ...]:
    """All words, in the order of the alphabet."""
    entries = tomllib.loads((assets() / "glossary.toml").read_text(encoding="utf-8"))["word"]
    return tuple(Word(**entry | {"also": tuple(entry.get("also", ()))}) for entry in entries)


def mentioned(text: str) -> Sequence[Word]:
    """The words that a text uses, in its order."""
    places = {word: place.start() for word in words() if (place := re.search(word.pattern, text, re.IGNORECASE)) is not None}
    return sorted(places, key=lambda word: places[word])
