"""Growth: the first layer's gradient over the readout's, against depth, steps, the time constant, or SLAYER's scale."""

from snnviz.runs.values import Status
from snnviz.runs.work import SweepGrowth
from snnviz.studies.growth import GrowthSweep, Over
from snnviz.ui import backend, controls, growth, page, runs_view

TITLES = {"depth": "Depth", "steps": "Steps", "tau": "Time constant", "scale": "SLAYER's scale"}


def show(experiment, chosen, comparison):
    over = Over(controls.option(list(TITLES), "Against", "over", segmented=True, titles=TITLES.__getitem__, bare=True))
    with page.guarded(advice=True):
        study = GrowthSweep(over, experiment, tuple(chosen))
    work = SweepGrowth(study)
    work.check()
    state = runs_view.bar(work, backend.chosen(), "Sweep", at_once=True)
    runs_view.note(state, work, backend.chosen())
    if state is not None and isinstance(state.run.work, SweepGrowth):
        growth.curves(state.run.work.sweep, state.progress.result, fill=True)
    lines = f"""study = GrowthSweep({over}, experiment, tuple(methods))
ratios = []
for point in sweep(study.settings, "{backend.chosen()}"):
    ratios.append(tuple(point.ratio.values()))       # |dL/dW| of the first layer over that of the readout, by method
    print(point.value, ratios[-1])"""
    if state is not None and state.status is Status.FINISHED and state.run.work == work:
        return lines, {"ratios": [point.ratios for point in state.progress.result.points]}
    return lines, {"len(ratios)": len(study.settings)}
