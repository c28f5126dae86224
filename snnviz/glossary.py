"""The words of the field, from the one file that explains them: `assets/glossary.toml`.

`assets/page/words.js` finds them in the sentences of every page.
"""

import dataclasses
import functools
import tomllib

from snnviz.places import assets


@dataclasses.dataclass(frozen=True)
class Word:
    """A word of the field. name: as it is written; symbol: in formulas, or ""; says: what it means; also: other forms; everyday:
    phrases in which it means something else."""

    name: str
    says: str
    symbol: str = ""
    also: tuple[str, ...] = ()
    everyday: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """All that is looked for in a text."""
        return self.name, *self.also


@functools.cache
def words() -> tuple[Word, ...]:
    """All words, in the order of the alphabet."""
    entries = tomllib.loads((assets() / "glossary.toml").read_text(encoding="utf-8"))["word"]
    listed = ("also", "everyday")
    return tuple(Word(**entry | {name: tuple(entry.get(name, ())) for name in listed}) for entry in entries)
