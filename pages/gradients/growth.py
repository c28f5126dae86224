"""Growth: the first layer's gradient over the readout's, against depth, steps, the time constant, or SLAYER's scale."""

from snnviz.runs.work import SweepGrowth
from snnviz.studies.growth import GrowthSweep, Over
from snnviz.ui import backend, controls, growth, runs_view

TITLES = {Over.DEPTH: "Depth", Over.STEPS: "Steps", Over.TAU: "Time constant", Over.SCALE: "SLAYER's scale"}


def show(experiment, chosen, comparison) -> None:
    over = Over(
        controls.option([one.value for one in TITLES], "Against", "over", segmented=True, titles=lambda value: TITLES[Over(value)])
    )
    work = SweepGrowth(GrowthSweep(over, experiment, tuple(chosen)))
    work.check()
    state = runs_view.bar(work, backend.chosen(), "Sweep", at_once=True)
    runs_view.note(state, work, backend.chosen())
    if state is not None:
        growth.curves(state.run.work.sweep, state.progress.result)
