"""Sparsity: which entries the backward pass computes, the bytes it stores, and its time."""

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.ui import controls, page, sparsity

VIEWS = {"raster": "Raster", "margins": "Margins", "share": "Share", "live": "Live", "bytes": "Bytes", "time": "Time"}
LOCALZO = {"method": "localzo", "localzo.delta": "0.05", "localzo.draws": "1", "law": "NormalLaw"}
PRESETS = {
    "Under 1 % active": (
        "**Only entries near the threshold get a gradient,** whether they fired or nearly did. Widen δ and watch the orange.",
        {"view": "raster"} | LOCALZO,
    ),
    "An empty band is dead for ever": (
        "**A band of ±0.000001 holds no membrane: no gradient,** and no loss can bring it back.",
        {"view": "margins", "method": "sparse", "match": "false", "sparse.band": "1e-06"},
    ),
    "Does it stay sparse while it learns?": (
        "**The share stays under 2 % while the network learns the digits** at δ = 0.05; beside it the equal fixed band.",
        {"view": "live"} | LOCALZO,
    ),
    "What 100× is measured against": (
        "**Against a loop that slices,** on the backward pass alone, of one layer.",
        {"view": "time", "source": "published"},
    ),
}

page.heading(
    "What the backward pass touches",
    "Only entries near the threshold get a gradient, whether they fired or nearly did. Move the width: the stored membranes are "
    "compared again, nothing is run.",
    sparsity.FILE,
    PRESETS,
)
with page.stage():
    with page.asks():
        view = controls.option(list(VIEWS), "View", "view", segmented=True, titles=VIEWS.__getitem__, bare=True)
    sides = page.sides()
page.code_behind(*page.view(__file__, view).show(*sides))
