"""The picture of a growth sweep, while it grows and after."""

from snnviz.figures import growth
from snnviz.labels import labelled
from snnviz.studies.growth import GrowthRecord, GrowthSweep, Over
from snnviz.ui import methods, page


def curves(sweep: GrowthSweep, record: GrowthRecord | None, fill: bool = False) -> None:
    """A curve for each method, through the points so far. `fill`: as the picture of its page."""
    points = record.points if record else ()
    ratios = labelled({method: [point.ratios[i] for point in points] for i, method in enumerate(sweep.methods)})
    log = sweep.over in (Over.TAU, Over.SCALE)
    values = [point.value for point in points]
    page.figure(growth.growth(values, ratios, methods.hues(sweep.methods), sweep.label, log, page.dark()), "growth", fill=fill)


def columns(sweep: GrowthSweep, record: GrowthRecord | None) -> dict[str, list]:
    """The points as the columns of a table."""
    points = record.points if record else ()
    ratios = labelled({method: [point.ratios[i] for point in points] for i, method in enumerate(sweep.methods)})
    return {sweep.over.value: [point.value for point in points], **ratios}
