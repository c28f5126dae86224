"""Whether a page's estimate of how long a run will take is of the right size: `python -m bench.pace`.

A page refuses a run that would take minutes, from counted work and this machine's pace (snnviz/pace.py). For runs of ten kinds:
seconds as estimated and as measured, in processor time, and their ratio, which should lie between 1/8 and 8.
"""

import os
import time

from bench.common import table
from snnviz import pace
from snnviz.architectures import Convolutional, FeedForward
from snnviz.experiments import Experiment, compare_gradients, simulate
from snnviz.methods import BPTT, Exodus, Slayer

NETWORK = Experiment(steps=200, batch=16, architecture=FeedForward(3, 512))
CASES = {
    "reference": (Experiment(steps=8000), (), "reference"),
    "reference, wide": (Experiment(steps=200, neurons=20_000), (), "reference"),
    "reference, a method": (Experiment(steps=1500), (BPTT(),), "reference"),
    "native, long": (Experiment(steps=1_000_000), (), "native"),
    "native, wide": (Experiment(steps=2000, neurons=1000), (), "native"),
    "native, methods": (Experiment(steps=5000, neurons=100), (Slayer(), Exodus()), "native"),
    "network": (NETWORK, (), "native"),
    "network, methods": (NETWORK, (Slayer(), Exodus()), "native"),
    "convolution": (Experiment(steps=25, batch=16, architecture=Convolutional(2, 16, side=32)), (Slayer(),), "native"),
    "recurrent": (Experiment(steps=100, batch=16, architecture=FeedForward(3, 64, recurrent=True)), (), "native"),
}


def main() -> None:
    rows = []
    for name, (experiment, methods, backend) in CASES.items():
        start = time.process_time()
        compare_gradients(experiment, methods, backend) if methods else simulate(experiment, backend)
        taken = time.process_time() - start
        estimate = pace.of_run(experiment, len(methods), max(1, len(methods)) if backend == "reference" else 0).seconds()
        rows.append({"run": name, "estimated, s": estimate, "measured, s": taken, "ratio": estimate / taken})
    print(table(rows), f"load {os.getloadavg()[0]:.1f}", sep="\n")


if __name__ == "__main__":
    main()
