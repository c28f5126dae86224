"""The table of a sweep over shapes and widths, while it grows and after."""

from snnviz.figures import widths as figures
from snnviz.studies.widths import FACTORS, SHAPES, WidthRecord, WidthSweep
from snnviz.ui import page


def table(sweep: WidthSweep, record: WidthRecord) -> None:
    """A row for each shape, a column for each width."""
    cells = [[record.cell(shape, factor) for factor in FACTORS] for shape in range(len(SHAPES))]
    page.figure(figures.widths([shape.title for shape in SHAPES], cells, sweep.seeds, page.dark()), "widths")


def columns(record: WidthRecord) -> dict[str, list]:
    """The trainings as the columns of a table."""
    return {
        "surrogate": [SHAPES[point.shape].title for point in record.points],
        "times_its_width": [point.factor for point in record.points],
        "seed": [point.seed for point in record.points],
        "test_accuracy": [point.accuracy for point in record.points],
    }
