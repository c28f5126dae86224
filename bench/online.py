"""The methods that learn online, and those without a way back, on two small tasks: `python -m bench.online`.

Digits (a loss that rates can serve) and temporal order (which of two symbols came first: what must be remembered). Every method
trains from the same weights on the same batches with Adam, three seeds; BPTT is the measure. Weight and node perturbation, the
forward gradient and the evolution strategy train by `snnviz.studies.perturbation.estimate` on the digits, with --draws runs a
batch; the loss there is the cross entropy of the readout's mean over time.
"""

import dataclasses
import os

import torch

from bench import methods
from bench.common import save, table
from snnviz.backends import resolve
from snnviz.losses import CrossEntropy, OverTime
from snnviz.methods import BPTT, OSTL, OTTT, SLTT, Decolle, EProp, Feedback
from snnviz.optimisers import Adam
from snnviz.studies.perturbation import ESTIMATORS, AbstractEstimator, estimate
from snnviz.studies.reference_gradients import layers_of
from snnviz.training import Training, presets
from snnviz.training.step import RunningTraining

METHODS = (BPTT(), SLTT(), OTTT(), OSTL(), *(EProp(feedback_by=f) for f in Feedback), Decolle())


def tasks(epochs: int) -> dict[str, Training]:
    """What all methods train on, by title."""
    order = presets()["Temporal order: EXODUS and SLAYER"][0]
    return {
        "digits": Training(loss=CrossEntropy(OverTime.MEAN), epochs=epochs),
        "temporal order": dataclasses.replace(order, optimiser=Adam(5e-3), epochs=2 * epochs),
    }


def by_estimates(training: Training, estimator: AbstractEstimator) -> float:
    """Train with estimates in place of gradients; the share of test samples that is right, 0 to 1."""
    run = RunningTraining(training, resolve("native"))
    weights, number = [m.weight for m in layers_of(run.network)], 0
    for epoch in range(1, training.epochs + 1):
        for x, y in run.train.batches(training.batch, training.seed, epoch):
            *_, mean = estimate(run.network, x.flatten(2).float(), y, estimator, seed=training.seed + 1_000_003 * number)
            number += 1
            for weight, gradient in zip(weights, mean.gradients, strict=True):
                weight.grad = gradient
            run.optimiser.step()
    right = [(run.evaluate(x, y)[1] == y.numpy()).sum() for x, y in run.test.batches(training.batch)]
    return float(sum(right)) / len(run.test)


def main() -> None:
    parser = methods.arguments(__doc__, 5)
    parser.add_argument("--draws", type=int, default=16, help="runs (or pairs of them) under noise for each batch")
    chosen = methods.begin(parser)
    rows, runs = [], []
    for name, shared in tasks(chosen.epochs).items():
        trained = methods.results([dataclasses.replace(shared, method=m) for m in METHODS], chosen.seeds)
        rows += [{"task": name, **row} for row in methods.rows(trained)]
        runs += [{"task": name, **dataclasses.asdict(r)} for r in trained]
    digits = tasks(chosen.epochs)["digits"]
    for cls in ESTIMATORS.values():
        right = [
            100 * by_estimates(dataclasses.replace(digits, seed=s), dataclasses.replace(cls(), draws=chosen.draws))
            for s in range(chosen.seeds)
        ]
        print(f"{cls.title}: {methods.spread(right)} %", flush=True)
        rows.append({"task": "digits", "method": f"{cls.title}, K = {chosen.draws}", "test accuracy, %": methods.spread(right)})
    names = list(rows[0])
    print(table([{n: row.get(n, "") for n in names} for row in rows]))
    if not chosen.no_save:
        settings = {name: repr(training) for name, training in tasks(chosen.epochs).items()}
        print(save("online", rows, settings=settings, threads=torch.get_num_threads(), load=os.getloadavg()[0], runs=runs))


if __name__ == "__main__":
    main()
