"""Live draws: the browser draws values of the estimate one by one, and their mean approaches the exact curve."""

from snnviz.studies.derivative import affordable, sample
from snnviz.ui import derivative, estimates, page, scope
from snnviz.ui.cache import cached


def show():
    with page.guarded():
        scene = scope.derivative_scope(estimates.settings_of_scope(), key=derivative.LIVE)
        estimates.hold(scene)
        drawing = affordable(scene.estimate, scene.u, scene.seed)
        sampled = cached(sample)(scene.estimate, drawing)
        derivative.download_draws(sampled)
    derivative.about_estimates(scene.estimate)
    return derivative.code_of_draws(scene.estimate, drawing, sampled)
