"""The text of a neuron's kernel with the lines that are its recursion marked: what the Speed page draws beside the equation."""

import dataclasses
import functools
import re

from snnviz import places

# What a function of the text computes, in the order of a step; what it is called there is one of these words.
ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "charge": ("the membrane takes its input: u[t] from v[t−1] and x[t]", ("charge", "charged", "value", "half")),
    "fire": ("the spike: s[t] = [u[t] ≥ θ]", ("threshold", "spikes")),
    "reset": ("the reset: v[t] from u[t] and s[t]", ("after", "reset")),
    "back": ("one step back in time: δ[t] = dL/dx[t] from δ[t+1]", ("step", "back", "slope")),
}
_ROLE_OF = {name: role for role, (_, names) in ROLES.items() for name in names}
_HEAD = re.compile(r"\s*SNN_FN\b.*?\b(\w+)\(")
_ONE_LINE = re.compile(r"SNN_FN\b.*?\{ (.*) \}$"), re.compile(r"SNN_(?:SURROGATE|LAW)\(\w+,\s*(.*)\)$")
_OWN = ("membrane.cuh", "nonlinear.cuh")  # what neurons share of their step; the other headers hold the loops and derivatives


@dataclasses.dataclass(frozen=True)
class Line:
    """One line: its file and number, the text, and its role, a key of `ROLES`, or "" for the rest."""

    file: str
    number: int
    text: str
    role: str = ""

    @property
    def statement(self) -> str:
        """What a function of one line does; of any other line the line."""
        text = self.text.strip()
        return next((match[1] for pattern in _ONE_LINE if (match := pattern.match(text))), text)


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


# What computes one quantity of a step: the role of its function, and how its lines are told from the others of that role, where
# {state} is the letter of a second state. Of the way back the first that a kernel has.
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "u": ("charge", (r"\breturn larger|\breturn (?:k\.|Flow|v \+)|\bv = ",)),
    "state": ("charge", (r"(?<!\w){state} = ",)),
    "theta": ("fire", (r"\bthreshold\(",)),
    "s": ("fire", (r"\bspikes\(",)),
    "v": ("reset", (r"\breturn\b", r"(?<!\w)v = ")),
    "state after": ("reset", (r"(?<!\w){state} = ",)),
    "at the spike": ("back", (r"\bdmargin = ", r"\bdelta = ")),
    "through the membrane": ("back", (r"\bdv_du = ", r"\bmask = ")),
    "through the reset": ("back", (r"\bby_spike = ", r"\bdv_ds = |\bdv_du = ")),
    "through the state": ("back", (r"\bby_spike = ", r"\bdi = ")),
    "back to v": ("back", (r"(?<!\w)v = ",)),
    "back to the state": ("back", (r"(?<!\w){state} = ",)),
    "delta": ("back", (r"\bdelta = |\bdi = ",)),
}
_FUNCTOR = re.compile(r"X\(__VA_ARGS__, (\w+), (\w+)<(\w+)>\)")
_SLOPES = re.compile(r"\bslopes\[j\] \+?= (?!0;)")


@functools.cache
def computing(kernel: str, part: str, state: str = "") -> tuple[Line, ...]:
    """The lines of a kernel that compute one part of a step, a key of `PARTS`; none where the kernel has no such part.

    Example:
        >>> [line.text.strip() for line in computing("cuba", "state", "i")]
        ['i = k.c[7] != 0 ? k.c[6] * (i + x) : k.c[6] * i + x;']
    """
    role, patterns = PARTS[part]
    own = [line for line in lines(kernel) if line.role == role]
    for pattern in patterns:
        if chosen := [line for line in own if re.search(pattern.format(state=re.escape(state)), line.text)]:
            return tuple(chosen)
    return ()


@functools.cache
def of_derivative(name: str, gated: bool = False) -> tuple[Line, ...]:
    """The lines of kernels/spike_derivative.cuh in which a spike derivative's functor computes its values; gated: those that sample
    them, too. None of given ones."""
    file = "spike_derivative.cuh"
    text = (places.kernels() / file).read_text(encoding="utf-8").splitlines()
    functors = {match[1]: (match[2], match[3]) for match in map(_FUNCTOR.search, text) if match}
    if name not in functors:
        return ()
    outer, inner = functors[name]
    begins = (rf"SNN_(SURROGATE|LAW)\({inner},", rf"struct {outer} \{{")
    marked = [line for begin in begins for line in _from(file, text, begin)]
    outside = "sampled" if not gated else "\0"
    return tuple(line for line in marked if not line.role or (_SLOPES.search(line.text) and outside not in line.text))


def _from(file: str, text: list[str], begin: str) -> list[Line]:
    """The lines from the one that begins so to the end of its brackets; the role "row" marks those of a struct."""
    first = next(number for number, line in enumerate(text) if re.match(begin, line))
    role, depth, chosen = ("row" if text[first].startswith("struct") else ""), 0, []
    for number, line in enumerate(text[first:], first + 1):
        chosen.append(Line(file, number, line, role))
        depth += sum(line.count(c) for c in "({") - sum(line.count(c) for c in ")}")
        if depth <= 0:
            break
    return chosen
