"""The arithmetic of a step as values."""

import dataclasses

from snnviz.backends.kernel_text import Line as KernelLine


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the arithmetic.

    part: what it computes; left: its symbol; symbols and figures: how it is made, "" for what was given; result: what it comes to,
    with as many digits as make the figures come out; value: the same, unrounded. words: what it means. lines: the kernel's.
    """

    part: str
    left: str
    symbols: str
    figures: str
    result: str
    value: float
    words: str = ""
    lines: tuple[KernelLine, ...] = ()

    def __str__(self) -> str:
        return " = ".join(part for part in (self.left, self.symbols, self.figures, self.result) if part)


@dataclasses.dataclass(frozen=True)
class Arithmetic:
    """One step of one neuron: its rows forward and, of a differentiated run, back.

    spikes: how many it fired in this step. note: what has no rows, in a sentence; "" where there is nothing to say.
    """

    step: int
    spikes: int
    forward: tuple[Row, ...]
    back: tuple[Row, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        fired = {0: "no spike", 1: "a spike"}.get(self.spikes, f"{self.spikes} spikes")
        rows = [*map(str, self.forward), *map(str, self.back)]
        return "\n".join([f"step {self.step}: {fired}", *rows, *([self.note] if self.note else [])])

    def __getitem__(self, part: str) -> Row:
        """The last row of a part: "u", "s", "delta"."""
        for row in reversed(self.forward + self.back):
            if row.part == part:
                return row
        raise KeyError(f"There is no row {part!r}; there are {', '.join(row.part for row in self.forward + self.back)}.")
