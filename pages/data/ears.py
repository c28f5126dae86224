"""Two ears: what each of them sends, one over the other, and where the sound came from."""

from snnviz.datasets.localisation import delay
from snnviz.figures import ears
from snnviz.studies.sample_views import flat
from snnviz.ui import page, recordings


def show(train, test, half, number, dataset):
    x = flat(half, number)
    angle = float(dataset.angles()[half.y[number]])
    late = float(delay(angle))
    page.figure(ears.ears(x, half.dt, angle, late, dataset.period(), page.dark(), recordings.HEIGHT), "data-ears", fill=True)
    page.says(f"**The tone reaches {ears.order(late)}.** That alone tells the directions apart: no ear does by itself.")
    lines = f"""x = sample_views.flat(half, {number})               # [step, fibre]: the left ear's, then the right's
angle = dataset.angles()[half.y[{number}]]
print(x.sum(), angle)"""
    return lines, {"x": x, "angle": angle}
