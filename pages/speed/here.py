"""This machine: the loop of any neuron, forward and backward, on every backend that runs here."""

from typing import cast

from snnviz.neurons import LIF, NEURONS
from snnviz.runs.work import MeasureSpeed
from snnviz.studies.speed import SpeedPlan
from snnviz.ui import controls, page, runs_view, speed

TIMED = {name: cls for name, cls in NEURONS.items() if cls.fires and cls.differentiable}


def show(left, right):
    with left:
        share = speed.choose_shown()
        neuron = controls.choose(TIMED, "Neuron", "neuron", default=LIF(), only=())
        plan = controls.edit(SpeedPlan(neuron), "plan", exclude=("neuron",))
    with right, page.guarded():
        work = MeasureSpeed(plan)
        work.check()
        about = "A few seconds on this machine, one measurement at a time."
        state = runs_view.bar(
            work, "", "Measure here", again="Measure again", icon=":material/timer:", help=about, at_once=plan == SpeedPlan()
        )
        runs_view.note(state, work, "")
        if state is not None:
            record = state.progress.result
            speed.draw(record, cast(MeasureSpeed, state.run.work).plan.grows.value, share)
            if record is not None and not state.status.live:
                speed.about(record, "Measured here")
    speed.limit()
    return speed.code(plan)
