"""Record the runs with which Training opens, and Sparsity where it is live: `python -m tools.record_trainings [NAME ...]`, into
assets/recordings/.

Each is one of the library's prepared comparisons (`snnviz.training.presets`), on the C++ kernels; a file is tens of kilobytes.
"""

import argparse
import datetime
import os
import pathlib
import tempfile

from snnviz.runs import recorded_trainings as recorded
from snnviz.runs.growing import GrowingTrainings
from snnviz.runs.values import Run, RunState
from snnviz.runs.work import Train
from snnviz.training import presets

# The file's name -> the comparison, the test sample that is looked at, and whether active entries alone are touched.
RUNS = {
    "step": ("Digits: SLAYER's scale without Adam", 10, False),
    "order": ("Temporal order: EXODUS and SLAYER", 0, False),
    "methods": ("Digits: four methods", 10, False),
    "deep": ("Eight layers: with and without modules", 10, False),
    "sparse": ("Digits: LocalZO and its equal band", 0, True),
}


def record(name: str) -> None:
    title, sample, touch_active = RUNS[name]
    run = Run(Train(presets()[title], sample, touch_active), "native", title=presets()[title][0].dataset.title)
    grown = GrowingTrainings(RunState.waiting(run))
    with tempfile.TemporaryDirectory() as folder:
        for record in run.work.records("native", pathlib.Path(folder)):
            grown.add(record)
    state = RunState(run, grown.finish(), tuple(line.line(whole=True) for line in grown.lines))
    month = datetime.date.today().strftime("%B %Y")
    busy = "busy " if os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1) else ""
    about = f"recorded on {os.cpu_count()} {busy}cores, {month}"
    recorded.write(state, about, recorded.folder() / f"{name}.json.gz")
    print(name, *(f"{label}: {100 * line.accuracy:.1f} %" for label, line in zip(run.labels, state.lines, strict=True)), sep="\n  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*RUNS, []], help=f"of {', '.join(RUNS)}; all without one")
    for chosen in parser.parse_args().names or RUNS:
        record(chosen)
