"""Sparsity: which entries the backward pass computes, the bytes it stores, and its time."""

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz.ui import controls, page, sparsity

VIEWS = {"margins": "Margins", "raster": "Raster", "share": "Share", "live": "Live", "bytes": "Bytes", "time": "Time"}
PRESETS = {
    "Under 1 % active": (
        "The published width δ = 0.05: see which entries are touched, and that half of them never fired.",
        {"view": "raster"},
    ),
    "An empty band is dead for ever": (
        "A band of ±0.000001 holds no membrane: no gradient, and no loss can bring it back.",
        {"method": "sparse", "sparse.band": "1e-06"},
    ),
    "Does it stay sparse while it learns?": (
        "Trained on the digits at δ = 0.05, with the equal fixed band beside it: press Start.",
        {"view": "live"},
    ),
    "What 100× is measured against": ("Against a loop that slices, on the backward pass alone, of one layer.", {"view": "time"}),
}

page.heading(
    "What the backward pass touches",
    "Only entries near the threshold get a gradient, whether they fired or nearly did. Move the width: the stored membranes are "
    "compared again, nothing is run. Watch the orange part, what it keeps, and what it costs.",
)
page.presets(sparsity.FILE, PRESETS)
view = controls.option(list(VIEWS), "View", "view", segmented=True, titles=VIEWS.__getitem__)
page.code_behind(*page.view(__file__, view).show(*page.sides()))
