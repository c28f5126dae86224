"""The text of a neuron's kernel with the lines that are its recursion marked: what the Speed page draws beside the equation."""

import dataclasses
import re

from snnviz import places

# What a function of the text computes, in the order of a step; what it is called there is one of these words.
ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "charge": ("the membrane takes its input: u[t] from v[t−1] and x[t]", ("charge", "charged", "value")),
    "fire": ("the spike: s[t] = [u[t] ≥ θ]", ("threshold", "spikes")),
    "reset": ("the reset: v[t] from u[t] and s[t]", ("after", "reset")),
    "back": ("one step back in time: δ[t] = dL/dx[t] from δ[t+1]", ("step", "back", "slope")),
}
_ROLE_OF = {name: role for role, (_, names) in ROLES.items() for name in names}
_HEAD = re.compile(r"\s*SNN_FN\b.*?\b(\w+)\(")
_OWN = ("membrane.cuh", "nonlinear.cuh")  # what neurons share of their step; the other headers hold the loops and derivatives


@dataclasses.dataclass(frozen=True)
class Line:
    """One line: its file and number, the text, and its role, a key of `ROLES`, or "" for the rest."""

    file: str
    number: int
    text: str
    role: str = ""


def lines(kernel: str) -> list[Line]:
    """The lines of kernels/<kernel>.cu, and below them those of the shared membrane that it includes.

    A line has a role if it lies in a function whose name stands in `ROLES`. Raises FileNotFoundError if there is no such kernel.
    """
    text_lines: list[Line] = []
    waiting = [f"{kernel}.cu"]
    while waiting:
        file = waiting.pop(0)
        text = (places.kernels() / file).read_text(encoding="utf-8").splitlines()
        waiting += [name for line in text if (include := re.match(r'#include "(.+)"', line)) and (name := include[1]) in _OWN]
        text_lines += _marked(file, text)
    return text_lines


def _marked(file: str, text: list[str]) -> list[Line]:
    role, depth, marked = "", 0, []
    for number, line in enumerate(text, 1):
        head = None if depth else _HEAD.match(line)
        if head:
            role = _ROLE_OF.get(head[1], "")
        inside = head is not None or depth > 0
        depth += line.count("{") - line.count("}") if inside else 0
        marked.append(Line(file, number, line, role if inside else ""))
    return marked
