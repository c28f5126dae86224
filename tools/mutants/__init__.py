"""Single faults to put into the project, by what they are in: the table that `tools/mutations.py` works through."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One fault: in `file`, the one place that reads `old` reads `new`. tests: the arguments of pytest that select the tests
    which have to fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: str
