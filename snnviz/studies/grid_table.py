"""The table of a grid of trainings, in words: for the command, the report and the page."""

from snnviz.studies.grid import Grid, GridRow
from snnviz.studies.intervals import LEVEL, Interval

HEADS = (
    "training",
    "seeds",
    "test, last epoch",
    "test, chosen epoch",
    "last: against the first",
    "chosen: against the first",
    "seconds",
)


def line(row: GridRow) -> tuple[str, ...]:
    """A row, under `HEADS`."""
    differences = (_words(row.against_last, True), _words(row.against_chosen, True))
    return (row.label, str(row.seeds), _words(row.last), _words(row.chosen), *differences, f"{row.seconds:.1f}")


def _words(value: Interval | None, difference: bool = False) -> str:
    """An accuracy in %, a difference in percentage points with its sign."""
    if value is None:
        return ""
    return ("+" if difference and value.mean >= 0 else "") + value.words(unit="" if difference else " %")


def about(grid: Grid) -> str:
    """What the figures of the table are, in a few sentences."""
    held = (
        f"{grid.validation:.0%} of the training part are held out, and the epoch that is best on them is the chosen one: "
        "the test part has no say in it."
        if grid.validation
        else "Nothing is held out, so no epoch is chosen."
    )
    return (
        f"Each figure is a mean over seeds, with its interval of {LEVEL:.0%} (Student's) where there are several. Differences "
        f"from the first row, in percentage points, are taken seed by seed. {held}"
    )
